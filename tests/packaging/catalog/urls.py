from __future__ import annotations

from django.urls import path
from django.views.generic import DetailView

from catalog.models import Product

urlpatterns = [path("products/<int:pk>/", DetailView.as_view(model=Product), name="product")]
