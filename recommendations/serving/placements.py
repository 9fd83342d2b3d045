"""Placements as typed objects, read from the settings and the active Overrides; what is wrong in the settings is told
with the line to change, what is wrong with an Override is logged and left out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from recommendations.conf import NAME, filled_up, settings
from recommendations.defaults import PLACEMENT_DEFAULTS
from recommendations.exceptions import ConfigurationError, RecommendationsError, UnknownOption
from recommendations.experiments.assignment import Arm, Running, running
from recommendations.models import Override
from recommendations.overrides import active
from recommendations.overrides.merging import effective
from recommendations.serving.blending import BLENDS
from recommendations.serving.exploring import Explore
from recommendations.serving.filters import FILTERS, Filter, Part
from recommendations.serving.reranking.base import Reranker
from recommendations.serving.reranking.known import RERANKERS
from recommendations.serving.rules import Rule, rules_of
from recommendations.serving.sources import SOURCES, Source
from recommendations.store import get_store

logger = logging.getLogger("recommendations")

#: Stored lists have at most 50 items.
LARGEST_SIZE = 50

Kind = TypeVar("Kind")
AnyPart = TypeVar("AnyPart", bound=Part)


@dataclass(frozen=True)
class WeightedSource:
    """One link of a placement's chain."""

    source: Source
    weight: float = 1.0


@dataclass(frozen=True)
class Placement:
    """A named spot on a page.

    Its `sources` are blended by weight, by their scores or by rank as `blend` says, `filters` drop some, `rerankers`
    put what is left in order. When fewer than `minimum` items are left, the sources of `fallback`, one after the other,
    fill the list up to `size`. What another placement of the page shows is left out, unless it `repeats`.
    Some places may be for new items (`explore`).
    """

    name: str
    page: str
    title: str
    sources: tuple[WeightedSource, ...]
    filters: tuple[Filter, ...]
    rerankers: tuple[Reranker, ...]
    fallback: tuple[WeightedSource, ...]
    size: int
    minimum: int
    blend: str = "score"
    repeats: bool = False
    explore: Explore | None = None

    @property
    def wanting_lists(self) -> Sequence[Source | Reranker]:
        """The parts that read lists: they are read at once for all placements of a page."""
        links = (*self.sources, *self.fallback)
        return [*(link.source for link in links), *self.rerankers]

    @property
    def filters_need_facts(self) -> bool:
        """Do its filters look at what the mirror says of items?"""
        return any("facts" in each.needs for each in self.filters)

    @property
    def ranks_early(self) -> bool:
        """Can its candidates be put in order before the shop is asked about them?"""
        return bool(self.rerankers) and all(each.ranks_early for each in self.rerankers)

    @property
    def looks_at_most(self) -> int:
        """So many candidates decide about the list, where nothing but rerankers that look at no more do; else 0."""
        if self.filters_need_facts:
            return 0
        each = [reranker.looks_at_most for reranker in self.rerankers]
        return max(each) if each and all(each) else 0

    @property
    def needs_facts(self) -> bool:
        """Does it look at what the mirror says of items?"""
        return any("facts" in part.needs for part in (*self.filters, *self.rerankers))


class Layout:
    """The placements of one scope as the settings and the active Overrides have them, made when asked for."""

    def __init__(
        self,
        overrides: Mapping[str, Override],
        rule_overrides: Mapping[str, Override] | None = None,
        experiments: Sequence[Running] = (),
        arms: Mapping[str, Arm] | None = None,
    ) -> None:
        self._overrides = overrides
        self._rule_overrides = rule_overrides or {}
        self.experiments = experiments
        #: Placement → the variant of it that is shown.
        self.arms = arms or {}
        self._placements: dict[str, Placement] = {}
        self._pages: dict[str, tuple[Placement, ...]] = {}

    def with_(self, name: str, override: Override | None) -> Layout:
        """The same with another Override of one placement; None: with none."""
        others = {each: found for each, found in self._overrides.items() if each != name}
        return Layout(others if override is None else {**others, name: override}, self._rule_overrides)

    def with_arms(self, arms: Mapping[str, Arm]) -> Layout:
        """The same with these variants, by placement."""
        return Layout(self._overrides, self._rule_overrides, self.experiments, arms)

    def placement(self, name: str) -> Placement:
        """Raises UnknownName when there is none, and another ConfigurationError when its settings entry is wrong."""
        if name not in self._placements:
            self._placements[name] = self._made(name)
        return self._placements[name]

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The merchandisers' wishes, of the settings and of active Overrides; what is wrong with one is logged."""
        found, wrong = rules_of(self._rule_overrides)
        for name, error in wrong.items():
            logger.warning("The rule %r is ignored: %s", name, error)
        return found

    def of_page(self, page: str) -> tuple[Placement, ...]:
        """The placements that name a page; none for the page ""."""
        if page not in self._pages:
            names = [name for name in settings.placements if page and self._page_of(name) == page]
            self._pages[page] = tuple(map(self.placement, names))
        return self._pages[page]

    def _page_of(self, name: str) -> str:
        """Without making it: a broken placement takes down its own page only."""
        override = self._overrides.get(name)
        entry = settings.placement(name)
        return str(entry["page"] if override is None else override.value.get("page", entry["page"]))

    def _made(self, name: str) -> Placement:
        override, arm = self._overrides.get(name), self.arms.get(name)
        if arm is not None and arm.changes:
            try:
                return varied(name, arm.changes, override)
            except ConfigurationError as error:
                logger.warning("Variant %r of experiment %s is ignored: %s", arm.name, arm.experiment, error)
        if override is not None:
            try:
                return overridden(override)
            except ConfigurationError as error:
                logger.warning("Override %s of the placement %r is ignored: %s", override.pk, name, error)
        return made(name, settings.placement(name))


def layout(scope: str = "", moment: datetime | None = None) -> Layout:
    """The placements as this process knows them at a moment, by default now; the same object as long as nothing
    changes."""
    if not get_store().tells_of_changes:
        active.ask()
    return _layout(active.remembered(scope, moment))


@lru_cache(maxsize=64)
def _layout(found: active.Active) -> Layout:
    return Layout(found.of(Override.Kind.PLACEMENT), found.of(Override.Kind.RULE), running(found.tested))


def get_placement(name: str, scope: str = "") -> Placement:
    """The placement of that name; see `Layout.placement`."""
    return layout(scope).placement(name)


def placements_of_page(page: str, scope: str = "") -> tuple[Placement, ...]:
    """The placements of a page; see `Layout.of_page`."""
    return layout(scope).of_page(page)


def sound_placements(scope: str = "") -> list[Placement]:
    """All placements; one whose settings entry is wrong is logged and left out."""
    found = []
    for name in settings.placements:
        try:
            found.append(get_placement(name, scope))
        except ConfigurationError as error:
            logger.warning("The placement %r is left out: %s", name, error)
    return found


def overridden(override: Override) -> Placement:
    """The placement that an Override would make. Raises ConfigurationError when it does not fit the settings."""
    return made(override.name, effective(override))


def varied(name: str, changes: Mapping[str, Any], override: Override | None = None) -> Placement:
    """The placement with a variant's changes over what the settings and an Override say. Raises ConfigurationError."""
    entry = settings.placement(name) if override is None else effective(override)
    if unknown := set(changes) - set(PLACEMENT_DEFAULTS):
        raise UnknownOption(f"A variant of {name!r}", unknown, PLACEMENT_DEFAULTS)
    return made(name, filled_up(PLACEMENT_DEFAULTS, entry, changes))


def made(name: str, entry: Mapping[str, Any]) -> Placement:
    """The placement of a whole settings entry. Raises ConfigurationError with the line that is wrong."""
    where = f'{NAME}["PLACEMENTS"]["{name}"]'
    return Placement(
        name=name,
        page=str(entry["page"]),
        title=entry["title"],
        sources=_chain(f'{where}["sources"]', entry["sources"]),
        filters=_parts(f'{where}["filters"]', "filter", entry["filters"], FILTERS, Filter),  # type: ignore[type-abstract]
        rerankers=_parts(f'{where}["rerank"]', "rerank", entry["rerank"], RERANKERS, Reranker),  # type: ignore[type-abstract]
        fallback=_chain(f'{where}["fallback"]', entry["fallback"]),
        size=_whole(f'{where}["size"]', entry["size"], 1, LARGEST_SIZE),
        minimum=_whole(f'{where}["minimum"]', entry["minimum"], 0, LARGEST_SIZE),
        blend=_blend(f'{where}["blend"]', entry["blend"]),
        repeats=_flag(f'{where}["repeats"]', entry["repeats"]),
        explore=Explore.parse(f'{where}["explore"]', entry["explore"]),
    )


def placement_errors() -> dict[str, RecommendationsError]:
    """Placement name → what is wrong with its settings entry. For the system checks."""
    errors: dict[str, RecommendationsError] = {}
    for name in settings.placements:
        try:
            made(name, settings.placement(name))
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


def _parts(
    where: str, word: str, entries: Any, known: Mapping[str, type[AnyPart]], base: type[AnyPart]
) -> tuple[AnyPart, ...]:
    """Filters or rerankers, each a name or an entry with the name under `word` and options."""
    return tuple(
        _part(f"{where}[{n}]", word, entry, known, base) for n, entry in enumerate(_listed(where, entries))
    )


def _part(
    where: str, word: str, entry: Any, known: Mapping[str, type[AnyPart]], base: type[AnyPart]
) -> AnyPart:
    options = {word: entry} if isinstance(entry, str) else entry
    if not isinstance(options, Mapping) or not isinstance(options.get(word), str):
        raise ConfigurationError(
            f"{where} is {entry!r}. Name one, or write it as {{{word!r}: name, …options}}; "
            f"known: {', '.join(sorted(known))}."
        )
    options = dict(options)
    found = _resolve(where, base.__name__.lower(), options.pop(word), known, base)
    try:
        return found(**options)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from error


def _resolve(
    where: str, what: str, name: str, known: Mapping[str, type[Kind]], base: type[Kind]
) -> type[Kind]:
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


def _blend(where: str, value: Any) -> str:
    if not isinstance(value, str) or value not in BLENDS:
        raise ConfigurationError(f"{where} is {value!r}. Set it to one of: {', '.join(sorted(BLENDS))}.")
    return value


def _flag(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{where} is {value!r}. Set it to True or False.")
    return value


def _whole(where: str, value: Any, lowest: int, highest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ConfigurationError(
            f"{where} is {value!r}. Set it to a whole number from {lowest} to {highest}."
        )
    return value


def _reset(*, setting: str, **kwargs: Any) -> None:
    if setting == NAME:
        _layout.cache_clear()


setting_changed.connect(_reset, dispatch_uid="recommendations.serving.placements")
