"""What a report's page consists of: cards, figures by day, tables. Pages, CSV and JSON are made of the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from recommendations.reports.written import NONE, change, count, number, percent

#: How a column's values are written.
TEXT, DAY, COUNT, PERCENT, NUMBER = "text", "day", "count", "percent", "number"

WRITTEN: dict[str, Callable[[Any], str]] = {
    TEXT: str,
    DAY: lambda day: date_format(day, "SHORT_DATE_FORMAT"),
    COUNT: count,
    PERCENT: percent,
    NUMBER: number,
}


@dataclass(frozen=True)
class Column:
    """`name` is its name in exports, which no language changes. `as_text` writes a value that no kind writes."""

    name: str
    title: str
    kind: str = COUNT
    as_text: Callable[[Any], str] | None = None
    is_previous: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind not in (TEXT, DAY)

    def written(self, value: Any) -> str:
        """A value as people read it."""
        return NONE if value is None else (self.as_text or WRITTEN[self.kind])(value)


@dataclass(frozen=True)
class Cell:
    """A value, written, with where it leads."""

    text: str
    value: str
    is_number: bool
    url: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of values; the first column says what a row is about. `links` leads from (row, column) somewhere."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    note: str = ""
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @property
    def body(self) -> SafeString:
        """The rows as HTML: a template would take longer for it than for all the rest of a page."""
        return mark_safe("\n".join(map(_row, self.cells)))  # noqa: S308  (all that is in it is escaped)

    @property
    def cells(self) -> list[list[Cell]]:
        """The rows, written."""
        return [
            [
                Cell(
                    column.written(value),
                    as_plain(value),
                    column.is_number,
                    self.links.get((n_row, n_column), ""),
                )
                for n_column, (column, value) in enumerate(zip(self.columns, row, strict=True))
            ]
            for n_row, row in enumerate(self.rows)
        ]


@dataclass(frozen=True)
class Figure:
    """A chart of a table whose first column are days; the table stands beside it. `kind` is "bars" or "lines"."""

    table: Table
    kind: str = "lines"
    currency: str = ""

    @property
    def unit(self) -> str:
        """How the axis is written."""
        return self.table.columns[1].kind


#: A chart of more days is drawn by week.
MOST_DAYS = 120


def by_day(
    name: str,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    *,
    kind: str = "lines",
    currency: str = "",
    is_level: bool = False,
) -> Figure:
    """A chart of rows that begin with a day; `columns` are the others. Of many days it has a point a week: the sum, or
    of a level (`is_level`) how it stood at the end. What has no sum or level, as a share, is drawn of what has."""
    if len(rows) <= MOST_DAYS:
        return Figure(Table(name, title, [Column("day", _("Day"), DAY), *columns], rows), kind, currency)
    weeks = weekly(rows, is_level=is_level)
    return Figure(Table(name, title, [Column("week", _("Week from"), DAY), *columns], weeks), kind, currency)


def weekly(rows: Sequence[Sequence[Any]], *, is_level: bool = False) -> list[list[Any]]:
    """Rows of days as rows of seven days, where there are more than MOST_DAYS."""
    if len(rows) <= MOST_DAYS:
        return [list(row) for row in rows]
    weeks = [rows[n : n + 7] for n in range(0, len(rows), 7)]
    if is_level:
        return [[week[0][0], *week[-1][1:]] for week in weeks]
    return [
        [week[0][0], *(sum(each or 0 for each in column) for column in list(zip(*week, strict=True))[1:])]
        for week in weeks
    ]


@dataclass(frozen=True)
class Card:
    """A headline with its change against the period before; `rows` leads to what the number was made of. Of the main
    one `before` is an interval instead."""

    title: str
    value: str
    change: str = ""
    before: str = ""
    rows: str = ""
    is_main: bool = False

    @property
    def direction(self) -> str:
        """Whether it rose or fell."""
        return {"+": "up", "−": "down"}.get(self.change[:1], "")


@dataclass
class Content:
    """A page. `computed` is when what it reads was; None when nothing was yet."""

    lead: str = ""
    computed: datetime | None = None
    notices: list[str] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Nothing to show."""
        return not (self.cards or self.figures or self.tables)

    @property
    def all_tables(self) -> list[Table]:
        """Those of the figures too."""
        return [*(figure.table for figure in self.figures), *self.tables]


def card(
    title: str, now: float | None, before: float | None, written: Callable[[Any], str] = count, rows: str = ""
) -> Card:
    """A card of a figure and of what it was before (None: nothing to compare with)."""
    was = "" if before is None else written(before)
    return Card(title, NONE if now is None else written(now), change(now, before), was, rows)


def as_plain(value: Any) -> str:
    """A value as programs read it."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value) if not isinstance(value, Decimal) else f"{value:f}"


def _row(cells: Sequence[Cell]) -> str:
    first, *others = cells
    head = f'<th scope="row" data-x="{escape(first.value)}">{_linked(first)}</th>'
    return f"<tr>{head}{''.join(map(_cell, others))}</tr>"


def _cell(cell: Cell) -> str:
    kind = "rec-number" if cell.is_number else "rec-text"
    return f'<td class="{kind}" data-value="{escape(cell.value)}">{_linked(cell)}</td>'


def _linked(cell: Cell) -> str:
    text = escape(cell.text)
    return f'<a href="{escape(cell.url)}">{text}</a>' if cell.url else text


def ratio(part: float, whole: float) -> float | None:
    """A share; None of nothing."""
    return part / whole if whole else None
