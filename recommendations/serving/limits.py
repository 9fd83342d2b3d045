"""Who may see an item, and when: customer groups, an age, a window of time; and what is sensitive."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cached_property

from recommendations.adapter import Adapter, get_adapter
from recommendations.datatypes import MAIL_CHANNEL, Context
from recommendations.models import Item
from recommendations.serving.facts import Facts


def declares_sensitive() -> bool:
    """Does the shop's adapter say which items are sensitive?"""
    return type(get_adapter()).is_sensitive is not Adapter.is_sensitive


def sensitive_among(item_keys: Collection[str], scope: str) -> frozenset[str]:
    """Those of the items that the mirror calls sensitive: one query, none where the shop declares no such thing."""
    if not item_keys or not declares_sensitive():
        return frozenset()
    found = Item.objects.filter(scope=scope, item_key__in=item_keys, is_sensitive=True)
    return frozenset(found.values_list("item_key", flat=True))


class Viewer:
    """Whom a page is for and when, as far as limits go. The adapter is asked only where something is limited."""

    def __init__(self, context: Context, now: datetime) -> None:
        self._context = context
        self._now = now

    def sees_sensitive_on(self, page: str) -> bool:
        """May the placements of a page show this viewer sensitive items? Those of a mail never may."""
        if not declares_sensitive():
            return True
        return self._context.channel != MAIL_CHANNEL and get_adapter().allows_sensitive(
            self._context.with_(page=page)
        )

    @cached_property
    def _age(self) -> int | None:
        return get_adapter().visitor_age(self._context)

    def _is_old_enough(self, minimum: int) -> bool:
        return not minimum or (self._age is not None and self._age >= minimum)

    def may_see(self, facts: Facts) -> bool:
        """Do the limits of an item let this viewer see it now?"""
        return (
            (not facts.customer_groups or self._context.customer_group in facts.customer_groups)
            and self._is_old_enough(facts.minimum_age)
            and (facts.available_from is None or facts.available_from <= self._now)
            and (facts.available_until is None or self._now < facts.available_until)
        )
