"""Where a customer is in their life with the shop, by rules on their own rhythm of ordering."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

#: When no customer has ordered twice yet, orders are taken to be this far apart.
DEFAULT_INTERVAL_DAYS = 30.0
#: Rhythms shorter or longer than these are not believed.
SHORTEST_INTERVAL_DAYS, LONGEST_INTERVAL_DAYS = 3.0, 180.0
#: Late is after so many of one's own intervals, gone after so many.
LATE_AFTER, GONE_AFTER = 2.0, 4.0

PROSPECT, NEW, ONE_TIME, ACTIVE, AT_RISK, LAPSED = (
    "prospect",
    "new",
    "one_time",
    "active",
    "at_risk",
    "lapsed",
)
STAGES = (PROSPECT, NEW, ACTIVE, AT_RISK, LAPSED, ONE_TIME)

_DAY = timedelta(days=1)


def typical_interval(histories: Iterable[tuple[int, datetime, datetime]]) -> float:
    """Days between orders of the shop's usual returning customer: the median of the customers' means.

    `histories` are (number of orders, first order, last order); customers with one order, or with all on one day, say
    nothing.
    """
    means = [
        (last - first) / _DAY / (n - 1) for n, first, last in histories if n > 1 and last - first >= _DAY
    ]
    return _believable(median(means)) if means else DEFAULT_INTERVAL_DAYS


def personal_interval(n_orders: int, first: datetime, last: datetime, typical: float) -> float:
    """Days between one customer's orders: the mean of their own gaps and one typical gap.

    (typical + last − first) / (n − 1 + 1): the more orders, the less the shop's rhythm matters.
    """
    return _believable((typical + (last - first) / _DAY) / n_orders)


def stage(n_orders: int, first: datetime | None, last: datetime | None, now: datetime, typical: float) -> str:
    """The stage of a customer with `n_orders` orders from `first` to `last`.

    prospect: none yet. new: one, at most two typical intervals ago; one_time: one, longer ago. active: several, the
    last at most two personal intervals ago; at_risk: at most four; lapsed: longer ago.
    """
    if not n_orders or first is None or last is None:
        return PROSPECT
    waited = (now - last) / _DAY / personal_interval(n_orders, first, last, typical)
    if n_orders == 1:
        return NEW if waited <= LATE_AFTER else ONE_TIME
    if waited <= LATE_AFTER:
        return ACTIVE
    return AT_RISK if waited <= GONE_AFTER else LAPSED


def _believable(days: float) -> float:
    return min(max(days, SHORTEST_INTERVAL_DAYS), LONGEST_INTERVAL_DAYS)
