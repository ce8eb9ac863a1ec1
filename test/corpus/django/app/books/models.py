from django.db import models
from django.utils.translation import gettext_lazy as _


class Book(models.Model):
    title = models.CharField(_("title"), max_length=100)
    pages = models.PositiveIntegerField()
    published = models.DateTimeField()
    extra = models.JSONField(default=dict)

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/books/{self.pk}/"
