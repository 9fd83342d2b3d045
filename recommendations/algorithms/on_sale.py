"""What is sold below its regular price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.discounts import DiscountAlgorithm, DiscountConfig
from recommendations.algorithms.interactions import Interactions


@dataclass(frozen=True, kw_only=True)
class OnSaleConfig(DiscountConfig):
    """`regular_price`: the attribute of an item that holds it."""

    regular_price: str = "regular_price"


class OnSale(DiscountAlgorithm):
    """The discount, and how much the item is wanted.

    Item i costs p_i, its regular price r_i is an attribute. With v_i, its decayed number of visitors (as Popular counts
    them), and m, the mean of v over the items on sale,

        d_i = 1 − p_i / r_i,    score = d_i · (v_i + m) / (v_i + 2m)

    so of two equal discounts the more wanted item goes first, and what nobody looks at needs twice the discount of what
    everybody does.
    """

    Config = OnSaleConfig
    config: OnSaleConfig

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Without events, the discounts alone count. Raises NotEnoughData without a catalogue that has prices."""
        catalogue = self._priced(catalogue)
        self._rank(interactions, catalogue, self._regular(catalogue))
        return self

    def _regular(self, catalogue: Catalogue) -> NDArray[np.float64]:
        values = (attributes.get(self.config.regular_price, ()) for attributes in catalogue.attributes)
        return np.array([_number(several[0]) if len(several) == 1 else np.nan for several in values])


def _number(text: str) -> float:
    """A price; NaN for what is none."""
    try:
        return float(text)
    except ValueError:
        return np.nan
