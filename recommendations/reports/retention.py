"""Who comes back after four weeks: visitors who were shown recommendations against those who were shown none."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncWeek
from django.utils import timezone

from recommendations.models import Exposure, Variant

SHOWN, HELD = "shown", "held"


def of_now() -> dict[str, dict[str, dict[str, list[int]]]]:
    """Scope → week in which they were first exposed (its Monday) → arm → [visitors, of whom it is known, came back].

    Of all experiments with a holdout, those left out who saw two variants: one query.
    """
    with_holdout = Variant.objects.filter(holdout=True).values("experiment")
    week = TruncWeek("first_at", tzinfo=timezone.get_default_timezone())
    rows = (
        Exposure.objects.filter(experiment__in=with_holdout, is_excluded=False)
        .order_by()
        .annotate(week=week)
        .values_list("experiment__scope", "week", "variant__holdout")
        .annotate(n=Count("pk"), known=Count("came_back"), back=Count("pk", filter=Q(came_back=True)))
    )
    found: dict[str, dict[str, dict[str, list[int]]]] = {}
    for scope, monday, is_held, *counts in rows:
        cohort = found.setdefault(scope, {}).setdefault(_day(monday).isoformat(), {})
        cohort[HELD if is_held else SHOWN] = counts
    return found


def _day(monday: Any) -> date:
    return timezone.localtime(monday, timezone.get_default_timezone()).date()
