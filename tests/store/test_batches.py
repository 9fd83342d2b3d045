from __future__ import annotations

import pytest
from django.db import connection

from recommendations.conf import settings as own_settings
from recommendations.exceptions import ConfigurationError
from recommendations.models import RankedList
from recommendations.store import ListRequest, get_store
from recommendations.store.batches import TARGET_SECONDS, BatchSize, ShortTransactions
from recommendations.store.database import DatabaseStore
from recommendations.store.memory import MemoryStore
from recommendations.store.testing import make_snapshot, row


def test_the_batch_size_follows_the_measured_time() -> None:
    size = BatchSize(start=200)
    size.learn(200, TARGET_SECONDS / 10)
    assert size.rows == 400, "grows by the double at most"
    size.learn(400, TARGET_SECONDS * 4)
    assert size.rows == 100
    size.learn(100, 60.0)
    assert size.rows == size.smallest
    for _ in range(30):
        size.learn(size.rows, 0.0)
    assert size.rows == size.largest


@pytest.mark.django_db(transaction=True)
def test_each_piece_is_a_transaction_of_its_own() -> None:
    transactions = ShortTransactions("default")
    snapshot = make_snapshot("popular")
    for n in range(2):
        piece = [RankedList(snapshot=snapshot, key_kind="item", key=str(n), target_kind="item", items="[]")]
        transactions.run(1, lambda piece=piece: RankedList.objects.bulk_create(piece))
        assert not connection.in_atomic_block
    with pytest.raises(ZeroDivisionError):
        transactions.run(1, lambda: [RankedList.objects.all().delete(), 1 // 0])
    assert RankedList.objects.count() == 2


@pytest.mark.django_db
def test_reading_finds_its_lists_by_index() -> None:
    store = DatabaseStore()
    for name in ("viewed", "bought"):
        snapshot = make_snapshot(name)
        store.write(snapshot, (row(str(n), "a") for n in range(500)))
        store.activate(snapshot)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    requests = [ListRequest(name, "item", str(n)) for name in ("viewed", "bought") for n in range(5)]
    plan = store.lists(requests, "").explain()
    assert "SCAN recommendations_rankedlist" not in plan
    assert "Seq Scan on recommendations_rankedlist" not in plan


def test_the_store_is_named_by_the_settings(settings: object) -> None:
    assert isinstance(get_store(), DatabaseStore)
    assert get_store() is get_store()
    base = dict(settings.RECOMMENDATIONS)  # type: ignore[attr-defined]
    settings.RECOMMENDATIONS = {**base, "STORE": "recommendations.store.memory.MemoryStore"}  # type: ignore[attr-defined]
    assert isinstance(get_store(), MemoryStore)
    settings.RECOMMENDATIONS = {**base, "STORE": "recommendations.store.Nothing"}  # type: ignore[attr-defined]
    with pytest.raises(
        ConfigurationError, match="\"STORE\"\\] is 'recommendations.store.Nothing', which cannot"
    ):
        get_store()
    settings.RECOMMENDATIONS = {**base, "STORE": "recommendations.models.Snapshot"}  # type: ignore[attr-defined]
    with pytest.raises(ConfigurationError, match="is no subclass of recommendations.store.base.Store"):
        get_store()
    assert own_settings.STORE == "recommendations.models.Snapshot"
