"""What is wrong with what was recorded: keys that match no item, missing prices, doubled sources, silent kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from recommendations.conf import settings
from recommendations.datatypes import KINDS_WITHOUT_ITEM, Kind
from recommendations.models import Event, Item
from recommendations.reports.days import bounds
from recommendations.reports.exposure import Who

#: So many examples are kept a day.
EXAMPLES = 20
#: A kind is silent when it was told on this share of the days before, and for SILENT_DAYS not at all.
USUAL_SHARE = 0.8
SILENT_DAYS = 3
#: Of at least so many days there must be some before.
ENOUGH_DAYS = 7


def of_day(day: date) -> dict[Who, tuple[dict[str, Any], dict[str, Any]]]:
    """Summary: events by kind, and how many have which fault. Detail: examples."""
    found: dict[Who, tuple[dict[str, Any], dict[str, Any]]] = {}
    for scope, simulated, kind, n, no_visitor, no_value, no_item in _kinds(day):
        summary, _detail = found.setdefault(Who(scope, simulated), _nothing())
        summary["kinds"][kind] = n
        summary["no_visitor"] += no_visitor
        summary["no_value"] += no_value if kind in (Kind.PURCHASE, Kind.REFUND) else 0
        summary["no_item"] += 0 if kind in KINDS_WITHOUT_ITEM else no_item
    for scope, simulated, item, n in _unmatched(day):
        summary, detail = found[Who(scope, simulated)]
        summary["unmatched"] += n
        detail["unmatched"].append([item, n])
    for scope, simulated, order, item, n in _doubled(day):
        summary, detail = found[Who(scope, simulated)]
        summary["doubled"] += n - 1
        detail["doubled"].append([order, item, n])
    for _summary, detail in found.values():
        for name, rows in detail.items():
            detail[name] = sorted(rows, key=lambda row: (-row[-1], row))[:EXAMPLES]
    return found


def silent_kinds(days: Sequence[date], kinds_of: Mapping[date, Mapping[str, int]]) -> dict[str, date]:
    """Kind → the last day that it was told, of the kinds that fell silent: told nearly daily before, and not in the
    last SILENT_DAYS. `days` are whole days, in order; `kinds_of` is day → kind → events."""
    told: dict[str, list[date]] = defaultdict(list)
    for day in days:
        for kind, n in kinds_of.get(day, {}).items():
            if n:
                told[kind].append(day)
    if not days:
        return {}
    silent = {}
    for kind, on in told.items():
        before = (on[-1] - on[0]).days + 1
        quiet = (days[-1] - on[-1]).days
        if quiet >= SILENT_DAYS and before >= ENOUGH_DAYS and len(on) >= USUAL_SHARE * before:
            silent[kind] = on[-1]
    return silent


def without_price(scope: str) -> int:
    """Items of the catalogue that have no price."""
    return Item.objects.filter(scope=scope, is_gone=False, price__isnull=True).count()


def days_before(end: date, n: int) -> list[date]:
    """`n` days up to `end`, in order."""
    return [end - timedelta(days=each) for each in range(n - 1, -1, -1)]


def _nothing() -> tuple[dict[str, Any], dict[str, Any]]:
    faults = ("no_visitor", "no_value", "no_item", "unmatched", "doubled")
    return {"kinds": {}, **dict.fromkeys(faults, 0)}, {"unmatched": [], "doubled": []}


def _of_day(day: date) -> Any:
    start, end = bounds(day)
    # Kinds are named, because the index begins with them.
    within = Event.objects.filter(
        kind__in=[*Kind, *settings.EVENT_KINDS], occurred_at__gte=start, occurred_at__lt=end
    )
    return within.valid().order_by()


def _kinds(day: date) -> Any:
    return (
        _of_day(day)
        .values_list("scope", "simulated", "kind")
        .annotate(
            n=Count("pk"),
            no_visitor=Count("pk", filter=Q(visitor_key="")),
            no_value=Count("pk", filter=Q(value__isnull=True)),
            no_item=Count("pk", filter=Q(item_key="")),
        )
    )


def _unmatched(day: date) -> Any:
    item = Item.objects.filter(scope=OuterRef("scope"), item_key=OuterRef("item_key"))
    events = _of_day(day).exclude(item_key="").filter(~Exists(item))
    return events.values_list("scope", "simulated", "item_key").annotate(Count("pk"))


def _doubled(day: date) -> Any:
    """Lines of one order about one item that came from several sources: told twice, as by a signal and by code."""
    lines = _of_day(day).filter(kind=Kind.PURCHASE).exclude(order_key="")
    by_line = lines.values_list("scope", "simulated", "order_key", "item_key")
    return by_line.annotate(n=Count("pk")).filter(n__gt=1)
