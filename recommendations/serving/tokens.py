"""The signed token of a slate: what was offered, and what produced each place of it.

The browser sends it back with what was seen and clicked. Nobody can invent one, and it holds nothing about the
visitor: who saw or clicked is read off the request that brings the token back.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.core import signing

from recommendations.conf import settings
from recommendations.datatypes import Candidate, SlatePayload
from recommendations.exceptions import InvalidToken

SALT = "recommendations.slate"
VERSION = 2
#: Of version 1 there are tokens in pages and mails that were made before an upgrade.
_READ = (1, 2)
#: Clocks of two web servers may differ by so many seconds.
CLOCK_SKEW_SECONDS = 60


def make(
    slate_id: str,
    placement: str,
    scope: str,
    items: Sequence[Candidate],
    *,
    experiment: int | None = None,
    variant: str = "",
    issued_at: int | None = None,
) -> str:
    """The token of a slate with these items, in order of position. About 300 characters for 8 items."""
    origins: dict[tuple[str, str], int] = {}
    places: list[list[Any]] = [
        [item.item_key, origins.setdefault((item.source, item.recommender), len(origins))] for item in items
    ]
    for place, item in zip(places, items, strict=True):
        if item.propensity is not None:
            place.append(item.propensity)
    snapshots = {item.recommender: item.snapshot_id for item in items if item.snapshot_id is not None}
    now = int(time.time()) if issued_at is None else issued_at
    data = [VERSION, slate_id, placement, scope, now, places, list(origins), snapshots]
    if experiment is not None:
        data += [experiment, variant]
    return signing.Signer(salt=SALT).sign_object(data, compress=True)


def read(token: Any) -> SlatePayload:
    """What a token says.

    Raises InvalidToken when it is not text, was forged or damaged, is of another version, or is older than
    TOKEN_SECONDS.
    """
    payload = read_of_any_age(token)
    age = age_of(payload)
    if age > settings.TOKEN_SECONDS:
        raise InvalidToken(
            f"The slate token expired: it is {age} s old, and {settings.TOKEN_SECONDS} s are allowed."
        )
    if age < -CLOCK_SKEW_SECONDS:
        raise InvalidToken(f"The slate token was issued {-age} s from now: the servers' clocks differ.")
    return payload


def age_of(payload: SlatePayload) -> int:
    """How many seconds ago the slate was made."""
    return int(time.time()) - payload.issued_at


def read_of_any_age(token: Any) -> SlatePayload:
    """The same, however old: mails are read late. Raises InvalidToken as `read`."""
    if not isinstance(token, str):
        raise InvalidToken(f"A slate token is a text, not {type(token).__name__}.")
    try:
        data = signing.Signer(salt=SALT).unsign_object(token)
    except signing.BadSignature:
        raise InvalidToken("The slate token was not made here, or was damaged on its way.") from None
    if data[0] not in _READ:
        raise InvalidToken(f"The slate token has version {data[0]}; this release reads version {VERSION}.")
    _, slate_id, placement, scope, issued_at, places, origins, snapshots, *tested = data
    experiment, variant = tested or (None, "")
    return SlatePayload(
        slate_id=slate_id,
        placement=placement,
        scope=scope,
        items=tuple((key, *origins[origin]) for key, origin, *_ in places),
        issued_at=issued_at,
        snapshots=snapshots,
        propensities={position: place[2] for position, place in enumerate(places) if len(place) > 2},
        experiment=experiment,
        variant=variant,
    )
