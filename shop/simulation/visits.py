"""What a visit is made of. Chances are those of a plausible shop, not measured ones: this makes figures to look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from shop.simulation.taste import Assortment, Taste
from shop.simulation.ways import SeenSlate, Way

#: Chance to look at the next position of a slate, given that the one before was looked at.
LOOK_ON = 0.85
#: Chance to click what is looked at: for anything, and on top of it for what is liked.
CLICK, CLICK_LIKED = 0.01, 0.12
CART, CART_LIKED = 0.06, 0.22
GO_ON = 0.82
SEARCH = 0.15
BUY = 0.6
TYPO = 0.1


@dataclass
class Visit:
    """One visit of one visitor; `counts` says what came of it."""

    way: Way
    taste: Taste
    random: Random
    counts: Counter[str] = field(default_factory=Counter)
    in_cart: int = 0

    def run(self) -> Counter[str]:
        """Come in, look around, perhaps buy."""
        self.counts["visits"] += 1
        page = self.look_at(self.way.home())
        while page is None or self.random.random() < GO_ON:
            page = self.open(page) or 0
        if self.in_cart and self.random.random() < BUY and self.way.check_out():
            self.counts["orders"] += 1
        return self.counts

    def open(self, pk: int | None) -> int | None:
        """Open a page; the product that was clicked on it, if any."""
        if not pk and self.random.random() < SEARCH:
            return self.look_at(self.way.search(self.words()))
        pk = pk or self.taste.something(self.random)
        slates = self.way.product(pk)
        self.counts["product pages"] += 1
        liking = self.taste.liking(pk)
        if self.random.random() < CART + CART_LIKED * liking and self.way.add(pk):
            self.in_cart += 1
            self.counts["added to the cart"] += 1
        return self.look_at(slates)

    def words(self) -> str:
        """What is typed into the search: words of a thing liked, sometimes mistyped."""
        self.counts["searches"] += 1
        name = self.taste.assortment.names[self.taste.something(self.random)]
        words = " ".join(name.replace(",", " ").split()[:2])
        return words[:-1] + "qx" if self.random.random() < TYPO else words

    def look_at(self, slates: list[SeenSlate]) -> int | None:
        """See slates from the top; the product clicked, if any: then the rest is not looked at."""
        for slate in slates:
            n_seen = 1
            while n_seen < len(slate.items) and self.random.random() < LOOK_ON:
                n_seen += 1
            chosen = next((key for key in slate.items[:n_seen] if self.would_click(key)), None)
            if chosen is not None:
                n_seen = slate.items.index(chosen) + 1
            self.way.report(slate, list(range(n_seen)), chosen)
            self.counts["slates seen"] += 1
            if chosen is not None:
                self.counts["clicks"] += 1
                return int(chosen)
        return None

    def would_click(self, key: str) -> bool:
        """By taste; what was clicked must be one the visitor can judge."""
        return self.random.random() < CLICK + CLICK_LIKED * self.taste.liking(int(key))


@dataclass(frozen=True)
class Appointment:
    """When a visitor comes, and what they like."""

    moment: datetime
    taste: Taste
    seed: int


def appointments(
    assortment: Assortment, *, n_visitors: int, days: int, now: datetime, seed: int
) -> list[Appointment]:
    """Visits of the last `days`, earliest first; the same for the same seed and shop."""
    random = Random(seed)
    coming = [
        Appointment(
            now - timedelta(seconds=random.uniform(0, days * 24 * 3600)),
            Taste.drawn(assortment, random),
            random.getrandbits(32),
        )
        for _ in range(n_visitors)
    ]
    return sorted(coming, key=lambda appointment: appointment.moment)
