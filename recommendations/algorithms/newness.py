"""How long items have been in the shop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions


def first_seen(interactions: Interactions) -> NDArray[np.float64]:
    """The time of each item's first event of any kind, (n_items,) POSIX seconds; NaN without one."""
    seen = np.full(interactions.n_items, np.inf)
    np.minimum.at(seen, interactions.item, interactions.time)
    return np.where(np.isfinite(seen), seen, np.nan)


def created(item_keys: tuple[str, ...], catalogue: Catalogue | None) -> NDArray[np.float64]:
    """When the catalogue says that each item was created, (n_items,) POSIX seconds; NaN where it does not."""
    found = np.full(len(item_keys), np.nan)
    if catalogue is not None:
        for code, key in enumerate(item_keys):
            position = catalogue.codes.get(key)
            if position is not None:
                found[code] = catalogue.created[position]
    return found


def born(interactions: Interactions, catalogue: Catalogue | None) -> NDArray[np.float64]:
    """When each item came into the shop, (n_items,): its creation or its first event, whichever was earlier."""
    return np.fmin(created(interactions.item_keys, catalogue), first_seen(interactions))
