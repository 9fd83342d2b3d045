from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommendations.reports.days import today
from recommendations.reports.digest import alarms, digest, send_digest
from recommendations.reports.rollup import roll_up
from tests.reports.factories import click, event, impression, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def week(db: None) -> None:
    """Two clicks in the last week, one in the week before; a search in vain."""
    for days in (2, 3, 9):
        at = timezone.now() - timedelta(days=days)
        impression(occurred_at=at)
        click("milk", occurred_at=at)
        purchase("milk", occurred_at=at + timedelta(seconds=1))
    event("search", "", query="oat <milk>", visitor="u:5", occurred_at=timezone.now() - timedelta(days=2))
    roll_up(days=20)


def test_the_week_against_the_one_before(week: None) -> None:
    found = digest()
    assert (found.end, found.start) == (today() - timedelta(days=1), today() - timedelta(days=7))
    lines = {line.title: (line.value, line.change) for line in found.lines}
    assert lines["Clicks"] == ("2", "+100.0 %")
    assert lines["Attributed revenue"] == ("$20.00", "+100.0 %")
    assert found.searches == [("oat <milk>", 1)]


def test_it_is_mailed_as_html_and_text(week: None, settings: Any) -> None:
    settings.RECOMMENDATIONS = {
        **settings.RECOMMENDATIONS, "DIGEST_RECIPIENTS": ["a@shop.example"], "SITE_URL": "https://shop.example",
    }  # fmt: skip
    assert send_digest() == 1
    (sent,) = mail.outbox
    assert sent.to == ["a@shop.example"]
    assert sent.subject.startswith("Recommendations, ")
    assert "Clicks: 2 (+100.0 %)" in sent.body
    assert "- oat <milk>: 1" in sent.body
    assert "https://shop.example/admin/recommendations/report/" in sent.body
    html, kind = sent.alternatives[0][0], sent.alternatives[0][1]
    assert kind == "text/html"
    assert "oat &lt;milk&gt;" in html


def test_the_command_mails_it_to_whom_it_is_told(week: None) -> None:
    out = StringIO()
    call_command("recommendations", "digest", "--to", "b@shop.example", "--no-progress", stdout=out)
    assert out.getvalue() == "Digest: mailed to 1.\n"
    assert mail.outbox[0].to == ["b@shop.example"]


def test_nobody_to_mail_it_to(db: None) -> None:
    with pytest.raises(CommandError, match="DIGEST_RECIPIENTS"):
        call_command("recommendations", "digest", "--no-progress")


def test_it_speaks_the_language_of_the_shop(week: None, settings: Any) -> None:
    settings.LANGUAGE_CODE = "zh-hans"
    send_digest(["a@shop.example"])
    assert mail.outbox[0].subject.startswith("推荐")


def test_a_kind_that_fell_silent_is_an_alarm(db: None) -> None:
    for n in range(5, 20):
        event("cart", occurred_at=timezone.now() - timedelta(days=n))
    roll_up(days=25)
    assert alarms("", today() - timedelta(days=1)) == ["No cart events for 4 days."]
