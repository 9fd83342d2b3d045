"""Plain tables and figures for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils import timezone


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; columns of numbers are aligned to the right."""
    body = [list(row) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(headings, *body, strict=True)]
    right = [
        bool(body) and all(cell.strip("-–")[:1].isdigit() or not cell for cell in column)
        for column in zip(*body, strict=True)
    ] or [False] * len(headings)
    lines = [list(headings), ["-" * width for width in widths], *body]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def number(value: float | None, digits: int = 0) -> str:
    """`12,345`, `0.123`, or "" for None."""
    return "" if value is None else f"{value:,.{digits}f}"


def share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def age(value: timedelta | None) -> str:
    """`3 days`, `5 h`, `12 min`: the largest unit that fits, or "" for None."""
    if value is None:
        return ""
    minutes = int(value.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def day(value: datetime | None) -> str:
    """The day in the shop's time zone."""
    return "" if value is None else f"{timezone.localtime(value):%Y-%m-%d}"
