import os

from bottle import Bottle, HTTPError, abort, request, response, static_file, template

application = Bottle()
here = os.path.dirname(os.path.abspath(__file__))


@application.get("/health")
def health():
    return {"ok": True}


@application.get("/page/<name>")
def page(name):
    return template("page", name=name, template_lookup=[os.path.join(here, "views")])


@application.get("/files/<path:path>")
def files(path):
    return static_file(path, root=os.path.join(here, "files"))


@application.get("/settings")
def settings():
    import yaml

    with open(os.path.join(here, "settings.yaml"), encoding="utf-8") as file:
        return yaml.safe_load(file)


@application.post("/yaml")
def dump():
    import yaml

    response.content_type = "text/yaml; charset=utf-8"
    return yaml.dump(request.json, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=True)


@application.get("/process")
def process():
    import psutil

    own = psutil.Process()
    return {"name": own.parent().cmdline()[0].split(":")[0], "memory": own.memory_info().rss > 0, "users": own.username(), "cpus": psutil.cpu_count() > 0}


@application.get("/greenlets")
def greenlets():
    import gevent
    import gevent.pool
    from gevent import monkey

    values = gevent.pool.Pool(3).map(lambda number: number * 2, range(3))
    return {"values": values, "patched": monkey.is_module_patched("socket")}


@application.get("/resolve")
def resolve():
    import socket

    return {"address": socket.gethostbyname("localhost"), "service": socket.getservbyname("http")}


@application.get("/self")
def own():
    import urllib.request

    with urllib.request.urlopen("http://127.0.0.1:8000/health", timeout=5) as answer:
        return answer.read()


@application.get("/subprocess")
def child():
    import subprocess
    import sys

    return subprocess.run([sys.executable, "-c", "import platform; print(platform.python_implementation())"], capture_output=True, check=True).stdout


@application.get("/script")
def script():
    import subprocess

    return subprocess.run([os.path.join(here, "report")], capture_output=True, check=True, text=True).stdout


@application.get("/zipped")
def zipped():
    import io
    import tarfile
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", "text")
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:xz") as archive:
        archive.add(os.path.join(here, "settings.yaml"), "settings.yaml")
    tar.seek(0)
    with zipfile.ZipFile(packed) as archive, tarfile.open(fileobj=tar) as other:
        return {"zip": archive.read("a.txt").decode(), "tar": other.getnames()}


@application.get("/locale")
def locales():
    import calendar
    import locale

    return {"encoding": locale.getpreferredencoding(), "day": calendar.day_name[0]}


@application.get("/secret")
def secret():
    import crypt
    import hashlib
    import secrets

    return {"crypt": crypt.crypt("x", "$6$salt").startswith("$6$salt$"), "scrypt": hashlib.scrypt(b"x", salt=b"s", n=16, r=1, p=1).hex()[:8], "token": len(secrets.token_hex(4))}


@application.get("/logging")
def logs():
    import logging.config

    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, "handlers": {"queue": {"class": "logging.handlers.MemoryHandler", "capacity": 10}}, "root": {"handlers": ["queue"]}})
    return {"handlers": [type(handler).__name__ for handler in logging.getLogger().handlers]}


@application.get("/profile")
def profile():
    import cProfile
    import io
    import pstats

    profiler = cProfile.Profile()
    profiler.runcall(sum, range(10))
    output = io.StringIO()
    pstats.Stats(profiler, stream=output).print_stats()
    return {"calls": "function calls" in output.getvalue()}


@application.get("/fail")
def fail():
    raise ValueError("broken on purpose")


@application.get("/gone")
def gone():
    abort(410, "gone")


@application.error(500)
def failed(error: HTTPError):
    response.content_type = "text/plain"
    return f"sorry: {error.exception}"
