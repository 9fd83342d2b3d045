"""Include at "api/": `api/recommendations/<placement>/` and `api/events/`. Needs the extra `[api]`."""

from __future__ import annotations

from django.urls import path

from recommendations.api.views import EventsView, RecommendationsView

app_name = "recommendations_api"

urlpatterns = [
    path("recommendations/<str:placement>/", RecommendationsView.as_view(), name="recommendations"),
    path("events/", EventsView.as_view(), name="events"),
]
