"""Which days must be redone: those of events that were added, voided or joined to a user since the last time."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils.dateparse import parse_datetime

from recommendations.datatypes import Kind
from recommendations.models import Event, Impression, Job, VisitorLink
from recommendations.reports.attribution import click_window, view_window
from recommendations.reports.days import bounds, day_of, days_between, local_day, runs, today

#: The job whose state says up to when changes were seen.
JOB = "roll_up"
#: A transaction may commit a change some time after the moment it wrote down.
OVERLAP = timedelta(minutes=15)
KINDS = (Kind.PURCHASE, Kind.REFUND, Kind.CLICK, Kind.CART, Kind.RATING, Kind.VIEW)


def changed_days() -> set[date]:
    """Days to redo now; today and yesterday are always among them, since slates seen late change their day."""
    latest = {today(), today() - timedelta(days=1)}
    seen = seen_up_to()
    if seen is None:
        first = _first_moment()
        return latest | set(days_between(day_of(first), today())) if first else latest
    since = seen - OVERLAP
    changed = Event.objects.filter(kind__in=KINDS, changed_at__gte=since)
    cookies = VisitorLink.objects.filter(linked_at__gte=since).values("anonymous_key")
    linked = Event.objects.filter(kind__in=KINDS, visitor_key__in=cookies).exclude(kind=Kind.VIEW)
    seen_by_linked = Impression.objects.filter(visitor_key__in=cookies)
    touched = _and_after(_days(changed.filter(kind=Kind.CLICK)) | _days(linked), click_window())
    touched |= _and_after(_days(seen_by_linked), view_window())
    found = latest | _days(changed) | touched
    return {day for day in found | _days_of_what_followed(found) if day <= today()}


def _days_of_what_followed(days: set[date]) -> set[date]:
    """Refunds and ratings are attributed as their purchases are."""
    if not days:
        return set()
    within = Q()
    for first, last in runs(days):
        within |= Q(occurred_at__gte=bounds(first)[0], occurred_at__lt=bounds(last)[1])
    bought = Event.objects.filter(within, kind=Kind.PURCHASE)
    refunds = Event.objects.filter(
        kind=Kind.REFUND, order_key__in=bought.exclude(order_key="").values("order_key")
    )
    ratings = Event.objects.filter(kind=Kind.RATING, item_key__in=bought.values("item_key"))
    visitors = bought.exclude(visitor_key="").values("visitor_key")
    return _days(refunds) | _days(ratings.filter(visitor_key__in=visitors))


def seen_up_to() -> datetime | None:
    """Changes up to this moment are in the daily figures; None before the first roll-up."""
    job = Job.objects.filter(name=JOB).first()
    text = job.state.get("seen_up_to") if job else None
    return parse_datetime(text) if text else None


def mark_seen(moment: datetime) -> None:
    """Note that the changes up to `moment` are in the daily figures."""
    job, _created = Job.objects.get_or_create(name=JOB)
    job.state = {**job.state, "seen_up_to": moment.isoformat()}
    job.save(update_fields=["state"])


def _and_after(days: set[date], window: timedelta) -> set[date]:
    """What happened on a day can change the figures of the days of its window."""
    return {day + timedelta(days=n) for day in days for n in range(math.ceil(window / timedelta(days=1)) + 1)}


def _days(rows: QuerySet[Any]) -> set[date]:
    return set(rows.order_by().annotate(day=local_day()).values_list("day", flat=True).distinct())


def _first_moment() -> datetime | None:
    events = [Event.objects.filter(kind=kind).aggregate(first=Min("occurred_at"))["first"] for kind in KINDS]
    moments = [*events, Impression.objects.aggregate(first=Min("occurred_at"))["first"]]
    return min((moment for moment in moments if moment), default=None)
