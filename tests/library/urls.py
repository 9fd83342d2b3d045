from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import include, path

from recommendations.shortcuts import record
from tests.library.models import Book, Film


def book(request: HttpRequest, pk: str) -> HttpResponse:
    return page(request, get_object_or_404(Book, pk=pk))


def film(request: HttpRequest, pk: str) -> HttpResponse:
    return page(request, get_object_or_404(Film, pk=pk))


def page(request: HttpRequest, title: Book | Film) -> HttpResponse:
    record("view", title, request=request)
    return render(request, "library/title.html", {"title": title})


urlpatterns = [
    path("book/<uuid:pk>/", book),
    path("film/<uuid:pk>/", film),
    path("recommendations/", include("recommendations.urls")),
]
