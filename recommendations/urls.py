"""Include at "recommendations/": what the browser's script talks to. Needs no DRF."""

from __future__ import annotations

from django.urls import path

from recommendations.views import track

app_name = "recommendations"

urlpatterns = [
    path("track/", track, name="track"),
]
