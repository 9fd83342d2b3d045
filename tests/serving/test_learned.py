"""The learned ranker on pages: published trees multiply scores, without a further query."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache

from recommendations.datatypes import Context
from recommendations.exceptions import ConfigurationError
from recommendations.models import Item, Snapshot
from recommendations.ranking.features import About
from recommendations.serving.engine import recommend
from recommendations.serving.facts import read_facts
from recommendations.serving.reranking import learned
from recommendations.serving.reranking.learned import Learned
from recommendations.training.publishing import rollback
from tests.serving import twelve
from tests.serving.rankers import RANKER, publish_ranker, tree
from tests.serving.twelve import happened, keys, publish, publish_popular, somebody
from tests.support.queries import queries_of

Use = Callable[..., None]

KEYS = ("t1", "t2", "b2", "d2", "f1")

OF_BRAND = tree("share of the session of its brand", 0.5, 4.0)


def row(**options: Any) -> dict[str, Any]:
    return {
        "sources": [{"source": "for_you", "recommenders": ["also_viewed"]}],
        "rerank": [{"rerank": "learned", "recommender": "ranker", **options}],
        "fallback": [],
        "minimum": 0,
    }


@pytest.fixture
def shop(products: Any, settings: Any) -> Iterator[None]:
    """Somebody looked at b1 (Crust) twice and at d1 (Dale); the lists lead to t1, t2, b2, d2."""
    learned.forget()
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "RECOMMENDERS": {"ranker": RANKER},
        "PLACEMENTS": {"row": row(), "plain": {**row(), "rerank": []}},
    }
    publish("also_viewed", {"b1": [("t1", 0.9), ("b2", 0.3), ("t2", 0.2)], "d1": [("t2", 0.6), ("d2", 0.5)]})
    publish_popular(everybody=["d2"])
    happened("u:1", "view", "b1", hours_ago=1)
    happened("u:1", "view", "b1", hours_ago=1)
    happened("u:1", "view", "d1", hours_ago=1)
    yield
    learned.forget()


def shown(placement: str = "row", visitor: str = "u:1") -> list[str]:
    return keys(recommend(placement, somebody(visitor)))


def test_trees_multiply_scores(shop: None) -> None:
    # (2 · 0.9) / 3 = 0.6, t2 (0.4 + 0.6) / 3, b2 0.2, d2 0.17; Crust has two thirds of the session.
    assert shown() == ["t1", "t2", "b2", "d2"]  # nothing is published
    publish_ranker(OF_BRAND)
    assert shown() == ["b2", "t1", "t2", "d2"]  # b2 0.8
    slate = recommend("row", somebody("u:1"))
    # Divided by the largest factor, so that they stay below 1.
    assert [each.score for each in slate] == pytest.approx([0.2, 0.15, 1 / 12, 0.5 / 12], abs=1e-4)
    assert shown("plain") == ["t1", "t2", "b2", "d2"]


def test_who_is_new_sees_what_there_is(shop: None) -> None:
    publish_ranker(OF_BRAND)
    assert shown(visitor="u:2") == []
    assert keys(recommend("row", Context())) == []


def test_popularity_is_told(shop: None) -> None:
    publish_ranker(tree("popularity", 0.5, 100.0))
    assert shown() == ["d2", "t1", "t2", "b2"]


def test_a_flip_and_a_rollback_are_seen_at_once(shop: None) -> None:
    publish_ranker(OF_BRAND)
    assert shown() == ["b2", "t1", "t2", "d2"]
    publish_ranker(tree("popularity", 0.5, 100.0))
    assert shown() == ["d2", "t1", "t2", "b2"]
    publish_ranker()  # training found no trees that are better
    assert shown() == ["t1", "t2", "b2", "d2"]
    rollback("ranker")
    assert shown() == ["d2", "t1", "t2", "b2"]
    Snapshot.objects.filter(recommender="ranker").update(status=Snapshot.Status.READY)
    assert shown() == ["t1", "t2", "b2", "d2"]


def test_trees_that_cannot_be_read_change_nothing(shop: None, caplog: pytest.LogCaptureFixture) -> None:
    publish_ranker(text="{}")
    assert shown() == ["t1", "t2", "b2", "d2"]
    assert "The trees of 'ranker' are left out: " in caplog.text
    caplog.clear()
    assert shown() == ["t1", "t2", "b2", "d2"]
    assert not caplog.records  # said once a process and version


def test_a_page_costs_no_further_query(shop: None) -> None:
    publish_ranker(OF_BRAND)
    assert shown()  # the process reads the trees
    asked = queries_of(shown)
    assert len(asked) == 4  # history, lists, products, groups
    assert not any('"recommendations_item"."brand"' in sql for sql in asked)  # known from the page before
    (lists,) = (sql for sql in asked if '"items"' in sql)
    assert "'version'" in lists
    assert "'model'" not in lists


def test_what_is_known_of_items_grows_old(shop: None, monkeypatch: Any) -> None:
    publish_ranker(OF_BRAND)
    assert shown() == ["b2", "t1", "t2", "d2"]
    Item.objects.filter(item_key="b2").update(brand="Nobody's")
    assert shown() == ["b2", "t1", "t2", "d2"]
    monkeypatch.setattr(learned, "time", SimpleNamespace(monotonic=lambda: monotonic() + 61))
    assert shown() == ["t1", "t2", "b2", "d2"]


def test_the_first_page_of_a_process_reads_the_trees(shop: None) -> None:
    publish_ranker(OF_BRAND)
    first = queries_of(shown)
    assert len(first) == len(queries_of(shown)) + 2  # the trees, and what the mirror says of items


def test_the_shop_is_asked_about_no_more_than_is_ranked(shop: None, settings: Any) -> None:
    publish("also_viewed", {"b1": [*KEYS, *((f"k{n}", 0.5 - n / 100) for n in range(45))]})
    learn = row()["rerank"][0]
    for rerank, asked_for in (([learn], 14), ([learn, {"rerank": "at_most", "n": 1}], 50)):
        settings.RECOMMENDATIONS = {
            **settings.RECOMMENDATIONS,
            "PLACEMENTS": {"row": {**row(), "rerank": rerank, "size": 8}},
        }
        products = next(sql for sql in queries_of(shown) if '"shop_product"."sku" IN' in sql)
        known = {*KEYS, *(f"k{n}" for n in range(45))}
        assert len(set(re.findall(r"'(\w+)'", products)) & known) == asked_for


@pytest.mark.django_db(transaction=True)
def test_trees_come_through_a_cache_and_flip_with_it(shop: None, settings: Any) -> None:
    settings.RECOMMENDATIONS = {
        **settings.RECOMMENDATIONS,
        "STORE": "recommendations.store.cached.CachedStore",
        "STORE_CACHE": "default",
    }
    cache.clear()
    publish_ranker(OF_BRAND)
    assert shown() == ["b2", "t1", "t2", "d2"]
    assert shown() == ["b2", "t1", "t2", "d2"]
    assert len(queries_of(shown)) == 3  # history, products, the mirror
    publish_ranker(tree("popularity", 0.5, 100.0))
    assert shown() == ["d2", "t1", "t2", "b2"]
    rollback("ranker")
    assert shown() == ["b2", "t1", "t2", "d2"]
    cache.clear()


def test_boosts_hold(shop: None, settings: Any) -> None:
    publish_ranker(OF_BRAND)
    settings.RECOMMENDATIONS = {
        **settings.RECOMMENDATIONS,
        "RULES": {"tea": {"action": "boost", "factor": 3, "where": {"item": "t2"}}},
    }
    assert shown() == ["t2", "b2", "t1", "d2"]  # t2 1.0, b2 0.8


def test_what_it_went_by(shop: None) -> None:
    """Of the training data a quarter had more: log 4 / 4 in the mean."""
    publish_ranker(OF_BRAND)
    first, second, *_ = recommend("row", somebody("u:1"))
    name = "share of the session of its brand"
    assert first.contributions() == {name: pytest.approx(0.75 * math.log(4))}
    assert second.contributions() == {name: pytest.approx(-0.25 * math.log(4))}
    assert all(not each.contributions() for each in recommend("plain", somebody("u:1")))


def test_another_recommender_is_refused(shop: None) -> None:
    for name in ("rankr", None, ["ranker"]):
        with pytest.raises(ConfigurationError, match="which does not exist. Set it to a recommender whose"):
            Learned(recommender=name)


def test_trees_are_told_the_same_by_the_mirror_and_by_what_the_page_has_read(shop: None) -> None:
    Item.objects.filter(item_key="t2").update(categories=[], price=None, created_at=None)
    everything = sorted(Item.objects.values_list("item_key", flat=True))
    read = learned._read("", everything)
    assert read.keys() == set(everything) and repr(read["t2"]) == repr(About(brand=read["t2"].brand))
    of_page = {key: learned._about(facts) for key, facts in read_facts("", everything).items()}
    assert repr(read) == repr({key: of_page[key] for key in read})  # NaN is not equal to itself
