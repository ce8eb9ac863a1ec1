"""Processes, logging, installed distributions and the C library."""
from flask import jsonify


def square(number):
    return number * number


def register(app):
    @app.get("/system/pool")
    def pool():
        import multiprocessing

        with multiprocessing.get_context("spawn").Pool(2) as workers:
            return jsonify(workers.map(square, [1, 2, 3]))

    @app.get("/system/threads")
    def threads():
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(2) as executor:
            return jsonify(list(executor.map(square, [4, 5])))

    @app.get("/system/shell")
    def shell():
        import subprocess

        return subprocess.run("echo pare | tr a-z A-Z", shell=True, capture_output=True, text=True, check=True).stdout

    @app.get("/system/user")
    def user():
        import getpass
        import grp

        return jsonify(user=getpass.getuser(), group=grp.getgrgid(0).gr_name)

    @app.get("/system/distributions")
    def distributions():
        from importlib.metadata import entry_points, metadata, version

        scripts = sorted(entry.name for entry in entry_points(group="console_scripts") if entry.name == "flask")
        return jsonify(scripts=scripts, name=metadata("jinja2")["Name"], version=version("flask").split(".")[0])

    @app.get("/system/logging")
    def logging():
        import logging.config
        import os

        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "handlers": {"file": {"class": "logging.handlers.RotatingFileHandler", "filename": "/tmp/catalog.log", "maxBytes": 10000}},
                "loggers": {"catalog.test": {"handlers": ["file"], "level": "INFO"}},
            }
        )
        logging.getLogger("catalog.test").info("written")
        return jsonify(bytes=os.path.getsize("/tmp/catalog.log") > 0)

    @app.get("/system/ctypes")
    def native():
        import ctypes

        library = ctypes.CDLL("libm.so.6")
        library.cos.restype = ctypes.c_double
        return jsonify(cos=library.cos(ctypes.c_double(0.0)))

    @app.get("/system/identifiers")
    def identifiers():
        import hashlib
        import hmac
        import secrets
        import uuid

        return jsonify(
            uuid=str(uuid.uuid5(uuid.NAMESPACE_DNS, "example")),
            scrypt=hashlib.scrypt(b"p", salt=b"s", n=2, r=1, p=1).hex()[:8],
            hmac=hmac.digest(b"k", b"m", "sha512").hex()[:8],
            token=len(secrets.token_hex(4)),
        )
