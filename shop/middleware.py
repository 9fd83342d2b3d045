"""A strict Content-Security-Policy on every response."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ContentSecurityPolicyMiddleware:
    """Send `settings.CONTENT_SECURITY_POLICY`, unless the view has set a policy of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = "; ".join(f"{name} {value}" for name, value in settings.CONTENT_SECURITY_POLICY.items())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Django's own error pages for developers live on inline scripts.
        is_debug_page = settings.DEBUG and response.status_code in {404, 500}
        if not is_debug_page:
            response.headers.setdefault("Content-Security-Policy", self.policy)
        return response
