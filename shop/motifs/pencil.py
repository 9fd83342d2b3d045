"""The few strokes that all drawings are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin
from random import Random


@dataclass(frozen=True)
class Palette:
    """Colours that go together: two of the ground, three of the thing, an outline dark and a highlight light."""

    ground: str
    ground_2: str
    main: str
    second: str
    accent: str
    dark: str
    light: str


Motif = Callable[[Palette, Random], str]

GREEN, GREEN_DARK, WOOD, CREAM, STEEL = "#6fa055", "#3f7049", "#a9744f", "#fff4dd", "#c9d3da"


def num(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def circle(x: float, y: float, r: float, fill: str, opacity: float = 1) -> str:
    return f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(r)}" fill="{fill}"{_faint(opacity)}/>'


def ellipse(x: float, y: float, rx: float, ry: float, fill: str, opacity: float = 1) -> str:
    return (
        f'<ellipse cx="{num(x)}" cy="{num(y)}" rx="{num(rx)}" ry="{num(ry)}" fill="{fill}"{_faint(opacity)}/>'
    )


def box(x: float, y: float, w: float, h: float, fill: str, r: float = 0, opacity: float = 1) -> str:
    """A rectangle with its upper left corner at (x, y)."""
    rounded = f' rx="{num(r)}"' if r else ""
    size = f'width="{num(w)}" height="{num(h)}"'
    return f'<rect x="{num(x)}" y="{num(y)}" {size}{rounded} fill="{fill}"{_faint(opacity)}/>'


def shape(d: str, fill: str, opacity: float = 1) -> str:
    return f'<path d="{d}" fill="{fill}"{_faint(opacity)}/>'


def stroke(d: str, color: str, width: float = 8, opacity: float = 1) -> str:
    return (
        f'<path d="{d}" fill="none" stroke="{color}" stroke-width="{num(width)}" stroke-linecap="round"'
        f' stroke-linejoin="round"{_faint(opacity)}/>'
    )


def turned(angle: float, *parts: str, x: float = 0, y: float = 0) -> str:
    """Parts turned by `angle` degrees about their own (0, 0), then moved to (x, y)."""
    move = f"translate({num(x)} {num(y)}) " if x or y else ""
    return f'<g transform="{move}rotate({num(angle)})">{"".join(parts)}</g>'


def sized(factor: float, *parts: str, x: float = 0, y: float = 0) -> str:
    return f'<g transform="translate({num(x)} {num(y)}) scale({factor:.3g})">{"".join(parts)}</g>'


def ring(n: int, radius: float, start: float = 0) -> list[tuple[float, float, float]]:
    """n points evenly around a circle: (x, y, angle in degrees)."""
    turns = [start + 360 * step / n for step in range(n)]
    return [(radius * cos(pi * t / 180), radius * sin(pi * t / 180), t) for t in turns]


def star(points: int, outer: float, inner: float, fill: str, opacity: float = 1) -> str:
    corners = [
        f"{num(r * sin(pi * k / points))},{num(-r * cos(pi * k / points))}"
        for k, r in ((k, outer if k % 2 == 0 else inner) for k in range(2 * points))
    ]
    return f'<polygon points="{" ".join(corners)}" fill="{fill}"{_faint(opacity)}/>'


def _faint(opacity: float) -> str:
    # On the whole element: a stroke has no fill to fade.
    return "" if opacity == 1 else f' opacity="{opacity:.2g}"'
