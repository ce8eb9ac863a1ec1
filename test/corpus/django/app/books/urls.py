from django.contrib.syndication.views import Feed
from django.urls import path

from . import views
from .models import Book


class Latest(Feed):
    title = "Books"
    link = "/books/"

    def items(self):
        return Book.objects.order_by("-published")

    def item_description(self, item):
        return f"{item.pages} pages"


urlpatterns = [
    path("", views.BookList.as_view()),
    path("feed", Latest()),
    path("new", views.BookCreate.as_view()),
    path("api", views.api),
    path("cached", views.cached),
    path("mail", views.mail),
    path("excel/<str:encoding>", views.export),
    path("search", views.search),
    path("fail", views.fail),
    path("<int:pk>/", views.BookDetail.as_view()),
]
