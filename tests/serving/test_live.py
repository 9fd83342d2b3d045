"""The queryset of what may be sold is made again only when it could be another."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from django.db.models import Model, QuerySet

from recommendations import adapter
from recommendations.datatypes import Context
from shop.adapter import ShopAdapter


class _Counting(ShopAdapter):
    """How often, and for what, `sellable` was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def sellable(self, model: type[Model], context: Context) -> QuerySet[Any]:
        self.asked.append(context.customer_group)
        return super().sellable(model, context)


class _ForGroups(_Counting):
    sellable_looks_at: ClassVar[Sequence[str] | None] = ("customer_group",)


class _ForAnything(_Counting):
    sellable_looks_at = None


@pytest.mark.parametrize(
    ("made", "asked"), [(_Counting, ["a"]), (_ForGroups, ["a", "b"]), (_ForAnything, ["a", "b", "a"])]
)
def test_what_it_looks_at_tells_when(
    made: type[_Counting], asked: list[str], products: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "SELLABLE_SECONDS", 60.0)
    shop = made()
    found = [shop.live(["1", "nothing"], Context(customer_group=group)) for group in ("a", "b", "a")]
    assert shop.asked == asked
    assert found[0] == found[1] == found[2]


def test_it_sees_what_changes_meanwhile(products: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "SELLABLE_SECONDS", 60.0)
    shop = _Counting()
    key, product = next(iter(shop.live([str(n) for n in range(1, 50_000)], Context()).items()))
    product.is_active = False
    product.save()
    assert key not in shop.live([key], Context())
    assert shop.asked == [""]


def test_it_is_made_again_after_a_second(products: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = _Counting()
    moments = iter([10.0, 10.9, 11.0])
    monkeypatch.setattr(adapter, "SELLABLE_SECONDS", 1.0)
    monkeypatch.setattr(adapter, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    for _ in range(3):
        shop.live(["1"], Context())
    assert len(shop.asked) == 2


def test_there_is_an_end_to_what_is_kept(products: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "SELLABLE_SECONDS", 60.0)
    monkeypatch.setattr(adapter, "MOST_SELLABLE", 2)
    shop = _ForGroups()
    for group in ("a", "b", "c", "c"):
        shop.live(["1"], Context(customer_group=group))
    assert shop.asked == ["a", "b", "c"] and len(shop.__dict__["_sellable"]) == 1
