"""What follows what: a Markov chain over windows of a sequence, both ways, with walks of several steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions, Sequences
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.algorithms.ranking import Scores, best, multiply
from recommendations.algorithms.similarity import TopK, calibrated
from recommendations.exceptions import NotEnoughData


@dataclass(frozen=True, kw_only=True)
class MarkovConfig(PersonalConfig):
    """`window`: pairs up to so many steps apart count. `window_decay`: a pair d steps apart counts
    e^−decay·(d−1). `reverse`: how much a pair counts backwards, 0 = order matters fully, 1 = not at all.
    `seed_exponent` and `target_exponent`: how much frequent items count less as seed and as target. `history_decay`:
    each event further back in a history counts e^−decay of the next. `walk`: weight of the paths of 1, 2, 3, … steps.
    `repeat`: the score of items of the history itself is multiplied by this. `sessions`: cut sequences at pauses of
    `gap_minutes`, or where the session ends. `neighbours`: how many are kept an item."""

    window: int = 10
    window_decay: float = 0.2
    reverse: float = 0.5
    seed_exponent: float = 0.5
    target_exponent: float = 0.2
    history_decay: float = 0.5
    walk: Sequence[float] = (1.0,)
    repeat: float = 1.0
    sessions: bool = False
    gap_minutes: float = 30.0
    neighbours: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(1, 10_000, "window")
        self._between(1, 10_000_000, "neighbours")
        self._between(0, float("inf"), "window_decay", "history_decay", "repeat")
        self._between(0, 1, "reverse")
        self._between(0, 2, "seed_exponent", "target_exponent")
        self._positive("gap_minutes")


class Markov(PersonalAlgorithm):
    """Item → item transitions with a window.

    For items at positions s < t ≤ s + window of one sequence, i = seq[s], j = seq[t]:

        c_ij += w e^−decay·(t−s−1),   c_ji += reverse · the same,   w = 2^(−age / half-life)
        w_ij = c_ij / (f_i^a f_j^b),   f = how often an item is in a sequence
        score = q (α₁ W + α₂ W̄ W + α₃ W̄² W …),   W̄ = W with rows that sum to 1

    window 1, reverse 0, a = 1, b = 0 is the first-order chain (Rendle, Freudenthaler & Schmidt-Thieme 2010, §4.1: its
    unpersonalised transition). Windows of any distance as in Ludewig & Jannach 2018 ("sequential rules"), here with
    both directions and damped popularity; the walk is that of Paudel et al. 2017 on the transition graph.
    """

    Config = MarkovConfig
    config: MarkovConfig
    produces = frozenset({("item", "item"), ("visitor", "item")})
    accepts = frozenset({"implicit", "session"})

    search_space = {
        "history_decay": (0.05, 0.15, 0.3, 0.5, 0.7, 1.0),
        "window_decay": (0.05, 0.1, 0.2, 0.3, 0.5),
        "reverse": (0.0, 0.3, 0.5, 0.6, 0.8, 1.0),
        "target_exponent": (0.0, 0.1, 0.2, 0.3, 0.4),
        "seed_exponent": (0.2, 0.35, 0.5, 0.65, 0.8),
        "window": (3, 6, 10, 20, 40),
    }

    #: The transitions of each item.
    neighbours_: TopK

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no sequence has two items."""
        config = self.config
        chosen = self.selected(interactions)
        sequences = chosen.sessions(gap_minutes=config.gap_minutes) if config.sessions else chosen.sequences()
        counts = self._transitions(sequences, chosen.n_items)
        groups = catalogue.groups(chosen.item_keys) if catalogue is not None else None
        counts = without_own_group(counts, groups)
        if not counts.nnz:
            raise NotEnoughData(
                f"Markov needs sequences of two different items: none of {len(sequences)} has them."
            )
        self._remember(chosen)
        frequency = np.maximum(np.bincount(sequences.item, minlength=chosen.n_items), 1.0)
        scaled = sparse.diags(frequency**-config.seed_exponent) @ counts
        scaled = sparse.csr_matrix(scaled @ sparse.diags(frequency**-config.target_exponent))
        self.neighbours_ = best(scaled, config.neighbours)
        self._weights = self.neighbours_.to_csr()
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """At most `neighbours` items a list: what most likely follows (or, with `reverse`, surrounds) the item."""
        return calibrated(self.neighbours_).lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def item_weights(self) -> sparse.csr_matrix:
        """w_ij, row i = the seed."""
        return self._weights

    def _scores(self, histories: Histories) -> Scores:
        """Walks of one and more steps from the decayed history."""
        config = self.config
        start = histories.decayed(config.history_decay).matrix()
        scores = np.zeros((len(histories), self._weights.shape[0]), np.float32)
        for n, alpha in enumerate(config.walk):
            if n:
                start = self._step(start)
            if alpha:
                scores += np.float32(alpha) * multiply(start, self._weights)
        if config.repeat != 1.0:
            rows, columns = histories.matrix().nonzero()
            scores[rows, columns] *= np.float32(config.repeat)
        return scores

    def _step(self, start: sparse.csr_matrix) -> sparse.csr_matrix:
        """One step of the walk, cut to the likeliest 500 places."""
        sums = np.asarray(self._weights.sum(axis=1)).ravel()
        stochastic = sparse.diags(1 / np.maximum(sums, 1e-12)).astype(np.float32) @ self._weights
        return best(multiply(start, sparse.csr_matrix(stochastic)), 500).to_csr()

    def _transitions(self, sequences: Sequences, n_items: int) -> sparse.csr_matrix:
        """The weighted counts c_ij, (n_items, n_items)."""
        config = self.config
        owner = np.repeat(np.arange(len(sequences)), np.diff(sequences.indptr))
        weight = np.ones(len(sequences.item))
        if config.half_life_days is not None and len(weight):
            age = (sequences.time.max() - sequences.time) / SECONDS_PER_DAY
            weight = np.exp2(-age / config.half_life_days)
        total = sparse.csr_matrix((n_items, n_items))
        longest = int(np.diff(sequences.indptr).max(initial=0))
        for gap in range(1, min(config.window, longest - 1) + 1):
            same = np.flatnonzero(owner[gap:] == owner[:-gap])
            first, second = sequences.item[same], sequences.item[same + gap]
            value = weight[same + gap] * np.exp(-config.window_decay * (gap - 1))
            total = total + sparse.csr_matrix((value, (first, second)), shape=(n_items, n_items))
        if config.reverse:
            total = total + config.reverse * total.T
        return sparse.csr_matrix(total)


def without_own_group(matrix: sparse.csr_matrix, groups: NDArray[np.int32] | None) -> sparse.csr_matrix:
    """Items × items without the diagonal, and without variants of the same product."""
    pairs = matrix.tocoo()
    own = pairs.row == pairs.col if groups is None else groups[pairs.row] == groups[pairs.col]
    kept = (pairs.data[~own], (pairs.row[~own], pairs.col[~own]))
    return sparse.csr_matrix(kept, shape=matrix.shape)
