"""Pages with nothing on them but recommendations."""

from __future__ import annotations

import json
from functools import wraps
from queue import Queue
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from recommendations import views
from shop.models import Product

#: Bodies that track.js sent, each once the shop has taken it.
RECEIVED: Queue[Any] = Queue()

PAGE = """{% load recommendations %}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Bread b1</title>{% recommendations_style %}<link rel="stylesheet" href="/page.css">
{% recommendations_script %}</head>
<body><main><h1>Bread b1</h1><p class="spacer">Freshly baked.</p>
{% recommendations "product_page" item=product %}{% recommendations "home_popular" size=12 %}
</main></body></html>"""

CSS = """:root { color-scheme: light dark; font-family: system-ui, sans-serif; background: Canvas; color: CanvasText }
body { margin: 0 } main { max-width: 72rem; margin: 0 auto; padding: 1rem 1.5rem }
.tall .spacer { height: 3000px }"""


def product(request: HttpRequest) -> HttpResponse:
    """The page of the bread b1; with ?tall the rows begin far below what is in view."""
    html = engines["django"].from_string(PAGE).render({"product": Product.objects.get(sku="b1")}, request)
    return HttpResponse(html.replace("<body>", '<body class="tall">') if "tall" in request.GET else html)


LAZY = """{% load recommendations %}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Lazy</title><link rel="stylesheet" href="/page.css">
{% recommendations_style %}{% recommendations_script %}</head>
<body><main><h1>Lazy</h1>{% recommendations "product_page" item=product lazy=True %}
{% if "three" in request.GET %}{% recommendations "home_popular" size=4 lazy=True %}{% endif %}
{% if "one" not in request.GET %}{% recommendations "product_together" item=product lazy=True %}{% endif %}
<p id="end">End</p></main></body></html>"""


def lazy(request: HttpRequest) -> HttpResponse:
    """A page that is the same for everybody; with ?one its last row, which is empty, is left out, with ?three
    there is one between them."""
    html = engines["django"].from_string(LAZY).render({"product": Product.objects.get(sku="b1")}, request)
    return HttpResponse(html)


def styles(request: HttpRequest) -> HttpResponse:
    return HttpResponse(CSS, content_type="text/css")


@transaction.non_atomic_requests
@wraps(views.track)
def track(request: HttpRequest) -> HttpResponse:
    """The packaged view, overheard. Not atomic: what it records is there when the body is passed on."""
    response = views.track(request)
    RECEIVED.put(json.loads(request.body))
    return response


urlpatterns = [
    path("bread/", product),
    path("lazy/", lazy),
    path("page.css", styles),
    path(
        "recommendations/",
        include(
            (
                [
                    path("track/", track, name="track"),
                    path("click/", views.click, name="click"),
                    path("fragment/", views.fragment, name="fragment"),
                    path("personalise/", views.personalise, name="personalise"),
                ],
                "recommendations",
            )
        ),
    ),
    path("api/", include("recommendations.api.urls")),
    path("", include("shop.urls")),
]
