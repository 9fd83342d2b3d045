"""How experiments stand: worked out from Exposure by a task, a row a day, and what follows when harm is proven."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.timezone import localdate

from recommendations.exceptions import RecommendationsError
from recommendations.experiments import bandit, changing, statistics
from recommendations.experiments.exposing import RETURN_UNTIL, expose
from recommendations.experiments.statistics import Values
from recommendations.models import Experiment, ExperimentResult, Variant
from recommendations.overrides.changing import TRAINING

logger = logging.getLogger("recommendations")

Metric = Experiment.Metric
Status = Experiment.Status
#: So long after its end an experiment is worked out again: late orders, refunds, and who comes back.
LATE = RETURN_UNTIL + timedelta(days=7)


def evaluate(scope: str = "", *, simulated: bool = False) -> list[Experiment]:
    """Work out all experiments that run, pause, or stopped lately; returns them. One whose end is over is stopped, and
    one that is proven to harm more than its guardrails bear."""
    now = timezone.now()
    lately = Q(status__in=[Status.STOPPED, Status.FINISHED], stopped_at__gte=now - LATE)
    going = Q(status__in=[Status.RUNNING, Status.PAUSED])
    found = list(Experiment.objects.filter(lately | going, scope=scope).order_by("pk"))
    for experiment in found:
        expose(experiment, simulated=simulated, now=now)
        data = figures(experiment)
        ExperimentResult.objects.update_or_create(
            experiment=experiment, day=localdate(now), defaults={"data": data, "computed_at": now}
        )
        _stop_if_due(experiment, data, now)
        if experiment.kind == Experiment.Kind.BANDIT:
            _reshare(experiment, now)
    return found


def figures(experiment: Experiment) -> dict[str, Any]:
    """From its exposures: JSON with arms, intervals by metric, sample ratio, guardrails, increment and winner.

    Every comparison is with the control; of several variants each has its part of the error (Bonferroni).
    """
    variants = list(experiment.variants.all())
    control = next(each for each in variants if each.is_control)
    alpha = statistics.ALPHA / max(len(variants) - 1, 1)
    columns = {each.name: _columns(experiment, each) for each in variants}
    metrics = {
        metric: _of_metric(experiment, metric, variants, control, columns, alpha) for metric in Metric.values
    }
    arms = []
    for each in variants:
        exposures = experiment.exposures.filter(variant=each)
        n = len(columns[each.name]["orders"])
        arms.append(
            {
                "name": each.name,
                "share": each.share,
                "holdout": each.holdout,
                "is_control": each.is_control,
                "visitors": n,
                "excluded": exposures.filter(is_excluded=True).count(),
                "metrics": {metric: metrics[metric][each.name] for metric in Metric.values},
            }
        )
    log_factor, is_alarming = statistics.ratio_alarm(
        [len(columns[each.name]["orders"]) for each in variants], [each.share for each in variants]
    )
    if experiment.kind == Experiment.Kind.BANDIT:  # its shares follow what was seen: none of this holds
        is_alarming, log_factor = False, 0.0
    data = {
        "alpha": alpha,
        "arms": arms,
        "ratio": {"log_factor": round(log_factor, 3), "alarm": is_alarming},
        "increment": _increment(variants, columns),
        "harm": _harm(experiment, arms),
        "winner": ""
        if is_alarming or experiment.kind == Experiment.Kind.BANDIT
        else _winner(experiment, arms),
    }
    return data


def _columns(experiment: Experiment, variant: Variant) -> dict[str, Values]:
    """What each visitor of an arm did, those left out aside."""
    import numpy as np

    names = ("slates", "clicks", "orders", "revenue", "margin", "before", "came_back")
    rows = list(
        experiment.exposures.filter(variant=variant, is_excluded=False).order_by("pk").values_list(*names)
    )
    found = {
        name: np.array([float(row[n]) for row in rows], dtype=float)
        for n, name in enumerate(names)
        if n < len(names) - 1
    }
    found["came_back"] = np.array([float(row[-1]) for row in rows if row[-1] is not None], dtype=float)
    return found


def _of_metric(
    experiment: Experiment,
    metric: str,
    variants: Sequence[Variant],
    control: Variant,
    columns: dict[str, dict[str, Values]],
    alpha: float,
) -> dict[str, dict[str, Any]]:
    """Variant → its mean and intervals, by one metric; CUPED for the primary one."""
    raw = {name: _moments(metric, each) for name, each in columns.items()}
    cuped: dict[str, statistics.Moments] = {}
    if metric == experiment.metric and metric not in (Metric.CTR, Metric.RETENTION):
        names = list(columns)
        after = statistics.adjusted(
            [_values(metric, columns[name]) for name in names], [columns[name]["before"] for name in names]
        )
        cuped = {name: statistics.moments(values) for name, values in zip(names, after, strict=True)}
    told: dict[str, dict[str, Any]] = {}
    for each in variants:
        of_metric: dict[str, Any] = {"mean": _plain(raw[each.name].mean), "n": raw[each.name].n}
        if each is not control:
            for word, moments in (("raw", raw), ("cuped", cuped)):
                if moments:
                    pair = moments[each.name], moments[control.name]
                    of_metric[word] = _interval(statistics.difference(*pair, alpha=alpha))
                    of_metric[f"{word}_relative"] = _interval(statistics.relative(*pair, alpha=alpha))
        told[each.name] = of_metric
    return told


def _values(metric: str, columns: dict[str, Values]) -> Values:
    return (columns["orders"] > 0).astype(float) if metric == Metric.CONVERSION else columns[metric]


def _moments(metric: str, columns: dict[str, Values]) -> statistics.Moments:
    if metric == Metric.CTR:
        return statistics.ratio_moments(columns["clicks"], columns["slates"])
    return statistics.moments(
        columns["came_back"] if metric == Metric.RETENTION else _values(metric, columns)
    )


def _increment(variants: Sequence[Variant], columns: dict[str, dict[str, Values]]) -> dict[str, Any] | None:
    """What all who were shown something brought in more than they would have with nothing: the difference a visitor to
    the holdout, times their number. None without a holdout, or with nothing else."""
    import numpy as np

    held = [columns[each.name]["revenue"] for each in variants if each.holdout]
    shown = [columns[each.name]["revenue"] for each in variants if not each.holdout]
    if not held or not shown:
        return None
    of_shown, of_held = statistics.moments(np.concatenate(shown)), statistics.moments(np.concatenate(held))
    per_visitor = statistics.difference(of_shown, of_held)
    total = statistics.Interval(*(float(each) * of_shown.n for each in per_visitor))
    return {"per_visitor": _interval(per_visitor), "total": _interval(total), "visitors": of_shown.n}


def _harm(experiment: Experiment, arms: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Variants that are proven to lose more than a guardrail bears: the whole interval lies below."""
    found = []
    for metric, borne in experiment.guardrails.items():
        for arm in arms:
            interval = arm["metrics"][metric].get("raw_relative")
            if interval and interval["high"] is not None and interval["high"] < -borne:
                found.append({"metric": metric, "variant": arm["name"], "borne": borne, **interval})
    return found


def _winner(experiment: Experiment, arms: Sequence[dict[str, Any]]) -> str:
    """The best variant of those that are proven to be better than the control by the primary metric; the control where
    all others are proven to be worse; else "". By CUPED where there is that, decided on before."""
    better: list[tuple[float, str]] = []
    worse = 0
    for arm in arms:
        of_metric = arm["metrics"][experiment.metric]
        interval = of_metric.get("cuped") or of_metric.get("raw")
        if interval is None or interval["low"] is None:
            continue
        if interval["low"] > 0:
            better.append((interval["estimate"], arm["name"]))
        worse += interval["high"] < 0
    if better:
        return max(better)[1]
    control = next(arm["name"] for arm in arms if arm["is_control"])
    return control if worse == len(arms) - 1 else ""


def _reshare(experiment: Experiment, now: datetime) -> None:
    settled = experiment.exposures.filter(is_excluded=False, first_at__lte=now - bandit.SETTLED)
    did = {"clicks__gt": 0} if experiment.metric == Metric.CTR else {"orders__gt": 0}
    names = [each.name for each in experiment.variants.all()]
    found = [settled.filter(variant__name=name) for name in names]
    shares = bandit.shares([each.filter(**did).count() for each in found], [each.count() for each in found])
    try:
        changing.reshare(experiment.pk, dict(zip(names, shares, strict=True)), by=TRAINING)
    except RecommendationsError as error:  # it has just been stopped
        logger.info("The experiment %s: %s", experiment.name, error)


def _stop_if_due(experiment: Experiment, data: dict[str, Any], now: datetime) -> None:
    if experiment.status not in (Status.RUNNING, Status.PAUSED):
        return
    note = ""
    if data["harm"] and experiment.status == Status.RUNNING:
        worst = data["harm"][0]
        note = f"harm: {worst['variant']} {worst['metric']} {worst['high']:+.1%}"
        logger.warning("The experiment %s was stopped: %s.", experiment.name, note)
    elif experiment.ends_at is not None and experiment.ends_at <= now:
        note = "its end"
    if note:
        try:
            changing.stop(experiment.pk, by=TRAINING, note=note)
        except RecommendationsError as error:  # somebody was faster
            logger.info("The experiment %s: %s", experiment.name, error)


def _interval(interval: statistics.Interval) -> dict[str, float | None]:
    return {name: _plain(value) for name, value in zip(interval._fields, interval, strict=True)}


def _plain(value: Any) -> float | None:
    """As JSON has it; None for what is not known."""
    number = float(value)
    return number if math.isfinite(number) else None
