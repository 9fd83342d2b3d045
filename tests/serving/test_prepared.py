from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from recommendations.models import Event
from recommendations.serving.prepared import Prepared
from tests.serving.twelve import happened

pytestmark = pytest.mark.django_db

SINCE = datetime(1971, 2, 3, tzinfo=UTC)


def test_it_answers_as_the_query_itself_does() -> None:
    happened("a:ann", "view", "b1")
    happened("a:ann", "cart", "b2")
    happened("a:bob", "view", "b3")

    def asked(visitor: str, since: datetime):  # type: ignore[no-untyped-def]
        seen = Event.objects.filter(visitor_key=visitor, occurred_at__gte=since)
        return seen.order_by("item_key").values_list("item_key", "occurred_at", "quantity")

    prepared = Prepared(asked("\0visitor", SINCE), {"visitor": "\0visitor", "since": SINCE})
    now = Event.objects.latest("occurred_at").occurred_at
    for visitor in ("a:ann", "a:bob", "a:ann", "a:nobody", "%s", "'"):
        for since in (now - timedelta(days=1), now + timedelta(days=1)):
            wanted = list(asked(visitor, since))
            assert list(prepared.rows(visitor=visitor, since=since)) == wanted
    assert [key for key, *_ in prepared.rows(visitor="a:ann", since=SINCE)] == ["b1", "b2"]


def test_values_of_the_query_itself_stay() -> None:
    happened("a:ann", "view", "b1")
    happened("a:ann", "cart", "b2")
    carts = Event.objects.filter(kind="cart", visitor_key="\0").values_list("item_key")
    prepared = Prepared(carts, {"visitor": "\0"})
    assert list(prepared.rows(visitor="a:ann")) == [("b2",)]
    assert list(prepared.rows(visitor="cart")) == []
