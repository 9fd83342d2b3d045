"""Who asks, and where to go after a form."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


class SignedInRequest(HttpRequest):
    """What a view behind `login_required` gets."""

    user: User


def safe_next(request: HttpRequest, default: str) -> str:
    """The posted `next` when it stays on this site, else `default`."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return default
