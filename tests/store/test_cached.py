"""What the cache is for, and that it is never wrong: hot pages, flips, news of Overrides, losses."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from recommendations.models import OverrideChange
from recommendations.overrides import active
from recommendations.overrides.changing import activate, person, propose
from recommendations.serving.engine import recommend
from recommendations.store import ListRequest, get_store
from recommendations.store.cached import GENERATION, CachedStore
from recommendations.store.testing import make_snapshot, request, row
from tests.serving import twelve
from tests.serving.twelve import publish, publish_popular, somebody
from tests.support.caches import NotingCache

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = [request("viewed", "1"), request("viewed", "2"), request("bought", "1"), request("viewed", "no such")]


def publish_round(store: CachedStore, name: str, n: int) -> Any:
    """Snapshot `n` of a recommender: all its lists name it."""
    snapshot = make_snapshot(name)
    store.write(snapshot, [row("1", f"{n}"), row("2", f"{n}")])
    store.activate(snapshot)
    return snapshot


def shown(store: CachedStore, requests: list[ListRequest] = PAGE) -> list[str]:
    found = store.fetch("", requests)
    return [found[each].entries[0][0] if each in found else "-" for each in requests]


def test_a_hot_page_costs_no_query_and_one_round_trip(
    noted: CachedStore, django_assert_num_queries: Any
) -> None:
    publish_round(noted, "viewed", 1)
    publish_round(noted, "bought", 1)
    assert shown(noted) == ["1", "1", "1", "-"]
    NotingCache.calls.clear()
    with django_assert_num_queries(0):
        assert shown(noted) == ["1", "1", "1", "-"]
    assert NotingCache.calls == ["get_many"]


def test_what_no_snapshot_can_have_is_not_asked_for(
    noted: CachedStore, django_assert_num_queries: Any
) -> None:
    publish_round(noted, "viewed", 1)
    words = [ListRequest("viewed", "term", f"word{n}") for n in range(20)]
    unknown = [request("unpublished", "1")]
    assert noted.fetch("", words + unknown) == {}
    entries = len(caches["lists"]._cache)
    with django_assert_num_queries(0):
        assert noted.fetch("", words + unknown) == {}
    assert len(caches["lists"]._cache) == entries == 2, "the generation and the header"


def test_another_process_finds_all_in_the_cache(cached: CachedStore, django_assert_num_queries: Any) -> None:
    publish_round(cached, "viewed", 1)
    assert shown(cached) == ["1", "1", "-", "-"]
    with django_assert_num_queries(0):
        assert shown(CachedStore()) == ["1", "1", "-", "-"]


def test_a_flip_and_a_rollback_are_seen_by_the_next_page_of_every_process(cached: CachedStore) -> None:
    other = CachedStore()
    first = publish_round(cached, "viewed", 1)
    assert shown(cached) == shown(other) == ["1", "1", "-", "-"]
    publish_round(cached, "viewed", 2)
    assert shown(other) == shown(cached) == ["2", "2", "-", "-"]
    other.activate(first)
    assert shown(cached) == shown(other) == ["1", "1", "-", "-"]
    publish_round(other, "bought", 3)
    assert shown(cached) == shown(other) == ["1", "1", "3", "-"]


class Interrupted(CachedStore):
    """Something happens between what it reads of the database and what it keeps."""

    meanwhile: Callable[[], object] | None = None

    def _interrupt(self) -> None:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()

    def live_snapshots(self, scope: str) -> Any:
        found = super().live_snapshots(scope)
        self._interrupt()
        return found


class InterruptedLists(Interrupted):
    live_snapshots = CachedStore.live_snapshots

    def fetch_from(self, snapshots: Any, requests: Any) -> Any:
        self._interrupt()
        return super().fetch_from(snapshots, requests)


def test_what_was_read_before_a_flip_is_not_believed_after_it(cached: CachedStore) -> None:
    publish_round(cached, "viewed", 1)
    slow = Interrupted()
    slow.meanwhile = lambda: publish_round(cached, "viewed", 2)
    assert shown(slow) == ["1", "1", "-", "-"], "begun before the flip was over"
    assert shown(CachedStore()) == shown(slow) == shown(cached) == ["2", "2", "-", "-"]


def test_a_flip_in_the_middle_of_a_page_mixes_nothing(cached: CachedStore) -> None:
    first = make_snapshot("viewed")
    cached.write(first, [row("1", "1"), row("2", "1"), row("3", "1")])
    cached.activate(first)
    slow = InterruptedLists()
    assert shown(slow, [request("viewed", "1")]) == ["1"]
    slow.meanwhile = lambda: publish_round(cached, "viewed", 2)
    page = [request("viewed", key) for key in "123"]
    assert shown(slow, page) == ["1", "1", "1"]
    assert shown(slow, page) == shown(cached, page) == ["2", "2", "-"]
    cached.activate(first)
    assert shown(slow, page) == shown(cached, page) == ["1", "1", "1"]


def test_lost_keys_are_read_again(cached: CachedStore) -> None:
    publish_round(cached, "viewed", 1)
    assert shown(cached) == ["1", "1", "-", "-"]
    caches["lists"].clear()
    assert shown(cached) == ["1", "1", "-", "-"]
    caches["lists"].delete(GENERATION)
    assert shown(cached) == ["1", "1", "-", "-"]
    assert cached.cache.failures == 0


def test_a_cache_that_keeps_nothing_leaves_all_to_the_database(
    keep_lists_in: Any, django_assert_num_queries: Any
) -> None:
    store = keep_lists_in({"BACKEND": "django.core.cache.backends.dummy.DummyCache"})
    publish_round(store, "viewed", 1)
    with django_assert_num_queries(1):
        assert shown(store) == ["1", "1", "-", "-"]


def test_what_a_transaction_flips_it_alone_sees_until_it_commits(cached: CachedStore) -> None:
    publish_round(cached, "viewed", 1)
    assert shown(cached) == ["1", "1", "-", "-"]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish_round(cached, "viewed", 2)
        assert shown(cached) == ["2", "2", "-", "-"]
        raise ZeroDivisionError
    assert shown(cached) == shown(CachedStore()) == ["1", "1", "-", "-"]
    with transaction.atomic():
        publish_round(cached, "viewed", 3)
        assert shown(cached) == ["3", "3", "-", "-"]
    assert shown(cached) == shown(CachedStore()) == ["3", "3", "-", "-"]


def test_a_transaction_that_keeps_its_first_view_keeps_it_to_itself(
    cached: CachedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        monkeypatch.setattr(connections["default"], "transaction_mode", "DEFERRED")
    else:
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "isolation_level", 3)
    publish_round(cached, "viewed", 1)
    with transaction.atomic():
        assert not cached.sees_commits()
        assert shown(cached) == ["1", "1", "-", "-"]
    assert caches["lists"].get(GENERATION) is not None
    assert cached._headers == {}, "nothing was learned"
    assert shown(cached) == ["1", "1", "-", "-"]
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        assert shown(cached) == ["1", "1", "-", "-"]
    assert [query for query in queries if "rankedlist" in query["sql"]] == [], "what is in the cache is right"


def test_a_changed_override_is_heard_by_every_process_without_a_query(
    cached: CachedStore, django_assert_num_queries: Any
) -> None:
    other = CachedStore()
    publish_round(cached, "viewed", 1)
    assert shown(cached) == shown(other)
    propose("placement", "cart", {"size": 3}, by=person("ann"))
    change = OverrideChange.objects.get()
    for store in (cached, other):
        active.forget()
        shown(store)
        assert active._memory.heard == change.pk
        active.forget()
        with django_assert_num_queries(0):
            shown(store)
        assert active._memory.heard == change.pk


FOUR = {
    "similar_row": {"page": "four", "sources": ["similar"], "filters": ["shown_item"]},
    "together_row": {"page": "four", "sources": ["together"], "filters": ["shown_item"]},
    "for_you_row": {"page": "four", "sources": ["for_you"], "fallback": ["popular"]},
    "popular_row": {"page": "four", "sources": ["popular"]},
}


def test_all_placements_of_a_page_cost_one_round_trip_and_hear_of_overrides(
    noted: CachedStore, settings: Any
) -> None:
    own = settings.RECOMMENDATIONS
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "PLACEMENTS": {name: {**entry, "repeats": True} for name, entry in FOUR.items()},
        "STORE": own["STORE"],
        "STORE_CACHE": own["STORE_CACHE"],
    }
    twelve.stock_the_shop()
    for name in ("also_viewed", "also_bought", "bought_together", "similar_content"):
        publish(name, {"b1": ["b2", "t1", "d1"]})
    publish_popular(everybody=["t1", "d1", "b2"])

    def page() -> list[int]:
        context = somebody(anonymous_key="a:ann")
        return [len(recommend(name, context, item="b1").items) for name in FOUR]

    assert page() == [3, 3, 3, 3]
    NotingCache.calls.clear()
    with CaptureQueriesContext(connection) as queries:
        assert page() == [3, 3, 3, 3]
    assert NotingCache.calls == ["get_many"]
    assert [
        query["sql"] for query in queries if "rankedlist" in query["sql"] or "override" in query["sql"]
    ] == []
    activate(propose("placement", "similar_row", {"size": 1}, by=person("ann")).pk, by=person("ann"))
    assert page() == [1, 3, 3, 3]
    NotingCache.calls.clear()
    assert page() == [1, 3, 3, 3]
    assert NotingCache.calls == ["get_many"]
    assert get_store().cache.failures == 0  # type: ignore[attr-defined]


def test_an_unknown_cache_is_a_failure_like_any_other(settings: Any, caplog: Any) -> None:
    alias = secrets.token_hex(4)
    settings.RECOMMENDATIONS = {
        **settings.RECOMMENDATIONS,
        "STORE": "recommendations.store.cached.CachedStore",
        "STORE_CACHE": alias,
    }
    store: Any = get_store()
    publish_round(store, "viewed", 1)
    assert shown(store) == ["1", "1", "-", "-"]
    assert (
        f"The cache '{alias}' failed (1 times since this was last said): InvalidCacheBackendError"
        in caplog.text
    )
