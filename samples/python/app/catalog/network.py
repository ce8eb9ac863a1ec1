"""TLS, clients of itself and name databases."""
from flask import jsonify, request


def register(app):
    @app.get("/network/roots")
    def roots():
        import ssl

        context = ssl.create_default_context()
        return jsonify(authorities=context.cert_store_stats()["x509_ca"] > 100, version=ssl.OPENSSL_VERSION.split(".")[0])

    @app.get("/network/requests")
    def requested():
        import requests

        answer = requests.get(f"http://127.0.0.1:{request.environ['SERVER_PORT']}/health", timeout=5)
        return jsonify(status=answer.json()["status"], bundle=requests.certs.where().endswith(".crt"))

    @app.get("/network/urllib")
    def opened():
        from urllib.request import urlopen

        with urlopen(f"http://127.0.0.1:{request.environ['SERVER_PORT']}/health", timeout=5) as answer:
            return jsonify(status=answer.status)

    @app.get("/network/smtp")
    def smtp():
        import smtplib

        try:
            smtplib.SMTP("127.0.0.1", 1, timeout=2)
        except OSError as error:
            return jsonify(error=type(error).__name__)

    @app.get("/network/names")
    def names():
        import socket

        return jsonify(service=socket.getservbyname("https"), protocol=socket.getprotobyname("udp"), host=socket.gethostbyname("localhost"))

    @app.get("/network/asyncio")
    def asynchronous():
        import asyncio

        async def talk():
            async def answer(reader, writer):
                writer.write((await reader.readline()).upper())
                await writer.drain()
                writer.close()

            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
            writer.write(b"pare\n")
            line = await reader.readline()
            writer.close()
            server.close()
            return line.decode().strip()

        return jsonify(answer=asyncio.run(talk()))
