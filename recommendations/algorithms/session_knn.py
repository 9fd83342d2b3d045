"""Sessions like this one: what visitors went on to who touched the same items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions
from recommendations.algorithms.nearest import nearest
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.algorithms.ranking import Scores, multiply
from recommendations.exceptions import NotEnoughData


@dataclass(frozen=True, kw_only=True)
class SessionKNNConfig(PersonalConfig):
    """`neighbours`: how many sessions are asked. `history_decay`: each event further back in the history counts
    e^−decay of the next. `size_exponent`: how much long sessions count less. `item_exponent`: how much frequent items
    count less, in the overlap and as targets. `session_half_life_days`: an older session counts less (None = not).
    `sessions`: cut sequences at pauses of `gap_minutes`, or where the session ends; False = all that a visitor did is
    one session. `repeat`: the score of items of the history itself is multiplied by this."""

    neighbours: int = 500
    history_decay: float = 0.3
    size_exponent: float = 0.5
    item_exponent: float = 0.3
    target_exponent: float = 0.0
    session_half_life_days: float | None = None
    sessions: bool = True
    gap_minutes: float = 30.0
    repeat: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(1, 10_000_000, "neighbours")
        self._between(0, float("inf"), "history_decay", "repeat")
        self._between(0, 2, "size_exponent", "item_exponent", "target_exponent")
        self._positive("gap_minutes", "session_half_life_days")


class SessionKNN(PersonalAlgorithm):
    """Nearest sessions, after VS-kNN (Ludewig & Jannach 2018, §3.2) and STAN (Garg et al. 2019).

    For a history with decayed weights q_i and sessions s of |s| items, f_i = in how many sessions item i is:

        sim(q, s) = Σ_{i in both} q_i f_i^−e / |s|^z · 2^(−age_s / half-life)
        score(j) = f_j^−t Σ_{s in the k nearest that have j} sim(q, s)
    """

    Config = SessionKNNConfig
    config: SessionKNNConfig
    produces = frozenset({("visitor", "item")})
    accepts = frozenset({"implicit", "session"})

    search_space = {
        "history_decay": (0.05, 0.15, 0.3, 0.5, 0.8),
        "neighbours": (100, 200, 500, 1000, 2000),
        "item_exponent": (0.0, 0.15, 0.3, 0.5, 0.7),
        "target_exponent": (0.0, 0.1, 0.2, 0.3, 0.4),
        "size_exponent": (0.0, 0.25, 0.5, 0.75),
    }

    #: Sessions × items, 1 where the item is in the session.
    sessions_: sparse.csr_matrix

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no session has two items."""
        config = self.config
        chosen = self.selected(interactions)
        found = chosen.sessions(gap_minutes=config.gap_minutes) if config.sessions else chosen.sequences()
        sizes = np.diff(found.indptr)
        if not (sizes > 1).any():
            raise NotEnoughData(
                f"SessionKNN needs sessions of two items or more: 0 of {len(sizes)} sessions are."
            )
        self._remember(chosen)
        sessions = sparse.csr_matrix(
            (np.ones(len(found.item), np.float32), found.item, found.indptr),
            shape=(len(found), chosen.n_items),
        )
        sessions.sum_duplicates()
        sessions.data[:] = 1.0
        self.sessions_ = sessions
        frequency = np.maximum(np.bincount(sessions.indices, minlength=chosen.n_items), 1.0)
        factor = np.maximum(np.diff(sessions.indptr), 1.0) ** -config.size_exponent
        if config.session_half_life_days is not None:
            ended = found.time[found.indptr[1:] - 1]
            factor *= np.exp2(-(ended.max() - ended) / SECONDS_PER_DAY / config.session_half_life_days)
        weighted = sparse.diags(factor) @ sessions @ sparse.diags(frequency**-config.item_exponent)
        self._sessions_of_items = sparse.csr_matrix(weighted.T).astype(np.float32)
        self._targets = sparse.csr_matrix(sessions @ sparse.diags(frequency**-config.target_exponent))
        self._targets = self._targets.astype(np.float32)
        return self

    def _scores(self, histories: Histories) -> Scores:
        """Summed similarities of the nearest sessions that have the item."""
        query = histories.decayed(self.config.history_decay).matrix()
        scores = multiply(nearest(query, self._sessions_of_items, self.config.neighbours), self._targets)
        if self.config.repeat != 1.0:
            rows, columns = query.nonzero()
            scores[rows, columns] *= np.float32(self.config.repeat)
        return scores
