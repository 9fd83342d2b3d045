"""The figures of an experiment as its page shows them: read from what the task stored, nothing is worked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.timezone import localdate

from recommendations.conf import settings
from recommendations.models import DailyBreakdown, Experiment, ExperimentResult

Metric = Experiment.Metric
_PERCENT = frozenset({Metric.CTR, Metric.CONVERSION, Metric.RETENTION})


@dataclass(frozen=True)
class Cell:
    """A variant by a metric: its mean, and between what its relative difference to the control lies."""

    mean: str
    change: str = ""
    span: str = ""
    adjusted: str = ""


@dataclass(frozen=True)
class Row:
    name: str
    is_control: bool
    holdout: bool
    visitors: int
    excluded: int
    cells: list[Cell]


@dataclass(frozen=True)
class Results:
    """`days` are (day, estimate, low, high, visitors) of the best-known comparison by the primary metric."""

    computed_at: Any = None
    rows: list[Row] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    increment: dict[str, str] = field(default_factory=dict)
    attributed: str = ""
    is_alarming: bool = False
    harm: list[dict[str, Any]] = field(default_factory=list)
    winner: str = ""
    days: list[dict[str, Any]] = field(default_factory=list)


def page_of(experiment: Experiment) -> Results:
    """Two queries."""
    results = list(ExperimentResult.objects.filter(experiment=experiment).order_by("day"))
    if not results:
        return Results()
    data = results[-1].data
    metrics = [experiment.metric, *(metric for metric in Metric.values if metric != experiment.metric)]
    return Results(
        computed_at=results[-1].computed_at,
        metrics=[str(Metric(metric).label) for metric in metrics],
        rows=[
            Row(
                arm["name"],
                arm["is_control"],
                arm["holdout"],
                arm["visitors"],
                arm["excluded"],
                [_cell(metric, arm["metrics"][metric]) for metric in metrics],
            )
            for arm in data["arms"]
        ],
        increment=_increment(data["increment"]),
        attributed=_attributed(experiment),
        is_alarming=data["ratio"]["alarm"],
        harm=data["harm"],
        winner=data["winner"],
        days=[_day(experiment, result) for result in results],
    )


def _cell(metric: str, told: dict[str, Any]) -> Cell:
    mean = _percent(told["mean"]) if metric in _PERCENT else _number(told["mean"])
    raw, cuped = told.get("raw_relative"), told.get("cuped_relative")
    if raw is None:
        return Cell(mean)
    return Cell(mean, _signed(raw["estimate"]), _span(raw), _span(cuped) if cuped else "")


def _increment(told: dict[str, Any] | None) -> dict[str, str]:
    if not told:
        return {}
    total, each = told["total"], told["per_visitor"]
    return {
        "total": _number(total["estimate"], 0),
        "low": _number(total["low"], 0),
        "high": _number(total["high"], 0),
        "per_visitor": _number(each["estimate"]),
    }


def _attributed(experiment: Experiment) -> str:
    """What attribution says of the same slates, beside what the holdout proves."""
    begin = experiment.first_started_at
    if begin is None:
        return ""
    rows = DailyBreakdown.objects.filter(
        scope=experiment.scope,
        experiment=experiment.pk,
        day__gte=localdate(begin) - timedelta(days=1),
        model=settings.ATTRIBUTION_MODEL,
    )
    return _number(float(rows.aggregate(total=Sum("revenue"))["total"] or Decimal(0)), 0)


def _day(experiment: Experiment, result: ExperimentResult) -> dict[str, Any]:
    """The variant that stands best by the primary metric on that day."""
    best: dict[str, Any] | None = None
    for arm in result.data["arms"]:
        told = arm["metrics"][experiment.metric]
        interval = told.get("cuped_relative") or told.get("raw_relative")
        if (
            interval
            and interval["estimate"] is not None
            and (not best or interval["estimate"] > best["estimate"])
        ):
            best = {"variant": arm["name"], **interval}
    visitors = sum(arm["visitors"] for arm in result.data["arms"])
    if best is None:
        return {"day": result.day, "visitors": visitors, "variant": "", "change": "–", "span": ""}
    return {
        "day": result.day,
        "visitors": visitors,
        "variant": best["variant"],
        "change": _signed(best["estimate"]),
        "span": _span(best),
    }


def _span(interval: dict[str, float | None]) -> str:
    if interval["low"] is None or interval["high"] is None:
        return ""
    return f"{_signed(interval['low'])} … {_signed(interval['high'])}"


def _signed(value: float | None) -> str:
    if value is None:
        return "–"
    return ("+" if value > 0 else "") + _percent(value)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{number_format(round(value * 100, 1), 1)} %"


def _number(value: float | None, places: int = 2) -> str:
    return "–" if value is None else number_format(round(value, places), places, force_grouping=True)
