"""Answers /NAME by the function of that name in tasks.py, which is imported when the first task is asked for."""
import json
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path == "/health":
            return self.answer(200, {"ok": True})
        import tasks

        task = getattr(tasks, parts.path[1:], None)
        if task is None:
            return self.answer(404, {"error": "no such task"})
        try:
            self.answer(200, task(**dict(parse_qsl(parts.query))))
        except Exception as error:
            self.answer(500, {"error": f"{type(error).__name__}: {error}"})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("", 8000), Handler).serve_forever()
