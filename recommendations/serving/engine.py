"""`recommend`: what the template tags, the API and `shortcuts` call."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from django.conf import settings as django_settings
from django.db import connections, router, transaction
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext

from recommendations.adapter import get_adapter
from recommendations.datatypes import Candidate, Context, RequestState, Slate, SlateItem
from recommendations.experiments.assignment import Arm
from recommendations.models import RankedList
from recommendations.serving import cursors, tokens
from recommendations.serving.explain import Reasons
from recommendations.serving.left_out import left_out
from recommendations.serving.page import Page, Reads, Shown
from recommendations.serving.placements import LARGEST_SIZE, Layout, Placement
from recommendations.serving.plan import PagePlan
from recommendations.serving.reranking.base import Reranker
from recommendations.serving.rules import Rule
from recommendations.serving.tested import layout_for

logger = logging.getLogger("recommendations")

T = TypeVar("T")


def recommend(
    placement: str,
    context: Context,
    *,
    item: Any = None,
    items: Iterable[Any] = (),
    category: str = "",
    query: str = "",
    exclude: Iterable[Any] = (),
    size: int | None = None,
    title: str = "",
) -> Slate:
    """The slate of a placement for the visitor, page and moment that `context` describes.

    `item` is what the page shows and `items` what else it is about (a cart, an order): products of the shop, or item
    keys. `category` is a path, outermost first (`Grocery/Bread`), `query` what the visitor searches for. `exclude` are
    products or keys that must not be shown, nor their variants. `size` and `title` override the settings.

    Reads only. It never raises into a page: what goes wrong is logged to `recommendations`, and the slate is empty.
    With `DEBUG` on it does raise, so that a developer sees a misspelt placement or a broken adapter at once.
    """
    options = {
        "item": item,
        "items": items,
        "category": category,
        "query": query,
        "exclude": exclude,
        "size": size,
        "title": title,
    }
    return never_raising(placement, lambda: _recommend(placement, context, **options))


def recommend_for(request: HttpRequest | None, placement: str, channel: str = "web", **options: Any) -> Slate:
    """`recommend` for whom the adapter sees behind a request; with its options and its promise not to raise."""

    def make() -> Slate:
        return _recommend(placement, get_adapter().context(request).with_(channel=channel), **options)

    return never_raising(placement, make)


def recommend_all(
    request: HttpRequest | None, placements: Sequence[str], channel: str = "web", **options: Any
) -> list[Slate]:
    """The slates of several placements about the same things, planned together whatever pages they are on: they cost
    as many queries as one. Options and promise as `recommend`'s; without the middleware each page is planned alone.
    """
    if request is not None:
        context = get_adapter().context(request).with_(channel=channel)
        about = {name: value for name, value in options.items() if name not in ("size", "title")}
        try:
            with savepoint():
                _plan_together(placements, context, shown(**about), options.get("size"))
        except Exception as error:
            # What is wrong is told by the placement that it is wrong with, when it is asked for by itself.
            logger.warning("Planning %s together failed: %s. Trying each alone.", list(placements), error)
    return [recommend_for(request, placement, channel, **options) for placement in placements]


def never_raising(placement: str, make: Callable[[], Slate]) -> Slate:
    """What `make` makes; an empty slate, and a line in the log, when it fails. Raises with `DEBUG` on."""
    nothing = Slate(slate_id="", placement=placement, title="", items=())
    told = "Recommending for the placement %r failed; the page goes on without it."
    return or_else(nothing, make, told, placement)


def or_else(instead: T, make: Callable[[], T], told: str, *args: object) -> T:
    """What `make` makes; `instead`, and `told` in the log, when it fails. What it did in the database is then undone.
    Raises with `DEBUG` on."""
    try:
        with savepoint():
            return make()
    except Exception:
        if django_settings.DEBUG:
            raise
        logger.exception(told, *args)
        return instead


def shown(
    item: Any = None,
    items: Iterable[Any] = (),
    category: str | None = "",
    query: str | None = "",
    exclude: Iterable[Any] = (),
) -> Shown:
    """What a page is about, from products or keys. Raises TypeError for what is neither."""
    if category is not None and not isinstance(category, str | Promise):
        raise TypeError(f"category must be a path such as 'Grocery/Bread', not {category!r}.")
    if query is not None and not isinstance(query, str | Promise):
        raise TypeError(f"query must be what the visitor typed, not {query!r}.")
    return Shown(
        item_key=_key(item),
        item_keys=_keys("items", items),
        category=str(category or ""),
        query=str(query or ""),
        product=None if isinstance(item, str) else item,
        excluded=frozenset(_keys("exclude", exclude)),
    )


def _keys(name: str, values: Any) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError(f"{name} must be a list of products or keys, not the text {values!r}.")
    return tuple(key for each in values or () if (key := _key(each)))


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
    exclude: Iterable[Any] = (),
    size: int | None = None,
    title: str = "",
    paging: bool = False,
) -> Slate:
    about = shown(item, items, category, query, exclude)
    for _ in range(2):
        planned_by = layout_for(context)
        placement = planned_by.placement(name)
        wanted = max(0, min(placement.size if size is None else int(size), LARGEST_SIZE))
        planned = LARGEST_SIZE if paging else wanted
        plan = _plan(planned_by, placement, context.with_(page=placement.page), about, planned)
        # else the lists came with the news of a changed Override
        if layout_for(context) is planned_by:
            break
    arm = planned_by.arms.get(name)
    chosen, fallback_used = ([], False) if arm and arm.holdout else plan.choose(placement.name, planned)
    return slate_of(
        plan,
        placement,
        chosen,
        wanted,
        context,
        title=title or placement.title,
        fallback_used=fallback_used,
        arm=arm,
    )


def slate_of(
    plan: PagePlan,
    placement: Placement,
    chosen: list[Candidate],
    size: int,
    context: Context,
    *,
    title: str,
    fallback_used: bool,
    arm: Arm | None = None,
) -> Slate:
    """The first `size` of what was chosen, as a slate with cards, reasons, its own token and the way to the rest.

    That of an experiment has a token even without items, so that its place can be told as seen in every variant.
    """
    tested: dict[str, Any] = {"experiment": arm.experiment, "variant": arm.name} if arm else {}
    slate_id = secrets.token_urlsafe(12)
    first, rest = chosen[:size], chosen[size:]
    plan.note_shown(placement.name, first)
    places = slate_items(first, plan, context, placement.rerankers)
    told = cursors.Rest(placement.name, context.scope, plan.page.shown, size, rest, fallback_used)
    return Slate(
        slate_id=slate_id,
        placement=placement.name,
        title=titled(title),
        items=places,
        token=tokens.make(slate_id, placement.name, context.scope, first, **tested) if places or arm else "",
        fallback_used=fallback_used,
        dropped=dict(plan.rows[placement.name].steering.dropped),
        left_out=partial(left_out, plan, placement.name),
        personal=context.personalise,
        next=cursors.make(told) if rest else "",
        **tested,
    )


def _plan_together(names: Sequence[str], context: Context, about: Shown, size: int | None) -> None:
    """Plan the pages of all these placements at once, and keep the plan where each of them looks for its own."""
    planned_by = layout_for(context)
    asked = [planned_by.placement(name) for name in names]
    pages = {placement.page or placement.name for placement in asked}
    together = {
        each.name: each for placement in asked for each in planned_by.of_page(placement.page) or (placement,)
    }
    sizes = {placement.name: max(size or 0, placement.size) for placement in asked}
    kept = _kept_plans(context)
    page = Page(
        context.with_(page=asked[0].page if len(pages) == 1 else ""),
        about,
        reads_of(context),
    )
    plan = PagePlan(page, together.values(), sizes, planned_by.rules)
    kept.update({(planned_by, name, about.signature): plan for name in pages})


def _plan(layout: Layout, placement: Placement, context: Context, shown: Shown, size: int) -> PagePlan:
    """The plan of the page, made at the first call of a request and kept with it."""
    kept = _kept_plans(context)
    signature = (layout, placement.page or placement.name, shown.signature)
    plan: PagePlan | None = kept.get(signature)
    if plan is not None and plan.has_room_for(placement.name, size):
        return plan
    page = Page(context, shown, reads_of(context))
    sizes = {placement.name: max(size, placement.size)}
    plan = plan_of_page(page, layout, placement, layout.rules, sizes)
    kept[signature] = plan
    return plan


def plan_of_page(
    page: Page,
    layout: Layout,
    placement: Placement,
    rules: Sequence[Rule],
    sizes: dict[str, int] | None = None,
) -> PagePlan:
    """The plan of a placement and its neighbours on the page."""
    try:
        return PagePlan(page, layout.of_page(placement.page) or (placement,), sizes, rules)
    except Exception as error:
        # A neighbour's broken source takes down that neighbour only, which tells so when it is asked for itself.
        logger.warning(
            "Planning the page %r failed: %s. Trying %r alone.", placement.page, error, placement.name
        )
        return PagePlan(page, (placement,), sizes, rules)


def reads_of(context: Context) -> Reads:
    """What was read for this request so far."""
    reads: Reads = _kept_plans(context).setdefault("reads", Reads(context))
    return reads


def _kept_plans(context: Context) -> dict[Any, Any]:
    """Where this request keeps its plans; a throw-away place without a request or without the middleware."""
    state: RequestState | None = getattr(context.request, "recommendations", None)
    return {} if state is None else state.plans


def slate_items(
    chosen: list[Candidate], plan: PagePlan, context: Context, rerankers: Sequence[Reranker] = ()
) -> tuple[SlateItem, ...]:
    """The places of a slate, each with its card and the reason why it is there."""
    reasons = Reasons(plan.page, plan.products)
    told = partial(_contributions, rerankers, plan.page) if plan.page.told else None
    return tuple(
        _slate_item(n, candidate, plan.products[candidate.item_key], context, reasons.of(candidate), told)
        for n, candidate in enumerate(chosen)
    )


def _contributions(rerankers: Sequence[Reranker], page: Page, item_key: str) -> dict[str, float]:
    """What the rerankers went by at an item."""
    return {name: amount for each in rerankers for name, amount in each.contributions(page, item_key).items()}


def _slate_item(
    position: int,
    candidate: Candidate,
    product: Any,
    context: Context,
    reason: str,
    told: Callable[[str], dict[str, float]] | None,
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
        propensity=candidate.propensity,
        contributions=partial(told, candidate.item_key) if told else dict,
    )


def titled(title: str) -> str:
    """In the visitor's language, when the catalogues know it."""
    return gettext(title) if isinstance(title, str) and title else str(title)


@contextmanager
def savepoint() -> Iterator[None]:
    """Inside a transaction on PostgreSQL a failed query would spoil the rest of the page; a savepoint keeps it."""
    connection = connections[router.db_for_read(RankedList)]
    if connection.in_atomic_block and connection.vendor != "sqlite":
        with transaction.atomic(using=connection.alias):
            yield
    else:
        yield
