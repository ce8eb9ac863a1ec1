"""A catalog of flask: what a slimming tool has to keep although no probe asks for it."""
import importlib

from flask import Flask, jsonify, render_template


def create_app():
    app = Flask(__name__)

    @app.get("/health")
    def health():
        return jsonify(status="up")

    @app.get("/")
    def index():
        return render_template("index.html", title="Catalog", items=["bread", "milk"])

    for area in ("shop", "data", "text", "network", "system"):
        importlib.import_module(f"catalog.{area}").register(app)

    @app.errorhandler(404)
    def missing(_error):
        return render_template("missing.html", title="Not found"), 404

    @app.errorhandler(Exception)
    def failed(error):
        code = getattr(error, "code", 500)
        return jsonify(error=type(error).__name__, message=str(error)), code

    return app
