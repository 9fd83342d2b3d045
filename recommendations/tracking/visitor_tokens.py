"""Signed visitor tokens: the cookie of apps and mini-programs that have none. They travel in the header X-Visitor.

A token names a visitor as the cookie does, and proves nothing else: it logs nobody in.
"""

from __future__ import annotations

import re
import time

from django.core import signing
from django.http import HttpRequest

from recommendations.conf import settings
from recommendations.datatypes import VisitorCookie
from recommendations.exceptions import InvalidToken

HEADER = "X-Visitor"
SALT = "recommendations.visitor"

_VISITOR_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def issue(visitor_id: str) -> str:
    """A token for a visitor, good for COOKIE_AGE seconds: about 80 characters."""
    return signing.TimestampSigner(salt=SALT).sign(visitor_id)


def read(token: str, now: int | None = None) -> VisitorCookie:
    """What the cookie would say of this visitor.

    Raises InvalidToken when it was forged or damaged, or is older than COOKIE_AGE. Nothing comes back to be renewed as
    a cookie is, so that a session is a span of twice SESSION_MINUTES by the clock.
    """
    try:
        visitor_id = signing.TimestampSigner(salt=SALT).unsign(token, max_age=settings.COOKIE_AGE)
    except signing.SignatureExpired:
        raise InvalidToken(
            f"The visitor token expired: {settings.COOKIE_AGE} s are allowed. Ask for a new one with "
            "POST visitors/, without the header."
        ) from None
    except signing.BadSignature:
        raise InvalidToken(
            "The visitor token was not made here, or was damaged on its way. Ask for a new one with "
            "POST visitors/, without the header."
        ) from None
    if not _VISITOR_ID.fullmatch(visitor_id):
        raise InvalidToken("The visitor token names no visitor of this release.")
    now = int(time.time()) if now is None else now
    span = settings.SESSION_MINUTES * 2 * 60
    return VisitorCookie(visitor_id, now - now % span, now)


def sent_with(request: HttpRequest) -> VisitorCookie | None:
    """The visitor of the request's header; None without the header. Raises InvalidToken, as `read` does."""
    token = request.headers.get(HEADER)
    return read(token) if token is not None else None
