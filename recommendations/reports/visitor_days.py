"""What each visitor did on each day, counted and written by the database itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connections, router, transaction
from django.db.models import (
    Case,
    Count,
    DecimalField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Abs, Coalesce

from recommendations.datatypes import Kind
from recommendations.models import Event, Item, VisitorDay, VisitorLink
from recommendations.reports.days import bounds, local_day

COUNTS = ("views", "clicks", "carts")
SALES = ("orders", "units", "revenue", "margin")
KEY = ("scope", "day", "visitor_key", "currency", "simulated")

#: A transaction may commit a link some time after the moment it wrote down.
OVERLAP = timedelta(minutes=15)

_AMOUNT: DecimalField[Any, Any] = DecimalField(max_digits=14, decimal_places=2)


def roll_up_visitors(first: date, last: date) -> None:
    """Replace the rows of the days from `first` to `last`, in five statements."""
    using = router.db_for_write(VisitorDay)
    start, end = bounds(first)[0], bounds(last)[1]
    events = Event.objects.using(using).valid().filter(occurred_at__gte=start, occurred_at__lt=end)
    known = events.exclude(visitor_key="").annotate(day=local_day()).order_by()
    days = VisitorDay.objects.using(using).filter(day__range=(first, last))
    days.delete()
    _insert(_visits(known), using)
    _insert(_sales(known), using, replacing=SALES)
    # Following each of the events to its user would cost far more than following each of the days.
    _move(days, VisitorLink.objects.using(using))


def merge_links(since: datetime | None) -> None:
    """Days of anonymous visitors who turned out to be users since then become these users' days."""
    using = router.db_for_write(VisitorDay)
    links = VisitorLink.objects.using(using)
    if since is not None:
        with transaction.atomic(using=using):
            _move(VisitorDay.objects.using(using), links.filter(linked_at__gte=since - OVERLAP))


def _move(days: QuerySet[VisitorDay], links: QuerySet[VisitorLink]) -> None:
    """Add the days of cookies to those of the users whom they turned out to be."""
    link = VisitorLink.objects.filter(scope=OuterRef("scope"), anonymous_key=OuterRef("visitor_key"))
    mine = days.filter(visitor_key__in=links.values("anonymous_key"))
    rows = mine.annotate(user=Subquery(link.values("visitor_key")[:1])).filter(user__isnull=False)
    pks = list(rows.values_list("pk", flat=True))
    keyed = rows.order_by().values_list("scope", "day", "user", "currency", "simulated")
    moved = keyed.annotate(**{f"n{at}": Sum(name) for at, name in enumerate((*COUNTS, *SALES))})
    _insert(moved, days.db, adding=(*COUNTS, *SALES))
    for begin in range(0, len(pks), 1000):
        days.filter(pk__in=pks[begin : begin + 1000]).delete()


def _visits(events: QuerySet[Any]) -> QuerySet[Any]:
    of = {
        "views": Q(kind=Kind.VIEW),
        "clicks": Q(kind=Kind.CLICK) & ~Q(placement=""),
        "carts": Q(kind=Kind.CART),
    }
    counts = [Count("pk", filter=condition) for condition in of.values()]
    nothing = [Value(0, output_field=_AMOUNT) for _name in SALES]
    rows = events.filter(kind__in=(Kind.VIEW, Kind.CLICK, Kind.CART)).annotate(currency_=Value(""))
    keyed = rows.values_list("scope", "day", "visitor_key", "currency_", "simulated")
    return keyed.annotate(**{f"n{at}": each for at, each in enumerate([*counts, *nothing])})


def _sales(events: QuerySet[Any]) -> QuerySet[Any]:
    bought, returned = Q(kind=Kind.PURCHASE), Q(kind=Kind.REFUND)
    cost = Item.objects.filter(scope=OuterRef("scope"), item_key=OuterRef("item_key")).values("cost")[:1]
    sign = Case(When(returned, then=Value(-1)), default=Value(1))
    rows = (
        events.filter(bought | returned)
        .annotate(cost=Subquery(cost), sign=sign, amount=Coalesce("value", Value(0, output_field=_AMOUNT)))
        .annotate(signed=Case(When(returned, then=-Abs("amount")), default=F("amount"), output_field=_AMOUNT))
        .annotate(gain=F("signed") - F("cost") * F("quantity") * F("sign"))
    )
    keyed = rows.values_list("scope", "day", "visitor_key", "currency", "simulated")
    orders = Count("order_key", distinct=True, filter=bought & ~Q(order_key="")) + Count(
        "pk", filter=bought & Q(order_key="")
    )
    zero = Value(0, output_field=_AMOUNT)
    sums = [
        *(Value(0) for _name in COUNTS),
        orders,
        Sum(F("quantity") * F("sign"), output_field=_AMOUNT),
        Sum("signed"),
        Coalesce(Sum("gain", output_field=_AMOUNT), zero),
    ]
    return keyed.annotate(**{f"n{at}": each for at, each in enumerate(sums)})


def _insert(
    rows: QuerySet[Any], using: str, *, replacing: tuple[str, ...] = (), adding: tuple[str, ...] = ()
) -> None:
    """INSERT … SELECT, without a row passing through Python. Where there is a row of the key already, `replacing`
    columns are set, and `adding` ones are added to."""
    connection = connections[using]
    sql, params = rows.query.get_compiler(connection=connection).as_sql()
    quote = connection.ops.quote_name
    table = quote(VisitorDay._meta.db_table)
    names = ", ".join(map(quote, (*KEY, *COUNTS, *SALES)))
    set_to = [f"{quote(name)} = EXCLUDED.{quote(name)}" for name in replacing]
    set_to += [f"{quote(name)} = {table}.{quote(name)} + EXCLUDED.{quote(name)}" for name in adding]
    conflict = (
        f"ON CONFLICT ({', '.join(map(quote, KEY))}) DO UPDATE SET {', '.join(set_to)}" if set_to else ""
    )
    # "WHERE true" tells SQLite's parser that ON belongs to the INSERT and not to a join.
    statement = f"INSERT INTO {table} ({names}) SELECT * FROM ({sql}) AS found WHERE true {conflict}"
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
