"""Charsets, locales, host names and Unicode."""
from flask import jsonify


def register(app):
    @app.get("/text/decode/<charset>")
    def decode(charset):
        samples = {"gbk": b"\xc4\xe3\xba\xc3", "shift_jis": b"\x93\xfa\x96\x7b", "cp1252": b"\x80", "koi8_r": b"\xc4\xc1", "utf_7": b"+AOk-"}
        return samples[charset].decode(charset)

    @app.get("/text/idna")
    def idna():
        return jsonify(idna="bücher.example".encode("idna").decode(), punycode="bücher".encode("punycode").decode(), rot="pare".encode().decode("latin-1").translate({}))

    @app.get("/text/unicode")
    def unicode():
        import difflib
        import textwrap
        import unicodedata

        return jsonify(
            name=unicodedata.name("é"),
            close=difflib.get_close_matches("bred", ["bread", "milk"]),
            wrapped=textwrap.wrap("one two three", 8),
        )

    @app.get("/text/locale/<name>")
    def localised(name):
        import locale
        import time

        saved = locale.setlocale(locale.LC_ALL)
        try:
            locale.setlocale(locale.LC_ALL, name)
            return jsonify(number=locale.format_string("%.2f", 1234567.5, grouping=True), day=time.strftime("%A", time.gmtime(0)))
        finally:
            locale.setlocale(locale.LC_ALL, saved)

    @app.get("/text/html")
    def html():
        import html
        from html.parser import HTMLParser

        seen = []

        class Collector(HTMLParser):
            def handle_starttag(self, tag, attrs):
                seen.append(tag)

        Collector().feed("<p><b>x</b></p>")
        return jsonify(tags=seen, text=html.unescape("&eacute;&hearts;"))
