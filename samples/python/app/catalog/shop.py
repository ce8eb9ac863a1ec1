"""Pages, forms, messages of other languages and exporters chosen by a request."""
import importlib
import os

from flask import abort, jsonify, request, send_file

HERE = os.path.dirname(__file__)


def register(app):
    @app.get("/items/<name>")
    def item(name):
        # The extension is imported by its name, for the one template that needs it.
        environment = app.jinja_env.overlay(extensions=["jinja2.ext.do"])
        return environment.get_template("item.html").render(title=name, prices=[3, 4])

    @app.get("/greeting/<language>")
    def greeting(language):
        import gettext

        translation = gettext.translation("catalog", os.path.join(HERE, "locale"), languages=[language], fallback=True)
        return jsonify(one=translation.gettext("good day"), many=translation.ngettext("%d apple", "%d apples", 2) % 2)

    @app.get("/translated")
    def translated():
        import gettext

        environment = app.jinja_env.overlay(extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"])
        environment.install_gettext_translations(gettext.translation("catalog", os.path.join(HERE, "locale"), languages=["de"]))
        template = "{% trans %}good day{% endtrans %}{% for n in [1, 2, 3] %}{% if n == 2 %}{% break %}{% endif %} {{ n }}{% endfor %}"
        return environment.from_string(template).render()

    @app.get("/export/<kind>")
    def export(kind):
        try:
            exporter = importlib.import_module(f"catalog.exporters.{kind}")
        except ModuleNotFoundError:
            abort(404)
        return app.response_class(exporter.render([("bread", 2), ("milk", 1)]), mimetype=exporter.MIME)

    @app.get("/typed/<path:name>")
    def typed(name):
        import mimetypes

        return jsonify(type=mimetypes.guess_type(name)[0])

    @app.post("/upload")
    def upload():
        import hashlib

        content = request.files["file"].read()
        return jsonify(size=len(content), sha3=hashlib.sha3_256(content).hexdigest(), name=request.files["file"].filename)

    @app.post("/json")
    def echo():
        return jsonify(request.get_json())

    @app.get("/download")
    def download():
        return send_file(os.path.join(HERE, "static", "list.csv"), as_attachment=True)

    @app.get("/fail")
    def fail():
        raise ValueError("as asked")

    @app.get("/session")
    def session():
        from itsdangerous import URLSafeTimedSerializer

        serializer = URLSafeTimedSerializer("key")
        return jsonify(serializer.loads(serializer.dumps({"user": 7})))
