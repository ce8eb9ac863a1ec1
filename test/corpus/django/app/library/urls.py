from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.http import JsonResponse
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog
from django.views.static import serve

from books.sitemaps import BookSitemap

from . import settings

urlpatterns = [
    path("health", lambda request: JsonResponse({"ok": True})),
    path("admin/", admin.site.urls),
    path("books/", include("books.urls")),
    path("jsi18n/", JavaScriptCatalog.as_view()),
    path("sitemap.xml", sitemap, {"sitemaps": {"books": BookSitemap}}),
    path("static/<path:path>", serve, {"document_root": settings.STATIC_ROOT}),
]
