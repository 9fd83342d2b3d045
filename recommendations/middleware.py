"""The middleware: knows the visitor, and records what waited for the page to turn out well."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import Token
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject, empty

from recommendations.datatypes import RequestState
from recommendations.tracking import counters
from recommendations.tracking.recording import flush_pending
from recommendations.tracking.safety import never_raises
from recommendations.tracking.visitors import build_state, current_request, set_cookie


class RecommendationsMiddleware:
    """Put it after AuthenticationMiddleware.

    `request.recommendations` is the visitor's RequestState, made when first asked for: a page that neither records
    nor recommends costs nothing and sets no cookie.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self.acall(request)
        token = begin(request)
        try:
            response: HttpResponseBase = self.get_response(request)
        finally:
            current_request.reset(token)
        finish(request, response)
        return response

    async def acall(self, request: HttpRequest) -> HttpResponseBase:
        """The same for an asynchronous stack."""
        token = begin(request)
        try:
            response: HttpResponseBase = await self.get_response(request)
        finally:
            current_request.reset(token)
        await sync_to_async(finish)(request, response)
        return response


def begin(request: HttpRequest) -> Token[HttpRequest | None]:
    """The request is known to whoever records while it runs."""
    request.recommendations = SimpleLazyObject(lambda: build_state(request))  # type: ignore[attr-defined]
    return current_request.set(request)


@never_raises("Finishing a request")
def finish(request: HttpRequest, response: HttpResponseBase) -> None:
    """Record what waited and send the cookie, when anybody asked who the visitor is."""
    lazy: Any = request.recommendations  # type: ignore[attr-defined]
    if isinstance(lazy, SimpleLazyObject) and lazy._wrapped is empty:
        return
    state: RequestState = lazy
    flush_pending(request, response)
    set_cookie(request, response, state)
    counters.flush_if_due()
