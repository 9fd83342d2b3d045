"""A page is planned once: all its placements together, with a fixed number of queries.

1. the visitor's history  2. the lists of all sources and fallbacks  3. `adapter.live`  4. the mirror: the groups
of variants, and what else it says of the items where filters or rerankers look at that.
A page about an item of which only the key is known may need its categories too: the fifth and last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from recommendations.datatypes import Candidate
from recommendations.serving.blending import blend
from recommendations.serving.explain import named
from recommendations.serving.page import Page
from recommendations.serving.placements import Placement
from recommendations.serving.rules import Rule
from recommendations.serving.sources import Lists
from recommendations.serving.steering import Steering

#: Candidates taken for each place, so that what is sold out leaves no gap. Fallbacks get fewer.
OVERFETCH = 3
OVERFETCH_FALLBACK = 2

#: So many times as many where rerankers, rules or what is known of the items decide about them.
OVERFETCH_FOR_FACTS = 3


@dataclass
class Row:
    """One placement's candidates: of its blended sources, of each of its fallbacks, and those that rules bring in."""

    placement: Placement
    size: int
    steering: Steering
    main: list[Candidate]
    fallbacks: list[list[Candidate]]
    extra: list[Candidate]

    @property
    def needs_facts(self) -> bool:
        return self.placement.needs_facts or bool(self.steering.rules)

    def __iter__(self) -> Iterator[Candidate]:
        yield from self.main
        yield from self.extra
        for candidates in self.fallbacks:
            yield from candidates


class PagePlan:
    """What each placement of a page can show; `sizes` asks for more places than the settings do."""

    def __init__(
        self,
        page: Page,
        placements: Iterable[Placement],
        sizes: dict[str, int] | None = None,
        rules: Sequence[Rule] = (),
    ) -> None:
        self.page = page
        self._rules = rules
        placements = list(placements)
        lists = self._lists(placements)
        self.rows = {
            placement.name: self._row(placement, (sizes or {}).get(placement.name, placement.size), lists)
            for placement in placements
        }
        self.products = self._read_products()
        for row in self.rows.values():
            row.main = self._sellable(row, row.main)
            row.fallbacks = [self._sellable(row, candidates) for candidates in row.fallbacks]
            row.extra = self._sellable(row, row.extra)

    def choose(self, name: str, size: int) -> tuple[list[Candidate], bool]:
        """The items of a placement, best first, and whether its fallback was needed."""
        row = self.rows[name]
        chosen, fallback_used = self._from_sources(row, name, size)
        if not row.steering.rules:
            return chosen, fallback_used
        return row.steering.placed(chosen, [*row.main, *row.extra], size), fallback_used

    def _from_sources(self, row: Row, name: str, size: int) -> tuple[list[Candidate], bool]:
        chosen = self._ranked(row, row.main, size, [])
        if len(chosen) >= min(row.placement.minimum, size):
            return chosen, False
        elsewhere = self._shown_elsewhere(name)
        n_own = len(chosen)
        for candidates in row.fallbacks:
            # What another row of the page shows anyway comes last: a newcomer's page has no two equal rows.
            for again in (False, True):
                part = [each for each in candidates if (each.item_key in elsewhere) is again]
                chosen += self._ranked(row, part, size - len(chosen), chosen)
        return chosen, len(chosen) > n_own

    def has_room_for(self, name: str, size: int) -> bool:
        """Was the placement planned for so many places?"""
        return name in self.rows and size <= self.rows[name].size

    def _lists(self, placements: Sequence[Placement]) -> Lists:
        wanting = [part for placement in placements for part in placement.wanting_lists]
        return self.page.reads.lists([request for part in wanting for request in part.requests(self.page)])

    def _row(self, placement: Placement, size: int, lists: Lists) -> Row:
        main = blend((link.weight, link.source.candidates(self.page, lists)) for link in placement.sources)
        fallbacks = [link.source.candidates(self.page, lists) for link in placement.fallback]
        holding = [
            rule for rule in self._rules if rule.is_for(placement.name, self.page.context, self.page.now)
        ]
        steering = Steering(holding, self.page)
        decided_late = placement.needs_facts or placement.rerankers or holding
        taken = size * OVERFETCH_FOR_FACTS if decided_late else size
        return Row(
            placement,
            size,
            steering,
            self._allowed(placement, main)[: OVERFETCH * taken],
            [self._allowed(placement, found)[: OVERFETCH_FALLBACK * taken] for found in fallbacks],
            self._allowed(placement, steering.extra()),
        )

    def _allowed(self, placement: Placement, candidates: list[Candidate]) -> list[Candidate]:
        for each in placement.filters:
            if candidates and not each.after_reading:
                candidates = each.keep(candidates, self.page)
        return candidates

    def _read_products(self) -> dict[str, Any]:
        candidates = [candidate for row in self.rows.values() for candidate in row]
        # What candidates were placed for is named when somebody asks why.
        keys = [*(each.item_key for each in candidates), *named(candidates, self.page)]
        if not keys:
            return {}
        products = self.page.reads.live(keys)
        asked = [*self.page.item_keys, *products]
        if any(row.needs_facts for row in self.rows.values()):
            rerankers = [each for row in self.rows.values() for each in row.placement.rerankers]
            self.page.reads.facts([*asked, *(key for each in rerankers for key in each.looks_at(self.page))])
        else:
            self.page.reads.groups(asked)
        return products

    def _sellable(self, row: Row, candidates: list[Candidate]) -> list[Candidate]:
        candidates = [candidate for candidate in candidates if candidate.item_key in self.products]
        candidates = row.steering.allowed(candidates)
        for each in row.placement.filters:
            if candidates and each.after_reading:
                candidates = each.keep(candidates, self.page)
        return candidates

    def _ranked(
        self, row: Row, candidates: Iterable[Candidate], size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        """The first `size` candidates, one a group of variants, to be shown behind those `placed` already."""
        groups = {self.page.group_of(candidate.item_key) for candidate in placed}
        first: dict[str, Candidate] = {}
        for candidate in candidates:
            first.setdefault(self.page.group_of(candidate.item_key), candidate)
        found = [candidate for group, candidate in first.items() if group not in groups]
        found = row.steering.weighed(found)
        for each in row.placement.rerankers:
            if found and size > 0:
                found = each.rerank(found, self.page, size, placed)
        return row.steering.capped(found, size, placed)[: max(size, 0)]

    def _shown_elsewhere(self, name: str) -> set[str]:
        """Items that the page's other placements show from their own sources."""
        others = (row for row in self.rows.values() if row.placement.name != name)
        return {candidate.item_key for row in others for candidate in row.main[: row.placement.size]}
