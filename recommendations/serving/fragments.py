"""Rows that a page fetches after it was shown: what they are about, signed, so that nobody else words their address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from recommendations.datatypes import Slate
from recommendations.exceptions import InvalidToken
from recommendations.serving.engine import or_else, recommend_for, shown

SALT = "recommendations.fragment"
#: What an experiment leaves where there is nothing to show: a place that can be told as seen.
MARKER = "recommendations/seen.html"


def templates_of(placement: str) -> list[str]:
    """The templates of a row, the most specific first."""
    return [f"recommendations/{placement}.html", "recommendations/slate.html"]


def address(placement: str, *, size: int | None = None, title: str = "", **about: Any) -> str:
    """Where the row is fetched: the same for every visitor, so that the page can be cached.

    `about` as `engine.recommend` takes it: item, items, category, query, exclude. Raises NoReverseMatch when
    `recommendations.urls` are not included, TypeError for what is no product, key or path.
    """
    page = shown(**about)
    options = {
        "item": page.item_key,
        "items": list(page.item_keys),
        "category": page.category,
        "query": page.query,
        "exclude": sorted(page.excluded),
        "size": size,
        "title": str(title or ""),
    }
    told = {name: value for name, value in options.items() if value}
    signed = signing.Signer(salt=SALT).sign_object([placement, told], compress=True)
    return f"{reverse('recommendations:fragment')}?of={signed}"


def render(signed: str, request: HttpRequest) -> str:
    """The row as HTML for the visitor of this request; "" when there is nothing to show nor to tell. Raises
    InvalidToken."""
    try:
        placement, options = signing.Signer(salt=SALT).unsign_object(signed)
    except signing.BadSignature:
        raise InvalidToken("This address was not made here, or was damaged on its way.") from None
    slate: Slate = recommend_for(request, placement, **options)
    names = templates_of(slate.placement) if slate else [MARKER]
    return render_to_string(names, {"slate": slate}, request) if slate.token else ""


def render_all(signed: Sequence[str], request: HttpRequest) -> list[str | None]:
    """The rows of one page, in the order in which they are on it, so that none shows again what one before it shows.

    None for one that did not come: its address is wrong, or its template failed, which is logged.
    """
    return [_rendered(each, request) for each in signed]


def _rendered(signed: str, request: HttpRequest) -> str | None:
    def make() -> str | None:
        try:
            return render(signed, request)
        except InvalidToken:
            return None

    return or_else(None, make, "A lazy row failed; the others of its page go on without it.")
