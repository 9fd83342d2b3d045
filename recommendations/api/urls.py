"""Include at "api/". `api/v1/…` stays as it is; without `v1/` an address means the newest version.

Needs the extra `[api]`.
"""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, include, path

from recommendations.api import lists, views

app_name = "recommendations_api"

_VIEWS: list[tuple[str, Any, str]] = [
    ("placements/", lists.PlacementsView, "placements"),
    ("recommendations/", lists.BatchView, "batch"),
    ("recommendations/<str:placement>/", lists.RecommendationsView, "recommendations"),
    ("items/<str:item>/similar/", lists.SimilarView, "similar"),
    ("items/<str:item>/together/", lists.TogetherView, "together"),
    ("cart/", lists.CartView, "cart"),
    ("for-you/", lists.ForYouView, "for_you"),
    ("trending/", lists.TrendingView, "trending"),
    ("segments/", lists.SegmentsView, "segments"),
    ("rerank/", lists.RerankView, "rerank"),
    ("events/", views.EventsView, "events"),
    ("feedback/", views.FeedbackView, "feedback"),
    ("visitors/", views.VisitorsView, "visitors"),
]


def _newest(address: str, view: Any) -> URLPattern:
    """The same without a version, and without a second entry in the OpenAPI document."""
    return path(address, view.as_view(schema=None))


urlpatterns = [
    path("v1/", include([path(address, view.as_view(), name=name) for address, view, name in _VIEWS])),
    *(_newest(address, view) for address, view, _ in _VIEWS),
]
