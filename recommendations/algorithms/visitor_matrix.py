"""What models of the visitors × items matrix have in common: how it and the histories become numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.exceptions import ConfigurationError, NotEnoughData

#: Cells that weigh less than this share of the heaviest are left out: an event so old is noise to divide by.
_NOTHING = 1e-9


@dataclass(frozen=True, kw_only=True)
class MatrixConfig(PersonalConfig):
    """`damping`: what repeated events add: all (sum), less and less (log: ln(1 + x)), nothing (binary).
    `history_decay`: each event further back in a history counts e^−decay of the next, 0 = all the same."""

    damping: str = "binary"
    history_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, float("inf"), "history_decay")
        self._one_of("damping", ("sum", "log", "binary"))

    def _whole(self, low: int, *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < low:
                raise ConfigurationError(f"{name} must be a whole number from {low}, got {value!r}.")


class MatrixAlgorithm(PersonalAlgorithm):
    """A model of x_ui, the damped sum of visitor u's weighted events on item i, that scores anybody's history."""

    Config = MatrixConfig
    config: MatrixConfig

    def _learn_from(self, interactions: Interactions) -> sparse.csr_matrix:
        """x: visitors × items, float32, every stored value above 0. Remembers keys and histories.

        Raises NotEnoughData when no event of a known visitor has one of the kinds asked for.
        """
        chosen = self.selected(interactions)
        matrix = chosen.matrix(self.config.events, half_life_days=self.config.half_life_days)
        if not matrix.nnz:
            raise NotEnoughData(
                f"{type(self).__name__} needs events of known visitors: all of them are of nobody or weigh nothing."
            )
        self._remember(chosen)
        if self.config.damping == "binary":
            matrix.data[:] = 1.0
        elif self.config.damping == "log":
            matrix.data = np.log1p(matrix.data)
        matrix.data[matrix.data < matrix.data.max() * _NOTHING] = 0.0
        matrix.eliminate_zeros()
        return matrix

    def _query(self, histories: Histories) -> sparse.csr_matrix:
        """The histories as rows of such a matrix, (n, n_items) float32, decayed by how far back an event is.

        With binary damping repeats add up to 1 at most, so that a caller's own weights below 1 still count.
        """
        matrix = histories.decayed(self.config.history_decay).matrix()
        matrix.data[matrix.data < 0] = 0.0
        matrix.eliminate_zeros()
        if self.config.damping == "binary":
            matrix.data = np.minimum(matrix.data, np.float32(1.0))
        elif self.config.damping == "log":
            matrix.data = np.log1p(matrix.data)
        return matrix


def powers(values: NDArray[np.floating], exponent: float) -> NDArray[np.float64]:
    """values^exponent, and 0 where the value is 0, whatever the exponent."""
    return np.power(values, exponent, out=np.zeros(len(values)), where=values > 0, dtype=np.float64)


def scaled(
    matrix: sparse.csr_matrix,
    *,
    rows: NDArray[np.float64] | None = None,
    columns: NDArray[np.float64] | None = None,
) -> sparse.csr_matrix:
    """Rows and columns times a factor each, float32."""
    data = matrix.data.astype(np.float64)
    if rows is not None:
        data *= np.repeat(rows, np.diff(matrix.indptr))
    if columns is not None:
        data *= columns[matrix.indices]
    return sparse.csr_matrix((data.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)


def row_sums(matrix: sparse.csr_matrix) -> NDArray[np.float64]:
    """The sum of each row, (n_rows,)."""
    return np.asarray(matrix.sum(axis=1, dtype=np.float64)).ravel()


def column_sums(matrix: sparse.csr_matrix) -> NDArray[np.float64]:
    """The sum of each column, (n_columns,)."""
    return np.asarray(matrix.sum(axis=0, dtype=np.float64)).ravel()
