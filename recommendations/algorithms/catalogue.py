"""The items as algorithms see them: aligned tuples, one entry an item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.datatypes import category_levels

_NUMBERS = ("created", "prices", "previous_prices", "price_changed")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """`n` items, in the order of their keys. Build one with `from_columns`.

    `group_keys` joins variants of one product ("" = by itself); `categories` holds, per item, its paths,
    outermost first, joined by "/"; `created` is POSIX seconds or NaN; `prices` are in the shop's currency, NaN = not
    known; `previous_prices` are those before the last change, which was at `price_changed` (POSIX seconds), NaN = none;
    `attributes` holds, per item, name → values as strings (`{"colour": ("red", "blue")}`).
    """

    item_keys: tuple[str, ...]
    group_keys: tuple[str, ...]
    titles: tuple[str, ...]
    texts: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    brands: tuple[str, ...]
    created: NDArray[np.float64]
    prices: NDArray[np.float64]
    previous_prices: NDArray[np.float64]
    price_changed: NDArray[np.float64]
    attributes: tuple[Mapping[str, tuple[str, ...]], ...]

    def __len__(self) -> int:
        return len(self.item_keys)

    @classmethod
    def from_columns(
        cls,
        *,
        item_keys: Iterable[str],
        titles: Iterable[str] | None = None,
        texts: Iterable[str] | None = None,
        categories: Iterable[Iterable[str]] | None = None,
        brands: Iterable[str] | None = None,
        group_keys: Iterable[str] | None = None,
        created: Iterable[float | None] | None = None,
        prices: Iterable[float | None] | None = None,
        previous_prices: Iterable[float | None] | None = None,
        price_changed: Iterable[float | None] | None = None,
        attributes: Iterable[Mapping[str, Any]] | None = None,
    ) -> Catalogue:
        """A catalogue from columns; what is not given is empty.

        An attribute's value is a string, a number, a boolean or a list of these; whatever else it is (None, NaN,
        something nested) is left out.

        Raises ValueError for columns of different lengths, an empty or doubled item key, categories given as
        plain strings, an infinite price, or attributes that are no mapping.
        """
        keys = tuple(item_keys)
        n = len(keys)
        columns: dict[str, Sequence[Any]] = {
            "group_keys": _strings(group_keys, n),
            "titles": _strings(titles, n),
            "texts": _strings(texts, n),
            "brands": _strings(brands, n),
            "categories": _paths(categories, n),
            "created": _numbers(created, n),
            "prices": _numbers(prices, n),
            "previous_prices": _numbers(previous_prices, n),
            "price_changed": _numbers(price_changed, n),
            "attributes": [{}] * n if attributes is None else [_attributes(each) for each in attributes],
        }
        for name, values in columns.items():
            if len(values) != n:
                raise ValueError(
                    f"{name}: {len(values)} values for {n} item keys; every column needs one an item."
                )
        if "" in keys:
            raise ValueError("item_keys: an empty key.")
        order = sorted(range(n), key=keys.__getitem__)
        ordered = tuple(keys[i] for i in order)
        double = next((a for a, b in zip(ordered, ordered[1:], strict=False) if a == b), None)
        if double is not None:
            raise ValueError(
                f"item_keys: {double!r} is there twice; keys are unique over all product models."
            )
        arranged: dict[str, Any] = {name: tuple(values[i] for i in order) for name, values in columns.items()}
        numbers: dict[str, Any] = {name: np.array(arranged.pop(name), np.float64) for name in _NUMBERS}
        for name in ("prices", "previous_prices"):
            if np.isinf(numbers[name]).any():
                raise ValueError(f"{name}: one is infinite; give None where a price is not known.")
        return cls(item_keys=ordered, **numbers, **arranged)

    @cached_property
    def codes(self) -> dict[str, int]:
        """Item key → position."""
        return {key: i for i, key in enumerate(self.item_keys)}

    def levels(self, position: int) -> tuple[str, ...]:
        """Every category of an item and their parents, each once: `("Grocery", "Grocery/Bread")`."""
        found = {
            level: None for path in self.categories[position] for level in reversed(category_levels(path))
        }
        return tuple(found)

    def groups(self, item_keys: Sequence[str]) -> NDArray[np.int32] | None:
        """A group code for each of the keys, or None when no two of them are variants of one product.

        Keys without a group, or not in the catalogue, are groups of their own.
        """
        return self._codes(item_keys, self._group) if any(self.group_keys) else None

    def departments(self, item_keys: Sequence[str]) -> NDArray[np.int32] | None:
        """The same for the outermost level of an item's first category; items without one go by their groups."""

        def name(position: int) -> str:
            paths = self.categories[position]
            return f"d{paths[0].partition('/')[0]}" if paths and paths[0] else self._group(position)

        return self._codes(item_keys, name)

    def _group(self, position: int) -> str:
        return f"g{self.group_keys[position]}" if self.group_keys[position] else ""

    def _codes(self, item_keys: Sequence[str], name: Callable[[int], str]) -> NDArray[np.int32] | None:
        """A code for the name of each key's item; what has none is by itself. None when no two share one."""
        seen: dict[str, int] = {}
        out = np.empty(len(item_keys), np.int32)
        for i, key in enumerate(item_keys):
            position = self.codes.get(key)
            shared = name(position) if position is not None else ""
            out[i] = seen.setdefault(shared or f"i{key}", len(seen))
        return out if len(seen) < len(item_keys) else None


def _strings(values: Iterable[str] | None, n: int) -> list[str]:
    return [""] * n if values is None else [str(v) if v is not None else "" for v in values]


def _numbers(values: Iterable[float | None] | None, n: int) -> list[float]:
    return [np.nan] * n if values is None else [np.nan if v is None else float(v) for v in values]


def _attributes(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Name → values as strings, those that are there."""
    if not isinstance(given, Mapping):
        raise ValueError(
            f"attributes: {given!r} is no mapping; give each item one of name → value or values."
        )
    found = {str(name): _values(value) for name, value in given.items()}
    return {name: values for name, values in found.items() if values}


def _values(value: Any) -> tuple[str, ...]:
    several = value if isinstance(value, list | tuple | set | frozenset) else [value]
    strings = {_string(v) for v in several if isinstance(v, str | int | float | Decimal) and v == v}
    return tuple(sorted(strings - {""}))


def _string(value: Any) -> str:
    """One spelling for equal values: 2, 2.0 and Decimal("2.00") are the same."""
    return f"{float(value):.15g}" if isinstance(value, float | Decimal) else str(value).strip()


def _paths(values: Iterable[Iterable[str]] | None, n: int) -> list[tuple[str, ...]]:
    if values is None:
        return [()] * n
    rows = list(values)
    plain = next((row for row in rows if isinstance(row, str)), None)
    if plain is not None:
        raise ValueError(f"categories: {plain!r} is a string; give each item a sequence of paths.")
    return [tuple(row) for row in rows]
