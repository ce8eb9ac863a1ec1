from flask import Blueprint, Response, current_app, request, send_from_directory, stream_with_context

blueprint = Blueprint("machine", __name__, url_prefix="/machine")


@blueprint.get("/zone/<path:name>")
def zone(name):
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return {"time": datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(name)).isoformat()}


@blueprint.get("/charset/<name>")
def charset(name):
    return {"bytes": "日本ä".encode(name, "replace").hex()}


@blueprint.get("/store")
def store():
    import sqlite3

    with sqlite3.connect(":memory:") as database:
        return {"sum": database.execute("select sum(value) from json_each('[1,2,3]')").fetchone()[0]}


@blueprint.get("/shelf")
def shelf():
    import shelve
    import tempfile

    with tempfile.TemporaryDirectory() as directory, shelve.open(f"{directory}/shelf") as opened:
        opened["key"] = [1, 2]
        return {"value": opened["key"]}


@blueprint.get("/packed")
def packed():
    import bz2
    import gzip
    import lzma
    import zlib

    return {module.__name__: module.decompress(module.compress(b"text")).decode() for module in (bz2, gzip, lzma, zlib)}


@blueprint.get("/requests")
def fetch():
    import requests

    answer = requests.get(f"http://127.0.0.1:{request.environ['SERVER_PORT']}/health", timeout=5)
    return {"answer": answer.json(), "encoding": answer.apparent_encoding}


@blueprint.get("/tls")
def tls():
    import ssl

    import requests.certs

    context = ssl.create_default_context()
    return {"authorities": len(context.get_ca_certs()) > 100, "bundle": requests.certs.where(), "many": ssl.create_default_context(cafile=requests.certs.where()).cert_store_stats()["x509"] > 100}


@blueprint.get("/xml")
def xml():
    from xml.dom import minidom
    from xml.etree import ElementTree

    return {"root": ElementTree.fromstring("<a><b/></a>")[0].tag, "pretty": minidom.parseString("<a/>").toprettyxml()}


@blueprint.get("/mail")
def mail():
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"] = "Grüße"
    message.set_content("Text")
    message.add_alternative("<p>Text</p>", subtype="html")
    return {"type": message.get_content_type(), "subject": message.as_string().splitlines()[0]}


@blueprint.get("/parallel")
def parallel():
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(2) as executor:
        return {"values": list(executor.map(abs, [-1, -2]))}


@blueprint.get("/async")
def asynchronous():
    import asyncio

    async def run():
        process = await asyncio.create_subprocess_exec("cat", "/etc/debian_version", stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode()

    return {"version": asyncio.run(run()).split(".")[0]}


@blueprint.get("/name/<service>")
def service(service):
    import mimetypes
    import socket

    return {"port": socket.getservbyname(service), "type": mimetypes.guess_type("a.odt")[0]}


@blueprint.get("/decimal")
def decimals():
    from decimal import Decimal
    from fractions import Fraction
    from statistics import median
    from uuid import UUID, uuid5, NAMESPACE_DNS

    return {"sum": str(Decimal("0.1") + Decimal("0.2")), "part": str(Fraction(3, 6)), "middle": median([1, 3, 2]), "uuid": str(uuid5(NAMESPACE_DNS, "a")) == str(UUID(int=uuid5(NAMESPACE_DNS, "a").int))}


@blueprint.get("/stream")
def stream():
    return Response(stream_with_context(f"{n}\n" for n in range(3)), mimetype="text/plain")


@blueprint.get("/file")
def file():
    return send_from_directory(current_app.static_folder, "terms.txt", as_attachment=True)


@blueprint.get("/fail")
def fail():
    return {"value": 1 / 0}
