"""Whose past is used: one's own, also from before the login; never somebody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.datatypes import Context
from recommendations.models import Event, VisitorLink
from recommendations.serving.history import NOTHING, read_history
from tests.serving.twelve import happened, somebody

pytestmark = pytest.mark.django_db


def link(anonymous_key: str, visitor_key: str, scope: str = "") -> None:
    VisitorLink.objects.create(anonymous_key=anonymous_key, visitor_key=visitor_key, bucket=0, scope=scope)


def touched(context: Context) -> list[str]:
    return [touch.item_key for touch in read_history(context).touches]


def test_newest_first_and_only_ones_own() -> None:
    happened("a:ann", "view", "b1", hours_ago=2)
    happened("a:ann", "cart", "b2", hours_ago=1)
    happened("a:bob", "view", "t1")
    happened("", "purchase", "t2")
    assert touched(somebody(anonymous_key="a:ann")) == ["b2", "b1"]
    assert touched(somebody()) == []


def test_a_user_keeps_the_past_of_every_cookie_that_was_theirs() -> None:
    link("a:phone", "u:1")
    link("a:laptop", "u:1")
    link("a:else", "u:2")
    happened("a:phone", "view", "b1", hours_ago=4)
    happened("a:laptop", "view", "b2", hours_ago=3)
    happened("u:1", "view", "b3", hours_ago=2)
    happened("a:now", "view", "d1", hours_ago=1)
    happened("a:else", "view", "t1")
    happened("u:2", "view", "t2")
    assert touched(somebody("u:1", "a:now")) == ["d1", "b3", "b2", "b1"]


def test_on_a_shared_computer_the_next_user_sees_nothing_of_the_last() -> None:
    link("a:shared", "u:1")
    happened("a:shared", "view", "b1", hours_ago=3)
    happened("u:1", "view", "b2", hours_ago=2)
    happened("u:2", "view", "t1", hours_ago=1)
    assert touched(somebody("u:2", "a:shared")) == ["t1"]
    assert touched(somebody(anonymous_key="a:after-logout")) == []


def test_a_query_without_consent_is_never_made() -> None:
    happened("u:1", "view", "b1")
    with CaptureQueriesContext(connection) as queries:
        assert read_history(somebody("u:1", personalise=False)) is NOTHING
        assert read_history(Context()) is NOTHING
    assert len(queries) == 0


@pytest.mark.parametrize("context", [somebody("u:1", "a:now"), somebody(anonymous_key="a:now")])
def test_one_query(context: Context, django_assert_num_queries: Any) -> None:
    link("a:old", "u:1")
    happened("a:now", "view", "b1")
    with django_assert_num_queries(1):
        read_history(context)


def test_scopes_do_not_mix() -> None:
    happened("u:1", "view", "b1", scope="north")
    happened("u:1", "view", "b2")
    link("a:x", "u:1", scope="north")
    happened("a:x", "view", "t1", scope="north")
    happened("a:x", "view", "t2")
    assert touched(somebody("u:1", scope="north")) == ["t1", "b1"]
    assert touched(somebody("u:1")) == ["b2"]


def test_a_long_past_is_cut_to_the_latest(settings: Any) -> None:
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "HISTORY_EVENTS": 3}
    for n in range(6):
        happened("u:1", "purchase" if n % 2 else "view", f"i{n}", hours_ago=n)
    assert touched(somebody("u:1")) == ["i0", "i1", "i2"]


def test_voided_events_and_searches_are_left_out() -> None:
    happened("u:1", "search", "", query="tea")
    happened("u:1", "uncart", "b2")
    voided = happened("u:1", "view", "b1")
    Event.objects.filter(pk=voided.pk).update(voided_at=voided.occurred_at)
    assert touched(somebody("u:1")) == []
