"""The similarities of ItemKNN and UserKNN by name."""

from __future__ import annotations

from scipy import sparse

from recommendations.algorithms.measures import OF_SETS, InnerProduct, Measure, OfSets
from recommendations.algorithms.value_measures import OF_VALUES, OfValues

SIMILARITIES = ("cosine", "asymmetric_cosine", "conditional", *OF_SETS, *OF_VALUES)


def measure(
    name: str,
    learned: sparse.csr_matrix,
    *,
    ratings: bool = False,
    shrinkage: float = 0.0,
    alpha: float = 0.5,
) -> Measure:
    """One of SIMILARITIES, to the rows `learned` (n, n_features): ratings, or else weights ≥ 0 of what happened.

    * cosine: Σxy / √((‖x‖² + s)(‖y‖² + s)) (Sarwar et al. 2001, §3.1.1);
    * asymmetric_cosine: Σxy / ((‖x‖² + s)^`alpha` (‖y‖² + s)^(1 − `alpha`)) (Aiolli 2013);
    * conditional: |X ∩ Y| / ((|X| + s) (|Y| + s)^`alpha`) (Deshpande & Karypis 2004, §4.1.2);
    * the others: see OF_SETS and OF_VALUES.

    s is `shrinkage` × the mean square of a cell, so many average cells.
    """
    if name in OF_SETS:
        return OfSets(learned, name, shrinkage=shrinkage)
    if name in OF_VALUES:
        return OfValues(learned, name, ratings=ratings, shrinkage=shrinkage)
    if name == "conditional":
        return InnerProduct(learned, left=1.0, right=alpha, binary=True, shrinkage=shrinkage)
    if name == "asymmetric_cosine":
        return InnerProduct(learned, left=alpha, right=1 - alpha, shrinkage=shrinkage)
    if name == "cosine":
        return InnerProduct(learned, shrinkage=shrinkage)
    raise ValueError(f"similarity must be one of {', '.join(sorted(SIMILARITIES))}, got {name!r}.")
