from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils import timezone

from recommendations.models import Event, Item, VisitorLink
from recommendations.training import copying, loading
from recommendations.training.copying import CopyReader
from recommendations.training.loading import load, load_catalogue
from recommendations.training.reading import Reader
from tests.training.factories import make_events, make_items, void

pytestmark = pytest.mark.django_db

EVERY_KIND = ["view", "purchase", "rating"]


def keys(data: loading.TrainingData) -> list[tuple[str, str, str]]:
    """(kind, visitor, item) of each row; "" = nobody."""
    i = data.interactions
    visitors = (*i.visitor_keys, "")
    return [
        (i.kinds[k], visitors[v], i.item_keys[n]) for k, v, n in zip(i.kind, i.visitor, i.item, strict=True)
    ]


def test_every_column_arrives() -> None:
    moment = datetime(2025, 3, 30, 1, 59, 59, 123456, tzinfo=UTC)
    make_events(
        {
            "kind": "purchase",
            "visitor_key": "u:1",
            "item_key": "7",
            "order_key": "o1",
            "session_key": "s1",
            "quantity": "2.500",
            "value": "19.90",
            "occurred_at": moment,
        },
        {
            "kind": "rating",
            "visitor_key": "",
            "item_key": "8",
            "rating": 4.0,
            "occurred_at": moment + timedelta(days=1),
        },
    )
    data = load(EVERY_KIND)
    i = data.interactions
    assert keys(data) == [("purchase", "u:1", "7"), ("rating", "", "8")]
    assert i.time[0] == pytest.approx(moment.timestamp(), abs=0.002)
    assert i.quantity.tolist() == [2.5, 1.0]
    assert i.value.tolist() == pytest.approx([19.9, 0.0])
    assert np.isnan(i.rating[0]) and i.rating[1] == 4.0
    assert (i.basket.tolist(), i.session.tolist()) == ([0, -1], [0, -1])


def test_what_does_not_count_is_left_out(configure: Callable[..., None]) -> None:
    make_events(("view", "u:1", "kept"), ("click", "u:1", "other kind"), ("view", "u:1", ""))
    make_events(("view", "u:1", "simulated"), simulated=True)
    make_events(("view", "u:1", "elsewhere"), scope="outlet")
    make_events(("view", "u:1", "voided"))
    void(Event.objects.filter(item_key="voided"))
    make_events(("view", "u:1", "gone"))
    make_items("gone", is_gone=True)
    make_events(("view", "u:1", "sensitive"), ("purchase", "u:1", "sensitive"))
    make_items("sensitive", is_sensitive=True)
    assert keys(load(EVERY_KIND)) == [("view", "u:1", "kept")]
    assert keys(load(EVERY_KIND, scope="outlet")) == [("view", "u:1", "elsewhere")]
    configure(TRAIN_ON_SIMULATED=True)
    assert [item for _, _, item in keys(load(EVERY_KIND))] == ["kept", "simulated"]


def test_what_was_done_with_what_is_sensitive_now_counts_when_it_no_longer_is() -> None:
    make_events(("view", "u:1", "1"), ("view", "u:1", "2"), ("view", "u:2", "2"))
    make_items("1", "2")
    assert len(keys(load(EVERY_KIND))) == 3
    Item.objects.filter(item_key="2").update(is_sensitive=True)
    assert keys(load(EVERY_KIND)) == [("view", "u:1", "1")]
    assert load_catalogue().item_keys == ("1", "2"), "what it says of itself is no secret"
    Item.objects.filter(item_key="2").update(is_sensitive=False)
    assert len(keys(load(EVERY_KIND))) == 3


def test_anonymous_events_belong_to_the_user_after_login() -> None:
    make_events(("view", "a:x", "1"), ("view", "u:1", "2"), ("view", "a:y", "3"), ("view", "a:z", "4"))
    for anonymous, scope in (("a:x", ""), ("a:z", ""), ("a:y", "outlet"), ("a:never seen", "")):
        VisitorLink.objects.create(anonymous_key=anonymous, visitor_key="u:1", bucket=0, scope=scope)
    data = load(EVERY_KIND)
    assert [visitor for _, visitor, _ in keys(data)] == ["u:1", "u:1", "a:y", "u:1"]
    assert data.interactions.visitor_keys == ("a:y", "u:1")


def test_only_the_window_is_read() -> None:
    make_events(("view", "u:1", "new"))
    make_events(("view", "u:1", "old"), occurred_at=timezone.now() - timedelta(days=40))
    assert [item for _, _, item in keys(load(EVERY_KIND, window_days=30))] == ["new"]
    assert len(load(EVERY_KIND).interactions) == 2


def test_an_empty_log_is_empty_interactions() -> None:
    assert len(load(EVERY_KIND).interactions) == 0
    assert len(load([]).interactions) == 0
    assert len(load_catalogue()) == 0


def test_chunks_make_no_difference(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable
) -> None:
    make_events(*(("view", f"u:{n % 3}", str(n % 5)) for n in range(20)))
    whole = load(EVERY_KIND)
    for reader in (Reader, CopyReader):
        monkeypatch.setattr(reader, "chunk_rows", 3)
    # Two of Overrides, variants of experiments, three counts, seven chunks of events, links, gone items, items;
    # PostgreSQL tells its version and the keys.
    with django_assert_num_queries(20 if connection.vendor == "postgresql" else 16):
        chunked = load(EVERY_KIND)
    assert keys(chunked) == keys(whole)
    assert chunked.interactions.time.tolist() == whole.interactions.time.tolist()


@pytest.mark.only_on_postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("n_pieces", [1, 3, 16])
def test_several_connections_read_the_same(n_pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(load(EVERY_KIND).interactions) == 0
    make_events(*(("view", f"u:{n % 7}", f"{n % 5}") for n in range(40)))
    make_events(
        ("purchase", "u:é", "'quoted' % item"), ("view", "", "1"), order_key="o1", quantity=3, value="2.50"
    )
    alone = load(EVERY_KIND)
    monkeypatch.setattr(CopyReader, "parallel_from", 2)
    monkeypatch.setattr(CopyReader, "n_pieces", n_pieces)
    monkeypatch.setattr(CopyReader, "chunk_rows", 4)
    monkeypatch.setattr(copying, "TEXTS_AT_ONCE", 3)
    several = load(EVERY_KIND)
    assert keys(several) == keys(alone)
    assert several.interactions.value.tolist() == alone.interactions.value.tolist()
    assert several.interactions.basket.tolist() == alone.interactions.basket.tolist()
    with transaction.atomic():
        make_events(("view", "u:1", "not committed yet"))
        assert "not committed yet" in load(EVERY_KIND).interactions.item_keys


def test_the_catalogue_is_the_mirror() -> None:
    created = datetime(2025, 1, 1, tzinfo=UTC)
    make_items(
        "2",
        categories=["Grocery/Bread"],
        brand="Acme",
        text="words",
        group_key="g",
        created_at=created,
        price=Decimal("2.50"),
        previous_price=Decimal("3.00"),
        price_changed_at=created,
        attributes={"vegan": True, "colour": ["red"], "weights": {"net": 1}},
    )
    make_items("1")
    make_items("3", is_gone=True)
    Item.objects.create(item_key="1", title="Elsewhere", scope="outlet")
    catalogue = load_catalogue()
    assert catalogue.item_keys == ("1", "2")
    assert catalogue.titles == ("Item 1", "Item 2")
    assert catalogue.categories == ((), ("Grocery/Bread",))
    assert (catalogue.brands[1], catalogue.texts[1], catalogue.group_keys[1]) == ("Acme", "words", "g")
    assert np.isnan(catalogue.created[0]) and np.isnan(catalogue.prices[0])
    assert catalogue.prices[1] == 2.5
    assert np.isnan(catalogue.previous_prices[0]) and np.isnan(catalogue.price_changed[0])
    assert catalogue.previous_prices[1] == 3.0
    assert catalogue.price_changed[1] == pytest.approx(created.timestamp(), abs=0.002)
    assert catalogue.attributes == ({}, {"vegan": ("True",), "colour": ("red",)})
    assert catalogue.created[1] == pytest.approx(created.timestamp(), abs=0.002)
