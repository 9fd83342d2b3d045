"""Daily figures as CSV, a line at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date

from recommendations.reports.figures import ALL_ORDERS, ALL_PLACEMENTS
from recommendations.reports.placements import daily_figures

HEADER = (
    "day", "placement", "currency", "simulated", "slates_seen", "items_seen", "clicks", "orders", "revenue",
)  # fmt: skip
NAMES = {ALL_ORDERS: "(all orders)", ALL_PLACEMENTS: "(all placements)"}


class _Line:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(start: date, end: date, scope: str, simulated: str) -> Iterator[str]:
    """The header and a line for every daily figure. Column names do not change with the language."""
    writer = csv.writer(_Line())
    yield writer.writerow(HEADER)
    for day, key, figures in daily_figures(start, end, scope, simulated):
        yield writer.writerow(
            [
                day.isoformat(),
                NAMES.get(key.placement, safe(key.placement)),
                safe(key.currency),
                int(key.simulated),
                figures.slates,
                figures.items_seen,
                figures.clicks,
                figures.orders,
                figures.revenue,
            ]
        )


def safe(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
