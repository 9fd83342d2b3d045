"""What the learned ranker is told of a candidate: the very same code in training and on a page. Plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from recommendations.profiles.session import Touch

SECONDS_PER_DAY = 86_400.0

UNKNOWN = float("nan")

#: A list of a base recommender as it counts: which base, the weight of its seed, the seed, and its entries, each
#: (item key, score, …).
WeightedList = tuple[int, float, str, Iterable[Sequence]]

#: What is told beside the score and the rank of each base, see `Features.names`.
_OF_CANDIDATE = (
    "score",  # of all bases together, divided by the best candidate's
    "rank",  # by that score: 1 / place
    "bases that agree",
    "seeds that lead to it",
    "share of its strongest seed",
    "popularity",  # score in the list of everybody, 0 when not in it
    "age in days",
    "price",  # logarithm
    "price against the session",  # logarithm, minus the weighted mean logarithm of the session's
    "share of the session in its category",
    "share of the session in its department",
    "share of the session of its brand",
    "touches of it",
    "touches",
    "items touched",
    "hours since the last touch",
)


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an item: category paths, the first of which counts; price and time of creation (POSIX seconds)
    NaN where not known."""

    category: str = ""
    brand: str = ""
    price: float = UNKNOWN
    created: float = UNKNOWN

    @property
    def department(self) -> str:
        """The outermost level of its category."""
        return self.category.partition("/")[0]


NOTHING = About()


@dataclass(frozen=True)
class Session:
    """What the visitor did lately: `weights` item → decayed weight of the seeds, heaviest first; `touches` newest
    first. `now` is the moment of the page."""

    weights: Mapping[str, float]
    touches: Sequence[Touch]
    now: datetime


@dataclass(frozen=True)
class Features:
    """Rows of numbers for candidates, in the order of `names`. `bases` are the recommenders whose lists count."""

    bases: Sequence[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each number; item keys and places in files are not among them."""
        each = [f"{what} of {base}" for base in self.bases for what in ("score", "rank")]
        return (*each, *_OF_CANDIDATE)

    def rows(
        self,
        keys: Sequence[str],
        session: Session,
        lists: Iterable[WeightedList],
        popularity: Mapping[str, float],
        about: Mapping[str, About],
    ) -> list[list[float]]:
        """One row a candidate. `lists` are those of the session's seeds; `popularity` the list of everybody; `about`
        knows the candidates and the seeds, as far as anything is known of them."""
        total_weight = sum(session.weights.values()) or 1.0
        found = _evidence(keys, len(self.bases), lists)
        best = max((each.total for each in found), default=0.0) or 1.0
        ranks = _places([each.total for each in found])
        ranks_by_base = [_places([each.sums[base] for each in found]) for base in range(len(self.bases))]
        taste = _Taste(session, about)
        n_touched = _counted(session.touches)
        of_session = (
            math.log1p(len(session.touches)),
            math.log1p(len(n_touched)),
            _hours(session),
        )
        rows = []
        for n, (key, each) in enumerate(zip(keys, found, strict=True)):
            row: list[float] = []
            agree = 0.0
            for value, places in zip(each.sums, ranks_by_base, strict=True):
                row += (value / total_weight, places[n])
                agree += value > 0.0
            by_seed = each.by_seed
            strongest = max(by_seed.values()) / (each.total or 1.0) if by_seed else 0.0
            row += (each.total / best, ranks[n], agree, float(len(by_seed)), strongest)
            row.append(popularity.get(key, 0.0))
            row += taste.of(about.get(key, NOTHING))
            row.append(math.log1p(n_touched[key]) if key in n_touched else 0.0)
            row += of_session
            rows.append(row)
        return rows


class _Evidence:
    """Σ weight · score by base and by seed."""

    __slots__ = ("by_seed", "sums", "total")

    def __init__(self, n_bases: int) -> None:
        self.sums = [0.0] * n_bases
        self.by_seed: dict[str, float] = {}
        self.total = 0.0


def _evidence(keys: Sequence[str], n_bases: int, lists: Iterable[WeightedList]) -> list[_Evidence]:
    found = {key: _Evidence(n_bases) for key in keys}
    for base, weight, seed, entries in lists:
        for entry in entries:
            each = found.get(entry[0])
            if each is not None:
                gain = weight * entry[1]
                each.sums[base] += gain
                each.total += gain
                each.by_seed[seed] = each.by_seed.get(seed, 0.0) + gain
    return [found[key] for key in keys]


def _places(values: Sequence[float]) -> list[float]:
    """1 / place by falling value, equal ones share the first; 0 for what has no value."""
    ordered = sorted(-value for value in values)
    first = {value: place for place, value in reversed(list(enumerate(ordered, start=1)))}
    return [1.0 / first[-value] if value > 0 else 0.0 for value in values]


def _counted(touches: Iterable[Touch]) -> dict[str, int]:
    found: dict[str, int] = {}
    for touch in touches:
        found[touch.item_key] = found.get(touch.item_key, 0) + 1
    return found


def _hours(session: Session) -> float:
    """Logarithm of the hours since the last touch."""
    if not session.touches:
        return UNKNOWN
    return math.log1p(max(0.0, (session.now - session.touches[0].occurred_at).total_seconds() / 3600.0))


class _Taste:
    """Categories, brands and prices of the session, by the weights of its items."""

    def __init__(self, session: Session, about: Mapping[str, About]) -> None:
        self.now = session.now.timestamp()
        self.shares: tuple[dict[str, float], ...] = ({}, {}, {})
        total = sum(session.weights.values()) or 1.0
        priced = logs = 0.0
        for key, weight in session.weights.items():
            known = about.get(key, NOTHING)
            for shares, name in zip(
                self.shares, (known.category, known.department, known.brand), strict=True
            ):
                if name:
                    shares[name] = shares.get(name, 0.0) + weight / total
            if known.price > 0:
                priced += weight
                logs += weight * math.log(known.price)
        self.mean_log_price = logs / priced if priced else UNKNOWN

    def of(self, item: About) -> tuple[float, ...]:
        """Age, price, price against the session, and the shares of the session that the item shares a name with."""
        log_price = math.log(item.price) if item.price > 0 else UNKNOWN
        age = (self.now - item.created) / SECONDS_PER_DAY
        categories, departments, brands = self.shares
        return (
            age if age >= 0 or age != age else 0.0,
            log_price,
            log_price - self.mean_log_price,
            categories.get(item.category, 0.0),
            departments.get(item.department, 0.0),
            brands.get(item.brand, 0.0),
        )
