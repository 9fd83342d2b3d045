"""The quality gate: a snapshot that is much worse than the live one does not go live."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from recommendations.conf import NAME, settings


@dataclass(frozen=True)
class Quality:
    """What the gate looks at; None where it was not measured. `coverage` and `ndcg` are in 0..1."""

    coverage: float | None = None
    ndcg: float | None = None


def too_little_data(n_events: int, kinds: Collection[str], minimum: int | None = None) -> str:
    """Why there is too little to learn from, or ""."""
    minimum = settings.GATE_MINIMUM_EVENTS if minimum is None else minimum
    if n_events >= minimum:
        return ""
    return _(
        "Too little data: %(n)d events of the kinds %(kinds)s; at least %(minimum)d are needed "
        '(%(setting)s["GATE_MINIMUM_EVENTS"]).'
    ) % {"n": n_events, "kinds": ", ".join(sorted(kinds)) or "(none)", "minimum": minimum, "setting": NAME}


def no_lists(n_lists: int) -> str:
    """Why there is nothing to publish, or ""."""
    return "" if n_lists else _("It made no lists: its events and options led to none.")


def worse_coverage(candidate: Quality, live: Quality | None) -> str:
    """Why the candidate covers too little of the catalogue, or ""."""
    if live is None:
        return ""
    return _fall(_("Catalogue coverage"), candidate.coverage, live.coverage, "GATE_COVERAGE_DROP")


def worse_ranking(candidate: Quality, live: Quality | None) -> str:
    """Why the candidate ranks too badly, or ""."""
    if live is None:
        return ""
    return _fall("NDCG@10", candidate.ndcg, live.ndcg, "GATE_NDCG_DROP")


def _fall(what: str, now: float | None, before: float | None, limit_name: str) -> str:
    """Why `now` is more than the allowed share below `before`, or ""; nothing to compare is no reason."""
    limit = getattr(settings, limit_name)
    if limit is None or now is None or not before:
        return ""
    fall = (before - now) / before
    if fall <= limit + 1e-9:
        return ""
    return _(
        "%(what)s fell by %(fall)s, from %(before)s to %(now)s; more than %(limit)s is refused "
        '(%(setting)s["%(name)s"]).'
    ) % {
        "what": what,
        "fall": f"{fall:.0%}",
        "before": f"{before:.4f}",
        "now": f"{now:.4f}",
        "limit": f"{limit:.0%}",
        "setting": NAME,
        "name": limit_name,
    }
