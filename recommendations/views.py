"""What browsers send with a slate's signed token: what was seen, clicked and dismissed, in pages and in mails."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.decorators.vary import vary_on_cookie

from recommendations.conf import settings
from recommendations.exceptions import InvalidEvent, InvalidToken
from recommendations.serving import fragments, tokens
from recommendations.serving.mail import target_of
from recommendations.serving.tokens import read as read_token
from recommendations.tracking import counters
from recommendations.tracking.recording import is_prefetch
from recommendations.tracking.slates import record_click, record_dismissal, record_seen, take_back_dismissal
from recommendations.tracking.visitors import set_personalising

MAX_SLATES = 50

#: Lazy rows that are asked for at once.
MAX_ROWS = 20


@csrf_exempt  # the page may come from a cache; what is asked for is refused to other sites below
@never_cache
@require_POST
def personalise(request: HttpRequest) -> HttpResponse:
    """`{"on": false}` → 204: from the next page on no list is made from what this browser did; `true` takes it back."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return JsonResponse({"errors": ["Only this site's own pages may send this."]}, status=403)
    try:
        on = json.loads(request.body)["on"]
    except (ValueError, KeyError, TypeError):
        on = None
    if not isinstance(on, bool):
        return JsonResponse({"errors": ['Send {"on": true} or {"on": false}.']}, status=400)
    response = HttpResponse(status=204)
    set_personalising(response, request, on=on)
    return response


@never_cache
@vary_on_cookie
@require_GET
def fragment(request: HttpRequest) -> HttpResponse:
    """A row for this visitor, for a page that was the same for everybody: 200 with HTML, 204 when it is empty.

    Asked for several (`?of=…&of=…`): 200 with `{"rows": [HTML, "" for an empty one, null for one that did not come]}`.
    """
    asked = request.GET.getlist("of")
    if len(asked) > MAX_ROWS:
        return JsonResponse({"errors": [f"Ask for at most {MAX_ROWS} rows at once."]}, status=400)
    if len(asked) > 1:
        return JsonResponse({"rows": fragments.render_all(asked, request)})
    try:
        html = fragments.render(request.GET.get("of", ""), request)
    except InvalidToken as error:
        return JsonResponse({"errors": [str(error)]}, status=400)
    return HttpResponse(html) if html else HttpResponse(status=204)


@never_cache
@require_safe
def click(request: HttpRequest) -> HttpResponse:
    """A link in a mail: notes the click, and leads to the product's own page and nowhere else.

    The token names the products that the mail offered, so that nobody can make a link that leads anywhere else: 404
    for a forged token, another product, or one that is no more.
    """
    item_key = request.GET.get("item", "")
    try:
        payload = tokens.read_of_any_age(request.GET.get("of", ""))
    except InvalidToken as error:
        counters.count("refused_token")
        raise Http404(str(error)) from None
    target = target_of(item_key, request) if payload.position(item_key) is not None else ""
    if not target:
        raise Http404(f"There is no product {item_key!r} here.")
    is_somebodys = request.method == "GET" and not is_prefetch(request)
    if is_somebodys and tokens.age_of(payload) <= settings.MAIL_CLICK_SECONDS:
        record_click(payload, item_key, request)
    return HttpResponseRedirect(target)


@csrf_exempt  # sendBeacon can send no header; the signed token proves that the slate is ours
@never_cache
@require_POST
def track(request: HttpRequest) -> HttpResponse:
    """`{"slates": [{"token": "…", "seen": [0, 1], "clicked": "42"}]}` → 204; 400 names what is wrong.

    `dismissed` and `restored` take an item key too.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        counters.count("foreign_page")
        return JsonResponse({"errors": ["Only this site's own pages may send this."]}, status=403)
    try:
        slates = json.loads(request.body)["slates"]
        if not isinstance(slates, list) or len(slates) > MAX_SLATES:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        return JsonResponse(
            {"errors": [f'Send {{"slates": […]}} with at most {MAX_SLATES} slates.']}, status=400
        )
    errors = [error for slate in slates if (error := take(slate, request))]
    return JsonResponse({"errors": errors}, status=400) if errors else HttpResponse(status=204)


def take(slate: Any, request: HttpRequest) -> str:
    """Record one slate's news; what is wrong with it, or ""."""
    if not isinstance(slate, dict):
        return "A slate must be an object with a token."
    seen, clicked = slate.get("seen", []), slate.get("clicked")
    if not isinstance(seen, list) or not all(isinstance(position, int) for position in seen):
        return "`seen` must be a list of positions."
    for name in ("clicked", "dismissed", "restored"):
        if not isinstance(slate.get(name, ""), str | None):
            return f"`{name}` must be an item key."
    try:
        payload = read_token(str(slate.get("token", "")))
        record_seen(payload, seen, request)
        if clicked is not None:
            record_click(payload, clicked, request)
        if (dismissed := slate.get("dismissed")) is not None:
            record_dismissal(payload, dismissed, request)
        if (restored := slate.get("restored")) is not None:
            take_back_dismissal(payload, restored, request)
    except InvalidToken as error:
        counters.count("refused_token")
        return str(error)
    except InvalidEvent as error:
        return str(error)
    return ""
