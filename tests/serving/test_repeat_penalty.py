"""What was seen in vain is not shown again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from recommendations.datatypes import Context
from recommendations.exceptions import ConfigurationError
from recommendations.models import Impression, VisitorLink
from recommendations.serving.reranking.repeats import RepeatPenalty
from tests.serving.twelve import happened, publish_popular, shown_on, somebody
from tests.support.queries import queries_of

Use = Callable[..., None]


def saw(
    visitor_key: str, *keys: str, hours_ago: float = 1.0, hidden: tuple[str, ...] = (), **fields: Any
) -> None:
    """A slate of the keys and, out of view, the hidden ones."""
    Impression.objects.create(
        slate_id=f"slate-{Impression.objects.count()}",
        placement="elsewhere",
        visitor_key=visitor_key,
        items=[[key, "popular", "popular"] for key in (*keys, *hidden)],
        seen=list(range(len(keys))),
        n_seen=len(keys),
        occurred_at=timezone.now() - timedelta(hours=hours_ago),
        **fields,
    )


@pytest.fixture
def row(products: Any, placements: Use) -> Use:
    publish_popular(everybody=["b1", "b2", "t1"])

    def use(**options: Any) -> None:
        placements(row={"sources": ["popular"], "rerank": [{"rerank": "repeat_penalty", **options}]})

    use(n=2)
    return use


def shown() -> list[str]:
    return shown_on("row", somebody(anonymous_key="a:ann"))


def test_what_was_seen_so_often_is_left_out(row: Use) -> None:
    saw("a:ann", "b1", "b2")
    saw("a:bob", "b1")
    assert shown() == ["b1", "b2", "t1"]
    saw("a:ann", "b1", hidden=("b2",))
    assert shown() == ["b2", "t1"]


def test_or_comes_later(row: Use) -> None:
    saw("a:ann", "b1")
    saw("a:ann", "b1")
    row(n=2, factor=0.9)  # of 1, 0.95, 0.9
    assert shown() == ["b2", "b1", "t1"]
    row(n=2, factor=1)
    assert shown() == ["b1", "b2", "t1"]


def test_whoever_does_something_with_it_starts_anew(row: Use) -> None:
    saw("a:ann", "b1", hours_ago=5)
    saw("a:ann", "b1", hours_ago=4)
    happened("a:ann", "click", "b1", hours_ago=3)
    assert shown() == ["b1", "b2", "t1"]
    saw("a:ann", "b1", hours_ago=2)
    assert shown() == ["b1", "b2", "t1"]
    saw("a:ann", "b1", hours_ago=1)
    assert shown() == ["b2", "t1"]


def test_it_is_forgotten_after_some_days(row: Use) -> None:
    saw("a:ann", "b1", hours_ago=47)
    saw("a:ann", "b1", hours_ago=1)
    row(n=2, days=2)
    assert shown() == ["b2", "t1"]
    row(n=2, days=1.5)
    assert shown() == ["b1", "b2", "t1"]


def test_a_known_visitor_is_the_same_on_all_devices(row: Use) -> None:
    VisitorLink.objects.create(anonymous_key="a:phone", visitor_key="u:1", bucket=1)
    saw("a:phone", "b1")
    saw("u:1", "b1")
    assert shown_on("row", somebody("u:1", "a:ann")) == ["b2", "t1"]


def test_scopes_and_nobody_are_left_alone(row: Use) -> None:
    saw("", "b1")
    saw("", "b1")
    saw("a:ann", "b1", scope="outlet")
    saw("a:ann", "b1", scope="outlet")
    assert shown_on("row") == shown() == ["b1", "b2", "t1"]
    assert shown_on("row", somebody(anonymous_key="a:ann", personalise=False)) == ["b1", "b2", "t1"]


def test_it_costs_one_query_and_nobody_none(row: Use, placements: Use) -> None:
    def count(context: Callable[[], Context]) -> int:
        return len(queries_of(lambda: (shown_on("row", made := context()), shown_on("other", made))))

    penalty = [{"rerank": "repeat_penalty"}]
    plain = {"page": "two", "sources": ["popular"], "filters": ["dismissed"]}
    placements(row=plain, other=plain)
    before = count(lambda: somebody(anonymous_key="a:ann"))
    before_nobody = count(somebody)
    placements(row={**plain, "rerank": penalty}, other={**plain, "rerank": penalty})
    assert count(lambda: somebody(anonymous_key="a:ann")) == before + 1
    assert count(somebody) == before_nobody


def test_wrong_options_are_named() -> None:
    with pytest.raises(ConfigurationError, match='^"n" is 0. Set it to a whole number from 1.$'):
        RepeatPenalty(n=0)
    with pytest.raises(ConfigurationError, match='^"days" is 31. Set it above 0, at most 30.$'):
        RepeatPenalty(days=31)
    with pytest.raises(ConfigurationError, match='^"factor" is 2. Set it to a number from 0 to 1.$'):
        RepeatPenalty(factor=2)
