"""Include at "recommendations/": what the browser's script talks to. Needs no DRF."""

from __future__ import annotations

from django.urls import path

from recommendations.views import fragment, personalise, track

app_name = "recommendations"

urlpatterns = [
    path("fragment/", fragment, name="fragment"),
    path("personalise/", personalise, name="personalise"),
    path("track/", track, name="track"),
]
