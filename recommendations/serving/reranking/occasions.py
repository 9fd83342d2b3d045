"""Some items on some occasions: in the evening, before Christmas, on the phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from recommendations.datatypes import Candidate, Context
from recommendations.exceptions import ConfigurationError
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import rescored
from recommendations.serving.reranking.matching import MatchingReranker
from recommendations.serving.reranking.options import is_number, some_of

DEVICES = ("mobile", "desktop")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def device_of(request: HttpRequest | None) -> str:
    """`mobile` or `desktop` as the browser says itself (Sec-CH-UA-Mobile), else `mobile` when its User-Agent has the
    word "Mobi"; "" without a request or when it says nothing. Most tablets count as desktop."""
    if request is None:
        return ""
    hint = request.headers.get("Sec-CH-UA-Mobile", "")
    if hint in ("?0", "?1"):
        return "mobile" if hint == "?1" else "desktop"
    agent = request.headers.get("User-Agent", "")
    return "" if not agent else "mobile" if "Mobi" in agent else "desktop"


@dataclass(frozen=True, slots=True)
class Moment:
    """For whom a page is shown, and the time on the shop's clock (TIME_ZONE)."""

    context: Context
    local: datetime

    @property
    def hour(self) -> float:
        return self.local.hour + self.local.minute / 60


Test = Callable[[Moment], bool]


class InContext(MatchingReranker):
    """Times `factor` the scores of items for which `where` holds, when all of `when` does. Below 1 it puts them back.

    So that scores stay in 0..1, a factor above 1 divides the scores of all others instead: the order is the same.
    """

    name = "in_context"
    options = {"where": {}, "when": {}, "factor": 1.5}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        factor = self.option["factor"]
        if not is_number(factor) or not 0 < factor <= 100:
            raise ConfigurationError(
                f'"factor" is {factor!r}. Set it above 0, at most 100; below 1 puts back.'
            )
        self.factor = float(factor)
        self.when = _parsed(self.option["when"])

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        moment = Moment(page.context, timezone.localtime(page.now, timezone.get_default_timezone()))
        if not all(test(moment) for test in self.when):
            return list(candidates)
        meant = [self.is_about(each, page) for each in candidates]
        if not any(meant):
            return list(candidates)
        largest = max(self.factor, 1.0)
        return rescored(candidates, [(self.factor if each else 1.0) / largest for each in meant])


def _parsed(when: Any) -> tuple[Test, ...]:
    if not isinstance(when, Mapping) or not when:
        raise ConfigurationError(
            f'"when" is {when!r}. Write it as {{"months": [11, 12]}}; known: {", ".join(_TESTS)}.'
        )
    if unknown := [name for name in when if name not in _TESTS]:
        raise ConfigurationError(f'"when" names {unknown[0]!r}. Known: {", ".join(_TESTS)}.')
    return tuple(_TESTS[name](name, value) for name, value in when.items())


def _device(name: str, value: Any) -> Test:
    wanted = some_of(name, value, DEVICES)
    return lambda moment: device_of(moment.context.request) in wanted


def _hours(name: str, value: Any) -> Test:
    if (
        not isinstance(value, Mapping)
        or not value
        or set(value) - {"from", "below"}
        or not all(is_number(hour) and 0 <= hour <= 24 for hour in value.values())
    ):
        raise ConfigurationError(
            f'"{name}" is {value!r}. Write it as {{"from": 6, "below": 11}}, from 0 to 24.'
        )
    first, end = value.get("from", 0), value.get("below", 24)
    if first < end:
        return lambda moment: first <= moment.hour < end
    return lambda moment: moment.hour >= first or moment.hour < end  # over midnight


def _months(name: str, value: Any) -> Test:
    values = value if isinstance(value, list | tuple) else [value]
    wrong = [n for n in values if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= 12]
    if not values or wrong:
        raise ConfigurationError(f'"{name}" is {value!r}. Set it to a list of numbers from 1 to 12.')
    return lambda moment: moment.local.month in values


def _weekdays(name: str, value: Any) -> Test:
    wanted = {WEEKDAYS.index(day) for day in some_of(name, value, WEEKDAYS)}
    return lambda moment: moment.local.weekday() in wanted


def _text(read: Callable[[Context], str]) -> Callable[[str, Any], Test]:
    def make(name: str, value: Any) -> Test:
        wanted = [value] if isinstance(value, str) else value
        if not isinstance(wanted, list | tuple) or not wanted or any(not isinstance(w, str) for w in wanted):
            raise ConfigurationError(f'"{name}" is {value!r}. Set it to a text or a list of texts.')
        return lambda moment: read(moment.context) in wanted

    return make


#: Tests of an occasion; all of it is known without asking the database.
_TESTS: Mapping[str, Callable[[str, Any], Test]] = {
    "device": _device,
    "hours": _hours,
    "weekdays": _weekdays,
    "months": _months,
    "country": _text(lambda context: context.country),
    "language": _text(lambda context: context.language),
    "channel": _text(lambda context: context.channel),
    "customer_group": _text(lambda context: context.customer_group),
}
