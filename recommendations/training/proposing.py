"""What a search of options found, as an Override to review."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from recommendations.exceptions import RecommendationsError
from recommendations.models import Override
from recommendations.overrides.changing import TUNE, propose
from recommendations.training.recommenders import overridden
from recommendations.training.tuning import TuningReport


def propose_tuned(report: TuningReport, scope: str = "") -> Override:
    """Propose what was better on later events too. The same proposal again is the old one.

    Raises RecommendationsError when nothing was, ConfigurationError for options that JSON cannot hold.
    """
    if not report.is_better:
        raise RecommendationsError(
            f"{report.recommender}: nothing was found that is better on later events, so nothing is proposed."
        )
    value = {"options": report.options}
    kind, name = Override.Kind.RECOMMENDER, report.recommender
    proposed = propose(
        kind, name, value, by=TUNE, scope=scope, reason=_reason(report), evidence=_evidence(report)
    )
    overridden(proposed)
    return proposed


def _reason(report: TuningReport) -> str:
    assert report.on_new is not None and report.means_on_new is not None
    difference = report.on_new.difference
    old, new = report.means_on_new
    before, after = report.validation
    return _(
        "NDCG@%(k)d on later events, by which nothing was chosen: %(new).4f instead of %(old).4f (%(mean)+.4f, "
        "95 %% interval %(low)+.4f to %(high)+.4f, %(n)d visitors); on the events that decided: %(after).4f instead "
        "of %(before).4f. Changed: %(changed)s."
    ) % {
        "k": report.k,
        "old": old,
        "new": new,
        "mean": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "n": difference.n,
        "before": before,
        "after": after,
        "changed": ", ".join(f"{o} {report.present[o]!r} → {v!r}" for o, v in report.changed.items()),
    }


def _evidence(report: TuningReport) -> dict[str, Any]:
    assert report.on_new is not None and report.means_on_new is not None
    return {
        "metric": f"ndcg@{report.k}",
        "validation": {"present": report.validation[0], "proposed": report.validation[1]},
        "validation_from": report.decided_from.isoformat(),
        "later": {"present": report.means_on_new[0], "proposed": report.means_on_new[1]},
        "later_from": report.later_from.isoformat(),
        "difference": asdict(report.on_new.difference),
        "p": report.on_new.p,
        "trials": len(report.trials),
    }
