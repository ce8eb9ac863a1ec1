"""A notice board. Areas are blueprints that are found by their names in a package."""
import importlib
import pkgutil

from flask import Flask, render_template, request
from flask_babel import Babel


def create_app():
    app = Flask(__name__)
    app.config.from_pyfile("settings.cfg")
    Babel(app).localeselector(lambda: request.args.get("lang") or request.accept_languages.best_match(["en", "de", "fr"]))

    from . import views

    for module in pkgutil.iter_modules(views.__path__):
        app.register_blueprint(importlib.import_module(f"{views.__name__}.{module.name}").blueprint)

    @app.get("/health")
    def health():
        return {"ok": True}

    @app.errorhandler(404)
    def missing(_error):
        return render_template("errors/404.html", path=request.path), 404

    @app.errorhandler(Exception)
    def failed(error):
        import traceback

        app.logger.error("%s", traceback.format_exc())
        return render_template("errors/500.html", error=error), getattr(error, "code", 500)

    @app.cli.command("count")
    def count():
        import click

        click.secho("3 notices", fg="green")

    return app
