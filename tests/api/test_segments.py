"""GET /api/segments/: categories and brands for the visitor."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from recommendations.models import Item
from tests.factories import make_user
from tests.serving import twelve
from tests.support.queries import queries_of


def get(client: Client, status: int = 200, **query: Any) -> Any:
    response = client.get("/api/v1/segments/", query)
    assert response.status_code == status, response.content
    return response.json()


def test_a_newcomers_are_those_of_what_everybody_likes(client: Client, products: Any) -> None:
    twelve.publish_popular(everybody=[("d1", 0.5), ("t1", 0.4), ("d2", 0.1)])
    assert get(client) == {
        "personal": False,
        "segments": [
            {"kind": "category", "key": "Grocery/Dairy", "name": "Dairy", "score": pytest.approx(0.6)},
            {"kind": "category", "key": "Drinks/Tea", "name": "Tea", "score": pytest.approx(0.4)},
        ],
    }
    assert [each["key"] for each in get(client, kind="brand", size=1)["segments"]] == ["Dale"]


def test_a_visitors_own_by_the_weight_of_what_was_done(client: Client, products: Any) -> None:
    ann = make_user("ann")
    twelve.happened(f"u:{ann.pk}", "view", "b1")
    twelve.happened(f"u:{ann.pk}", "view", "b2")
    twelve.happened(f"u:{ann.pk}", "cart", "t1")  # weighs three times as much as a view
    client.force_login(ann)
    answer = get(client, kind="brand")
    assert answer["personal"]
    assert [(each["name"], round(each["score"], 3)) for each in answer["segments"]] == [
        ("Leaf", 0.6),
        ("Crust", 0.4),
    ]
    twelve.happened(f"u:{ann.pk}", "dismiss", "t1")
    assert [each["name"] for each in get(client, kind="brand")["segments"]] == ["Crust"]


def test_it_costs_three_queries(client: Client, products: Any) -> None:
    get(client)
    assert len(queries_of(lambda: get(client))) <= 3


def test_nothing_known_is_nothing(client: Client, products: Any) -> None:
    Item.objects.all().delete()
    assert get(client) == {"personal": False, "segments": []}


def test_what_is_wrong(client: Client, products: Any) -> None:
    assert get(client, 400, kind="colour") == {"kind": ['"colour" is not a valid choice.']}
    assert get(client, 400, user="1")["detail"].startswith("The address names the visitor in 'user'.")
