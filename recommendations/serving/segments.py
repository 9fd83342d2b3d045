"""Categories and brands for a visitor: where what they did lately is, else where what everybody likes is."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from django.conf import settings as django_settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from recommendations.adapter import get_adapter
from recommendations.conf import NAME, settings
from recommendations.datatypes import EVERYBODY, Context, ListKind
from recommendations.exceptions import ConfigurationError, UnknownName
from recommendations.serving.engine import reads_of, savepoint, titled
from recommendations.serving.facts import Facts
from recommendations.serving.page import Reads
from recommendations.serving.placements import LARGEST_SIZE
from recommendations.store import ListRequest

logger = logging.getLogger("recommendations")

SegmentKind = Literal["category", "brand"]

#: Whose list of everybody stands in for a visitor of whom nothing is known.
POPULAR = "popular"

#: The shop is asked for addresses of so many times as many segments as are shown, as some have no page.
MOST_ASKED = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """A category (its path) or a brand, with its share, 0 to 1, in what was looked at."""

    key: str
    score: float


@dataclass(frozen=True, slots=True)
class LinkedSegment:
    """A category or brand as a page shows it."""

    key: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """Links to categories or brands under a title; falsy when there are none."""

    name: str
    kind: str
    title: str
    personal: bool
    links: tuple[LinkedSegment, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.links)

    def __iter__(self) -> Iterator[LinkedSegment]:
        return iter(self.links)


def recommend_segments(
    request: HttpRequest | None, name: str, size: int | None = None, title: str = ""
) -> SegmentRow:
    """Links to the visitor's categories or brands, then to those that everybody likes: the row that SEGMENT_ROWS calls
    `name`, with another size or title where they are given.

    Only segments that the adapter has an address for (`segment_urls`). One query, the mirror's, besides what the page's
    placements read anyway. Never raises into a page unless `DEBUG` is on: what goes wrong is logged, and the row empty.
    """
    try:
        with savepoint():
            return _row(get_adapter().context(request), name, size, title)
    except Exception:
        if django_settings.DEBUG:
            raise
        logger.exception("The row of segments %r is left out; the page goes on without it.", name)
        return SegmentRow(name, "", title, False)


def row_errors() -> dict[str, ConfigurationError]:
    """Row → what is wrong with its settings entry. For the system checks."""
    errors: dict[str, ConfigurationError] = {}
    for name in settings.segment_rows:
        try:
            _entry(name)
        except ConfigurationError as error:
            errors[name] = error
    return errors


def _entry(name: str) -> tuple[SegmentKind, int, str]:
    """Kind, size and title of a row as the settings have it."""
    if name not in settings.segment_rows:
        raise UnknownName("row of segments", name, settings.segment_rows)
    entry, where = settings.segment_rows[name], f'{NAME}["SEGMENT_ROWS"]["{name}"]'
    kind, size = entry["kind"], entry["size"]
    if kind not in _TITLES:
        raise ConfigurationError(f'{where}["kind"] is {kind!r}. Set it to one of: {", ".join(_TITLES)}.')
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= LARGEST_SIZE:
        raise ConfigurationError(
            f'{where}["size"] is {size!r}. Set it to a whole number from 1 to {LARGEST_SIZE}.'
        )
    return kind, size, entry["title"]


def _row(context: Context, name: str, asked_size: int | None, asked_title: str) -> SegmentRow:
    kind, said_size, said_title = _entry(name)
    size = said_size if asked_size is None else asked_size
    title = asked_title or titled(said_title)
    reads = reads_of(context)
    everybodys = _popular(reads)
    own = reads.history.weights
    reads.facts([*own, *everybodys])  # all in one query
    ranked = [*_ranked(own, kind, reads), *_ranked(everybodys, kind, reads)]
    keys = list(dict.fromkeys(each.key for each in ranked))[: size * MOST_ASKED]
    urls = get_adapter().segment_urls(kind, keys, context) if keys else {}
    links = [LinkedSegment(key, _name_of(key, kind), urls[key]) for key in keys if urls.get(key)]
    personal = any(each.key in urls for each in _ranked(own, kind, reads))
    return SegmentRow(name, kind, title or _TITLES[kind](personal), personal, tuple(links[:size]))


def _name_of(key: str, kind: SegmentKind) -> str:
    return key.rpartition("/")[2] if kind == "category" else key


_TITLES: Mapping[str, Callable[[bool], str]] = {
    "category": lambda personal: _("Categories for you") if personal else _("Popular categories"),
    "brand": lambda personal: _("Brands for you") if personal else _("Popular brands"),
}


def segments_for(context: Context, kind: SegmentKind, size: int) -> tuple[list[Segment], bool]:
    """The visitor's categories or brands, best first, and whether they are the visitor's own.

    score(s) = Σ wᵢ over the items i in s / Σ wᵢ over all: the decayed weights of the visitor's recent items, or, for
    who has none, the scores of what everybody likes. An item in several categories counts in each. At most three
    queries.
    """
    reads = Reads(context)
    weights: Mapping[str, float] = reads.history.weights
    personal = bool(weights)
    if not personal:
        weights = _popular(reads)
    return _ranked(weights, kind, reads)[:size], personal


def _popular(reads: Reads) -> dict[str, float]:
    """Item key → score of what everybody likes."""
    request = ListRequest(POPULAR, ListKind.SEGMENT, EVERYBODY)
    found = reads.lists([request]).get(request)
    return {key: score for key, score, *_rest in found.entries} if found is not None else {}


def _ranked(weights: Mapping[str, float], kind: SegmentKind, reads: Reads) -> list[Segment]:
    facts = reads.facts(weights)
    sums: dict[str, float] = defaultdict(float)
    for item_key, weight in weights.items():
        for segment in set(_segments(facts[item_key], kind)):
            sums[segment] += weight
    total = sum(weights.values()) or 1.0
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Segment(key, weight / total) for key, weight in ranked]


def _segments(facts: Facts, kind: SegmentKind) -> list[str]:
    if kind == "category":
        return [path for path in facts.categories if path]
    return [facts.brand] if facts.brand else []
