import json

from django.core.cache import cache
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import CreateView, DetailView, ListView

from .models import Book


class BookList(ListView):
    model = Book
    paginate_by = 2
    ordering = "pk"


class BookDetail(DetailView):
    model = Book


class BookCreate(CreateView):
    model = Book
    fields = ["title", "pages", "published"]


@csrf_exempt
def api(request):
    from django.core import serializers

    if request.method == "POST":
        book = Book.objects.create(**json.loads(request.body))
        return JsonResponse({"id": book.pk}, status=201)
    return HttpResponse(serializers.serialize(request.GET.get("format", "json"), Book.objects.order_by("pk")))


def cached(request):
    return JsonResponse({"value": cache.get_or_set("key", lambda: 41) + 1})


def mail(request):
    from django.core import mail as mails
    from django.template.loader import render_to_string

    mails.send_mail("Grüße", render_to_string("books/mail.txt", {"book": Book.objects.first()}), "a@b.cd", ["e@f.gh"])
    return JsonResponse({"sent": len(mails.outbox), "body": mails.outbox[-1].body.strip()})


def export(request, encoding):
    import csv

    response = HttpResponse(content_type=f"text/csv; charset={encoding}")
    csv.writer(response).writerows(Book.objects.values_list("title", "pages"))
    return response


def search(request):
    from django.db.models import Avg, Q
    from django.db.models.functions import Length, TruncYear

    found = Book.objects.filter(Q(title__iregex=request.GET["q"]) | Q(extra__shelf=request.GET["q"]))
    return JsonResponse(
        {
            "titles": list(found.annotate(long=Length("title")).order_by("long").values_list("title", flat=True)),
            "pages": Book.objects.aggregate(mean=Avg("pages"))["mean"],
            "years": [year.isoformat() for year in Book.objects.dates("published", "year")],
            "truncated": Book.objects.annotate(year=TruncYear("published")).first().year.year,
        }
    )


def fail(request):
    raise RuntimeError("broken on purpose")
