"""Standard library modules that are imported by the request that needs them."""
from flask import jsonify


def register(app):
    @app.get("/data/sqlite")
    def sqlite():
        import sqlite3

        with sqlite3.connect("/var/lib/catalog/catalog.db") as connection:
            connection.execute("create table if not exists items (name text unique, price real)")
            connection.execute("insert or replace into items values ('bread', 2.5)")
            row = connection.execute("select upper(name), json_extract(json_array(price), '$[0]') from items").fetchone()
        return jsonify(row)

    @app.get("/data/decimal")
    def decimals():
        from decimal import ROUND_HALF_EVEN, Decimal
        from fractions import Fraction
        from statistics import median

        price = (Decimal("2.675") * 3).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
        return jsonify(price=str(price), share=str(Fraction(3, 12)), median=median([3, 1, 2]))

    @app.get("/data/zone/<path:name>")
    def zone(name):
        from datetime import datetime, timezone
        from zoneinfo import ZoneInfo

        moment = datetime(2024, 3, 31, 12, 30, tzinfo=timezone.utc).astimezone(ZoneInfo(name))
        return moment.strftime("%Y-%m-%d %H:%M %Z")

    @app.get("/data/compress/<kind>")
    def compress(kind):
        module = {"gzip": "gzip", "bz2": "bz2", "lzma": "lzma", "zlib": "zlib"}[kind]
        codec = __import__(module)
        packed = codec.compress(b"pare " * 200)
        return jsonify(packed=len(packed) < 200, same=codec.decompress(packed) == b"pare " * 200)

    @app.get("/data/archive")
    def archive():
        import io
        import tarfile
        import zipfile

        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as packed:
            packed.writestr("a.txt", "a")
        inner = io.BytesIO()
        with tarfile.open(fileobj=inner, mode="w:xz") as packed:
            packed.add(__file__, arcname="data.py")
        inner.seek(0)
        return jsonify(zip=zipfile.ZipFile(out).namelist(), tar=tarfile.open(fileobj=inner).getnames())

    @app.get("/data/email")
    def message():
        from email import message_from_string, policy
        from email.message import EmailMessage

        mail = EmailMessage()
        mail["Subject"] = "Käse"
        mail.set_content("Grüße", charset="iso-8859-1")
        mail.add_attachment(b"x", maintype="application", subtype="octet-stream", filename="x.bin")
        parsed = message_from_string(mail.as_string(), policy=policy.default)
        return jsonify(subject=parsed["Subject"], parts=[part.get_content_type() for part in parsed.walk()])

    @app.get("/data/config")
    def config():
        import configparser
        import plistlib
        import tomllib

        ini = configparser.ConfigParser()
        ini.read_string("[a]\nb = 1\n")
        return jsonify(ini=ini.getint("a", "b"), toml=tomllib.loads("c = [1, 2]"), plist=plistlib.loads(plistlib.dumps({"d": 3})))

    @app.get("/data/pickle")
    def pickled():
        import copyreg  # noqa: F401
        import pickle
        import shelve

        with shelve.open("/tmp/shelf") as shelf:
            shelf["a"] = [1, 2]
            return jsonify(shelf=shelf["a"], pickle=pickle.loads(pickle.dumps({"b": 1})))
