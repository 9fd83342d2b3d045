"""What a visitor looked at, carried around or wished for, and has not bought yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.datatypes import INTEREST_WEIGHTS
from recommendations.exceptions import ConfigurationError, NotEnoughData


@dataclass(frozen=True, kw_only=True)
class RevisitConfig(PersonalConfig):
    """`goal`: the kind of event to be predicted. `prior`: so many visitors with the average rate are added to each
    item's. `exclude_seen` must stay False: what was seen is all there is."""

    events: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    exclude_seen: bool = False
    goal: str = "purchase"
    prior: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(1e-6, float("inf"), "prior")
        if self.exclude_seen:
            raise ConfigurationError("exclude_seen must be False: Revisit lists only what was seen before.")


class Revisit(PersonalAlgorithm):
    """The chance that interest in an item becomes a purchase, by kind of interest and by item.

    With n_ki the visitors who had an event of kind k on item i, b_ki those of them who had one of the goal, and
    r_k = Σ_i b_ki / Σ_i n_ki,

        p_ki = (b_ki + m r_k) / (n_ki + m),    score(i) = 1 − Π_{kinds k of the history on i} (1 − p_ki)

    m = `prior` shrinks an item with few visitors to the average (a beta prior with mean r_k; Casella 1985). What the
    history has already reached the goal on scores 0.
    """

    Config = RevisitConfig
    config: RevisitConfig
    produces = frozenset({("visitor", "item")})
    search_space = {"prior": (1.0, 3.0, 10.0, 30.0, 100.0)}

    #: p_ki by kind, (n_items,) each.
    rates_: dict[str, NDArray[np.float64]]

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when nobody has both interest and the goal."""
        chosen = self.selected(interactions)
        reached = chosen.select(kinds=[self.config.goal]).matrix(binary=True)
        self.rates_ = {}
        for kind in chosen.kinds:
            if kind == self.config.goal or self.config.events.get(kind, 0.0) <= 0:  # a dislike is no interest
                continue
            interested = chosen.select(kinds=[kind]).matrix(binary=True)
            if not interested.nnz:
                continue
            both = np.asarray(interested.multiply(reached).sum(axis=0, dtype=np.float64)).ravel()
            count = np.asarray(interested.sum(axis=0, dtype=np.float64)).ravel()
            average = both.sum() / count.sum()
            self.rates_[kind] = (both + self.config.prior * average) / (count + self.config.prior)
        if not self.rates_ or not reached.nnz:
            raise NotEnoughData(
                f"Revisit needs events of the kind {self.config.goal} and of others that lead to it: "
                f"{reached.nnz} and {len(self.rates_)} kinds are there."
            )
        self._remember(chosen)
        return self

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """Only for the items of the history."""
        missed: sparse.csr_matrix | None = None
        for kind, rate in self.rates_.items():
            if kind not in histories.kinds:
                continue
            here = histories.where(histories.kind == histories.kinds.index(kind)).matrix(binary=True)
            here.data = np.log1p(-np.minimum(rate[here.indices], 1 - 1e-9))
            missed = here if missed is None else missed + here
        if missed is None:
            return sparse.csr_matrix((len(histories), len(self.item_keys_)), dtype=np.float32)
        score = sparse.csr_matrix(missed)
        score.data = -np.expm1(score.data)
        if self.config.goal in histories.kinds:
            done = histories.where(histories.kind == histories.kinds.index(self.config.goal)).matrix(
                binary=True
            )
            score = score - score.multiply(done)
        found = sparse.csr_matrix(score).astype(np.float32)
        found.eliminate_zeros()
        return found
