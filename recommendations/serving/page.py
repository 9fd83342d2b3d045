"""The page that lists are made for: what is shown on it, who looks at it, and what was read for it so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import timezone

from recommendations.adapter import get_adapter
from recommendations.datatypes import Candidate, Context, ListKind, category_levels
from recommendations.models import Item
from recommendations.ranking.model import RankerModel
from recommendations.serving.facts import NOTHING_KNOWN, Facts, read_facts
from recommendations.serving.history import History, read_history
from recommendations.serving.limits import Viewer, sensitive_among
from recommendations.serving.scopes import known_of
from recommendations.serving.seen import Sight, read_seen
from recommendations.serving.terms import terms_of
from recommendations.store import ListRequest, StoredList, get_store


class Reads:
    """What was read for a request, kept so that nothing is read twice, whatever is shown on the page."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._lists: dict[ListRequest, StoredList | None] = {}
        self._live: dict[str, Any] = {}
        self._groups: dict[str, str] = {}
        self._have_words: dict[str, bool] = {}
        #: Page → placement → what it shows.
        self.shown: dict[str, dict[str, Sequence[Candidate]]] = {}
        self._seen: tuple[Sight, ...] | None = None
        self._facts: dict[str, Facts] = {}

    @cached_property
    def history(self) -> History:
        return read_history(self.context)

    @cached_property
    def cart(self) -> frozenset[str]:
        return frozenset(get_adapter().in_cart(self.context))

    @cached_property
    def missing_for_free_shipping(self) -> Decimal | None:
        return get_adapter().missing_for_free_shipping(self.context)

    def seen(self, now: datetime) -> tuple[Sight, ...]:
        if self._seen is None:
            self._seen = read_seen(self.context, now)
        return self._seen

    def lists(self, requests: Collection[ListRequest]) -> dict[ListRequest, StoredList]:
        """The stored lists, those not read before in one query."""
        missing = [request for request in dict.fromkeys(requests) if request not in self._lists]
        if missing:
            found = get_store().fetch(self.context.scope, missing)
            self._lists.update({request: found.get(request) for request in missing})
        return {request: kept for request in requests if (kept := self._lists[request]) is not None}

    def have_words(self, recommenders: Iterable[str]) -> list[str]:
        """Those of the recommenders that may have lists of words; the answer stays the same for the request."""
        unknown = [name for name in recommenders if name not in self._have_words]
        if unknown:
            found = get_store().may_have(self.context.scope, unknown, ListKind.TERM)
            self._have_words.update({name: name in found for name in unknown})
        return [name for name in recommenders if self._have_words[name]]

    def live(self, keys: Iterable[str]) -> dict[str, Any]:
        """Key → the shop's object, of what may be sold now; asked once of the adapter."""
        wanted = dict.fromkeys(keys)
        missing = [key for key in wanted if key not in self._live]
        if missing:
            live = get_adapter().live(missing, self.context)
            self._live.update({key: live.get(key) for key in missing})
        return {key: product for key in wanted if (product := self._live[key]) is not None}

    def not_sold(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that the shop was asked about and does not sell now."""
        return {key for key in keys if self._live.get(key, self) is None}

    def groups(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Key → the group its variants share; its own key when it has none. One query on the Item mirror, or none in a
        shop without variants."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._groups]
        if missing and not known_of(self.context.scope).has_variants:
            self._groups.update(zip(missing, missing, strict=True))
        elif missing:
            rows = Item.objects.filter(scope=self.context.scope, item_key__in=missing).exclude(group_key="")
            groups = dict(rows.values_list("item_key", "group_key"))
            self._groups.update({key: groups.get(key, key) for key in missing})
        return self._groups

    def group_of(self, item_key: str) -> str:
        """The group of one item, mostly known already: asked for every candidate."""
        known = self._groups.get(item_key)
        return self.groups([item_key])[item_key] if known is None else known

    def known_facts(self, keys: Iterable[str]) -> dict[str, Facts]:
        """What was read before of those items; without a query."""
        return {key: self._facts[key] for key in keys if key in self._facts}

    def facts(self, keys: Iterable[str]) -> Mapping[str, Facts]:
        """Key → what the mirror says of it, its group too. One query on the Item mirror."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._facts]
        if missing:
            found = read_facts(self.context.scope, missing)
            self._facts.update({key: found.get(key, NOTHING_KNOWN) for key in missing})
            self._groups.update({key: self._facts[key].group_key or key for key in missing})
        return self._facts


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page is about. `product` is the host's object when the caller had it; `excluded` is what not to show."""

    item_key: str = ""
    item_keys: tuple[str, ...] = ()
    category: str = ""
    query: str = ""
    product: Any = None
    excluded: frozenset[str] = frozenset()

    @property
    def signature(self) -> tuple[str, tuple[str, ...], str, str, frozenset[str]]:
        """Two tags with the same signature are about the same things."""
        return self.item_key, self.item_keys, self.category, self.query, self.excluded


class Page:
    """What sources and filters get. Everything that costs a query is read once, when first asked for."""

    def __init__(self, context: Context, shown: Shown, reads: Reads | None = None) -> None:
        self.context = context
        self.shown = shown
        self.reads = reads or Reads(context)
        #: What a learned ranker was told of candidates, by recommender and item key, to explain it when asked.
        self.told: dict[tuple[str, str], tuple[RankerModel, Sequence[float]]] = {}

    @cached_property
    def now(self) -> datetime:
        """When the page is shown."""
        return self.context.moment or timezone.now()

    @cached_property
    def viewer(self) -> Viewer:
        """What limits of items look at."""
        return Viewer(self.context, self.now)

    @property
    def item_key(self) -> str:
        """The item shown, "" for none."""
        return self.shown.item_key

    @property
    def item_keys(self) -> tuple[str, ...]:
        """All items the page is about: the one shown and those given."""
        return tuple(key for key in dict.fromkeys((self.shown.item_key, *self.shown.item_keys)) if key)

    @property
    def history(self) -> History:
        """What the visitor did lately; nothing when it may not be used."""
        return self.reads.history

    @cached_property
    def seen(self) -> tuple[Sight, ...]:
        """What the visitor had in view lately; one query for all placements."""
        return self.reads.seen(self.now)

    @property
    def cart(self) -> frozenset[str]:
        """Item keys in the visitor's cart."""
        return self.reads.cart

    @cached_property
    def seed_keys(self) -> tuple[str, ...]:
        """The items that the page is about, else those in the cart, none of them sensitive but the one shown.

        One query where the shop says of items that they are."""
        keys = self.item_keys or tuple(sorted(self.cart))
        others = [key for key in keys if key != self.item_key]
        sensitive = sensitive_among(others, self.context.scope)
        return tuple(key for key in keys if key not in sensitive)

    @property
    def missing_for_free_shipping(self) -> Decimal | None:
        """What the cart lacks for free shipping, in the context's currency; None where the shop does not say."""
        return self.reads.missing_for_free_shipping

    @property
    def categories(self) -> tuple[str, ...]:
        """Category paths of the page: the one given, else those of the item shown."""
        return (self.shown.category,) if self.shown.category else self.about.categories

    @cached_property
    def query_terms(self) -> tuple[str, ...]:
        """The words that the visitor searches for."""
        return terms_of([self.shown.query])

    @cached_property
    def item_terms(self) -> tuple[str, ...]:
        """The words that describe the item shown: of its title, its brand, its categories from the narrowest on."""
        levels = (level for path in self.about.categories for level in category_levels(path))
        names = (level.rpartition("/")[2] for level in levels)
        return terms_of([self.about.title, self.about.brand, *names])

    @cached_property
    def about(self) -> Facts:
        """What the item shown says of itself; nothing when there is none. One query where only its key is known."""
        if self.shown.product is not None:
            return Facts.of(get_adapter().item(self.shown.product))
        return self.reads.facts([self.item_key])[self.item_key] if self.item_key else NOTHING_KNOWN

    def facts_of(self, item_key: str) -> Facts:
        """What the mirror says of an item; ask `reads.facts` for many at once before."""
        return self.reads.facts([item_key])[item_key]

    def group_of(self, item_key: str) -> str:
        """The group of an item; ask `groups` for many at once before."""
        return self.reads.group_of(item_key)
