"""Sessions of visitors at moments of the past, as a page would have known them, and what was touched next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions
from recommendations.datatypes import Kind
from recommendations.profiles.session import Touch, decayed_weights
from recommendations.ranking.features import Session
from recommendations.ranking.served import heaviest


@dataclass(frozen=True, eq=False)
class Question:
    """What next, after this session? `answers` are item keys; `hidden` those that a page would not show."""

    visitor: int
    session: Session
    answers: frozenset[str]
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Sessions:
    """The events of each visitor in order of time: those of visitor v are `starts[v]` to `starts[v + 1]`."""

    item_keys: Sequence[str]
    visitor_keys: Sequence[str]
    kinds: Sequence[str]
    starts: NDArray[np.int64]
    item: NDArray[np.int32]
    kind: NDArray[np.int8]
    time: NDArray[np.float64]
    weights: Mapping[str, float]
    n_events: int
    half_life_hours: float
    purchase: int  # code of that kind, -1 = there is none

    @classmethod
    def of(
        cls, interactions: Interactions, weights: Mapping[str, float], n_events: int, half_life_hours: float
    ) -> Sessions:
        """A session is the latest `n_events`; `weights` by kind of event fade by `half_life_hours`."""
        rows = np.flatnonzero(interactions.visitor >= 0)
        rows = rows[np.argsort(interactions.visitor[rows], kind="stable")]
        visitor = interactions.visitor[rows]
        return cls(
            item_keys=interactions.item_keys,
            visitor_keys=interactions.visitor_keys,
            kinds=interactions.kinds,
            starts=np.searchsorted(visitor, np.arange(interactions.n_visitors + 1)),
            item=interactions.item[rows],
            kind=interactions.kind[rows],
            time=interactions.time[rows],
            weights=weights,
            n_events=n_events,
            half_life_hours=half_life_hours,
            purchase=interactions.kinds.index(Kind.PURCHASE) if Kind.PURCHASE in interactions.kinds else -1,
        )

    def at_the_end(self, keys: Iterable[str]) -> Iterator[tuple[str, Session]]:
        """The sessions of visitors after all that is known; those who did nothing have none."""
        codes = {key: code for code, key in enumerate(self.visitor_keys)}
        now = float(self.time.max(initial=0.0))
        for key in keys:
            if key in codes:
                session = self._before(codes[key], int(self.starts[codes[key] + 1]), now)
                if session.weights:
                    yield key, session

    def questions(
        self, since: float, *, moments: int, n_answers: int, most: int, hidden_days: float, seed: int
    ) -> list[Question]:
        """Of each visitor who did something before and after: at most `moments` moments from `since` (POSIX seconds)
        on, each with the items of the next `n_answers` events that are no seeds of the session. At most about `most`.

        What was bought in the `hidden_days` before a moment is neither a candidate nor an answer. What happened at one
        moment, as an order, is answered together and never part of its own session.
        """
        rng = np.random.default_rng(seed)
        found: list[Question] = []
        for visitor in rng.permutation(len(self.visitor_keys)).tolist():
            if len(found) >= most:
                break
            begin, end = self.starts[visitor], self.starts[visitor + 1]
            times = np.unique(self.time[begin:end])
            later = times[(times >= since) & (times > times[:1].min(initial=np.inf))]
            chosen = np.sort(rng.permutation(later)[:moments])
            for moment in chosen.tolist():
                at = int(begin + np.searchsorted(self.time[begin:end], moment))
                session = self._before(visitor, at, moment)
                nexts = self.item[at : min(at + n_answers, end)].tolist()
                hidden = self._bought(int(begin), at, moment - hidden_days * SECONDS_PER_DAY)
                answers = frozenset(self.item_keys[item] for item in nexts) - session.weights.keys() - hidden
                if answers and session.weights:
                    found.append(Question(visitor, session, answers, hidden))
        return found

    def _bought(self, begin: int, end: int, since: float) -> frozenset[str]:
        bought = (self.time[begin:end] > since) & (self.kind[begin:end] == self.purchase)
        return frozenset(self.item_keys[item] for item in self.item[begin:end][bought].tolist())

    def _before(self, visitor: int, end: int, now: float) -> Session:
        begin = max(int(self.starts[visitor]), end - self.n_events)
        touches = [
            Touch(self.item_keys[item], self.kinds[kind], datetime.fromtimestamp(time, UTC))
            for item, kind, time in zip(
                self.item[begin:end].tolist(),
                self.kind[begin:end].tolist(),
                self.time[begin:end].tolist(),
                strict=True,
            )
        ]
        weights = decayed_weights(touches, self.weights, self.half_life_hours)
        return Session(heaviest(weights), touches[::-1], datetime.fromtimestamp(now, UTC))
