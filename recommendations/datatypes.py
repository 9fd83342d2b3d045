"""The nouns of the design as plain types, shared by every package. Standard library only."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What a visitor did. A shop adds its own with the `EVENT_KINDS` setting."""

    VIEW = "view"
    SEARCH = "search"
    CART = "cart"
    UNCART = "uncart"
    WISH = "wish"
    PURCHASE = "purchase"
    REFUND = "refund"
    RATING = "rating"
    SHARE = "share"
    IMPRESSION = "impression"
    CLICK = "click"
    DISMISS = "dismiss"


#: Kinds that are about no particular item.
KINDS_WITHOUT_ITEM = frozenset({Kind.SEARCH, Kind.IMPRESSION})

#: Kinds that say "interested"; what a visitor's recent history is made of.
KINDS_OF_INTEREST = frozenset(
    {Kind.VIEW, Kind.CART, Kind.WISH, Kind.PURCHASE, Kind.RATING, Kind.SHARE, Kind.CLICK}
)

#: How much each kind says of a visitor's interest, unless settings or options say otherwise.
INTEREST_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"view": 1.0, "click": 1.0, "wish": 2.0, "cart": 3.0, "purchase": 5.0, "rating": 2.0, "share": 2.0}
)


class ListKind(StrEnum):
    """What the key and the targets of a ranked list are."""

    ITEM = "item"
    VISITOR = "visitor"
    SEGMENT = "segment"
    TERM = "term"
    RANKER = "ranker"


#: What the targets of the rows of a ranker are: no items, but trees.
TREES = "trees"


class RankerRow(StrEnum):
    """The keys of the two rows that a learned ranker publishes. The target of each is text with the score 1."""

    MODEL = "model"  # the ranker as JSON
    VERSION = "version"  # a digest of that: tells a page whether it knows the newest one


#: The segment of everybody.
EVERYBODY = ""


def category_segment(path: str) -> str:
    """The segment key of a category path, e.g. `category:Grocery/Bread`."""
    return f"category:{path}"


def brand_segment(brand: str) -> str:
    """The segment key of a brand, e.g. `brand:Acme`."""
    return f"brand:{brand}"


def price_segment(price: float | Decimal) -> str:
    """The segment key of the price band, e.g. 7.90 → `price:5-10`; "" for no price (NaN, infinite) or one that is
    not above 0.

    Bands begin at 1, 2 and 5 times a power of ten, in every currency, and hold their lower bound.
    """
    amount = float(price)
    if not 0 < amount < math.inf:
        return ""
    unit = 10.0 ** math.floor(math.log10(amount))
    first = round(amount / unit, 9)
    low, high = next((low, high) for low, high in ((1, 2), (2, 5), (5, 10), (10, 20)) if first < high)
    return f"price:{low * unit:.12g}-{high * unit:.12g}"


def community_segment(number: int) -> str:
    """The segment key of a community of visitors, e.g. `community:1`."""
    return f"community:{number}"


#: Whose lists say which new items a placement may explore.
EXPLORATION = "exploration"


def placement_segment(name: str) -> str:
    """The segment key of what a placement may explore, e.g. `placement:home_popular`."""
    return f"placement:{name}"


def category_levels(path: str) -> list[str]:
    """A path and its parents, most specific first: `A/B/C` → `["A/B/C", "A/B", "A"]`."""
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(len(parts), 0, -1)] if path else []


#: So many groups visitors fall into by chance.
BUCKETS = 1000


def bucket_of(visitor_key: str) -> int:
    """A visitor's bucket, 0..BUCKETS − 1, the same in every process."""
    return zlib.crc32(visitor_key.encode()) % BUCKETS


#: The channel of a context that a mail is made for.
MAIL_CHANNEL = "email"


@dataclass(frozen=True, slots=True)
class Context:
    """For whom, where and when a list is made. `request` is absent in e-mails and workers; `moment`, with its zone, is
    when the page is shown, None for now."""

    user: Any = None
    visitor_key: str = ""
    anonymous_key: str = ""
    scope: str = ""
    currency: str = ""
    language: str = ""
    country: str = ""
    customer_group: str = ""
    channel: str = "web"
    page: str = ""
    personalise: bool = True
    moment: datetime | None = None
    request: Any = field(default=None, repr=False, compare=False)

    def with_(self, **changes: Any) -> Context:
        """A copy with some fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class VisitorCookie:
    """What the first-party cookie says: a random id, and when the session began and was last renewed (POSIX s)."""

    visitor_id: str
    session_start: int
    renewed_at: int
    must_send: bool = False

    @property
    def key(self) -> str:
        """The anonymous visitor key."""
        return f"a:{self.visitor_id}"

    @property
    def session_key(self) -> str:
        """One visit of this visitor."""
        return f"{self.visitor_id[:12]}.{self.session_start:x}"


@dataclass(slots=True)
class RequestState:
    """What the middleware knows about a request; lives at `request.recommendations`.

    `visitor_key` is who acts now (user or cookie), `anonymous_key` the cookie's own key, both "" when nothing may
    be recorded. `ignored_because` names why behaviour is counted only (bot, staff, no_consent); `by_token` says that
    the visitor came in a header rather than a cookie. `moment` is when a simulated visitor acts. `pending` are events
    that wait for the response to turn out well; `plans` keeps what serving planned for the page.
    """

    visitor_key: str = ""
    anonymous_key: str = ""
    session_key: str = ""
    scope: str = ""
    may_record: bool = False
    may_personalise: bool = True
    ignored_because: str = ""
    simulated: bool = False
    moment: datetime | None = None
    cookie: VisitorCookie | None = None
    by_token: bool = False
    pending: list[EventData] = field(default_factory=list)
    plans: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventData:
    """One behaviour on its way into the log.

    `source` names the host row it came from (`purchase:shop.orderline:17`), unique per kind and row, or is "" for
    behaviour without a row (a view). `value` is the line total after discounts, without shipping.
    """

    kind: str
    item_key: str = ""
    visitor_key: str = ""
    session_key: str = ""
    order_key: str = ""
    source: str = ""
    quantity: Decimal = Decimal(1)
    value: Decimal | None = None
    currency: str = ""
    rating: float | None = None
    query: str = ""
    scope: str = ""
    occurred_at: datetime | None = None
    simulated: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)
    slate_id: str = ""
    placement: str = ""
    position: int | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """One behaviour as a signal tells it, when there is no source row: what `Behaviour.rows` returns then."""

    item: Any = None
    request: Any = None
    visitor: Any = None
    quantity: Any = 1
    value: Any = None
    rating: float | None = None
    query: str = ""
    order_key: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemData:
    """A host product in our words; what `adapter.item()` returns and the Item mirror stores.

    Who may see it: visitors of at least `minimum_age`, of one of the `customer_groups` (none named: everybody), from
    `available_from` until before `available_until`.
    """

    item_key: str
    title: str
    group_key: str = ""
    text: str = ""
    categories: Sequence[str] = ()
    brand: str = ""
    supplier: str = ""
    price: Decimal | None = None
    cost: Decimal | None = None
    stock: int | None = None
    available_from: datetime | None = None
    available_until: datetime | None = None
    created_at: datetime | None = None
    minimum_age: int = 0
    customer_groups: Sequence[str] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What a shopper sees of an item: for templates and the API."""

    title: str
    url: str = ""
    image: str = ""
    price: Decimal | None = None
    old_price: Decimal | None = None
    currency: str = ""
    badge: str = ""
    price_text: str = ""
    old_price_text: str = ""


class Candidate(NamedTuple):
    """An item on its way into a slate: where it came from and why. A page makes hundreds."""

    item_key: str
    score: float
    source: str
    recommender: str = ""
    snapshot_id: int | None = None
    seed_key: str = ""
    rules: tuple[str, ...] = ()  # names of the rules that acted on it
    propensity: float | None = None  # with what probability it was drawn; None where chance had no part

    def with_(self, **changes: Any) -> Candidate:
        """A copy with some fields changed."""
        return self._replace(**changes)


@dataclass(frozen=True, slots=True)
class SlatePayload:
    """What a slate's signed token says: what was offered, and what produced each place."""

    slate_id: str
    placement: str
    scope: str
    items: tuple[tuple[str, str, str], ...]  # (item key, source, recommender) in order of position
    issued_at: int  # POSIX seconds
    snapshots: Mapping[str, int] = field(default_factory=dict)  # recommender → snapshot id
    #: Position → with what probability the item was drawn, where chance had a part in it.
    propensities: Mapping[int, float] = field(default_factory=dict)
    experiment: int | None = None
    variant: str = ""

    def position(self, item_key: str) -> int | None:
        """Where an item stood, from 0; None when it was not offered."""
        return next((n for n, (key, _, _) in enumerate(self.items) if key == item_key), None)


@dataclass(frozen=True, slots=True)
class SlateItem:
    """One place of a slate. `product` is the host's live object."""

    position: int
    item_key: str
    score: float
    source: str
    recommender: str
    card: Card
    product: Any = field(repr=False, compare=False)
    seed_key: str = ""
    rules: tuple[str, ...] = ()  # names of the rules that acted on it
    reason: str = ""  # why it is there, in the visitor's language
    propensity: float | None = None  # with what probability it was drawn; None where chance had no part
    #: What its rerankers went by, name → amount, worked out when asked: for staff.
    contributions: Callable[[], Mapping[str, float]] = field(default=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Slate:
    """What is offered once, on one placement. `token` joins it with what happens next."""

    slate_id: str
    placement: str
    title: str
    items: tuple[SlateItem, ...]
    token: str = ""
    fallback_used: bool = False
    personal: bool = True  # may it be made from what the visitor did?
    next: str = ""  # the signed way to what comes after, where pages were asked for
    experiment: int | None = None  # the experiment on this placement that the visitor takes part in
    variant: str = ""
    #: Item key → the rule that left it out.
    dropped: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Works out item key → the filter that left it out, see `serving.left_out`.
    left_out: Callable[[], Mapping[str, str]] = field(default=dict, repr=False, compare=False)

    @property
    def tested(self) -> bool:
        """Does an experiment run here? Then its place is told as seen, whatever is in it."""
        return self.experiment is not None

    def __bool__(self) -> bool:
        return bool(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self.items)
