"""`recommend`: what the template tags, the API and `shortcuts` call."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings as django_settings
from django.db import connections, router, transaction
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext

from recommendations.adapter import get_adapter
from recommendations.datatypes import Candidate, Context, RequestState, Slate, SlateItem
from recommendations.models import RankedList
from recommendations.serving import tokens
from recommendations.serving.explain import Reasons
from recommendations.serving.page import Page, Reads, Shown
from recommendations.serving.placements import LARGEST_SIZE, Layout, Placement, layout
from recommendations.serving.plan import PagePlan

logger = logging.getLogger("recommendations")


def recommend(
    placement: str,
    context: Context,
    *,
    item: Any = None,
    items: Iterable[Any] = (),
    category: str = "",
    query: str = "",
    size: int | None = None,
    title: str = "",
) -> Slate:
    """The slate of a placement for the visitor, page and moment that `context` describes.

    `item` is what the page shows and `items` what else it is about (a cart, an order): products of the shop, or item
    keys. `category` is a path, outermost first (`Grocery/Bread`), `query` what the visitor searches for. `size` and
    `title` override the settings.

    Reads only. It never raises into a page: what goes wrong is logged to `recommendations`, and the slate is empty.
    With `DEBUG` on it does raise, so that a developer sees a misspelt placement or a broken adapter at once.
    """
    options = {
        "item": item,
        "items": items,
        "category": category,
        "query": query,
        "size": size,
        "title": title,
    }
    return _never_raising(placement, lambda: _recommend(placement, context, **options))


def recommend_for(request: HttpRequest | None, placement: str, channel: str = "web", **options: Any) -> Slate:
    """`recommend` for whom the adapter sees behind a request; with its options and its promise not to raise."""

    def make() -> Slate:
        return _recommend(placement, get_adapter().context(request).with_(channel=channel), **options)

    return _never_raising(placement, make)


def _never_raising(placement: str, make: Callable[[], Slate]) -> Slate:
    try:
        with _savepoint():
            return make()
    except Exception:
        if django_settings.DEBUG:
            raise
        logger.exception("Recommending for the placement %r failed; the page goes on without it.", placement)
        return Slate(slate_id="", placement=placement, title="", items=())


def shown(
    item: Any = None, items: Iterable[Any] = (), category: str | None = "", query: str | None = ""
) -> Shown:
    """What a page is about, from products or keys. Raises TypeError for what is neither."""
    if category is not None and not isinstance(category, str | Promise):
        raise TypeError(f"category must be a path such as 'Grocery/Bread', not {category!r}.")
    if query is not None and not isinstance(query, str | Promise):
        raise TypeError(f"query must be what the visitor typed, not {query!r}.")
    return Shown(
        item_key=_key(item),
        item_keys=tuple(key for each in items or () if (key := _key(each))),
        category=str(category or ""),
        query=str(query or ""),
        product=None if isinstance(item, str) else item,
    )


def _key(item: Any) -> str:
    if item is None or isinstance(item, str):
        return item or ""
    return get_adapter().item_key(item)


def _recommend(
    name: str,
    context: Context,
    *,
    item: Any = None,
    items: Iterable[Any] = (),
    category: str = "",
    query: str = "",
    size: int | None = None,
    title: str = "",
) -> Slate:
    about = shown(item, items, category, query)
    for _ in range(2):
        planned_by = layout(context.scope)
        placement = planned_by.placement(name)
        wanted = max(0, min(placement.size if size is None else int(size), LARGEST_SIZE))
        plan = _plan(planned_by, placement, context.with_(page=placement.page), about, wanted)
        if layout(context.scope) is planned_by:  # else the lists came with the news of a changed Override
            break
    chosen, fallback_used = plan.choose(placement.name, wanted)
    slate_id = secrets.token_urlsafe(12)
    places = slate_items(chosen, plan, context)
    dropped = dict(plan.rows[placement.name].steering.dropped)
    return Slate(
        slate_id=slate_id,
        placement=placement.name,
        title=_title(title or placement.title),
        items=places,
        token=tokens.make(slate_id, placement.name, context.scope, chosen) if places else "",
        fallback_used=fallback_used,
        dropped=dropped,
        personal=context.personalise,
    )


def _plan(layout: Layout, placement: Placement, context: Context, shown: Shown, size: int) -> PagePlan:
    """The plan of the page, made at the first call of a request and kept with it."""
    kept = _kept_plans(context)
    signature = (layout, placement.page or placement.name, shown.signature)
    plan: PagePlan | None = kept.get(signature)
    if plan is not None and plan.has_room_for(placement.name, size):
        return plan
    page = Page(context, shown, kept.setdefault("reads", Reads(context)))
    sizes = {placement.name: max(size, placement.size)}
    try:
        plan = PagePlan(page, layout.of_page(placement.page) or (placement,), sizes, layout.rules)
    except Exception as error:
        # A neighbour's broken source takes down that neighbour only, which tells so when it is asked for itself.
        logger.warning(
            "Planning the page %r failed: %s. Trying %r alone.", placement.page, error, placement.name
        )
        plan = PagePlan(page, (placement,), sizes, layout.rules)
    kept[signature] = plan
    return plan


def _kept_plans(context: Context) -> dict[Any, Any]:
    """Where this request keeps its plans; a throw-away place without a request or without the middleware."""
    state: RequestState | None = getattr(context.request, "recommendations", None)
    return {} if state is None else state.plans


def slate_items(chosen: list[Candidate], plan: PagePlan, context: Context) -> tuple[SlateItem, ...]:
    """The places of a slate, each with its card and the reason why it is there."""
    reasons = Reasons(plan.page, plan.products)
    return tuple(
        _slate_item(n, candidate, plan.products[candidate.item_key], context, reasons.of(candidate))
        for n, candidate in enumerate(chosen)
    )


def _slate_item(
    position: int, candidate: Candidate, product: Any, context: Context, reason: str
) -> SlateItem:
    return SlateItem(
        position=position,
        item_key=candidate.item_key,
        score=candidate.score,
        source=candidate.source,
        recommender=candidate.recommender,
        card=get_adapter().card(product, context),
        product=product,
        seed_key=candidate.seed_key,
        rules=candidate.rules,
        reason=reason,
    )


def _title(title: str) -> str:
    """In the visitor's language, when the catalogues know it."""
    return gettext(title) if isinstance(title, str) and title else str(title)


@contextmanager
def _savepoint() -> Iterator[None]:
    """Inside a transaction on PostgreSQL a failed query would spoil the rest of the page; a savepoint keeps it."""
    connection = connections[router.db_for_read(RankedList)]
    if connection.in_atomic_block and connection.vendor != "sqlite":
        with transaction.atomic(using=connection.alias):
            yield
    else:
        yield
