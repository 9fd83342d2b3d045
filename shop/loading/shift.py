"""Moving a data set's times to now, by whole weeks, so that weekdays and hours stay what they were."""

from __future__ import annotations

from datetime import datetime, timedelta

WEEK = timedelta(weeks=1)


def weeks_to_now(last_order_at: datetime, now: datetime) -> timedelta:
    """The number of whole weeks that brings `last_order_at` into the seven days before `now` (both aware)."""
    return WEEK * ((now - last_order_at) // WEEK)


def weeks_between(original: datetime, found: datetime) -> timedelta | None:
    """The shift with which `original` became `found`; None when it is not a number of whole weeks."""
    gap = found - original
    return gap if not gap % WEEK else None
