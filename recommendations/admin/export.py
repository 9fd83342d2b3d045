"""Reports as CSV and JSON, a line at a time."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from recommendations.admin.report_content import Table, as_plain
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
    for row in _daily(start, end, scope, simulated):
        yield writer.writerow([safe(value) if isinstance(value, str) else value for value in row])


def json_lines(start: date, end: date, scope: str, simulated: str) -> Iterator[str]:
    """The same as a JSON list of objects, one a line."""
    rows = (dict(zip(HEADER, row, strict=True)) for row in _daily(start, end, scope, simulated))
    return _as_list(rows)


def table_csv(table: Table) -> Iterator[str]:
    """A table of a report."""
    writer = csv.writer(_Line())
    yield writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        yield writer.writerow(
            [safe(as_plain(value)) if isinstance(value, str) else as_plain(value) for value in row]
        )


def table_json(table: Table) -> Iterator[str]:
    """A table of a report as a JSON list of objects, one a line."""
    names = [column.name for column in table.columns]
    return _as_list(dict(zip(names, row, strict=True)) for row in table.rows)


def _daily(start: date, end: date, scope: str, simulated: str) -> Iterator[list[Any]]:
    for day, key, figures in daily_figures(start, end, scope, simulated):
        name = NAMES.get(key.placement, key.placement)
        counts = (figures.slates, figures.items_seen, figures.clicks, figures.orders)
        yield [day.isoformat(), name, key.currency, int(key.simulated), *counts, figures.revenue]


def _as_list(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    between = "[\n"
    for row in rows:
        yield between + json.dumps(row, default=as_plain, ensure_ascii=False)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def safe(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
