"""Days of the shop: its TIME_ZONE decides when one begins. Storage is UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db.models.functions import TruncDate
from django.utils import timezone


def bounds(day: date) -> tuple[datetime, datetime]:
    """When the day begins and when the next one does, aware, in UTC; 23 or 25 hours apart when the clocks change."""
    zone = timezone.get_default_timezone()
    first, second = (datetime.combine(d, time.min, tzinfo=zone) for d in (day, day + timedelta(days=1)))
    return first.astimezone(UTC), second.astimezone(UTC)


def day_of(moment: datetime) -> date:
    """The shop's day in which an aware moment lies."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


class Clock:
    """`day_of` for moments in order of time: it looks at the calendar only when the day changes."""

    def __init__(self) -> None:
        self.day: date | None = None
        self.start = self.end = datetime.min.replace(tzinfo=UTC)

    def __call__(self, moment: datetime) -> date:
        if self.day is None or not self.start <= moment < self.end:
            self.day = day_of(moment)
            self.start, self.end = bounds(self.day)
        return self.day


def today() -> date:
    """The shop's day now."""
    return day_of(timezone.now())


def days_between(start: date, end: date) -> Iterator[date]:
    """Every day from `start` to `end`, both included."""
    for n in range((end - start).days + 1):
        yield start + timedelta(days=n)


def local_day() -> TruncDate:
    """The shop's day of `occurred_at`, in the database."""
    return TruncDate("occurred_at", tzinfo=timezone.get_default_timezone())


def runs(days: Iterable[date], longest: int | None = None) -> Iterator[tuple[date, date]]:
    """Days that follow each other, at most `longest` together: the first and the last of each run, in order."""
    run: list[date] = []
    for day in sorted(days):
        if run and ((day - run[-1]).days > 1 or len(run) == longest):
            yield run[0], run[-1]
            run = []
        run.append(day)
    if run:
        yield run[0], run[-1]
