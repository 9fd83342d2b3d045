"""What any store must do. Mix into a test class that has a database, and make your store in `make_store`:

class TestMyStore(StoreContract, django.test.TestCase):
    def make_store(self):
        return MyStore()
"""

from __future__ import annotations

from typing import Any

from django.db import connections, router
from django.test.utils import CaptureQueriesContext

from recommendations.exceptions import RecommendationsError
from recommendations.models import RankedList, Snapshot
from recommendations.store.base import ListRequest, Store, StoredList
from recommendations.store.encoding import MAX_TARGETS, ListRow


def make_snapshot(recommender: str = "popular", **fields: Any) -> Snapshot:
    """A snapshot that is being built, with one source: the recommender itself."""
    values = {"algorithm": "contract", "sources": [recommender], **fields}
    return Snapshot.objects.create(recommender=recommender, **values)


def row(key: str, *targets: str, key_kind: str = "item", target_kind: str = "item") -> ListRow:
    """A list with falling scores."""
    return key_kind, key, target_kind, [(t, 1.0 - n / 100, 0) for n, t in enumerate(targets)]


def request(recommender: str, key: str, key_kind: str = "item") -> ListRequest:
    return ListRequest(recommender, key_kind, key)


class StoreContract:
    """The contract, one test a promise."""

    #: `fetch` may cost so many queries.
    max_fetch_queries = 1

    def make_store(self) -> Store:
        raise NotImplementedError("make_store() returns the store to test.")

    def published(self, store: Store, recommender: str, *rows: ListRow, scope: str = "") -> Snapshot:
        snapshot = make_snapshot(recommender, scope=scope)
        store.write(snapshot, rows)
        store.activate(snapshot)
        return snapshot

    def test_a_live_list_comes_back_as_it_was_written(self) -> None:
        store = self.make_store()
        snapshot = make_snapshot("mixed", sources=["cosine", "text"])
        targets = [("b", 0.912345678, 0), ("c", 0.5, 1), ("é/1", 0.0, 0)]
        assert store.write(snapshot, [("item", "a", "item", targets)]) == 1
        store.activate(snapshot)
        wanted = request("mixed", "a")
        assert store.fetch("", [wanted]) == {
            wanted: StoredList(
                "mixed", snapshot.pk, (("b", 0.91235, "cosine"), ("c", 0.5, "text"), ("é/1", 0.0, "cosine"))
            )
        }

    def test_lists_are_invisible_until_activated(self) -> None:
        store = self.make_store()
        snapshot = make_snapshot("popular")
        store.write(snapshot, [row("", "a", key_kind="segment")])
        assert store.fetch("", [request("popular", "", "segment")]) == {}
        assert store.live("") == {}
        assert store.activate(snapshot) is None
        assert set(store.fetch("", [request("popular", "", "segment")])) == {
            request("popular", "", "segment")
        }
        assert store.live("") == {"popular": snapshot.pk}

    def test_activating_another_replaces_the_live_one_whole(self) -> None:
        store = self.make_store()
        first = self.published(store, "popular", row("x", "a"), row("y", "a"))
        second = make_snapshot("popular")
        store.write(second, [row("x", "b")])
        assert store.activate(second) == first
        found = store.fetch("", [request("popular", "x"), request("popular", "y")])
        assert {r.key: s.entries[0][0] for r, s in found.items()} == {"x": "b"}
        first.refresh_from_db()
        assert (first.status, second.status) == (Snapshot.Status.READY, Snapshot.Status.LIVE)
        store.activate(first)
        assert store.fetch("", [request("popular", "x")])[request("popular", "x")].entries[0][0] == "a"
        assert store.live("") == {"popular": first.pk}

    def test_many_requests_cost_one_query(self) -> None:
        store = self.make_store()
        keys = [str(n) for n in range(200)]
        self.published(store, "viewed", *(row(key, "a", "b") for key in keys))
        self.published(store, "bought", *(row(key, "c") for key in keys), row("", "d", key_kind="segment"))
        wanted = [request(name, key) for name in ("viewed", "bought") for key in keys]
        wanted.append(request("bought", "", "segment"))
        with CaptureQueriesContext(connections[router.db_for_read(RankedList)]) as queries:
            found = store.fetch("", wanted)
        assert set(found) == set(wanted)
        assert len(queries) <= self.max_fetch_queries
        with CaptureQueriesContext(connections[router.db_for_read(RankedList)]) as queries:
            assert store.fetch("", []) == {}
        assert len(queries) == 0

    def test_only_what_was_asked_comes_back(self) -> None:
        store = self.make_store()
        self.published(store, "viewed", row("1", "a"), row("2", "a"), row("1", "b", key_kind="segment"))
        self.published(store, "bought", row("1", "c"), row("2", "c"))
        self.published(store, "audience", row("1", "u:1", target_kind="visitor"))
        wanted = {
            request("viewed", "1"),
            request("bought", "2"),
            request("unknown", "1"),
            request("audience", "1"),
        }
        assert set(store.fetch("", wanted)) == {request("viewed", "1"), request("bought", "2")}

    def test_scopes_never_mix(self) -> None:
        store = self.make_store()
        self.published(store, "popular", row("1", "a"))
        other = self.published(store, "popular", row("1", "z"), scope="second")
        wanted = request("popular", "1")
        assert store.fetch("", [wanted])[wanted].entries[0][0] == "a"
        assert store.fetch("second", [wanted])[wanted].entries[0][0] == "z"
        assert store.fetch("third", [wanted]) == {}
        assert store.live("second") == {"popular": other.pk}

    def test_lists_are_cut(self) -> None:
        store = self.make_store()
        self.published(store, "popular", row("1", *(f"t{n}" for n in range(MAX_TARGETS + 10))))
        assert len(store.fetch("", [request("popular", "1")])[request("popular", "1")].entries) == MAX_TARGETS

    def test_scores_outside_0_to_1_and_unknown_sources_are_refused(self) -> None:
        store = self.make_store()
        for targets, message in (
            ([("b", 1.5, 0)], "gives 'b' the score 1.5; contract must calibrate its scores to 0..1."),
            (
                [("b", float("nan"), 0)],
                "gives 'b' the score nan; contract must calibrate its scores to 0..1.",
            ),
            ([("b", 0.5, 1)], "names source 1; the snapshot has 1: ['popular']."),
        ):
            try:
                store.write(make_snapshot("popular"), [("item", "a", "item", targets)])
            except RecommendationsError as error:
                assert str(error) == f"popular: the list of item 'a' {message}"
            else:
                raise AssertionError(f"{targets} was written")

    def test_clearing_keeps_the_row(self) -> None:
        store = self.make_store()
        snapshot = make_snapshot("popular")
        store.write(snapshot, [row("1", "a")])
        store.clear(snapshot)
        store.activate(snapshot)
        assert store.fetch("", [request("popular", "1")]) == {}

    def test_deleting_leaves_the_others_and_refuses_the_live_one(self) -> None:
        store = self.make_store()
        old = self.published(store, "popular", row("1", "a"))
        live = self.published(store, "popular", row("1", "b"))
        store.delete(old)
        assert not Snapshot.objects.filter(pk=old.pk).exists()
        assert store.fetch("", [request("popular", "1")])[request("popular", "1")].snapshot_id == live.pk
        try:
            store.delete(live)
        except RecommendationsError as error:
            expected = f"Snapshot {live.pk} of popular is live and cannot be deleted; activate another first."
            assert str(error) == expected
        else:
            raise AssertionError("a live snapshot was deleted")
        assert store.live("") == {"popular": live.pk}
