"""On what a slate was looked at, roughly: read off the headers, and no more of them is kept."""

from __future__ import annotations

from django.http import HttpRequest

from recommendations.tracking.visitors import state_of


def device_of(request: HttpRequest) -> str:
    """ "app", "tablet", "phone", "desktop", or "" for what does not say.

    An app is who sends a visitor token. Browsers name themselves as MDN's "Browser detection using the user agent"
    sums up: phones say Mobi, tablets Tablet or iPad, or Android without Mobile.
    """
    if state_of(request).by_token:
        return "app"
    agent = request.headers.get("User-Agent", "")
    if "iPad" in agent or "Tablet" in agent or ("Android" in agent and "Mobi" not in agent):
        return "tablet"
    if "Mobi" in agent:
        return "phone"
    return "desktop" if agent.startswith("Mozilla/") else ""
