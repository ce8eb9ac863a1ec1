import pathlib

import numpy as np

here = pathlib.Path(__file__).parent


def mean():
    return float(np.arange(10).mean())


def solve():
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    values, _ = np.linalg.eigh(matrix)
    return {"x": np.linalg.solve(matrix, [3, 5]).round(3).tolist(), "values": values.round(3).tolist(), "svd": np.linalg.svd(matrix)[1].round(3).tolist()}


def fourier():
    return np.abs(np.fft.rfft(np.sin(np.linspace(0, 2 * np.pi, 8, endpoint=False)))).round(3).tolist()


def random():
    generator = np.random.default_rng(42)
    return {"integers": generator.integers(0, 100, 3).tolist(), "normal": bool(abs(generator.normal(size=1000).mean()) < 0.2), "old": int(np.random.RandomState(1).randint(100)), "bits": np.random.Generator(np.random.Philox(1)).integers(10, size=2).shape[0]}


def polynomial():
    from numpy.polynomial import Polynomial

    return sorted(Polynomial([-6, 1, 1]).roots().round(3).tolist())


def masked():
    return float(np.ma.masked_less([1.0, 5.0, 9.0], 4).mean())


def saved():
    import tempfile

    with tempfile.TemporaryFile() as file:
        np.savez_compressed(file, a=np.eye(2))
        file.seek(0)
        return np.load(file)["a"].tolist()


def text():
    return {"dates": str(np.datetime64("2024-02-28") + np.timedelta64(2, "D")), "strings": np.char.upper(["a", "b"]).tolist(), "unique": np.unique([3, 1, 3]).tolist()}


def einsum():
    a = np.arange(4).reshape(2, 2)
    return np.einsum("ij,jk->ik", a, a).tolist()


def tested():
    np.testing.assert_allclose([1.0], [1.0 + 1e-9])
    return "close"


def csv():
    import pandas as pd

    frame = pd.read_csv(here / "data" / "sales.csv", parse_dates=["day"])
    return {"sum": frame.groupby("shop")["amount"].sum().to_dict(), "months": frame.resample("M", on="day")["amount"].sum().tolist(), "types": [str(kind) for kind in frame.dtypes]}


def merged():
    import pandas as pd

    left = pd.DataFrame({"key": [1, 2], "a": ["x", "y"]})
    right = pd.DataFrame({"key": [2, 3], "b": [0.5, 1.5]})
    return left.merge(right, how="outer", on="key").fillna("-").astype(str).values.tolist()


def zones():
    import pandas as pd

    return pd.Timestamp("2024-07-01", tz="UTC").tz_convert("Asia/Tokyo").isoformat()


def sqlite():
    import sqlite3

    import pandas as pd

    with sqlite3.connect(":memory:") as database:
        pd.DataFrame({"a": [1, 2]}).to_sql("t", database, index=False)
        return int(pd.read_sql("select sum(a) as total from t", database)["total"][0])


def formats():
    import io

    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    packed = io.BytesIO()
    frame.to_pickle(packed, compression="xz")
    packed.seek(0)
    return {"json": frame.to_json(orient="records"), "pickle": pd.read_pickle(packed, compression="xz").shape, "html": "<table" in frame.to_html(), "query": frame.query("a > 1")["a"].tolist()}


def windows():
    import pandas as pd

    series = pd.Series(range(6), dtype="Int64")
    return {"rolling": series.rolling(3).mean().dropna().tolist(), "ewm": round(float(series.astype(float).ewm(span=2).mean().iloc[-1]), 3), "cut": pd.cut(series.astype(int), 2).astype(str).nunique(), "categories": pd.Categorical(["a", "b", "a"]).codes.tolist()}


def parsed():
    from dateutil import parser, rrule, tz

    return {"date": parser.parse("3 May 2024 7pm").isoformat(), "rule": len(list(rrule.rrule(rrule.WEEKLY, count=3, dtstart=parser.parse("2024-01-01")))), "zone": parser.parse("2024-07-01").replace(tzinfo=tz.gettz("Europe/Paris")).utcoffset().seconds}


def encoded():
    import io

    import pandas as pd

    return pd.read_csv(io.BytesIO("名,値\n日本,1\n".encode("cp932")), encoding="cp932")["名"][0]
