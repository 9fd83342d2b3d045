"""The library works through its adapter alone. Run in a process of its own by `tests/test_second_host.py`."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from recommendations.models import Event, Item, Snapshot
from recommendations.shortcuts import record
from tests.library.models import Book, Film, Loan, Member

pytestmark = pytest.mark.django_db(databases=["default", "log"])

HUMAN = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)


@pytest.fixture
def library() -> dict[str, Any]:
    """Two circles of twelve members: one borrows the sea, the other the garden; nobody both."""
    sea = [Book.objects.create(name=f"The sea {n}", subject="Sea") for n in range(4)]
    sea_film = Film.objects.create(name="Under the sea", subject="Sea")
    garden = [Book.objects.create(name=f"The garden {n}", subject="Garden") for n in range(4)]
    now = timezone.now()
    for n in range(24):
        member = Member.objects.create(card=f"card-{n}")
        titles = [*sea, sea_film] if n % 2 else garden
        for m, title in enumerate(titles):
            if (n + m) % 5:  # nobody borrows all
                kind = "film" if isinstance(title, Film) else "book"
                Loan.objects.create(
                    member=member, began=now - timedelta(days=20 - m, hours=n), **{kind: title}
                )
    return {"sea": sea, "film": sea_film, "garden": garden}


def learn() -> None:
    call_command("recommendations", "sync_items")
    call_command("recommendations", "backfill")
    call_command("recommendations", "train")


def test_nothing_extra_is_installed_and_the_checks_are_silent() -> None:
    assert run_checks() == []
    for name in ("rest_framework", "celery"):
        with pytest.raises(ModuleNotFoundError):
            __import__(name)


def test_keys_are_unique_over_both_models(library: dict[str, Any]) -> None:
    learn()
    book, film = library["sea"][0], library["film"]
    assert set(Item.objects.values_list("item_key", flat=True)) >= {f"book:{book.pk}", f"film:{film.pk}"}
    assert Item.objects.count() == 9
    assert Event.objects.filter(kind="loan").count() == Loan.objects.count()
    member = Loan.objects.filter(film=film).first().member  # type: ignore[union-attr]
    assert Event.objects.filter(item_key=f"film:{film.pk}", visitor_key=f"u:{member.pk}").exists()


def test_a_page_shows_what_readers_also_borrowed(library: dict[str, Any]) -> None:
    learn()
    assert set(Snapshot.objects.filter(status="live").values_list("recommender", flat=True)) == {
        "also_borrowed", "popular", "similar_content",
    }  # fmt: skip
    client = Client(headers={"user-agent": HUMAN})
    html = client.get(library["sea"][0].get_absolute_url()).content.decode()
    slate = html[html.index("Readers also borrowed") :]
    linked = re.findall(r'href="(/(?:book|film)/[^"]+)"', slate)
    others = [*library["sea"][1:], library["film"]]
    assert set(linked[:4]) == {title.get_absolute_url() for title in others}
    assert Event.objects.filter(kind="view", item_key=f"book:{library['sea'][0].pk}").count() == 1
    assert "visitor" in client.cookies


def test_what_is_not_on_the_shelf_is_not_shown(library: dict[str, Any]) -> None:
    learn()
    away = library["sea"][1]
    Book.objects.filter(pk=away.pk).update(on_shelf=False)
    html = Client(headers={"user-agent": HUMAN}).get(library["sea"][0].get_absolute_url()).content.decode()
    assert away.get_absolute_url() not in html


@pytest.mark.django_db(transaction=True, databases=["default", "log"])
def test_a_loan_is_an_event_at_once_and_voided_with_it(library: dict[str, Any]) -> None:
    loan = Loan.objects.create(member=Member.objects.all()[0], film=library["film"])
    source = f"loan:library.loan:{loan.pk}"
    assert Event.objects.valid().filter(source=source).count() == 1
    loan.is_void = True
    loan.save()
    assert not Event.objects.valid().filter(source=source).exists()


def test_the_log_lives_on_its_own_database(library: dict[str, Any]) -> None:
    learn()
    assert "recommendations_event" in connections["log"].introspection.table_names()
    assert "recommendations_event" not in connections["default"].introspection.table_names()
    assert "library_loan" not in connections["log"].introspection.table_names()


@pytest.mark.django_db(transaction=True, databases=["default", "log"])
def test_what_the_library_rolls_back_is_not_in_the_log(library: dict[str, Any]) -> None:
    n_before = Event.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Loan.objects.create(member=Member.objects.all()[0], film=library["film"])
        record("view", library["film"], visitor_key="a:x")
        raise ZeroDivisionError
    assert Event.objects.count() == n_before
    assert record("view", library["film"], visitor_key="a:x")
    assert Event.objects.count() == n_before + 1


def test_the_web_process_loaded_no_extra() -> None:
    assert not {"rest_framework", "celery", "pandas"} & set(sys.modules)
