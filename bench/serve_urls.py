"""The hand-written views beside the shop's addresses, the API's among them."""

from __future__ import annotations

from django.urls import path

from bench import serve_views
from bench.serve_urls_without import hand_written
from shop.urls import urlpatterns as shop_patterns

urlpatterns = [
    *hand_written,
    path("page/hand/<int:pk>/", serve_views.hand_page),
    path("page/app/<int:pk>/", serve_views.app_page),
    *shop_patterns,
]
