"""Addresses of a shop that forgot to include those of recommendations."""

urlpatterns: list[object] = []
