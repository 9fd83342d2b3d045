"""The week in a mail: what recommendations brought, what is wrong, and what could be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings as django_settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from recommendations.adapter import get_adapter
from recommendations.conf import settings
from recommendations.exceptions import ConfigurationError
from recommendations.models import Item
from recommendations.reports import data_quality, report_days, windows
from recommendations.reports.data_quality import days_before, silent_kinds
from recommendations.reports.days import today
from recommendations.reports.placements import PlacementReport, placement_report
from recommendations.reports.snapshot_quality import drifts
from recommendations.reports.written import change, count, number, percent

DAYS = 7
SHOWN = 5
TEMPLATE = "recommendations/mail/digest"


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of the week, and by how much it changed."""

    title: str
    value: str
    change: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What the mail says; `url` leads to the reports, "" where nobody knows the shop's address."""

    start: date
    end: date
    scope: str
    lines: list[Line]
    alarms: list[str]
    unsold: list[tuple[str, int]]
    searches: list[tuple[str, int]]
    url: str


def digest(scope: str = "", end: date | None = None) -> Digest:
    """Of the DAYS up to `end`, by default yesterday, as far as they are rolled up."""
    end = end or today() - timedelta(days=1)
    start = end - timedelta(days=DAYS - 1)
    now = placement_report(start, end, scope)
    before = placement_report(start - timedelta(days=DAYS), start - timedelta(days=1), scope)
    return Digest(
        start, end, scope, _lines(now, before), alarms(scope, end), _unsold(scope, end), _searches(scope, start, end),
        _url(),
    )  # fmt: skip


def send_digest(recipients: Sequence[str] | None = None, scope: str = "") -> int:
    """Mail the digest, HTML and text, in the shop's LANGUAGE_CODE; returns to how many.

    Without `recipients` to those of `DIGEST_RECIPIENTS`. Raises ConfigurationError when there are none.
    """
    to = list(settings.DIGEST_RECIPIENTS if recipients is None else recipients)
    if not to:
        raise ConfigurationError(
            'Nobody is to get the digest. Set RECOMMENDATIONS["DIGEST_RECIPIENTS"] = ["you@shop.example"], or say --to.'
        )
    with translation.override(django_settings.LANGUAGE_CODE):
        found = {"digest": digest(scope), "language": translation.get_language()}
        subject = " ".join(render_to_string(f"{TEMPLATE}_subject.txt", found).split())
        mail = EmailMultiAlternatives(subject, render_to_string(f"{TEMPLATE}.txt", found), to=to)
        mail.attach_alternative(render_to_string(f"{TEMPLATE}.html", found), "text/html")
    mail.send()
    return len(to)


def alarms(scope: str, end: date) -> list[str]:
    """What somebody should look at: kinds of events that fell silent, snapshots that drift, failed trainings."""
    days = days_before(end, 28)
    data = report_days.span(report_days.DATA, scope, report_days.REAL, days[0], end)
    kinds = {day: summary.get("kinds", {}) for day, summary in data.by_day.items()}
    found = [
        _("No %(kind)s events for %(n)d days.") % {"kind": kind, "n": (end - last).days}
        for kind, last in sorted(silent_kinds(days, kinds).items())
    ]
    quality = report_days.span(report_days.QUALITY, scope, report_days.REAL, days[0], today())
    for recommender, metric, now, usual in drifts(list(quality.by_day), quality.by_day):
        text = _("%(recommender)s: %(metric)s is %(now)s, usually %(usual)s.")
        found.append(
            text % {"recommender": recommender, "metric": metric, "now": number(now), "usual": number(usual)}
        )
    health = report_days.span(
        report_days.HEALTH, scope, report_days.REAL, end - timedelta(days=DAYS - 1), end
    )
    failed = sum(summary.get("snapshots", {}).get("failed", 0) for summary in health.by_day.values())
    if failed:
        found.append(_("%(n)d trainings failed.") % {"n": failed})
    if n := data_quality.without_price(scope):
        found.append(_("%(n)d items have no price.") % {"n": n})
    return found


def _lines(now: PlacementReport, before: PlacementReport) -> list[Line]:
    currency = next(iter(now.currencies), "")
    price = get_adapter().format_price
    figures: list[tuple[str, Any, Any, Any]] = [
        (_("Slates seen"), now.together.slates, before.together.slates, count),
        (_("Clicks"), now.together.clicks, before.together.clicks, count),
        (_("Click-through rate"), now.together.ctr, before.together.ctr, percent),
        (_("Attributed orders"), now.together.orders, before.together.orders, count),
        (
            _("Attributed revenue"),
            float(now.together.revenue.get(currency, 0)), float(before.together.revenue.get(currency, 0)),
            lambda value: price(value, currency),
        ),
        (_("Share of all revenue"), now.shares.get(currency), before.shares.get(currency), percent),
    ]  # fmt: skip
    return [Line(title, written(value), change(value, was)) for title, value, was, written in figures]


def _unsold(scope: str, end: date) -> list[tuple[str, int]]:
    """Titles of the items most in view that nobody bought, with how often."""
    row = report_days.latest(windows.UNSOLD, scope, report_days.REAL, end)
    items = row.detail["items"][:SHOWN] if row else []
    titles = dict(
        Item.objects.filter(scope=scope, item_key__in=[key for key, *_rest in items]).values_list(
            "item_key", "title"
        )
    )
    return [(titles.get(key, key), seen) for key, seen, *_rest in items]


def _searches(scope: str, start: date, end: date) -> list[tuple[str, int]]:
    """Words searched for most without anything looked at afterwards."""
    without: Counter[str] = Counter()
    rows = report_days.details(report_days.SEARCHES, scope, [report_days.REAL], start, end)
    for _day, _summary, words in rows:
        without.update({word: n for word, (_searches, n) in words.items() if n})
    return without.most_common(SHOWN)


def _url() -> str:
    if not settings.SITE_URL:
        return ""
    try:
        path = reverse("admin:recommendations_report_changelist")
    except NoReverseMatch:  # a shop without Django's admin
        return ""
    return f"{settings.SITE_URL.rstrip('/')}{path}"
