"""Do the sums agree? What the log says was sold, against the shop's own order lines, day by day.

The shop's side is read from its tables by the adapter's declarations of purchases and refunds, as `backfill` does it,
and never from the log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.db import router, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from recommendations.adapter import Adapter, Behaviour, get_adapter
from recommendations.datatypes import Kind
from recommendations.models import DailyStat, Event, SumCheck
from recommendations.paths import as_moment, read
from recommendations.reports.attribution import CENT, Model
from recommendations.reports.days import bounds, day_of, runs
from recommendations.reports.figures import ALL_PLACEMENTS, UNATTRIBUTED

#: So many differing rows of a day are named.
MOST_NAMED = 20
ROWS_AT_ONCE = 2000


class DayKey(NamedTuple):
    """What is added up."""

    scope: str
    day: date
    currency: str


class Row(NamedTuple):
    """What one row of the shop, or its event, adds to the sum of its day. `source` names the row."""

    source: str
    key: DayKey
    amount: Decimal


@dataclass
class Sums:
    """Source → amount in the shop, and in the log."""

    shop: dict[str, Decimal] = field(default_factory=dict)
    log: dict[str, Decimal] = field(default_factory=dict)

    @property
    def differences(self) -> list[list[str | None]]:
        """[source, amount in the shop, amount in the log] of the rows that differ; None where there is no such row."""
        return [
            [
                source,
                *(None if side.get(source) is None else str(side[source]) for side in (self.shop, self.log)),
            ]
            for source in sorted(self.shop.keys() | self.log.keys())
            if self.shop.get(source) != self.log.get(source)
        ]


def sales(adapter: Adapter) -> list[Behaviour]:
    """The adapter's declarations of purchases and refunds that have rows; without any, nothing can be compared."""
    return [each for each in adapter.behaviours if each.model and each.kind in (Kind.PURCHASE, Kind.REFUND)]


def check_days(days: Collection[date]) -> int:
    """Compare the days, and store a row of `SumCheck` for each scope, day and currency; returns how many differ."""
    adapter = get_adapter()
    if not days or not any(each.kind == Kind.PURCHASE for each in sales(adapter)):
        return 0
    found: dict[DayKey, Sums] = defaultdict(Sums)
    for row in shop_rows(adapter, days):
        found[row.key].shop[row.source] = row.amount
    for row in log_rows(days):
        found[row.key].log[row.source] = row.amount
    now = timezone.now()
    checks = [_check(key, sums, now) for key, sums in sorted(found.items())]
    using = router.db_for_write(SumCheck)
    with transaction.atomic(using=using):
        for first, last in runs(days):
            SumCheck.objects.using(using).filter(day__range=(first, last)).delete()
        SumCheck.objects.using(using).bulk_create(checks, batch_size=1000)
    return sum(bool(check.n_different) for check in checks)


def shop_rows(adapter: Adapter, days: Collection[date]) -> Iterator[Row]:
    """The shop's order lines and refunds of some days that count now, by the adapter's own queries."""
    wanted = set(days)
    for behaviour in sales(adapter):
        for obj in _within(behaviour, days).iterator(chunk_size=ROWS_AT_ONCE):
            if behaviour.when is not None and not read(obj, behaviour.when):
                continue
            moment = as_moment(read(obj, behaviour.time))
            if moment is None or (day := day_of(moment)) not in wanted:
                continue
            currency = str(read(obj, behaviour.currency, adapter.currency))
            key = DayKey(str(read(obj, behaviour.scope, "")), day, currency)
            amount = _amount(read(obj, behaviour.value))
            signed = -abs(amount) if behaviour.kind == Kind.REFUND else amount
            yield Row(f"{behaviour.kind}:{behaviour.label}:{obj.pk}", key, signed)


def log_rows(days: Collection[date]) -> Iterator[Row]:
    """The purchases and refunds of some days in the log; one without a row of the shop is named by its own pk."""
    within = Q()
    for first, last in runs(days):
        within |= Q(occurred_at__gte=bounds(first)[0], occurred_at__lt=bounds(last)[1])
    events = Event.objects.valid().filter(within, kind__in=(Kind.PURCHASE, Kind.REFUND))
    fields = ("pk", "source", "scope", "occurred_at", "currency", "kind", "value")
    for pk, source, scope, moment, currency, kind, value in events.values_list(*fields).iterator(
        chunk_size=ROWS_AT_ONCE
    ):
        amount = value or Decimal(0)
        signed = -abs(amount) if kind == Kind.REFUND else amount
        yield Row(source or f"event:{pk}", DayKey(scope, day_of(moment), currency), signed)


class Balance(NamedTuple):
    """One day, currency and model: attributed + unattributed − refunds should be what the shop says."""

    key: DayKey
    model: Model
    attributed: Decimal
    unattributed: Decimal
    refunds: Decimal
    in_shop: Decimal

    @property
    def off_by(self) -> Decimal:
        """What is missing in the reports; 0 when the sums agree."""
        return self.in_shop - (self.attributed + self.unattributed - self.refunds)


def balances(start: date, end: date, scope: str, model: Model) -> list[Balance]:
    """The balance of every checked day and currency, in order, simulated orders with the real ones: two queries.

    Attributed is the sum over the placements of the report, each for itself.
    """
    stored = DailyStat.objects.filter(day__range=(start, end), scope=scope, model=model)
    rows = stored.exclude(placement__in=("", ALL_PLACEMENTS)).order_by()
    found: dict[DayKey, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    keyed = rows.values_list("day", "currency", "placement").annotate(Sum("revenue"), Sum("refunds"))
    for day, currency, placement, revenue, refunds in keyed:
        sums = found[DayKey(scope, day, currency)]
        sums[placement == UNATTRIBUTED] += (revenue + refunds).quantize(CENT)
        sums[2] += refunds.quantize(CENT)
    checks = SumCheck.objects.filter(day__range=(start, end), scope=scope).order_by("day", "currency")
    keys = {DayKey(scope, check.day, check.currency): check.in_shop for check in checks}
    return [Balance._make((key, model, *found[key], in_shop)) for key, in_shop in keys.items()]


def _within(behaviour: Behaviour, days: Collection[date]) -> QuerySet[Any]:
    """The declaration's rows of some days; all of them where its time is a function."""
    rows = behaviour.rows_queryset()
    if not isinstance(behaviour.time, str):
        return rows
    path = behaviour.time.replace(".", "__")
    within = Q()
    for first, last in runs(days):
        if _is_date(behaviour):
            within |= Q(**{f"{path}__range": (first, last)})
        else:
            within |= Q(**{f"{path}__gte": bounds(first)[0], f"{path}__lt": bounds(last)[1]})
    return rows.filter(within)


def _is_date(behaviour: Behaviour) -> bool:
    """Whether the shop stores days and not moments."""
    model: Any = behaviour.model_class()
    field: Any = None
    for name in str(behaviour.time).split("."):
        field = model._meta.get_field(name)
        model = field.related_model
    return bool(field.get_internal_type() == "DateField")


def _amount(value: Any) -> Decimal:
    try:
        return Decimal(str(value or 0)).quantize(CENT)
    except InvalidOperation:
        return Decimal(0)


def _check(key: DayKey, sums: Sums, now: datetime) -> SumCheck:
    differences = sums.differences
    return SumCheck(
        **key._asdict(),
        in_shop=sum(sums.shop.values(), Decimal(0)),
        in_log=sum(sums.log.values(), Decimal(0)),
        differences=differences[:MOST_NAMED],
        n_different=len(differences),
        checked_at=now,
    )
