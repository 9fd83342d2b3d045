"""The signed cursor of a list that is read page by page: all that comes after, in its order.

The list is made once; a cursor holds what of it was not shown yet. So no item comes twice and none is passed over,
whatever is published, bought or sold out between two pages, and the server keeps nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing

from recommendations.datatypes import Candidate
from recommendations.exceptions import ExpiredToken, InvalidToken
from recommendations.serving.page import Shown

SALT = "recommendations.cursor"
VERSION = 1
CURSOR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Rest:
    """What of a list comes after the page shown; `size` places a page, about what `shown` says."""

    placement: str
    scope: str
    shown: Shown
    size: int
    candidates: Sequence[Candidate]
    fallback_used: bool = False


def make(rest: Rest, *, issued_at: int | None = None) -> str:
    """The cursor: about 1,000 characters for 40 items."""
    about = [rest.shown.item_key, list(rest.shown.item_keys), rest.shown.category, rest.shown.query]
    # Whoever has a cursor can read it: the names that merchandisers give their rules are not for shoppers.
    rows = [list(each.with_(rules=(), score=round(each.score, 4))) for each in rest.candidates]
    now = int(time.time()) if issued_at is None else issued_at
    data = [VERSION, now, rest.placement, rest.scope, about, rest.size, rest.fallback_used, rows]
    return signing.Signer(salt=SALT).sign_object(data, compress=True)


def read(cursor: str) -> Rest:
    """What a cursor says.

    Raises ExpiredToken when it is older than CURSOR_SECONDS, and InvalidToken when it was forged or damaged, or is of
    another version.
    """
    try:
        data: Any = signing.Signer(salt=SALT).unsign_object(cursor)
    except signing.BadSignature:
        raise InvalidToken("The cursor was not made here, or was damaged on its way.") from None
    if data[0] != VERSION:
        raise InvalidToken(f"The cursor has version {data[0]}; this release reads version {VERSION}.")
    _, issued_at, placement, scope, about, size, fallback_used, rows = data
    if (age := int(time.time()) - issued_at) > CURSOR_SECONDS:
        raise ExpiredToken(
            f"The cursor expired: it is {age} s old, and {CURSOR_SECONDS} s are allowed. "
            "Ask for the list again, from its beginning."
        )
    item_key, item_keys, category, query = about
    return Rest(
        placement,
        scope,
        Shown(item_key, tuple(item_keys), category, query),
        size,
        tuple(_candidate(row) for row in rows),
        fallback_used,
    )


def _candidate(row: Sequence[Any]) -> Candidate:
    # One made before an upgrade may have fewer fields.
    values = dict(zip(Candidate._fields, row, strict=False))
    return Candidate(**{**values, "rules": tuple(values["rules"])})
