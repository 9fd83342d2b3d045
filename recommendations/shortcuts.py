"""What a shop's own code calls: `recommend`, `record`, and what happened to a slate."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from recommendations.datatypes import Context, Slate


def recommend(
    placement: str,
    *,
    request: HttpRequest | None = None,
    context: Context | None = None,
    item: Any = None,
    items: Iterable[Any] = (),
    category: str = "",
    query: str = "",
    size: int | None = None,
) -> Slate:
    """A slate for a placement: for the visitor of `request`, or for whom `context` says.

    `item` is the product (or item key) being shown, `items` those of a cart or an order, `category` a path,
    `query` what the visitor searches for.
    Never raises into a page, unless `DEBUG` is on: see `recommendations.serving.engine.recommend`.
    """
    from recommendations.serving import engine

    options = {"item": item, "items": items, "category": category, "query": query, "size": size}
    if context is None:
        return engine.recommend_for(request, placement, **options)
    return engine.recommend(placement, context, **options)


def record(kind: str, item: Any = None, **options: Any) -> bool:
    """Record a behaviour: `record("view", product, request=request)`. Never raises into the page.

    See `recommendations.tracking.recording.record` for the options. Returns whether it was taken.
    """
    from recommendations.tracking.recording import record as record_

    return bool(record_(kind, item, **options))


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
