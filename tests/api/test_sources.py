"""Every source of placements, asked for as an app asks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from recommendations.conf import settings as ours
from recommendations.datatypes import ListKind
from recommendations.serving.sources import SOURCES
from recommendations.store import get_store
from tests.serving import twelve
from tests.serving.twelve import SETTINGS, happened, publish

USER_KNN = {"algorithm": "recommendations.algorithms.user_knn.UserKNN"}

#: What each source shows on a page about b1, to somebody who viewed d1: all lists hold t2 alone.
SHOWN = {**dict.fromkeys(SOURCES, ["t2"]), "recently_viewed": ["d1"], "given": ["f1", "d2"]}


def publish_t2(recommender: str, visitor_key: str) -> None:
    """Lists of every kind that a recommender can have."""
    snapshot = publish(recommender, dict.fromkeys(["b1", "d1"], ["t2"]))
    segments = ("", "category:Grocery/Bread", "brand:Crust", "community:1")
    rows = [(ListKind.SEGMENT, segment, "item", [("t2", 0.8, 0)]) for segment in segments]
    rows.append((ListKind.VISITOR, visitor_key, "item", [("t2", 0.8, 0)]))
    rows.append((ListKind.VISITOR, visitor_key, ListKind.SEGMENT, [("community:1", 0.9, 0)]))
    rows.append((ListKind.TERM, "rye", "item", [("t2", 0.8, 0)]))
    get_store().write(snapshot, rows)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_each_source_answers(client: Client, products: Any, settings: Any, name: str) -> None:
    settings.RECOMMENDATIONS = {
        **SETTINGS,
        "RECOMMENDERS": {"similar_visitors": USER_KNN},
        "PLACEMENTS": {"row": {"sources": [name]}},
    }
    user = User.objects.create_user("ann")
    client.force_login(user)
    for recommender in SOURCES[name]().recommenders:
        assert recommender in ours.recommenders
        publish_t2(recommender, f"u:{user.pk}")
    happened(f"u:{user.pk}", "view", "d1")
    if name == "free_shipping":
        twelve.MISSING.append(Decimal("2.50"))
    about = {"items": ["f1", "d2"]} if name == "given" else {"item": "b1", "query": "rye"}
    slate = client.get("/api/recommendations/row/", about).json()
    assert [item["item"] for item in slate["items"]] == SHOWN[name]
    assert {item["source"] for item in slate["items"]} == {name}
