"""What recommendations brought that would not have come without them: experiments with a holdout say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from recommendations.models import ExperimentResult


@dataclass(frozen=True, slots=True)
class Increment:
    """Incremental revenue of the visitors of one experiment so far, with its interval for daily looks."""

    experiment: str
    placement: str
    day: date
    visitors: int
    estimate: float | None
    low: float | None
    high: float | None


def increments(start: date, end: date, scope: str = "") -> list[Increment]:
    """The latest of each experiment that was worked out from `start` to `end` and has a holdout: two queries."""
    results = ExperimentResult.objects.filter(experiment__scope=scope, day__range=(start, end))
    latest = results.order_by().values("experiment").annotate(last=Max("pk")).values_list("last", flat=True)
    found = ExperimentResult.objects.filter(pk__in=list(latest)).select_related("experiment")
    return [
        Increment(
            result.experiment.name, result.experiment.placement, result.day, told["visitors"],
            told["total"]["estimate"], told["total"]["low"], told["total"]["high"],
        )
        for result in found.order_by("-day", "experiment__name")
        if (told := result.data.get("increment"))
    ]  # fmt: skip
