"""POST /api/feedback/: not interested, and its undoing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from recommendations.models import Event


@pytest.fixture
def say(client: Client, products: Any, committing: Any) -> Any:
    def send(status: int = 200, **body: Any) -> Any:
        with committing():
            response = client.post("/api/v1/feedback/", body, "application/json")
        assert response.status_code == status, response.content
        return response.json()

    return send


def similar(client: Client) -> tuple[list[str], str]:
    slate = client.get("/api/v1/items/b1/similar/").json()
    return [item["item"] for item in slate["items"]], slate["token"]


def test_it_acts_on_the_next_list_and_can_be_undone(client: Client, say: Any) -> None:
    shown, token = similar(client)
    assert shown == ["b2", "t1"]
    assert say(token=token, item="b2", feedback="not_interested") == {"status": "recorded"}
    assert similar(client)[0] == ["t1"]
    assert Event.objects.get().placement == "product_page"
    assert say(token=token, item="b2", feedback="undo") == {"status": "recorded"}
    assert similar(client)[0] == ["b2", "t1"]
    assert say(token=token, item="b2", feedback="undo") == {"status": "ignored"}, (
        "nothing is left to take back"
    )


def test_what_is_wrong_is_told_by_field(client: Client, say: Any) -> None:
    _, token = similar(client)
    assert say(400, token=token, item="b2", feedback="bad") == {"feedback": ['"bad" is not a valid choice.']}
    assert say(400, token="x", item="b2", feedback="undo") == {
        "token": ["The slate token was not made here, or was damaged on its way."]
    }
    assert "did not offer item 'd3'" in say(400, token=token, item="d3", feedback="not_interested")["item"][0]
    assert say(400) == {name: ["This field is required."] for name in ("token", "item", "feedback")}
    assert say(400, token=token, item="b2", feedback="undo", user="u:1")["detail"].startswith(
        "The body names the visitor in 'user'."
    )
    response = client.post("/api/v1/feedback/", "[]", "application/json")
    assert response.status_code == 400 and response.json()["detail"].startswith("Send {")
    assert not Event.objects.exists()
