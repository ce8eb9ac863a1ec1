from flask import Blueprint, abort, flash, get_flashed_messages, jsonify, render_template, request, session
from flask_babel import format_currency, format_datetime, gettext, ngettext

blueprint = Blueprint("notices", __name__, url_prefix="/notices")


@blueprint.get("/")
def index():
    return render_template("index.html", notices=["bread", "milk"])


@blueprint.post("/")
def create():
    from ..forms import NoticeForm

    form = NoticeForm()
    if not form.validate():
        return jsonify(form.errors), 422
    flash(gettext("Saved"))
    return jsonify(title=form.title.data, messages=get_flashed_messages()), 201


@blueprint.get("/count/<int:number>")
def counted(number):
    return {"text": ngettext("%(num)d notice", "%(num)d notices", number)}


@blueprint.get("/amounts")
def amounts():
    import datetime

    return {
        "price": format_currency(1234.5, "EUR"),
        "day": format_datetime(datetime.datetime(2024, 7, 1, 12), "d. MMMM y"),
    }


@blueprint.get("/visits")
def visits():
    session["visits"] = session.get("visits", 0) + 1
    return {"visits": session["visits"]}


@blueprint.get("/export/<name>")
def export(name):
    import importlib

    try:
        exporter = importlib.import_module(f"board.exporters.{name}")
    except ModuleNotFoundError:
        abort(404)
    return exporter.export([{"title": "bread"}, {"title": "milk"}])


@blueprint.post("/upload")
def upload():
    import hashlib

    file = request.files["file"]
    return {"name": file.filename, "type": file.mimetype, "blake": hashlib.blake2b(file.read(), digest_size=4).hexdigest()}
