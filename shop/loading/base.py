"""What a data set must give to become a shop: rows in the shop's own words, and a report of what was left out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple


class LoadError(Exception):
    """The data cannot be loaded. The text names the file, the line, the value found, and what to do."""


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """`path` is "Snacks/Cookies". Parents come before their children."""

    path: str
    derived: bool = False


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product. A variant names its parent's SKU, shares its name, and comes after it."""

    sku: str
    name: str
    category: str
    price: Decimal
    cost: Decimal
    stock: int
    created_at: datetime
    description: str = ""
    brand: str = ""
    supplier: str = ""
    size: str = ""
    parent_sku: str = ""
    variant_label: str = ""


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """`key` is the customer's key in the source, and the username unless the loader gives the person a login."""

    key: str
    email: str
    joined_at: datetime
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CampaignRow:
    key: str
    name: str
    kind: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class CouponRow:
    code: str
    name: str
    percent: Decimal
    campaign_key: str
    starts_at: datetime
    ends_at: datetime
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiscountRow:
    sku: str
    name: str
    percent: Decimal
    starts_at: datetime
    ends_at: datetime


class LineRow(NamedTuple):
    """`line_total` = `unit_price` × `quantity` − `discount`, exactly."""

    sku: str
    quantity: int
    unit_price: Decimal
    discount: Decimal
    line_total: Decimal


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A paid order. `customer_key` is "" for a guest; `coupon_code` is "" for none."""

    key: str
    number: str
    customer_key: str
    email: str
    placed_at: datetime
    lines: tuple[LineRow, ...]
    coupon_code: str = ""


@dataclass(frozen=True, slots=True)
class RedemptionRow:
    coupon_code: str
    customer_key: str
    order_number: str
    redeemed_at: datetime


@dataclass
class Report:
    """What became of a load: rows written, rows found already there, and rows left out, by reason."""

    written: Counter[str] = field(default_factory=Counter)
    present: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    first_order: datetime | None = None
    last_order: datetime | None = None
    shift: timedelta = timedelta(0)
    seconds: float = 0.0

    def drop(self, what: str, reason: str, n: int = 1) -> None:
        if n:
            self.dropped[what, reason] += int(n)


class Source(ABC):
    """A shop's data. Times are UTC and already moved by `shift`; each method may be called once.

    `report.dropped` is complete only when everything was read.
    """

    name: ClassVar[str]
    currency: ClassVar[str]

    def __init__(self) -> None:
        self.report = Report()
        self.shift = timedelta(0)

    @property
    @abstractmethod
    def last_order_at(self) -> datetime:
        """When the newest order was placed, in the data's own time (not shifted)."""

    @abstractmethod
    def created_at(self, sku: str) -> datetime | None:
        """When the product `sku` first appeared, in the data's own time; None when the data has no such product."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """How many rows each of the methods below gives, by its name; for progress bars."""

    @abstractmethod
    def categories(self) -> Iterable[CategoryRow]: ...

    @abstractmethod
    def products(self) -> Iterable[ProductRow]: ...

    @abstractmethod
    def customers(self) -> Iterable[CustomerRow]: ...

    @abstractmethod
    def orders(self, skip: frozenset[str] = frozenset()) -> Iterator[OrderRow]:
        """Oldest first; orders whose numbers are in `skip` are not made."""

    def campaigns(self) -> Iterable[CampaignRow]:
        return ()

    def coupons(self) -> Iterable[CouponRow]:
        return ()

    def discounts(self) -> Iterable[DiscountRow]:
        return ()

    def redemptions(self) -> Iterable[RedemptionRow]:
        return ()
