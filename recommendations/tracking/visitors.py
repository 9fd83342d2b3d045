"""Who a request belongs to: the first-party cookie, the user, consent, and the link between them at login."""

from __future__ import annotations

import re
import secrets
import string
import time
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import product
from typing import Any

from django.core import signing
from django.db import DEFAULT_DB_ALIAS, router, transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from recommendations.adapter import get_adapter
from recommendations.conf import settings
from recommendations.datatypes import RequestState, VisitorCookie, bucket_of
from recommendations.exceptions import InvalidToken
from recommendations.models import VisitorLink
from recommendations.signals import visitor_linked
from recommendations.tracking import visitor_tokens
from recommendations.tracking.bots import is_bot
from recommendations.tracking.safety import never_raises

#: The request that the running code answers, for receivers of signals that carry none.
current_request: ContextVar[HttpRequest | None] = ContextVar("recommendations_request", default=None)

SIMULATED_HEADER = "X-Simulated-Visitor"
SIMULATED_SALT = "recommendations.simulated"
RENEW_AFTER_SECONDS = 300
#: The value of the cookie, and of the header of apps, of those who want no lists of their own.
_NO = "0"
PERSONALISE_HEADER = "X-Personalise"

_LETTERS = string.ascii_letters + string.digits + "-_"
_COOKIE = re.compile(r"^([A-Za-z0-9_-]{22})\.([0-9a-f]{1,10})\.([0-9a-f]{1,10})$")


def new_cookie(now: int | None = None) -> VisitorCookie:
    """A cookie for a visitor never seen before."""
    now = int(time.time()) if now is None else now
    return VisitorCookie(secrets.token_urlsafe(16), now, now, must_send=True)


def cookie_in(bucket: int) -> VisitorCookie:
    """A new cookie whose visitor is in a bucket. Found by trying: about a thousand hashes, half a millisecond."""
    cookie = new_cookie()
    start = cookie.visitor_id[:-4]
    tails = map("".join, product(_LETTERS, repeat=4))
    found = next(tail for tail in tails if bucket_of(f"a:{start}{tail}") == bucket)
    return replace(cookie, visitor_id=start + found)


def read_cookie(value: str, now: int | None = None) -> VisitorCookie:
    """The cookie a browser sent; a new one when it sent none or a damaged one.

    After SESSION_MINUTES without a renewal a new session begins.
    """
    now = int(time.time()) if now is None else now
    match = _COOKIE.match(value)
    if not match:
        return new_cookie(now)
    cookie = VisitorCookie(match[1], int(match[2], 16), int(match[3], 16))
    idle = now - cookie.renewed_at
    if idle > settings.SESSION_MINUTES * 60 or idle < 0:
        return replace(cookie, session_start=now, renewed_at=now, must_send=True)
    if idle > RENEW_AFTER_SECONDS:
        return replace(cookie, renewed_at=now, must_send=True)
    return cookie


def build_state(request: HttpRequest) -> RequestState:
    """What is known about a request. Reads the user, so it is made only when somebody asks."""
    adapter = get_adapter()
    scope = adapter.scope(request)
    if not adapter.may_record(request):
        return RequestState(scope=scope, may_personalise=False, ignored_because="no_consent")
    moment = simulated_moment(request)
    token = _visitor_of_token(request)
    ignored = ""
    # The libraries of apps call themselves as robots do; those ask for no token.
    if moment is None and token is None and is_bot(request.headers.get("User-Agent", "")):
        ignored = "bot"
    elif adapter.is_staff(request):
        ignored = "staff"
    cookie = token or read_cookie(request.COOKIES.get(settings.COOKIE_NAME, ""))
    return RequestState(
        visitor_key=adapter.visitor_key(getattr(request, "user", None)) or cookie.key,
        anonymous_key=cookie.key,
        session_key=cookie.session_key,
        scope=scope,
        may_record=not ignored,
        may_personalise=adapter.may_personalise(request) and not stopped_personalising(request),
        ignored_because=ignored,
        simulated=moment is not None,
        moment=moment,
        cookie=None if ignored == "bot" or token else cookie,
        by_token=token is not None,
    )


def _visitor_of_token(request: HttpRequest) -> VisitorCookie | None:
    """Who the header names. A page is shown whatever it says; the API refuses a wrong one before."""
    try:
        return visitor_tokens.sent_with(request)
    except InvalidToken:
        return None


def stopped_personalising(request: HttpRequest) -> bool:
    """Did this browser or app say that lists must not be made from what it did?"""
    return _NO in (request.COOKIES.get(_wish_cookie()), request.headers.get(PERSONALISE_HEADER))


def set_personalising(response: HttpResponseBase, request: HttpRequest, *, on: bool) -> None:
    """Remember what the visitor wishes, in a cookie of its own: it holds for whoever uses this browser."""
    path, domain, secure = settings.COOKIE_PATH, settings.COOKIE_DOMAIN, settings.COOKIE_SECURE
    if on:
        response.delete_cookie(_wish_cookie(), path=path, domain=domain, samesite=settings.COOKIE_SAMESITE)
        return
    response.set_cookie(
        _wish_cookie(),
        _NO,
        max_age=settings.COOKIE_AGE,
        path=path,
        domain=domain,
        secure=request.is_secure() if secure is None else secure,
        httponly=True,
        samesite=settings.COOKIE_SAMESITE,
    )


def _wish_cookie() -> str:
    return f"{settings.COOKIE_NAME}_personal"


def state_of(request: HttpRequest) -> RequestState:
    """The request's state, made now when the middleware is missing."""
    state = getattr(request, "recommendations", None)
    if state is None:
        state = build_state(request)
        request.recommendations = state  # type: ignore[attr-defined]
    return state


def set_cookie(request: HttpRequest, response: HttpResponseBase, state: RequestState) -> None:
    """Send the visitor's cookie when it is new or due; take it back when consent is withdrawn."""
    path, domain = settings.COOKIE_PATH, settings.COOKIE_DOMAIN
    if state.ignored_because == "no_consent":
        if settings.COOKIE_NAME in request.COOKIES:
            response.delete_cookie(
                settings.COOKIE_NAME, path=path, domain=domain, samesite=settings.COOKIE_SAMESITE
            )
        return
    cookie = state.cookie
    if cookie is None or not cookie.must_send:
        return
    secure = settings.COOKIE_SECURE
    response.set_cookie(
        settings.COOKIE_NAME,
        f"{cookie.visitor_id}.{cookie.session_start:x}.{cookie.renewed_at:x}",
        max_age=settings.COOKIE_AGE,
        path=path,
        domain=domain,
        secure=request.is_secure() if secure is None else secure,
        httponly=True,
        samesite=settings.COOKIE_SAMESITE,
    )


def rotate(request: HttpRequest, user: Any) -> None:
    """Give the browser a fresh cookie: what comes next is not the anonymous past's, nor the last user's.

    That of a user is in the user's bucket, so that experiments show what they did. A token is the app's to replace.
    """
    state = state_of(request)
    if state.ignored_because == "no_consent":
        return
    key = get_adapter().visitor_key(user)
    cookie = cookie_in(_bucket_of_user(key, state)) if key else new_cookie()
    if not state.by_token or settings.COOKIE_NAME in request.COOKIES:
        state.cookie = cookie
    if not state.by_token:
        state.anonymous_key = cookie.key
        state.session_key = cookie.session_key
    state.visitor_key = key or state.anonymous_key
    state.plans.clear()


def _bucket_of_user(key: str, state: RequestState) -> int:
    """That of the first cookie that the user was known by, which may be the present one."""
    known = _first_bucket(key, state.scope)
    return bucket_of(state.anonymous_key) if known is None else known


@never_raises("Reading a user's bucket at login")
def _first_bucket(key: str, scope: str) -> int | None:
    """None where there is none, or it could not be read: the new cookie matters more than experiments do."""
    using = router.db_for_read(VisitorLink)
    # The login's own transaction must outlive a query of ours that fails.
    with transaction.atomic(using=using):
        first = VisitorLink.objects.using(using).filter(scope=scope, visitor_key=key)
        return first.order_by("linked_at", "pk").values_list("bucket", flat=True).first()


def link_visitor(request: HttpRequest, user: Any) -> None:
    """At login, note that the visitor of the cookie or the token is this user, once the login's transaction commits.

    A cookie or token that already was somebody else stays theirs.
    """
    state = state_of(request)
    key = get_adapter().visitor_key(user)
    was_known = state.by_token or settings.COOKIE_NAME in request.COOKIES
    if state.may_record and key and state.anonymous_key and was_known:
        link = VisitorLink(
            scope=state.scope,
            anonymous_key=state.anonymous_key,
            visitor_key=key,
            bucket=bucket_of(state.anonymous_key),
        )
        transaction.on_commit(
            partial(_save_link, link), using=user._state.db or DEFAULT_DB_ALIAS, robust=True
        )


@never_raises("Linking a visitor at login")
def _save_link(link: VisitorLink) -> None:
    saved, created = VisitorLink.objects.get_or_create(
        scope=link.scope,
        anonymous_key=link.anonymous_key,
        defaults={"visitor_key": link.visitor_key, "bucket": link.bucket},
    )
    if created:
        visitor_linked.send_robust(sender=VisitorLink, link=saved)


def simulated_headers(moment: datetime | None = None) -> dict[str, str]:
    """The header that marks a request as a simulated visitor's, made at `moment` (now by default).

    Signed, so that nobody can hide behind it or date an event back.
    """
    value = signing.dumps((moment or timezone.now()).isoformat(), salt=SIMULATED_SALT)
    return {SIMULATED_HEADER: value}


def simulated_moment(request: HttpRequest) -> datetime | None:
    """When a simulated visitor's request is made; None for everybody else's."""
    value = request.headers.get(SIMULATED_HEADER)
    if not value:
        return None
    try:
        return datetime.fromisoformat(signing.loads(value, salt=SIMULATED_SALT, max_age=24 * 3600))
    except signing.BadSignature:
        return None
