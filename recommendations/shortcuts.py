"""What a shop's own code calls: `recommend` and `record`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from recommendations.adapter import get_adapter
from recommendations.datatypes import Context, Slate


def recommend(
    placement: str,
    *,
    request: HttpRequest | None = None,
    context: Context | None = None,
    item: Any = None,
    items: Iterable[Any] = (),
    category: str = "",
    size: int | None = None,
) -> Slate:
    """A slate for a placement: for the visitor of `request`, or for whom `context` says.

    `item` is the product (or item key) being shown, `items` those of a cart or an order, `category` a path.
    Raises UnknownName for a placement that the settings do not define.
    """
    from recommendations.conf import settings
    from recommendations.serving.engine import recommend as recommend_

    page = settings.placement(placement)["page"]
    context = context or get_adapter().context(request, page)
    return recommend_(placement, context, item=item, items=items, category=category, size=size)


def record(kind: str, item: Any = None, **options: Any) -> bool:
    """Record a behaviour: `record("view", product, request=request)`. Never raises into the page.

    See `recommendations.tracking.recording.record` for the options. Returns whether it was taken.
    """
    from recommendations.tracking.recording import record as record_

    return bool(record_(kind, item, **options))
