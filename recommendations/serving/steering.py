"""The rules that hold for one placement of a page, put into effect.

Conflicts are settled by this order:

1. `exclude` and `only`: what one of them leaves out is not shown, whatever else says so.
2. `boost`: the factors of all that match are multiplied; the order of the scores is then the order of the list.
3. the placement's rerankers
4. `cap`: the list is cut to so many of a kind.
5. `promote`: the best matching items get the first places.
6. `pin`: the item gets its position; of two with the same position the later one gets the next.

Within one action the rule with the higher priority comes first, then the name decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from recommendations.datatypes import Candidate
from recommendations.serving.conditions import subject
from recommendations.serving.page import Page
from recommendations.serving.pool import keys_for
from recommendations.serving.rules import Rule

SOURCE = "rule"


@dataclass
class Steering:
    """`dropped` notes which rule left out which item, for whoever wants to know why."""

    rules: Sequence[Rule]
    page: Page
    dropped: dict[str, str] = field(default_factory=dict)

    def extra(self) -> list[Candidate]:
        """What rules want to show, whether or not a source has it, best first."""
        found: dict[str, Candidate] = {}
        for rule in self._with("promote", "pin"):
            for key in keys_for(rule.condition, self.page.context.scope):
                found.setdefault(key, Candidate(key, 0.0, SOURCE))
        return list(found.values())

    def allowed(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Without what rules leave out."""
        kept = list(candidates)
        for rule in self._with("exclude", "only"):
            if rule.condition.is_relative and not self.page.item_key:
                continue
            stays = [self._matches(rule, each) is (rule.action == "only") for each in kept]
            for candidate, stay in zip(kept, stays, strict=True):
                if not stay:
                    self.dropped.setdefault(candidate.item_key, rule.name)
            kept = [candidate for candidate, stay in zip(kept, stays, strict=True) if stay]
        return kept

    def weighed(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """With the scores that boosts and burials make, best first."""
        changed = list(candidates)
        for rule in self._with("boost"):
            changed = [
                _touched(each, rule, min(each.score * rule.factor, 1.0))
                if self._matches(rule, each)
                else each
                for each in changed
            ]
        return sorted(changed, key=lambda each: -each.score) if changed != list(candidates) else changed

    def capped(
        self, candidates: Sequence[Candidate], size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        """Cut to so many of a kind; a cap with a condition counts only what matches it."""
        kept = list(candidates)
        for rule in self._with("cap"):
            assert rule.cap is not None
            counted = [each for each in kept if self._matches(rule, each)]
            ahead = [each for each in placed if self._matches(rule, each)]
            stay = {each.item_key for each in rule.cap.rerank(counted, self.page, size, ahead)}
            for each in counted:
                if each.item_key not in stay:
                    self.dropped.setdefault(each.item_key, rule.name)
            out = {each.item_key for each in counted} - stay
            kept = [each for each in kept if each.item_key not in out]
        return kept

    def wanted(self, candidates: Sequence[Candidate], size: int) -> list[Candidate]:
        """Those that `promote` and `pin` rules want to place, so that no other row of the page takes them first."""
        found: list[Candidate] = []
        for rule in self._with("promote", "pin"):
            if rule.action == "pin" and rule.position > size:
                continue
            matching = [each for each in candidates if self._matches(rule, each)]
            found += self._distinct(matching, found)[: rule.slots if rule.action == "promote" else 1]
        return found[:size]

    def placed(self, chosen: Sequence[Candidate], rest: Sequence[Candidate], size: int) -> list[Candidate]:
        """The chosen ones with those of `rest` that rules want to show, in the places where they want them."""
        shown = list(chosen)
        promoted: list[Candidate] = []
        for rule in self._with("promote"):
            matching = [each for each in [*shown, *rest] if self._matches(rule, each)]
            promoted += [_touched(each, rule) for each in self._distinct(matching, promoted)[: rule.slots]]
        shown = [*promoted, *self._distinct(shown, promoted)][:size]
        pinned: dict[int, Candidate] = {}
        for rule in self._with("pin"):
            matching = [each for each in [*rest, *shown] if self._matches(rule, each)]
            for best in self._distinct(matching, pinned.values())[:1]:
                place = rule.position
                while place in pinned:
                    place += 1
                if place <= size:
                    pinned[place] = _touched(best, rule)
        others = self._distinct(shown, pinned.values())
        for place in sorted(pinned):
            others.insert(place - 1, pinned[place])
        return others[:size]

    def _with(self, *actions: str) -> Iterable[Rule]:
        return (rule for rule in self.rules if rule.action in actions)

    def _matches(self, rule: Rule, candidate: Candidate) -> bool:
        if rule.condition.is_relative and not self.page.item_key:
            return False
        facts = self.page.facts_of(candidate.item_key)
        return rule.condition.holds(subject(candidate.item_key, facts, self.page.about))

    def _distinct(self, candidates: Iterable[Candidate], taken: Iterable[Candidate]) -> list[Candidate]:
        """One a group of variants, none of a group that is taken."""
        groups = {self.page.group_of(each.item_key) for each in taken}
        first: dict[str, Candidate] = {}
        for each in candidates:
            group = self.page.group_of(each.item_key)
            if group not in groups:
                first.setdefault(group, each)
        return list(first.values())


def _touched(candidate: Candidate, rule: Rule, score: float | None = None) -> Candidate:
    rules = (*candidate.rules, rule.name)
    return candidate.with_(rules=rules, score=candidate.score if score is None else score)
