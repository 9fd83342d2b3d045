"""Bars and sparklines by day, drawn on the server: numbers in, geometry out. The templates make SVG of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

from django.utils.formats import date_format

WIDTH, HEIGHT = 440, 170
LEFT, RIGHT, TOP, BOTTOM = 46, 2, 10, 24
SPARK_WIDTH, SPARK_HEIGHT = 120, 28
#: More days than this are drawn as weeks.
MOST_BARS = 92
N_TICKS = 4
N_LABELS = 4

Series = Sequence[tuple[date, float]]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in the chart's own units, with what it says."""

    x: str
    y: str
    width: str
    height: str
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A tick or a label beside the bars."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart; `by_week` says that a bar is a week. Positions are text, so that no language changes them."""

    bars: list[Bar]
    ticks: list[Mark]
    labels: list[Mark]
    by_week: bool
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def bar_chart(series: Series, as_text: Callable[[float], str]) -> Chart:
    """A bar a day, or a week when there are many days; `as_text` writes a value. Negative days are drawn as zero."""
    by_week = len(series) > MOST_BARS
    points = _weeks(series) if by_week else list(series)
    step = nice_step(max((value for _day, value in points), default=0))
    top = step * N_TICKS
    slot = (WIDTH - LEFT - RIGHT) / max(len(points), 1)
    room = HEIGHT - TOP - BOTTOM
    bars = []
    for n, (day, value) in enumerate(points):
        tall = room * max(value, 0) / top
        bars.append(
            Bar(
                x=_at(LEFT + n * slot + slot * 0.1),
                y=_at(TOP + room - tall),
                width=_at(slot * 0.8),
                height=_at(tall),
                title=f"{date_format(day, 'SHORT_DATE_FORMAT')}: {as_text(value)}",
            )
        )
    every = max(1, ceil(len(points) / N_LABELS))
    labels = [
        Mark(_at(LEFT + (n + 0.5) * slot), date_format(points[n][0], "j M"))
        for n in range(0, len(points), every)
        if WIDTH - LEFT - n * slot > 40
    ]
    ticks = [Mark(_at(TOP + room - room * n / N_TICKS), _short(step * n)) for n in range(N_TICKS + 1)]
    return Chart(bars, ticks, labels, by_week)


def sparkline(values: Sequence[float]) -> str:
    """The `points` of a polyline SPARK_WIDTH × SPARK_HEIGHT; "" when there is nothing to draw."""
    if len(values) < 2 or not any(values):
        return ""
    low, high = min(0.0, *values), max(values)
    across, down = SPARK_WIDTH - 4, SPARK_HEIGHT - 4
    span = (high - low) or 1.0
    step = across / (len(values) - 1)
    return " ".join(f"{_at(2 + n * step)},{_at(2 + down * (high - v) / span)}" for n, v in enumerate(values))


def nice_step(highest: float) -> float:
    """The smallest of 1, 2, 2.5, 5 × 10ⁿ of which N_TICKS reach `highest`."""
    if highest <= 0:
        return 1.0
    rough = highest / N_TICKS
    power = 10.0 ** floor(log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))


def _weeks(series: Series) -> list[tuple[date, float]]:
    return [(series[n][0], sum(value for _day, value in series[n : n + 7])) for n in range(0, len(series), 7)]


def _at(position: float) -> str:
    return f"{position:.1f}"


def _short(value: float) -> str:
    for size, suffix in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{suffix}"
    return f"{value:g}"
