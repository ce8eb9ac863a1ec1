from django import template
from django.utils.html import format_html

register = template.Library()


@register.filter
def spine(book):
    return format_html("<b>{}</b>", book.title.upper())


@register.inclusion_tag("books/badge.html")
def badge(book):
    return {"thick": book.pages > 300}
