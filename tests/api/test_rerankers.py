"""Every reranker acts on what the API gives."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from recommendations.serving.reranking.known import RERANKERS
from tests.serving import twelve

#: What is shown of b1, b2, t2, d1 (1.0, 0.95, 0.9, 0.85), which cost 2, 3, 3 and 2, on the page of d2, which costs 3.
#: Everybody likes d1 most, then d2.
SHOWN: dict[str, tuple[dict[str, Any], str]] = {
    "at_most": ({}, "b1 t2 d1"),
    "diversity": ({"strength": 0.5}, "b1 t2 d1 b2"),
    "damp_popular": ({"strength": 1}, "b1 b2 t2 d1"),
    "near_price": ({"strength": 1}, "b2 t2 b1 d1"),
    "floor": ({"where": {"brand": "Dale"}}, "b1 b2 d1 t2"),
    "in_context": ({"where": {"brand": "Leaf"}, "when": {"device": "mobile"}}, "t2 b1 b2 d1"),
    "objective": ({"weight": 1}, "b2 t2 b1 d1"),
    "repeat_penalty": ({"n": 2}, "b1 t2 d1"),
}


# What a learned one does depends on what it learned: see test_learned.
@pytest.mark.parametrize("name", [name for name in RERANKERS if name != "learned"])
def test_every_reranker(client: Client, products: Any, settings: Any, name: str) -> None:
    options, shown = SHOWN[name]
    similar = {"source": "similar", "recommenders": ["also_viewed"]}
    entry = {"sources": [similar], "fallback": [], "size": 4, "rerank": [{"rerank": name, **options}]}
    if name == "floor":
        entry["size"] = 3
        shown = shown.rpartition(" ")[0]
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": entry}}
    twelve.publish("also_viewed", {"d2": ["b1", "b2", "t2", "d1"]})
    for _ in range(2 if name == "repeat_penalty" else 0):  # the visitor has the second item in view, b2
        token = client.get("/api/recommendations/row/", {"item": "d2"}).json()["token"]
        news = {"slates": [{"token": token, "seen": [1]}]}
        assert client.post("/recommendations/track/", news, "application/json").status_code == 204
    response = client.get("/api/recommendations/row/", {"item": "d2"}, headers={"sec-ch-ua-mobile": "?1"})
    assert response.status_code == 200, response.content
    assert " ".join(item["item"] for item in response.json()["items"]) == shown


def test_a_wrong_option_breaks_no_page(client: Client, products: Any, settings: Any) -> None:
    entry = {"sources": ["popular"], "rerank": [{"rerank": "diversity", "strength": 7}]}
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": entry}}
    response = client.get("/api/recommendations/row/")
    assert (response.status_code, response.json()["items"]) == (200, [])
