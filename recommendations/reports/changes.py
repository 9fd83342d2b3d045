"""Which days must be redone: those of events that were added, voided or joined to a user since the last time."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

from django.db.models import Min
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from recommendations.datatypes import Kind
from recommendations.models import Event, Impression, Job, VisitorLink
from recommendations.models.events import EventQuerySet
from recommendations.reports.attribution import click_window
from recommendations.reports.days import day_of, days_between, today

#: The job whose state says up to when changes were seen.
JOB = "roll_up"
#: A transaction may commit a change some time after the moment it wrote down.
OVERLAP = timedelta(minutes=15)
KINDS = (Kind.PURCHASE, Kind.REFUND, Kind.CLICK)


def changed_days() -> set[date]:
    """Days to redo now; today and yesterday are always among them, since slates seen late change their day."""
    latest = {today(), today() - timedelta(days=1)}
    seen = seen_up_to()
    if seen is None:
        first = _first_moment()
        return latest | set(days_between(day_of(first), today())) if first else latest
    since = seen - OVERLAP
    events = Event.objects.filter(kind__in=KINDS)
    changed = events.filter(changed_at__gte=since)
    linked = events.filter(
        visitor_key__in=VisitorLink.objects.filter(linked_at__gte=since).values("anonymous_key")
    )
    clicks = _days(changed.filter(kind=Kind.CLICK)) | _days(linked)
    found = (
        latest
        | _days(changed)
        | {day + timedelta(days=n) for day in clicks for n in range(_window_days() + 1)}
    )
    return {day for day in found if day <= today()}


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


def _window_days() -> int:
    """A click can change the figures of so many days after its own."""
    return math.ceil(click_window() / timedelta(days=1))


def _days(events: EventQuerySet) -> set[date]:
    day = TruncDate("occurred_at", tzinfo=timezone.get_default_timezone())
    return set(events.order_by().values_list(day, flat=True).distinct())


def _first_moment() -> datetime | None:
    events = [Event.objects.filter(kind=kind).aggregate(first=Min("occurred_at"))["first"] for kind in KINDS]
    moments = [*events, Impression.objects.aggregate(first=Min("occurred_at"))["first"]]
    return min((moment for moment in moments if moment), default=None)
