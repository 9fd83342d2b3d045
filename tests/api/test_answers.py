"""The plain answers are what the serializers say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from recommendations.api.answers import explained_answer, placement_answer, slate_answer
from recommendations.api.base import etag_of
from recommendations.api.options import options_of
from recommendations.api.serializers import (
    ExplainedSlateSerializer,
    PlacementSerializer,
    SlateQuerySerializer,
    SlateSerializer,
)
from recommendations.datatypes import Card, Slate, SlateItem
from recommendations.serving.placements import get_placement

PRICES = [None, Decimal("2.50"), Decimal("1E+3"), Decimal("0.000001"), 3, 2.5, "7.90"]


def place(position: int, price: Any) -> SlateItem:
    title: Any = gettext_lazy("Popular right now") if position == 2 else f"Rye <b> {position} é"
    card = Card(title, "/p/", "/i.svg", price, Decimal("4.00"), "USD", "−20 %", "$3", "$4")
    return SlateItem(
        position, f"k{position}", 0.5, "similar", "also_viewed", card, object(), "s", ("pin",), "Why"
    )


SLATE = Slate(
    slate_id="x",
    placement="row",
    title="Row",
    items=tuple(place(n, price) for n, price in enumerate(PRICES)),
    token="t",
    fallback_used=True,
    next="more",
    dropped={"z": "no", "a": "no"},
)


@pytest.mark.parametrize("slate", [SLATE, Slate("", "row", "", ())])
def test_a_slate(slate: Slate) -> None:
    assert slate_answer(slate) == SlateSerializer(slate).data
    assert explained_answer(slate) == ExplainedSlateSerializer(slate).data


def test_a_placement() -> None:
    answer = placement_answer(get_placement("search_no_result"))
    assert answer == {
        "name": "search_no_result",
        "title": "Perhaps one of these",
        "page": "search",
        "size": 8,
        "takes": ["query"],
    }
    form = PlacementSerializer(data=answer)
    assert form.is_valid(), form.errors


@pytest.mark.parametrize(
    "query",
    [
        "",
        "item=42&size=3",
        "items=1,2&items=3, 4,",
        "item=&category=&query=",
        "query=+rye++bread+",
        "explain=1",
        "explain=no&paging=true",
        "exclude=a,b",
        "other=1&size=5",
        "size=many",
        "size=0&item=" + "x" * 200,
        "explain=perhaps",
        "items=" + ",".join("abcdefghijklmnopqrstuvwxyz" * 2),
    ],
)
def test_options_are_read_as_the_serializer_reads_them(query: str) -> None:
    form = SlateQuerySerializer(data=QueryDict(query))
    if form.is_valid():
        assert {"explain": False, "paging": False, **options_of(QueryDict(query))} == form.validated_data
    else:
        with pytest.raises(ValidationError) as caught:
            options_of(QueryDict(query))
        assert caught.value.detail == form.errors


def test_the_etag_is_of_the_list_and_not_of_the_token(monkeypatch: Any) -> None:
    now = 1_000_000 * 43_200.0
    monkeypatch.setattr("recommendations.api.base.time.time", lambda: now)
    answer = slate_answer(SLATE)
    assert etag_of(answer) == etag_of({**answer, "token": "another", "next": "another"})
    assert etag_of({"slates": [answer]}) == etag_of({"slates": [{**answer, "token": "another"}]})
    assert etag_of(answer) != etag_of({**answer, "items": answer["items"][1:]})
    before = etag_of(answer)
    now += 43_200  # half of TOKEN_SECONDS
    assert etag_of(answer) != before
