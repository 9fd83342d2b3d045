"""The adapter: one class of the shop's, the only door to host decisions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.signals import setting_changed
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.module_loading import import_string

from recommendations.conf import NAME, settings
from recommendations.datatypes import Card, Context, ItemData, RequestState
from recommendations.exceptions import ConfigurationError
from recommendations.paths import Reader, finder, read

_TEXTS_OF_CARDS = frozenset({"title", "url", "image", "badge"})

#: How long a queryset of `sellable` that looks at nothing new is used, and for how many values of what it looks at.
SELLABLE_SECONDS = 1.0
MOST_SELLABLE = 256


@dataclass(frozen=True)
class Behaviour:
    """What in the shop means which behaviour. One declaration does live capture and historical backfill.

    Name a `model` whose rows are behaviour (order lines, reviews, wishes), or a `signal` of the shop's, or both.

    - `item`, `visitor`, `time`, `quantity`, `value`, … are paths on the row (`order.user`) or functions of it.
    - `item` leads to a product (the adapter makes its key), `visitor` to a user or a visitor key.
    - `when` says whether the row counts now; once it does not, its event is voided.
    - `watch` names other models whose saving can change that: label → function from the instance to rows.
    - `signal` is a dotted path; `rows` maps the signal's arguments (without `signal` and `sender`) to rows of
      `model`, or to `Hit`s when there is no row.
    - `queryset` gives the rows to backfill, with what the paths need (`select_related`).
    - `order` leads to the order (its key comes from `Adapter.order_key`), and `order_model` names its model, so that
      whoever creates an order is noted even when it is paid later.
    - `undo_on_delete=False` keeps the event when its row is deleted (a housekeeping shop).
    """

    kind: str
    model: str = ""
    item: Reader | None = "product"
    visitor: Reader | None = "user"
    time: Reader | None = None
    quantity: Reader | None = None
    value: Reader | None = None
    currency: Reader | None = None
    rating: Reader | None = None
    query: Reader | None = None
    order: Reader | None = None
    simulated: Reader | None = None
    scope: Reader | None = None
    when: Reader | None = None
    queryset: Callable[[], QuerySet[Any]] | None = None
    watch: Mapping[str, Callable[[Any], Iterable[Any]]] = field(default_factory=dict)
    signal: str = ""
    rows: Callable[..., Iterable[Any]] | None = None
    order_model: str = ""
    undo_on_delete: bool = True

    @property
    def label(self) -> str:
        """The model's label in lower case, e.g. `shop.orderline`."""
        return self.model.lower()

    def model_class(self) -> type[Model]:
        """The model; LookupError when there is none of that name."""
        return apps.get_model(self.model)

    def rows_queryset(self) -> QuerySet[Any]:
        """All rows of the model, with what the paths need."""
        return self.queryset() if self.queryset else self.model_class()._default_manager.all()


class Adapter:
    """Subclass this in your shop and name it in `RECOMMENDATIONS["ADAPTER"]`.

    The least a shop declares is `product_models` and `fields`; every method below can be overridden.
    """

    #: Models that products are rows of, e.g. ("shop.Product",).
    product_models: ClassVar[Sequence[str]] = ()

    #: ItemData field → path or function on a product.
    fields: ClassVar[Mapping[str, Reader]] = {"title": "name"}

    #: Card field → path or function on a product; title and price default to `fields`, url to `get_absolute_url`.
    card_fields: ClassVar[Mapping[str, Reader]] = {}

    #: What in the shop means which behaviour.
    behaviours: ClassVar[Sequence[Behaviour]] = ()

    #: Currency of prices that carry none.
    currency: ClassVar[str] = ""

    #: The fields of the Context that `sellable` looks at, besides the time: () for none, ("customer_group",), … Then
    #: its queryset is made once a second for their values; None: for each page.
    sellable_looks_at: ClassVar[Sequence[str] | None] = None

    # --- products -------------------------------------------------------------------------------------------------

    def models(self) -> list[type[Model]]:
        """The product models as classes."""
        return [apps.get_model(label) for label in self.product_models]

    def catalogue(self, model: type[Model]) -> QuerySet[Any]:
        """All products of a model, each an item: variants left out when their parent answers for them."""
        return model._default_manager.all()

    def item_key(self, obj: Any) -> str:
        """The canonical key of a product, unique over all product models; let a variant answer for its parent."""
        if len(self.product_models) > 1:
            return f"{obj._meta.model_name}:{obj.pk}"
        return str(obj.pk)

    def locate(self, key: str) -> tuple[type[Model], Any] | None:
        """The model and primary key behind an item key; None when it cannot be one of ours."""
        models = self.models()
        text = key
        if len(models) > 1:
            name, _, text = key.partition(":")
            models = [m for m in models if m._meta.model_name == name]
        if not models:
            return None
        try:
            return models[0], models[0]._meta.pk.to_python(text)
        except ValidationError:
            return None

    def item(self, obj: Any) -> ItemData:
        """A product in our words, by `fields`."""
        values = {name: read(obj, reader) for name, reader in self.fields.items()}
        values = {name: value for name, value in values.items() if value is not None}
        categories = values.get("categories", ())
        values["categories"] = (
            [categories] if isinstance(categories, str) else [str(path) for path in categories]
        )
        values["categories"] = [path for path in values["categories"] if path]
        groups = values.get("customer_groups", ())
        values["customer_groups"] = [groups] if isinstance(groups, str) else [str(group) for group in groups]
        for name in ("title", "text", "brand", "supplier", "group_key"):
            if name in values:
                values[name] = str(values[name])
        key = self.item_key(obj)
        return ItemData(**{"item_key": key, "group_key": key, **values})

    def sellable(self, model: type[Model], context: Context) -> QuerySet[Any]:
        """What may be shown and sold now, to whom `context` says: the shop's own queryset."""
        return self.catalogue(model)

    def live(self, keys: Iterable[str], context: Context) -> dict[str, Any]:
        """{key: product} of those that may be shown and sold now, in one query for each product model."""
        wanted: dict[type[Model], list[Any]] = {}
        for key in keys:
            if found := self.locate(key):
                wanted.setdefault(found[0], []).append(found[1])
        products = (
            obj for model, pks in wanted.items() for obj in self._selling(model, context).filter(pk__in=pks)
        )
        return {self.item_key(obj): obj for obj in products}

    def _selling(self, model: type[Model], context: Context) -> QuerySet[Any]:
        """`sellable`, as it was made within the last second, if `sellable_looks_at` says that this one is the same: to
        make it can take Django longer than the database takes to answer."""
        if self.sellable_looks_at is None:
            return self.sellable(model, context)
        made: dict[tuple[Any, ...], tuple[float, QuerySet[Any]]] = self.__dict__.setdefault("_sellable", {})
        place = (model, *(getattr(context, name) for name in self.sellable_looks_at))
        now = time.monotonic()
        made_at, queryset = made.get(place, (0.0, None))
        if queryset is None or now - made_at >= SELLABLE_SECONDS:
            if len(made) >= MOST_SELLABLE:
                made.clear()
            queryset = self.sellable(model, context)
            made[place] = now, queryset
        return queryset

    def card(self, obj: Any, context: Context) -> Card:
        """What a shopper sees of a product, by `card_fields`; prices are formatted by `format_price`."""
        values: dict[str, Any] = {}
        for name, find in self._card_finders(type(obj)):
            value = find(obj)
            if value is not None:
                values[name] = str(value) if name in _TEXTS_OF_CARDS else value
        if "title" not in values:
            values["title"] = str(obj)
        currency = values.setdefault("currency", context.currency or self.currency)
        for name, text in (("price", "price_text"), ("old_price", "old_price_text")):
            if name in values and text not in values:
                values[text] = self.format_price(values[name], currency)
        return Card(**values)

    def _card_finders(self, model: type) -> list[tuple[str, Callable[[Any], Any]]]:
        """What finds each field of a card; made once for a model, as a page reads dozens of cards."""
        made: dict[type, list[tuple[str, Callable[[Any], Any]]]] = self.__dict__.setdefault("_finders", {})
        if model not in made:
            readers: dict[str, Reader] = {
                "title": self.fields.get("title", str),
                "price": self.fields.get("price", ""),
                "url": "get_absolute_url" if hasattr(model, "get_absolute_url") else "",
                **self.card_fields,
            }
            made[model] = [(name, finder(reader)) for name, reader in readers.items() if reader]
        return made[model]

    def format_price(self, amount: Any, currency: str) -> str:
        """An amount with its currency, in the active language."""
        number = number_format(amount, decimal_pos=2, use_l10n=True, force_grouping=True)
        symbol = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥"}.get(currency)
        return f"{symbol}{number}" if symbol else f"{number} {currency}".strip()

    def order_key(self, order: Any) -> str:
        """The key of an order, given the order or its key."""
        return str(getattr(order, "pk", order))

    def is_sensitive(self, item: Any) -> bool:
        """True for items that are never a seed, a reason, in a mail or a profile, and shown only where
        `allows_sensitive` says so."""
        return False

    def allows_sensitive(self, context: Context) -> bool:
        """May sensitive items be shown here, to this visitor? `context.page` says on which page."""
        return False

    # --- visitors -------------------------------------------------------------------------------------------------

    def scope(self, request: HttpRequest | None) -> str:
        """Which shop, site or language the request belongs to; scopes never mix."""
        return ""

    def visitor_key(self, user: Any) -> str:
        """The visitor key of a user, "" for nobody."""
        return f"u:{user.pk}" if user is not None and getattr(user, "is_authenticated", False) else ""

    def may_record(self, request: HttpRequest) -> bool:
        """Consent gate. By default everybody but those who send Do-Not-Track or Global Privacy Control."""
        return request.headers.get("DNT") != "1" and request.headers.get("Sec-GPC") != "1"

    def may_personalise(self, request: HttpRequest) -> bool:
        """May lists be made from this visitor's own history?"""
        return self.may_record(request)

    def is_staff(self, request: HttpRequest) -> bool:
        """Whose behaviour is counted, but not recorded."""
        return bool(getattr(getattr(request, "user", None), "is_staff", False))

    def customer_group(self, request: HttpRequest) -> str:
        """The visitor's customer group, for rules and for items that only some groups may see; "" for none."""
        return ""

    def visitor_age(self, context: Context) -> int | None:
        """In years, as the shop knows it for sure; None where it does not: items with a minimum age are not shown."""
        return None

    def in_cart(self, context: Context) -> Iterable[str]:
        """Item keys in the visitor's cart."""
        return ()

    def segment_urls(self, kind: str, keys: Sequence[str], context: Context) -> Mapping[str, str]:
        """Addresses of the pages of categories (`kind` is "category", keys are paths) or brands ("brand"), those that
        the visitor may see now; segments without one are not shown."""
        return {}

    def missing_for_free_shipping(self, context: Context) -> Decimal | None:
        """How much more the visitor's cart must cost so that shipping is free, in the context's currency; None where
        nothing is missing, or shipping is never free."""
        return None

    def visitor_attributes(self, user: Any) -> Mapping[str, Any]:
        """Lawful basics about a user."""
        return {}

    def social_edges(self, user: Any) -> Iterable[str]:
        """Visitor keys of friends and those followed."""
        return ()

    def offers(self, context: Context) -> Iterable[Any]:
        """Coupons and discounts the shop can give."""
        return ()

    def context(self, request: HttpRequest | None, page: str = "") -> Context:
        """For whom and where, read off a request and what the middleware left on it."""
        if request is None:
            return Context(currency=self.currency, page=page)
        state: RequestState | None = getattr(request, "recommendations", None)
        user = getattr(request, "user", None)
        return Context(
            user=user,
            visitor_key=state.visitor_key if state else "",
            anonymous_key=state.anonymous_key if state else "",
            scope=state.scope if state else self.scope(request),
            currency=self.currency,
            language=getattr(request, "LANGUAGE_CODE", ""),
            customer_group=self.customer_group(request),
            page=page,
            personalise=state.may_personalise if state else self.may_personalise(request),
            request=request,
        )


@cache
def get_adapter() -> Adapter:
    """The shop's adapter, made once.

    Raises ConfigurationError when `ADAPTER` is missing or is no Adapter.
    """
    path = settings.ADAPTER
    if not path:
        raise ConfigurationError(
            f'No adapter. Add to your settings: {NAME} = {{"ADAPTER": "shop.adapter.ShopAdapter"}}'
        )
    try:
        adapter_class = import_string(path)
    except ImportError as error:
        raise ConfigurationError(
            f'{NAME}["ADAPTER"] is {path!r}, which cannot be imported: {error}'
        ) from error
    if not (isinstance(adapter_class, type) and issubclass(adapter_class, Adapter)):
        raise ConfigurationError(
            f'{NAME}["ADAPTER"] is {path!r}, which is no subclass of recommendations.adapter.Adapter.'
        )
    return adapter_class()


def _reset(*, setting: str, **kwargs: Any) -> None:
    if setting == NAME:
        get_adapter.cache_clear()


setting_changed.connect(_reset, dispatch_uid="recommendations.adapter")
