"""A page is planned once: all its placements together, with a fixed number of queries.

1. the visitor's history, where a placement looks at it  2. the lists of all sources and fallbacks; a store with a cache
asks that instead  3. `adapter.live`  4. the mirror, where filters or rerankers look at what it says of items, or where
the shop has variants.
A page about an item of which only the key is known may need its categories too, and one where much is sold out asks
`adapter.live` a second time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from recommendations.adapter import get_adapter
from recommendations.datatypes import Candidate
from recommendations.serving import exploring, overfetch
from recommendations.serving.blending import BLENDS
from recommendations.serving.explain import named
from recommendations.serving.page import Page
from recommendations.serving.placements import Placement
from recommendations.serving.rules import Rule
from recommendations.serving.scopes import known_of
from recommendations.serving.sources import Lists
from recommendations.serving.steering import Steering

#: Candidates that the shop is asked about for each place when `overfetch` turns out to be too few; where rerankers,
#: rules or what is known of the items decide about them; and of each fallback.
OVERFETCH_LATER = 4
OVERFETCH_FOR_FACTS = 9
OVERFETCH_FALLBACK = 2


#: The items of a placement, and whether its fallback was needed.
Share = tuple[list[Candidate], bool]


@dataclass
class Row:
    """One placement's candidates: of its blended sources, of each of its fallbacks, and those that rules bring in.

    `found` is what the sources had, before any filter; `new` is what it may explore. The shop is asked about `main`,
    `extra` and `new` at once, and about `later` and `fallbacks` when those are too few.
    """

    placement: Placement
    size: int
    steering: Steering
    main: list[Candidate]
    later: list[Candidate]
    fallbacks: list[list[Candidate]]
    extra: list[Candidate]
    new: list[Candidate]
    found: Sequence[Candidate] = ()

    @property
    def is_early(self) -> bool:
        """Are its own candidates put in order before the shop is asked?"""
        return self.placement.ranks_early and not self.steering.rules

    @property
    def needs_facts(self) -> bool:
        if self.is_early:  # its rerankers have read what they need
            return self.placement.filters_need_facts
        return self.placement.needs_facts or bool(self.steering.rules)

    @property
    def first(self) -> Iterator[Candidate]:
        """What the shop is asked about at once."""
        yield from self.main
        yield from self.extra
        yield from self.new

    @property
    def rest(self) -> Iterator[Candidate]:
        """What it is asked about when that is not enough."""
        yield from self.later
        for candidates in self.fallbacks:
            yield from candidates

    @property
    def is_alone(self) -> bool:
        """Does it show whatever it has, whether or not the page's other placements show it?"""
        return self.placement.repeats or not self.placement.page

    @property
    def is_short(self) -> bool:
        """Will `first` not do, whatever the shop says?"""
        return len(self.main) < min(self.placement.minimum, self.size)


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
        self._n_places = sum(placement.size for placement in placements)
        self.rows: dict[str, Row] = {}
        for placement in placements:
            size = (sizes or {}).get(placement.name, placement.size)
            self.rows[placement.name] = self._row(placement, size, lists)
        self.products: dict[str, Any] = {}
        self.has_limits = known_of(page.context.scope).has_limits
        self._has_rest = False
        rows = list(self.rows.values())
        self._rank_early([row for row in rows if row.is_early])
        asked = [candidate for row in rows for candidate in row.first]
        if any(row.is_short for row in rows):
            asked += [candidate for row in rows for candidate in row.rest]
        self._ask(asked)
        for row in rows:
            row.main, row.extra = self._sellable(row, row.main), self._sellable(row, row.extra)
            row.new = self._sellable(row, row.new)

    def choose(self, name: str, size: int) -> Share:
        """The items of a placement, best first, and whether its fallback was needed.

        What the page's other placements showed before, as `note_shown` tells, is not among them, nor what rules want to
        show in one of those; unless the placement `repeats`, or its minimum needs it.
        """
        row = self.rows[name]
        return self._share(row, size, {} if row.is_alone else self._held(row))

    def note_shown(self, name: str, items: Sequence[Candidate]) -> None:
        """The placement shows these: no other one of its page will, in this request."""
        row = self.rows[name]
        if not row.is_alone:
            self.page.reads.shown.setdefault(row.placement.page, {})[name] = items

    def _held(self, row: Row) -> dict[str, Sequence[Candidate]]:
        """Placement → what is for it alone: what it showed, or what rules want to show there and not here."""
        shown = self.page.reads.shown.get(row.placement.page, {})
        held = {name: items for name, items in shown.items() if name != row.placement.name}
        here = {each.item_key for each in self._wanted(row)}
        for other in self._others(row):
            if other.placement.name not in held and other.steering.rules:
                held[other.placement.name] = [
                    each for each in self._wanted(other) if each.item_key not in here
                ]
        return held

    def _others(self, row: Row) -> list[Row]:
        """The rows of its page that it shares no item with."""
        rows = (other for other in self.rows.values() if other is not row and not other.is_alone)
        return [other for other in rows if other.placement.page == row.placement.page]

    @staticmethod
    def _wanted(row: Row) -> list[Candidate]:
        return row.steering.wanted([*row.main, *row.extra], row.placement.size) if row.steering.rules else []

    def _share(self, row: Row, size: int, held: Mapping[str, Sequence[Candidate]]) -> Share:
        chosen, fallback_used = self._filled(row, self._from_sources(row, size, held), size, held)
        return self._placed(row, chosen, size, held), fallback_used

    def _free(
        self, candidates: Iterable[Candidate], held: Mapping[str, Sequence[Candidate]]
    ) -> list[Candidate]:
        """Those that no other row of the page holds, nor a variant of them."""
        groups = {self.page.group_of(each.item_key) for items in held.values() for each in items}
        return [each for each in candidates if self.page.group_of(each.item_key) not in groups]

    def _from_sources(self, row: Row, size: int, held: Mapping[str, Sequence[Candidate]]) -> list[Candidate]:
        chosen = self._ranked(row, self._free(row.main, held), size, [], is_own=True)
        if row.later:
            scope, name = self.page.context.scope, row.placement.name
            overfetch.note(scope, name, was_short=len(chosen) < size)
        if len(chosen) < (size if row.later else min(row.placement.minimum, size)):
            self._take_rest()
            chosen = self._ranked(row, self._free(row.main, held), size, [], is_own=True)
        return chosen

    def _filled(
        self, row: Row, own: Sequence[Candidate], size: int, held: Mapping[str, Sequence[Candidate]]
    ) -> Share:
        """With the fallbacks where it has less than its minimum; and where these do not do, as much as it takes of what
        other rows show."""
        least = min(row.placement.minimum, size)
        chosen = list(own)
        if len(own) < least:
            elsewhere = (
                [] if row.is_alone else [other.main[: other.placement.size] for other in self._others(row)]
            )
            theirs = {each.item_key for items in elsewhere for each in items}
            for candidates in row.fallbacks:
                free = self._free(candidates, held)
                # What another row of the page has of its own comes last: a newcomer's page has no two like rows.
                for again in (False, True):
                    part = [each for each in free if (each.item_key in theirs) is again]
                    chosen += self._ranked(row, part, size - len(chosen), chosen)
            for candidates in (row.main, *row.fallbacks):
                chosen += self._ranked(row, candidates, least - len(chosen), chosen)
        fallback_used = len(chosen) > len(own)
        return self._explored(row, chosen, size, held), fallback_used

    def _explored(
        self, row: Row, chosen: list[Candidate], size: int, held: Mapping[str, Sequence[Candidate]]
    ) -> list[Candidate]:
        """With new items in a share of the places that the settings give it, drawn by chance; the others move on."""
        explore = row.placement.explore
        if explore is None or not row.new:
            return chosen
        dice = exploring.chance(self.page, row.placement.name)
        n_places = min(size, row.placement.size)
        n_drawn = explore.share * n_places
        kept = chosen[: max(n_places - math.ceil(n_drawn), 0)]
        arms = self._let_stand(row, self._free(self._new_groups(row.new, chosen), held), size, kept)
        drawn = exploring.drawn(arms, n_drawn, dice)
        others = chosen[len(kept) :]
        if drawn:
            others = self._let_stand(row, others, size, [*kept, *drawn])
        n_others = n_places - len(drawn) - len(kept)
        first, rest = [*kept, *others[:n_others]], others[n_others:]
        return [*exploring.mixed_in(first, drawn, dice), *rest][:size]

    def _let_stand(
        self, row: Row, candidates: Sequence[Candidate], size: int, ahead: Sequence[Candidate]
    ) -> list[Candidate]:
        """Those that the placement's rerankers and caps do not leave out behind the ones `ahead`, as they are."""
        left = list(candidates)
        for each in row.placement.rerankers:
            if left and not each.ranks_early:  # else it leaves none out
                stay = {one.item_key for one in each.rerank(left, self.page, size, ahead)}
                left = [one for one in left if one.item_key in stay]
        return row.steering.capped(left, size, ahead)

    def _placed(
        self, row: Row, chosen: list[Candidate], size: int, held: Mapping[str, Sequence[Candidate]]
    ) -> list[Candidate]:
        """With what rules want to place."""
        if not row.steering.rules:
            return chosen
        return row.steering.placed(chosen, self._free([*row.main, *row.extra], held), size)

    def has_room_for(self, name: str, size: int) -> bool:
        """Was the placement planned for so many places?"""
        return name in self.rows and size <= self.rows[name].size

    def _lists(self, placements: Sequence[Placement]) -> Lists:
        wanting = [part for placement in placements for part in placement.wanting_lists]
        requests = [request for part in wanting for request in part.requests(self.page)]
        requests += [exploring.request_for(placement.name) for placement in placements if placement.explore]
        return self.page.reads.lists(requests)

    def _row(self, placement: Placement, size: int, lists: Lists) -> Row:
        blend = BLENDS[placement.blend]
        main = blend((link.weight, link.source.candidates(self.page, lists)) for link in placement.sources)
        fallbacks = [link.source.candidates(self.page, lists) for link in placement.fallback]
        holding = [
            rule for rule in self._rules if rule.is_for(placement.name, self.page.context, self.page.now)
        ]
        steering = Steering(holding, self.page)
        decided_late = placement.needs_facts or placement.rerankers or holding
        asked = overfetch.n_asked(self.page.context.scope, placement.name, size)
        first = size * OVERFETCH_FOR_FACTS if decided_late else asked
        if placement.looks_at_most and not holding:
            first = max(asked, min(first, placement.looks_at_most))
        most = first if decided_late else size * OVERFETCH_LATER
        # What the page's other rows show is not shown again.
        of_fallback = OVERFETCH_FALLBACK * (first // 3 if decided_late else size) + self._n_places
        found, main = main, self._allowed(placement, main)
        first = self._reach(placement, main, first)
        return Row(
            placement,
            size,
            steering,
            main[:first],
            main[first : max(first, most)],
            [self._allowed(placement, found)[:of_fallback] for found in fallbacks],
            self._allowed(placement, steering.extra()),
            self._allowed(placement, exploring.arms(placement.name, lists)) if placement.explore else [],
            found,
        )

    def _reach(self, placement: Placement, candidates: Sequence[Candidate], n: int) -> int:
        """How many of the first candidates have `n` among them that the shop is not asked about for a row before it."""
        if not placement.page or placement.repeats:
            return n
        rows = (
            row for row in self.rows.values() if not row.is_alone and row.placement.page == placement.page
        )
        before = {candidate.item_key for row in rows for candidate in row.main}
        fresh = (place for place, each in enumerate(candidates, start=1) if each.item_key not in before)
        return next(islice(fresh, n - 1, None), len(candidates))

    def _allowed(self, placement: Placement, candidates: list[Candidate]) -> list[Candidate]:
        excluded = self.page.shown.excluded
        if excluded:
            candidates = [candidate for candidate in candidates if candidate.item_key not in excluded]
        for each in placement.filters:
            if candidates and not each.after_reading:
                candidates = each.keep(candidates, self.page)
        return candidates

    def _ask(self, candidates: Sequence[Candidate]) -> None:
        """What the shop sells of them, and what the mirror says of that; nothing is asked twice."""
        # What candidates were placed for is named when somebody asks why.
        keys = [*(each.item_key for each in candidates), *named(candidates, self.page)]
        if not keys:
            return
        self.products |= self.page.reads.live(keys)
        asked = [*self.page.item_keys, *self.page.shown.excluded, *self.products]
        if self.has_limits or any(row.needs_facts for row in self.rows.values()):
            rerankers = [each for row in self.rows.values() for each in row.placement.rerankers]
            self.page.reads.facts([*asked, *(key for each in rerankers for key in each.looks_at(self.page))])
        else:
            self.page.reads.groups(asked)

    def _rank_early(self, rows: Sequence[Row]) -> None:
        """Put in order what can be before the shop is asked, so that it is asked about the first few only."""
        for row in rows:
            ranked = row.main
            for each in row.placement.rerankers:
                ranked = each.rerank(ranked, self.page, row.size, []) if ranked else ranked
            n = overfetch.n_asked(self.page.context.scope, row.placement.name, row.size)
            row.main, row.later = ranked[:n], [*ranked[n:], *row.later]

    def _take_rest(self) -> None:
        """Add what the shop was not asked about at first, to all rows: a page asks a second time at most."""
        if self._has_rest:
            return
        self._has_rest = True
        rows = self.rows.values()
        self._ask([candidate for row in rows for candidate in row.rest])
        for row in rows:
            row.main += self._sellable(row, row.later)
            row.later = []
            row.fallbacks = [self._sellable(row, candidates) for candidates in row.fallbacks]

    def _sellable(self, row: Row, candidates: list[Candidate]) -> list[Candidate]:
        candidates = [candidate for candidate in candidates if candidate.item_key in self.products]
        viewer = self.page.viewer
        if self.has_limits:
            candidates = [each for each in candidates if viewer.may_see(self.page.facts_of(each.item_key))]
        if not viewer.sees_sensitive_on(row.placement.page):
            is_sensitive = get_adapter().is_sensitive
            candidates = [each for each in candidates if not is_sensitive(self.products[each.item_key])]
        if self.page.shown.excluded:
            groups = {self.page.group_of(key) for key in self.page.shown.excluded}
            candidates = [each for each in candidates if self.page.group_of(each.item_key) not in groups]
        candidates = row.steering.allowed(candidates)
        for each in row.placement.filters:
            if candidates and each.after_reading:
                candidates = each.keep(candidates, self.page)
        return candidates

    def _ranked(
        self,
        row: Row,
        candidates: Iterable[Candidate],
        size: int,
        placed: Sequence[Candidate],
        *,
        is_own: bool = False,
    ) -> list[Candidate]:
        """The first `size` candidates, one a group of variants, to be shown behind those `placed` already.

        The row's own may be in order already.
        """
        found = self._new_groups(candidates, placed)
        found = row.steering.weighed(found)
        for each in () if is_own and row.is_early else row.placement.rerankers:
            if found and size > 0:
                found = each.rerank(found, self.page, size, placed)
        return row.steering.capped(found, size, placed)[: max(size, 0)]

    def _new_groups(self, candidates: Iterable[Candidate], taken: Iterable[Candidate]) -> list[Candidate]:
        """One a group of variants, the best, none of a group that is taken."""
        groups = {self.page.group_of(each.item_key) for each in taken}
        first: dict[str, Candidate] = {}
        for candidate in candidates:
            first.setdefault(self.page.group_of(candidate.item_key), candidate)
        return [candidate for group, candidate in first.items() if group not in groups]
