"""What a shop's own code calls: `recommend`, `record`, and what happened to a slate."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from recommendations.datatypes import Context, Slate

if TYPE_CHECKING:
    from recommendations.serving.mail import Mail


class ForWhom(TypedDict, total=False):
    """For whom a list is, and how much of it."""

    request: HttpRequest | None
    context: Context | None
    exclude: Iterable[Any]
    size: int | None


class Options(ForWhom, total=False):
    """What `recommend` may be asked with."""

    item: Any
    items: Iterable[Any]
    category: str
    query: str


def recommend(
    placement: str,
    *,
    request: HttpRequest | None = None,
    context: Context | None = None,
    item: Any = None,
    items: Iterable[Any] = (),
    category: str = "",
    query: str = "",
    exclude: Iterable[Any] = (),
    size: int | None = None,
) -> Slate:
    """A slate for a placement: for the visitor of `request`, or for whom `context` says.

    `item` is the product (or item key) being shown, `items` those of a cart or an order, `category` a path,
    `query` what the visitor searches for, `exclude` products or keys that must not be shown, nor their variants.
    Never raises into a page, unless `DEBUG` is on: see `recommendations.serving.engine.recommend`.
    """
    from recommendations.serving import engine

    options = {
        "item": item,
        "items": items,
        "category": category,
        "query": query,
        "exclude": exclude,
        "size": size,
    }
    if context is None:
        return engine.recommend_for(request, placement, **options)
    return engine.recommend(placement, context, **options)


def similar(item: Any, **options: Unpack[ForWhom]) -> Slate:
    """What the page of a product shows beside it, the placement `product_page`: `similar(product, request=request)`."""
    return recommend("product_page", item=item, **options)


def recommend_for_mail(placement: str, **options: Any) -> Mail:
    """A slate for a mail, without a request: `recommend_for_mail("home_for_you", user=customer)` has `html` and `text`.

    See `recommendations.serving.mail.recommend_for_mail` for the options. Raises ConfigurationError when nothing says
    where the shop is (`SITE_URL`).
    """
    from recommendations.serving.mail import recommend_for_mail as recommend_for_mail_

    return recommend_for_mail_(placement, **options)


def record(kind: str, item: Any = None, **options: Any) -> bool:
    """Record a behaviour: `record("view", product, request=request)`. Never raises into the page.

    See `recommendations.tracking.recording.record` for the options. Returns whether it was taken.
    """
    from recommendations.tracking.recording import record as record_

    return bool(record_(kind, item, **options))


async def arecommend(placement: str, **options: Unpack[Options]) -> Slate:
    """`recommend` in an asynchronous view; the thread of the shop's own synchronous code does the reading."""
    return await sync_to_async(recommend, thread_sensitive=True)(placement, **options)


async def asimilar(item: Any, **options: Unpack[ForWhom]) -> Slate:
    """`similar` in an asynchronous view."""
    return await sync_to_async(similar, thread_sensitive=True)(item, **options)


async def arecord(kind: str, item: Any = None, **options: Any) -> bool:
    """`record` in an asynchronous view."""
    return await sync_to_async(record, thread_sensitive=True)(kind, item, **options)


def link_visitor(request: HttpRequest, user: Any) -> None:
    """Note that the visitor of a request's cookie or token is this user, for a login that sends no `user_logged_in`,
    such as that of an app by tokens of the shop's own."""
    from recommendations.tracking.visitors import link_visitor as link

    link(request, user)


def seen(token: str, positions: Collection[int], request: HttpRequest) -> bool:
    """Note which positions of a slate were seen, for a client that does not run `track.js`.

    Raises InvalidToken, and InvalidEvent for a position the slate does not have. Returns whether it was noted.
    """
    from recommendations.serving import tokens
    from recommendations.tracking.slates import record_seen

    return record_seen(tokens.read(token), positions, request)


def clicked(token: str, item_key: str, request: HttpRequest) -> bool:
    """Record a click on an item of a slate. Raises InvalidToken, and InvalidEvent for an item not offered."""
    from recommendations.serving import tokens
    from recommendations.tracking.slates import record_click

    return record_click(tokens.read(token), item_key, request)


def simulated_headers(moment: datetime | None = None) -> dict[str, str]:
    """The signed header that marks a request as a simulated visitor's, acting at `moment` (now by default)."""
    from recommendations.tracking.visitors import simulated_headers as headers

    return headers(moment)
