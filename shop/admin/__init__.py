"""The shop's own models in Django's admin."""

from __future__ import annotations

from shop.admin import catalogue, customers, orders, promotions

__all__ = ["catalogue", "customers", "orders", "promotions"]
