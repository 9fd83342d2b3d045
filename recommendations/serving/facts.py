"""What the Item mirror says of an item: what conditions, filters and rerankers look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from recommendations.datatypes import ItemData
from recommendations.models import Item

_LISTED = ("categories", "customer_groups")


@dataclass(frozen=True, slots=True)
class Facts:
    """Columns of the mirror, as ItemData; "", None or empty where nothing is known. `group_key` "" = no variants."""

    title: str = ""
    group_key: str = ""
    categories: tuple[str, ...] = ()
    brand: str = ""
    supplier: str = ""
    price: Decimal | None = None
    cost: Decimal | None = None
    stock: int | None = None
    created_at: datetime | None = None
    price_changed_at: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    available_from: datetime | None = None
    available_until: datetime | None = None
    minimum_age: int = 0
    customer_groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: ItemData) -> Facts:
        """What the adapter says of a product; the shop's own object knows no time of a change of price."""
        values = {name: getattr(item, name) for name in _COLUMNS if name != "price_changed_at"}
        return cls(**{**values, **{name: tuple(values[name]) for name in _LISTED}})

    @property
    def departments(self) -> frozenset[str]:
        """The outermost level of each category."""
        return frozenset(path.partition("/")[0] for path in self.categories if path)

    @property
    def margin(self) -> float | None:
        """(price − cost) / price; None where one of them is unknown or the price is 0."""
        if self.price is None or self.cost is None or not self.price:
            return None
        return float((self.price - self.cost) / self.price)


_COLUMNS = tuple(each.name for each in fields(Facts))
_LISTED_AT = tuple(map(_COLUMNS.index, _LISTED))
_ATTRIBUTES_AT = _COLUMNS.index("attributes")

#: Of an item that the mirror does not know.
NOTHING_KNOWN = Facts()


def read_facts(scope: str, keys: Iterable[str]) -> dict[str, Facts]:
    """Key → facts of the items that the mirror knows: one query."""
    rows = Item.objects.filter(scope=scope, item_key__in=list(keys)).values_list("item_key", *_COLUMNS)
    found = {}
    for key, *values in rows:
        for at in _LISTED_AT:
            values[at] = tuple(values[at] or ())
        values[_ATTRIBUTES_AT] = values[_ATTRIBUTES_AT] or {}
        found[key] = Facts(*values)
    return found
