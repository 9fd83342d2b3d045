"""How many visitors of a day go on from one step to the next, from a recommendation seen to it bought."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from recommendations.datatypes import Kind
from recommendations.models import Event, Impression, VisitorLink
from recommendations.reports.days import bounds
from recommendations.reports.exposure import Who
from recommendations.reports.touches import slate_clicks

#: Each step is a part of the one before.
STEPS = ("seen", "clicked", "carted", "bought")

#: (who, placement) → step → visitors. The placement "*" is all of them.
Found = dict[tuple[Who, str], dict[str, set[str]]]

ALL = "*"


def of_day(day: date) -> dict[Who, dict[str, list[int]]]:
    """Placement → visitors a step; "*" for all placements together.

    A visitor saw a recommendation there; clicked one; put a clicked item into the cart, or bought it; bought it. All on
    the same day. A cookie that turned out to be a user is that user.
    """
    names = _names(day)
    found: Found = defaultdict(lambda: {step: set() for step in STEPS})
    clicked = _slates(day, found, names)
    _outcomes(day, found, names, clicked)
    by_who: dict[Who, dict[str, list[int]]] = {}
    for (who, placement), steps in sorted(found.items()):
        # A click tells that the slate was seen, though its own message was lost.
        steps["seen"] |= steps["clicked"]
        by_who.setdefault(who, {})[placement] = [len(steps[step]) for step in STEPS]
    return by_who


def _names(day: date) -> dict[tuple[str, str], str]:
    """Scope and cookie → the user it turned out to be, of the cookies of the day."""
    start, end = bounds(day)
    seen = Impression.objects.filter(occurred_at__gte=start, occurred_at__lt=end).values("visitor_key")
    links = VisitorLink.objects.filter(anonymous_key__in=seen)
    clicks = slate_clicks().filter(occurred_at__gte=start, occurred_at__lt=end).values("visitor_key")
    links = links | VisitorLink.objects.filter(anonymous_key__in=clicks)
    return {
        (scope, cookie): user
        for scope, cookie, user in links.values_list("scope", "anonymous_key", "visitor_key").distinct()
    }


def _slates(
    day: date, found: Found, names: dict[tuple[str, str], str]
) -> dict[tuple[Who, str, str], set[str]]:
    """Fills in who saw and clicked; returns (who, visitor, item clicked) → placements."""
    start, end = bounds(day)
    slates = Impression.objects.filter(occurred_at__gte=start, occurred_at__lt=end, n_seen__gt=0)
    rows = slates.exclude(visitor_key="").values_list("scope", "simulated", "placement", "visitor_key")
    for scope, simulated, placement, visitor in rows.order_by().distinct().iterator():
        for name in (placement, ALL):
            found[Who(scope, simulated), name]["seen"].add(names.get((scope, visitor), visitor))
    clicked: dict[tuple[Who, str, str], set[str]] = defaultdict(set)
    clicks = slate_clicks().filter(occurred_at__gte=start, occurred_at__lt=end).exclude(visitor_key="")
    fields = ("scope", "simulated", "placement", "visitor_key", "item_key")
    for scope, simulated, placement, visitor, item in (
        clicks.order_by().values_list(*fields).distinct().iterator()
    ):
        who, visitor = Who(scope, simulated), names.get((scope, visitor), visitor)
        for name in (placement, ALL):
            found[who, name]["clicked"].add(visitor)
            clicked[who, visitor, item].add(name)
    return clicked


def _outcomes(
    day: date,
    found: Found,
    names: dict[tuple[str, str], str],
    clicked: dict[tuple[Who, str, str], set[str]],
) -> None:
    start, end = bounds(day)
    items = {item for _who, _visitor, item in clicked}
    events: Any = Event.objects.valid().filter(
        kind__in=(Kind.CART, Kind.PURCHASE), occurred_at__gte=start, occurred_at__lt=end
    )
    fields = ("scope", "simulated", "kind", "visitor_key", "item_key")
    rows = events.exclude(visitor_key="").order_by().values_list(*fields).distinct()
    for scope, simulated, kind, visitor, item in rows.iterator() if items else ():
        if item not in items:
            continue
        who, visitor = Who(scope, simulated), names.get((scope, visitor), visitor)
        for name in clicked.get((who, visitor, item), ()):
            found[who, name]["carted"].add(visitor)
            if kind == Kind.PURCHASE:
                found[who, name]["bought"].add(visitor)
