"""Placements as typed objects, read from the settings; what is wrong there is told with the line to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from recommendations.conf import NAME, settings
from recommendations.exceptions import ConfigurationError, RecommendationsError
from recommendations.serving.filters import FILTERS, Filter
from recommendations.serving.sources import SOURCES, Source

#: Stored lists have at most 50 items.
LARGEST_SIZE = 50

Part = TypeVar("Part")


@dataclass(frozen=True)
class WeightedSource:
    """One link of a placement's chain."""

    source: Source
    weight: float = 1.0


@dataclass(frozen=True)
class Placement:
    """A named spot on a page.

    Its `sources` are blended by weight. When fewer than `minimum` items are left after the `filters`, the sources of
    `fallback`, one after the other, fill the list up to `size`.
    """

    name: str
    page: str
    title: str
    sources: tuple[WeightedSource, ...]
    filters: tuple[Filter, ...]
    fallback: tuple[WeightedSource, ...]
    size: int
    minimum: int


@cache
def get_placement(name: str) -> Placement:
    """The placement of that name.

    Raises UnknownName when there is none, and another ConfigurationError when its settings entry is wrong.
    """
    entry = settings.placement(name)
    where = f'{NAME}["PLACEMENTS"]["{name}"]'
    return Placement(
        name=name,
        page=str(entry["page"]),
        title=entry["title"],
        sources=_chain(f'{where}["sources"]', entry["sources"]),
        filters=tuple(
            _filter(f'{where}["filters"][{n}]', each)
            for n, each in enumerate(_listed(f'{where}["filters"]', entry["filters"]))
        ),
        fallback=_chain(f'{where}["fallback"]', entry["fallback"]),
        size=_whole(f'{where}["size"]', entry["size"], 1, LARGEST_SIZE),
        minimum=_whole(f'{where}["minimum"]', entry["minimum"], 0, LARGEST_SIZE),
    )


@cache
def placements_of_page(page: str) -> tuple[Placement, ...]:
    """The placements that a page's settings entries name; none for the page ""."""
    names = [name for name, entry in settings.placements.items() if page and entry["page"] == page]
    return tuple(get_placement(name) for name in names)


def placement_errors() -> dict[str, RecommendationsError]:
    """Placement name → what is wrong with its settings entry. For the system checks."""
    errors: dict[str, RecommendationsError] = {}
    for name in settings.placements:
        try:
            get_placement(name)
        except RecommendationsError as error:
            errors[name] = error
    return errors


def _chain(where: str, entries: Any) -> tuple[WeightedSource, ...]:
    chain = (_source(f"{where}[{n}]", entry) for n, entry in enumerate(_listed(where, entries)))
    return tuple(link for link in chain if link is not None)


def _source(where: str, entry: Any) -> WeightedSource | None:
    """One link; None when it reads only recommenders that the shop took away."""
    options = {"source": entry} if isinstance(entry, str) else entry
    if not isinstance(options, Mapping) or not isinstance(options.get("source"), str):
        raise ConfigurationError(
            f'{where} is {entry!r}. Write a source as {{"source": "popular"}}; known: {", ".join(sorted(SOURCES))}.'
        )
    options = dict(options)
    source_class = _resolve(where, "source", options.pop("source"), SOURCES, Source)  # type: ignore[type-abstract]
    weight = options.pop("weight", 1.0)
    if not isinstance(weight, int | float) or isinstance(weight, bool) or not weight > 0:
        raise ConfigurationError(f'{where}["weight"] is {weight!r}. Set it to a number above 0.')
    named = options.pop("recommenders", source_class.default_recommenders)
    recommenders = _recommenders(f'{where}["recommenders"]', named)
    if named and not recommenders:
        return None
    try:
        return WeightedSource(source_class(recommenders=recommenders, **options), float(weight))
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from error


def _recommenders(where: str, names: Any) -> tuple[str, ...]:
    """The names; those the shop took away with `None` are left out, so that default placements do without them."""
    known = settings.recommenders
    unknown = [
        name
        for name in _listed(where, names)
        if name not in known and name not in settings.default_recommenders
    ]
    if unknown:
        raise ConfigurationError(
            f"{where} names the recommender {unknown[0]!r}, which does not exist. Change it to one of: "
            f'{", ".join(sorted(known))}; or add it to {NAME}["RECOMMENDERS"].'
        )
    return tuple(name for name in names if name in known)


def _filter(where: str, name: Any) -> Filter:
    if not isinstance(name, str):
        raise ConfigurationError(f"{where} is {name!r}. Name a filter; known: {', '.join(sorted(FILTERS))}.")
    return _resolve(where, "filter", name, FILTERS, Filter)()  # type: ignore[type-abstract]


def _resolve(
    where: str, what: str, name: str, known: Mapping[str, type[Part]], base: type[Part]
) -> type[Part]:
    """The class of a name, or at a dotted path."""
    if name in known:
        return known[name]
    choice = f"one of: {', '.join(sorted(known))}; or to the dotted path of a {base.__name__}"
    if "." not in name:
        raise ConfigurationError(
            f"{where} names the {what} {name!r}, which does not exist. Change it to {choice}."
        )
    try:
        found = import_string(name)
    except ImportError as error:
        raise ConfigurationError(
            f"{where} names the {what} {name!r}, which cannot be imported: {error}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ConfigurationError(
            f"{where} names {name!r}, which is no subclass of {base.__module__}.{base.__name__}. Change it to {choice}."
        )
    return found


def _listed(where: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise ConfigurationError(f"{where} is {value!r}. Set it to a list.")
    return value


def _whole(where: str, value: Any, lowest: int, highest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ConfigurationError(
            f"{where} is {value!r}. Set it to a whole number from {lowest} to {highest}."
        )
    return value


def _reset(*, setting: str, **kwargs: Any) -> None:
    if setting == NAME:
        get_placement.cache_clear()
        placements_of_page.cache_clear()


setting_changed.connect(_reset, dispatch_uid="recommendations.serving.placements")
