"""A merchandiser's wishes about the lists: what is pinned, boosted, excluded, promoted, capped; where, for whom, when.

They come from the settings (`RULES`) and from active Overrides, which may also add new ones. Nothing of theirs needs
a training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from recommendations.conf import NAME, settings
from recommendations.datatypes import Context
from recommendations.exceptions import ConfigurationError, RecommendationsError
from recommendations.models import Override
from recommendations.overrides.merging import effective
from recommendations.serving.conditions import Condition
from recommendations.serving.reranking.caps import AtMost

LARGEST_POSITION = 50

#: What a rule can do. The order is the one in which they act, see `steering.py`.
ACTIONS = ("exclude", "only", "boost", "cap", "promote", "pin")


@dataclass(frozen=True)
class Rule:
    """One wish. `placements` empty = all; `starts` ≤ now < `ends`, None = open.

    `factor` is for boost (below 1 buries), `slots` for promote, `position` (from 1) for pin, `cap` for cap.
    """

    name: str
    action: str
    condition: Condition
    placements: frozenset[str]
    visitors: Mapping[str, Any]
    starts: datetime | None
    ends: datetime | None
    priority: int
    factor: float
    slots: int
    position: int
    cap: AtMost | None

    @property
    def rank(self) -> tuple[int, str]:
        """Of several with the same action the first one has its way: the higher priority, then the name."""
        return -self.priority, self.name

    def is_for(self, placement: str, context: Context, now: datetime) -> bool:
        """Does it hold on this placement, for this visitor, now?"""
        return (
            (not self.placements or placement in self.placements)
            and (self.starts is None or self.starts <= now)
            and (self.ends is None or now < self.ends)
            and is_among(self.visitors, context)
        )


def rules_of(overrides: Mapping[str, Override]) -> tuple[tuple[Rule, ...], dict[str, RecommendationsError]]:
    """The rules of the settings and of active Overrides, in the order of their ranks; and what is wrong with others."""
    found, wrong = [], {}
    for name in dict.fromkeys([*settings.rules, *overrides]):
        try:
            rule = overridden(overrides[name]) if name in overrides else parsed(name, settings.rules[name])
            found.extend([rule] if rule else [])
        except RecommendationsError as error:
            wrong[name] = error
    return tuple(sorted(found, key=lambda rule: rule.rank)), wrong


def overridden(override: Override) -> Rule | None:
    """The rule that an Override would make. Raises ConfigurationError when it is none."""
    return parsed(override.name, effective(override))


def parsed(name: str, entry: Mapping[str, Any]) -> Rule | None:
    """The rule of a settings entry; None when it is switched off. Raises ConfigurationError."""
    where = f'{NAME}["RULES"]["{name}"]'
    action = entry["action"]
    if action not in ACTIONS:
        raise ConfigurationError(f'{where}["action"] is {action!r}. Set it to one of: {", ".join(ACTIONS)}.')
    condition = Condition.parse(f'{where}["where"]', entry["where"])
    if not condition.tests and action != "cap":
        raise ConfigurationError(
            f'{where}["where"] is {entry["where"]!r}, which means every item. Say which: {{"brand": "Acme"}}.'
        )
    starts, ends = (moment(f'{where}["{side}"]', entry[side]) for side in ("starts", "ends"))
    if starts and ends and starts >= ends:
        raise ConfigurationError(f'{where}["ends"] is {entry["ends"]!r}, which is not after its start.')
    placements = _names(f'{where}["placements"]', entry["placements"])
    if unknown := sorted(placements.difference(settings.placements)):
        raise ConfigurationError(
            f'{where}["placements"] names {unknown[0]!r}, which does not exist. Choose from: '
            f"{', '.join(sorted(settings.placements))}."
        )
    rule = Rule(
        name=name,
        action=action,
        condition=condition,
        placements=placements,
        visitors=visitors(f'{where}["visitors"]', entry["visitors"]),
        starts=starts,
        ends=ends,
        priority=_whole(f'{where}["priority"]', entry["priority"], -1000, 1000),
        factor=_factor(f'{where}["factor"]', entry["factor"], action),
        slots=_whole(f'{where}["slots"]', entry["slots"], 1, LARGEST_POSITION),
        position=_whole(f'{where}["position"]', entry["position"], 1, LARGEST_POSITION),
        cap=_cap(where, entry) if action == "cap" else None,
    )
    return rule if entry["on"] else None


def _cap(where: str, entry: Mapping[str, Any]) -> AtMost:
    try:
        return AtMost(n=entry["n"], per=entry["per"])
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from error


def _factor(where: str, value: Any, action: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 100:
        raise ConfigurationError(
            f"{where} is {value!r}. Set it above 0, at most 100; below 1 buries. To hide items, exclude them."
        )
    if action == "boost" and value == 1:
        raise ConfigurationError(f"{where} is 1, which changes nothing. Set it above 1, or below to bury.")
    return float(value)


def _whole(where: str, value: Any, lowest: int, highest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ConfigurationError(
            f"{where} is {value!r}. Set it to a whole number from {lowest} to {highest}."
        )
    return value


def _names(where: str, value: Any) -> frozenset[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise ConfigurationError(f"{where} is {value!r}. Set it to a list of names.")
    return frozenset(value)


def moment(where: str, value: Any) -> datetime | None:
    """A time with its zone; one without, and midnight for a day, in the shop's time zone."""
    if value is None or value == "":
        return None
    at = value
    if isinstance(value, str):
        try:
            at = parse_datetime(value) or parse_date(value)
        except ValueError:  # a 13th month
            at = None
    if not isinstance(at, date):
        raise ConfigurationError(
            f"{where} is {value!r}. Write a time as 2026-12-01T08:00, or a day as 2026-12-01."
        )
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day)
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def is_among(wanted: Mapping[str, Any], context: Context) -> bool:
    """Is this visitor one of those whom `visitors` describes?"""
    return all(_AUDIENCE[name](context, each) for name, each in wanted.items())


def visitors(where: str, value: Any) -> Mapping[str, Any]:
    """For whom something is, from settings. Raises ConfigurationError, which begins with `where`."""
    wrong = f'{where} is {value!r}. Write it as {{"known": true}}; known: {", ".join(_AUDIENCE)}.'
    if not isinstance(value, Mapping) or set(value) - set(_AUDIENCE):
        raise ConfigurationError(wrong)
    made: dict[str, Any] = {}
    for name, wanted in value.items():
        if name == "known":
            if not isinstance(wanted, bool):
                raise ConfigurationError(f'{where}["known"] is {wanted!r}. Set it to true or false.')
            made[name] = wanted
        else:
            made[name] = _names(f'{where}["{name}"]', [wanted] if isinstance(wanted, str) else wanted)
    return made


def _is_one_of(read: Callable[[Context], str]) -> Callable[[Context, Iterable[str]], bool]:
    return lambda context, wanted: read(context) in wanted


def _is_known(context: Context, wanted: bool) -> bool:
    return bool(context.visitor_key and context.visitor_key != context.anonymous_key) is wanted


#: For whom a rule can be; all of it is known without asking the database.
_AUDIENCE: Mapping[str, Callable[[Context, Any], bool]] = {
    "known": _is_known,
    "customer_group": _is_one_of(lambda context: context.customer_group),
    "country": _is_one_of(lambda context: context.country),
    "language": _is_one_of(lambda context: context.language),
    "channel": _is_one_of(lambda context: context.channel),
}
