"""The hand-written views of the API's kind, and the addresses that their answers name."""

from __future__ import annotations

from django.urls import include, path

from bench import serve_views

_SHOP = [
    path("product/<int:pk>/<slug:slug>/", serve_views.app_page, name="product"),
    path("tiles/<int:pk>.svg", serve_views.app_page, name="tile"),
]

hand_written = [
    path("hand/similar/", serve_views.HandSimilar.as_view()),
    path("hand/for_you/", serve_views.HandForYou.as_view()),
]

urlpatterns = [*hand_written, path("", include((_SHOP, "shop")))]
