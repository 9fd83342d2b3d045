from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.dispatch import Signal
from django.test import Client


@pytest.fixture
def anna(db: None, client: Client) -> Any:
    """A shopper, logged in on `client`."""
    from tests.factories import make_user

    user = make_user("anna")
    client.force_login(user)
    return user


@pytest.fixture
def heard() -> Any:
    """`with heard(signal) as calls:` collects the arguments of each sending."""

    @contextmanager
    def listen(signal: Signal) -> Iterator[list[dict[str, Any]]]:
        calls: list[dict[str, Any]] = []

        def receive(sender: Any, signal: Signal, **arguments: Any) -> None:
            calls.append(arguments)

        signal.connect(receive)
        try:
            yield calls
        finally:
            signal.disconnect(receive)

    return listen


ADDRESS = {
    "email": "guest@example.com",
    "full_name": "Ann Lee",
    "street": "Elm Road 3",
    "postcode": "12345",
    "city": "York",
    "payment": "now",
}


@pytest.fixture
def checkout(client: Client) -> Any:
    """`checkout(payment="later")` sends the checkout form and returns the response."""

    def send(**changes: str) -> Any:
        return client.post("/checkout/", ADDRESS | changes)

    return send
