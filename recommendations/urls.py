"""Include at "recommendations/": what the browser's script talks to, and links in mails lead to. Needs no DRF."""

from __future__ import annotations

from django.urls import path

from recommendations.views import click, fragment, personalise, track

app_name = "recommendations"

urlpatterns = [
    path("click/", click, name="click"),
    path("fragment/", fragment, name="fragment"),
    path("personalise/", personalise, name="personalise"),
    path("track/", track, name="track"),
]
