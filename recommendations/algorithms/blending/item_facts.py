"""Facts of items that a ranker may know: popularity, age, price, and how they match a history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions
from recommendations.algorithms.ranking import pick

#: The last shares of the events are what recent popularity counts.
RECENT_SHARE = 0.1
LATEST_SHARE = 0.03
POPULARITY = "popularity"
LOG_PRICE = "log price"


@dataclass(frozen=True, eq=False)
class ItemFacts:
    """Columns aligned with `item_keys`, by name: popularity of all time and, where events have times, of the last tenth
    and the last 3 % of the events, as the last item of a history, and the days since the first event; of the catalogue,
    where it knows them, age in days and log price. `groups`: codes of category and brand, -1 = unknown."""

    columns: dict[str, NDArray[np.float32]]
    groups: dict[str, NDArray[np.int64]]

    @classmethod
    def of(cls, interactions: Interactions, catalogue: Catalogue | None) -> ItemFacts:
        """The facts of the items of `interactions`."""
        columns: dict[str, NDArray[np.float32] | None] = {POPULARITY: _log_visitors(interactions)}
        if len(interactions) and interactions.time[0] < interactions.time[-1]:
            columns |= _of_times(interactions)
        if catalogue is not None:
            columns["age in days"] = _ages(interactions.item_keys, catalogue, interactions)
            columns[LOG_PRICE] = _log_prices(interactions.item_keys, catalogue)
        return cls(
            columns={name: column for name, column in columns.items() if column is not None},
            groups={} if catalogue is None else _groups(interactions.item_keys, catalogue),
        )

    @property
    def log_popularity(self) -> NDArray[np.float32]:
        """log(1 + visitors) of all time."""
        return self.columns[POPULARITY]

    @property
    def log_price(self) -> NDArray[np.float32] | None:
        return self.columns.get(LOG_PRICE)

    @property
    def item_names(self) -> list[str]:
        return list(self.columns)

    def of_items(self, codes: NDArray[np.integer]) -> list[NDArray[np.float32]]:
        """A column (n, c) for each of `item_names`."""
        return [column[codes] for column in self.columns.values()]

    @property
    def match_names(self) -> list[str]:
        names = [f"share of the history with its {name}" for name in self.groups]
        return names + (["price against the history"] if self.log_price is not None else [])

    def matches(self, codes: NDArray[np.integer], histories: Histories) -> list[NDArray[np.float32]]:
        """A column (n, c) for each of `match_names`."""
        columns = [_share(group, codes, histories) for group in self.groups.values()]
        if self.log_price is not None:
            price = self.log_price[histories.item]
            known = ~np.isnan(price)
            count = np.bincount(histories.owner[known], minlength=len(histories))
            total = np.bincount(histories.owner[known], price[known], minlength=len(histories))
            mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
            columns.append((self.log_price[codes] - mean[:, None]).astype(np.float32))
        return columns


def _of_times(interactions: Interactions) -> dict[str, NDArray[np.float32] | None]:
    """What only events with times can say: without times, "the last" would be an accident of the file."""
    histories = Histories.of(interactions)
    filled = np.diff(histories.indptr) > 0
    last = histories.item[histories.indptr[1:][filled] - 1]
    first = np.full(interactions.n_items, interactions.time[-1])
    np.minimum.at(first, interactions.item, interactions.time)
    return {
        "recent popularity": _log_visitors(_end(interactions, RECENT_SHARE)),
        "latest popularity": _log_visitors(_end(interactions, LATEST_SHARE)),
        "popularity as the last item": np.log1p(np.bincount(last, minlength=interactions.n_items)).astype(
            np.float32
        ),
        "days since the first event": ((interactions.time[-1] - first) / SECONDS_PER_DAY).astype(np.float32),
    }


def _end(interactions: Interactions, share: float) -> Interactions:
    return interactions.select(mask=np.arange(len(interactions)) >= len(interactions) * (1 - share))


def _log_visitors(interactions: Interactions) -> NDArray[np.float32]:
    matrix = interactions.matrix(binary=True)
    return np.log1p(np.bincount(matrix.indices, minlength=interactions.n_items)).astype(np.float32)


def _positions(item_keys: tuple[str, ...], catalogue: Catalogue) -> NDArray[np.int64]:
    return np.array([catalogue.codes.get(key, -1) for key in item_keys], np.int64)


def _ages(
    item_keys: tuple[str, ...], catalogue: Catalogue, interactions: Interactions
) -> NDArray[np.float32] | None:
    at = _positions(item_keys, catalogue)
    created = np.where(at >= 0, np.append(catalogue.created, np.nan)[at], np.nan)
    if np.isnan(created).all() or not len(interactions):
        return None
    return ((interactions.time.max() - created) / SECONDS_PER_DAY).astype(np.float32)


def _log_prices(item_keys: tuple[str, ...], catalogue: Catalogue) -> NDArray[np.float32] | None:
    at = _positions(item_keys, catalogue)
    price = np.where(at >= 0, np.append(catalogue.prices, np.nan)[at], np.nan)
    if np.isnan(price).all():
        return None
    return np.log(np.where(price > 0, price, np.nan)).astype(np.float32)


def _groups(item_keys: tuple[str, ...], catalogue: Catalogue) -> dict[str, NDArray[np.int64]]:
    """Codes of the most specific category, its outermost level, and the brand; kinds nobody has are left out."""
    at = _positions(item_keys, catalogue).tolist()
    leaf = [catalogue.categories[p][0] if p >= 0 and catalogue.categories[p] else "" for p in at]
    columns = {
        "category": leaf,
        "department": [path.split("/")[0] for path in leaf],
        "brand": [catalogue.brands[p] if p >= 0 else "" for p in at],
    }
    found = {}
    for name, values in columns.items():
        if any(values):
            codes = {value: code for code, value in enumerate(sorted(set(values) - {""}))}
            found[name] = np.array([codes.get(value, -1) for value in values], np.int64)
    return found


def _share(group: NDArray[np.int64], codes: NDArray[np.integer], histories: Histories) -> NDArray[np.float32]:
    """The share of each history's events in the group of the candidate, (n, c)."""
    of_event = group[histories.item]
    known = of_event >= 0
    shape = (len(histories), int(group.max(initial=0)) + 1)
    counts = sparse.csr_matrix(
        (np.ones(int(known.sum())), (histories.owner[known], of_event[known])), shape=shape
    )
    wanted = group[codes].astype(np.int32)
    length = np.maximum(np.diff(histories.indptr), 1)
    return (pick(sparse.csr_matrix(counts), wanted) / length[:, None]).astype(np.float32)
