"""Counting what is not recorded."""

from __future__ import annotations

import pytest
from django.db import DatabaseError

from recommendations.models import Counter
from recommendations.tracking import counters

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_held() -> None:
    counters._held.clear()


def test_counts_of_a_day_add_up_in_one_row() -> None:
    counters.count("bot")
    counters.count("bot", n=2)
    counters.flush()
    counters.count("bot")
    counters.count("staff", scope="b2b")
    counters.flush()
    assert {(c.scope, c.name): c.value for c in Counter.objects.all()} == {
        ("", "bot"): 4,
        ("b2b", "staff"): 1,
    }


def test_what_cannot_be_written_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def broken(scope: str, day: str, name: str, n: int) -> None:
        if name == "staff":
            raise DatabaseError("gone")
        written.append((name, n))

    counters.count("bot")
    counters.count("staff", n=2)
    with monkeypatch.context() as patch:
        patch.setattr(counters, "_add", broken)
        counters.flush()
    assert written == [("bot", 1)]
    counters.flush()
    assert [(c.name, c.value) for c in Counter.objects.all()] == [("staff", 2)]
