from django.core.management.base import BaseCommand

from books.models import Book


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("--width", type=int, default=2)

    def handle(self, *args, **options):
        self.stdout.write(f"{-(-Book.objects.count() // options['width'])} shelves")
