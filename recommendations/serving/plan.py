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
from recommendations.serving.page import Page
from recommendations.serving.placements import Placement
from recommendations.serving.sources import Lists

#: Candidates taken for each place, so that what is sold out leaves no gap. Fallbacks get fewer.
OVERFETCH = 3
OVERFETCH_FALLBACK = 2

#: So many times as many where what is known of the items decides about them.
OVERFETCH_FOR_FACTS = 3


@dataclass
class Row:
    """One placement's candidates: of its blended sources, and of each of its fallbacks."""

    placement: Placement
    size: int
    main: list[Candidate]
    fallbacks: list[list[Candidate]]

    def __iter__(self) -> Iterator[Candidate]:
        yield from self.main
        for candidates in self.fallbacks:
            yield from candidates


class PagePlan:
    """What each placement of a page can show; `sizes` asks for more places than the settings do."""

    def __init__(
        self, page: Page, placements: Iterable[Placement], sizes: dict[str, int] | None = None
    ) -> None:
        self.page = page
        placements = list(placements)
        lists = self._lists(placements)
        self.rows = {
            placement.name: self._row(placement, (sizes or {}).get(placement.name, placement.size), lists)
            for placement in placements
        }
        self.products = self._read_products()
        for row in self.rows.values():
            row.main = self._sellable(row.placement, row.main)
            row.fallbacks = [self._sellable(row.placement, candidates) for candidates in row.fallbacks]

    def choose(self, name: str, size: int) -> tuple[list[Candidate], bool]:
        """The items of a placement, best first, and whether its fallback was needed."""
        row = self.rows[name]
        chosen = self._ranked(row, row.main, size, [])
        if len(chosen) >= min(row.placement.minimum, size):
            return chosen, False
        elsewhere = self._shown_elsewhere(name)
        n_own = len(chosen)
        for candidates in row.fallbacks:
            # What another row of the page shows anyway comes last: a newcomer's page has no two equal rows.
            candidates = sorted(candidates, key=lambda candidate: candidate.item_key in elsewhere)
            chosen += self._ranked(row, candidates, size - len(chosen), chosen)
        return chosen, len(chosen) > n_own

    def has_room_for(self, name: str, size: int) -> bool:
        """Was the placement planned for so many places?"""
        return name in self.rows and size <= self.rows[name].size

    def _lists(self, placements: Sequence[Placement]) -> Lists:
        chain = [link for placement in placements for link in (*placement.sources, *placement.fallback)]
        return self.page.reads.lists(
            [request for link in chain for request in link.source.requests(self.page)]
        )

    def _row(self, placement: Placement, size: int, lists: Lists) -> Row:
        main = blend((link.weight, link.source.candidates(self.page, lists)) for link in placement.sources)
        fallbacks = [link.source.candidates(self.page, lists) for link in placement.fallback]
        taken = size * OVERFETCH_FOR_FACTS if placement.needs_facts else size
        return Row(
            placement,
            size,
            self._allowed(placement, main)[: OVERFETCH * taken],
            [self._allowed(placement, found)[: OVERFETCH_FALLBACK * taken] for found in fallbacks],
        )

    def _allowed(self, placement: Placement, candidates: list[Candidate]) -> list[Candidate]:
        for each in placement.filters:
            if candidates and not each.after_reading:
                candidates = each.keep(candidates, self.page)
        return candidates

    def _read_products(self) -> dict[str, Any]:
        keys = [candidate.item_key for row in self.rows.values() for candidate in row]
        if not keys:
            return {}
        products = self.page.reads.live(keys)
        asked = [*self.page.item_keys, *products]
        if any(row.placement.needs_facts for row in self.rows.values()):
            self.page.reads.facts(asked)
        else:
            self.page.reads.groups(asked)
        return products

    def _sellable(self, placement: Placement, candidates: list[Candidate]) -> list[Candidate]:
        candidates = [candidate for candidate in candidates if candidate.item_key in self.products]
        for each in placement.filters:
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
        for each in row.placement.rerankers:
            if found and size > 0:
                found = each.rerank(found, self.page, size, placed)
        return found[: max(size, 0)]

    def _shown_elsewhere(self, name: str) -> set[str]:
        """Items that the page's other placements show from their own sources."""
        others = (row for row in self.rows.values() if row.placement.name != name)
        return {candidate.item_key for row in others for candidate in row.main[: row.placement.size]}
