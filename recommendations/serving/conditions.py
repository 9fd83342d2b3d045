"""Which items a wish is about: `{"brand": "Acme", "price": {"below": 20}}`. All tests of a condition must hold.

| test | holds for an item |
|---|---|
| `item`, `brand`, `supplier` | that has this key, brand, supplier, or one of a list |
| `category` | in this category (a path), or one of a list, or below |
| `tag` | whose attribute `tags` has this tag, or one of a list |
| `price`, `stock`, `margin`, `age_days` | that has this number, or one in `{"from": 5, "below": 10}` |
| `attributes.NAME` | whose attribute has this value, one of a list, or a number in a range |
| `same`, `other` | that shares, or does not, `brand`, `supplier`, `category` or `department` with the item shown |
| `price_ratio` | whose price divided by that of the item shown is in the range |
| `any`, `not` | for which one of several conditions, or not this condition, holds |

Of what is not known of an item no test but `other` and `not` holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from recommendations.exceptions import ConfigurationError
from recommendations.serving.facts import Facts

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Subject:
    """An item that is tested, beside the item shown; `now` is when."""

    item_key: str
    facts: Facts
    shown: Facts
    now: datetime


Test = Callable[[Subject], bool]


@dataclass(frozen=True)
class Condition:
    """A condition, ready to be asked. One that `is_relative` needs an item shown on the page."""

    tests: tuple[Test, ...]
    is_relative: bool
    written: Mapping[str, Any]

    @classmethod
    def parse(cls, where: str, written: Any) -> Condition:
        """From settings. Raises ConfigurationError, which begins with `where`, for what is no condition."""
        if not isinstance(written, Mapping):
            raise ConfigurationError(
                f'{where} is {written!r}. Write a condition as {{"brand": "Acme"}}; tests: {", ".join(KNOWN)}.'
            )
        tests, relative = [], False
        for name, value in written.items():
            place = f'{where}["{name}"]'
            if name == "any":
                if not isinstance(value, list | tuple) or not value:
                    raise ConfigurationError(f"{place} is {value!r}. Set it to a list of conditions.")
                several = [cls.parse(f"{place}[{n}]", each) for n, each in enumerate(value)]
                relative |= any(each.is_relative for each in several)
                tests.append(_any(several))
            elif name == "not":
                refused = cls.parse(place, value)
                relative |= refused.is_relative
                tests.append(_not(refused))
            else:
                tests.append(_test(place, str(name), value))
                relative |= name in RELATIVE
        return cls(tuple(tests), relative, dict(written))

    def holds(self, subject: Subject) -> bool:
        return all(test(subject) for test in self.tests)


def subject(item_key: str, facts: Facts, shown: Facts) -> Subject:
    """Now."""
    return Subject(item_key, facts, shown, timezone.now())


def _any(several: list[Condition]) -> Test:
    return lambda subject: any(each.holds(subject) for each in several)


def _not(refused: Condition) -> Test:
    return lambda subject: not refused.holds(subject)


def _test(where: str, name: str, value: Any) -> Test:
    if name.startswith("attributes."):
        return _attribute(where, name.removeprefix("attributes."), value)
    if name not in KNOWN:
        raise ConfigurationError(f"{where}: there is no such test. Known: {', '.join(KNOWN)}.")
    return _TESTS[name](where, value)


def _one_of(read: Callable[[Subject], Any]) -> Callable[[str, Any], Test]:
    def make(where: str, value: Any) -> Test:
        wanted = _texts(where, value)
        return lambda subject: read(subject) in wanted

    return make


def _category(where: str, value: Any) -> Test:
    wanted = tuple(_texts(where, value))
    below = tuple(f"{path}/" for path in wanted)
    return lambda subject: any(path in wanted or path.startswith(below) for path in subject.facts.categories)


def _tag(where: str, value: Any) -> Test:
    wanted = _texts(where, value)

    def test(subject: Subject) -> bool:
        tags = subject.facts.attributes.get("tags")
        tags = [tags] if isinstance(tags, str) else tags
        return isinstance(tags, list | tuple) and not wanted.isdisjoint(map(str, tags))

    return test


def _number(read: Callable[[Subject], float | None]) -> Callable[[str, Any], Test]:
    def make(where: str, value: Any) -> Test:
        inside = _range(where, value)

        def test(subject: Subject) -> bool:
            number = read(subject)
            return number is not None and inside(number)

        return test

    return make


def _attribute(where: str, name: str, value: Any) -> Test:
    if isinstance(value, Mapping):
        inside = _range(where, value)

        def test(subject: Subject) -> bool:
            found = subject.facts.attributes.get(name)
            return isinstance(found, int | float) and not isinstance(found, bool) and inside(found)

        return test
    wanted = list(value) if isinstance(value, list | tuple) else [value]
    return lambda subject: subject.facts.attributes.get(name) in wanted


def _range(where: str, value: Any) -> Callable[[float], bool]:
    if _is_number(value):
        return lambda number: number == value
    wrong = f'{where} is {value!r}. Set it to a number, or to a range such as {{"from": 5, "below": 10}}.'
    if not isinstance(value, Mapping) or not value or set(value) - {"from", "below"}:
        raise ConfigurationError(wrong)
    if not all(_is_number(bound) for bound in value.values()):
        raise ConfigurationError(wrong)
    low, high = value.get("from", float("-inf")), value.get("below", float("inf"))
    return lambda number: low <= number < high


def _shared(wanted_to_share: bool) -> Callable[[str, Any], Test]:
    def make(where: str, value: Any) -> Test:
        names = sorted(_texts(where, value))
        if wrong := [name for name in names if name not in _SHARED]:
            raise ConfigurationError(f"{where} names {wrong[0]!r}. Choose from: {', '.join(_SHARED)}.")
        return lambda subject: all(
            bool(_SHARED[name](subject.facts) & _SHARED[name](subject.shown)) is wanted_to_share
            for name in names
        )

    return make


def _texts(where: str, value: Any) -> frozenset[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not values or not all(isinstance(v, str) for v in values):
        raise ConfigurationError(f"{where} is {value!r}. Set it to a text or a list of texts.")
    return frozenset(values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _age_days(subject: Subject) -> float | None:
    created = subject.facts.created_at
    return None if created is None else (subject.now - created).total_seconds() / SECONDS_PER_DAY


def _price(subject: Subject) -> float | None:
    return None if subject.facts.price is None else float(subject.facts.price)


def _price_ratio(subject: Subject) -> float | None:
    ours, theirs = subject.facts.price, subject.shown.price
    return float(ours / theirs) if ours is not None and theirs else None


_SHARED: Mapping[str, Callable[[Facts], frozenset[str]]] = {
    "brand": lambda facts: frozenset({facts.brand} - {""}),
    "supplier": lambda facts: frozenset({facts.supplier} - {""}),
    "category": lambda facts: frozenset(facts.categories),
    "department": lambda facts: facts.departments,
}

_TESTS: Mapping[str, Callable[[str, Any], Test]] = {
    "item": _one_of(lambda subject: subject.item_key),
    "category": _category,
    "brand": _one_of(lambda subject: subject.facts.brand),
    "supplier": _one_of(lambda subject: subject.facts.supplier),
    "tag": _tag,
    "price": _number(_price),
    "stock": _number(lambda subject: subject.facts.stock),
    "margin": _number(lambda subject: subject.facts.margin),
    "age_days": _number(_age_days),
    "same": _shared(True),
    "other": _shared(False),
    "price_ratio": _number(_price_ratio),
}

#: Tests that look at the item shown.
RELATIVE = frozenset({"same", "other", "price_ratio"})

#: The names of all tests.
KNOWN = (*_TESTS, "attributes.NAME", "any", "not")
