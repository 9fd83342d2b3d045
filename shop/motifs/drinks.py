# ruff: noqa: E501  (path data reads worse when it is broken up)
"""Bottles, cups, jars and cans."""

from __future__ import annotations

from random import Random

from shop.motifs.pencil import CREAM, GREEN, WOOD, Palette, box, circle, ellipse, shape, stroke, turned


def _label(p: Palette, rng: Random, x: float, y: float, w: float, h: float) -> str:
    """A paper label with one of four little emblems."""
    cx, cy, r = x + w / 2, y + h / 2, min(w, h) / 2 - 12
    emblem = (
        circle(cx, cy, r, p.accent),
        shape(f"M{cx} {cy - r} L{cx + r} {cy + r} H{cx - r}Z", p.accent),
        stroke(f"M{x + 14} {cy - 9} H{x + w - 14} M{x + 14} {cy + 9} H{x + w - 34}", p.accent, 8),
        shape(f"M{cx} {cy - r} Q{cx + r} {cy} {cx} {cy + r} Q{cx - r} {cy} {cx} {cy - r}Z", p.accent),
    )
    return box(x, y, w, h, p.light, 6) + rng.choice(emblem)


def bottle(p: Palette, rng: Random) -> str:
    body = "M-24 -96 H24 V-58 C24 -34 58 -28 58 6 V108 Q58 124 42 124 H-42 Q-58 124 -58 108 V6 C-58 -28 -24 -34 -24 -58Z"
    return (
        box(-28, -126, 56, 30, p.accent, 8)
        + shape(body, p.main)
        + _label(p, rng, -58, 18, 116, 70)
        + stroke("M-38 4 C-36 -18 -12 -24 -10 -50", "#fff", 8, 0.5)
    )


def wine(p: Palette, rng: Random) -> str:
    glass = rng.choice(("#3d5a45", "#5a2a3a", "#41502e"))
    body = "M-16 -124 H16 V-60 C16 -36 46 -34 46 4 V112 Q46 124 34 124 H-34 Q-46 124 -46 112 V4 C-46 -34 -16 -36 -16 -60Z"
    cup = "M-40 -60 H40 C44 0 26 24 0 24 C-26 24 -44 0 -40 -60Z"
    left = f'<g transform="translate(-48 0)">{shape(body, glass)}{box(-18, -128, 36, 44, p.accent, 5)}{_label(p, rng, -46, 26, 92, 64)}</g>'
    wine_in = shape("M-42 -30 H42 C40 6 24 24 0 24 C-24 24 -40 6 -42 -30Z", "#9c2f4b")
    return (
        left
        + f'<g transform="translate(64 22)">{shape(cup, "#fff", 0.6)}{wine_in}{stroke("M0 24 V96 M-34 100 H34", "#fff", 9, 0.9)}</g>'
    )


def beer(p: Palette, rng: Random) -> str:
    foam = "".join(
        circle(x, y, r, CREAM) for x, y, r in ((-64, -62, 28), (-26, -76, 34), (18, -72, 32), (54, -60, 26))
    )
    return (
        stroke("M68 -30 H98 Q118 -30 118 -8 V34 Q118 58 94 58 H68", p.light, 18)
        + box(-80, -62, 150, 180, "#eaa62c", 16)
        + stroke("M-48 -16 V84 M-5 -16 V84 M38 -16 V84", "#fbd47a", 13, 0.8)
        + foam
        + box(-88, -64, 166, 26, CREAM, 13)
    )


def soda(p: Palette, rng: Random) -> str:
    wave = shape("M-62 10 C-30 -40 20 50 62 -10 V60 C20 110 -30 20 -62 70Z", p.light)
    return turned(
        8,
        box(-62, -100, 124, 208, p.main, 20),
        wave,
        ellipse(0, -100, 54, 13, "#dfe6ea"),
        ellipse(0, 110, 50, 10, "#b8c3ca"),
        ellipse(8, -101, 17, 5, "#9fabb3"),
        circle(18, 12, 13, p.accent),
        circle(-24, 40, 8, p.accent),
    )


def carton(p: Palette, rng: Random) -> str:
    drop = "M4 -2 C30 36 34 52 34 64 C34 84 20 94 4 94 C-12 94 -26 84 -26 64 C-26 52 -22 36 4 -2Z"
    return (
        shape("M-70 -48 L-34 -102 H66 L78 -48Z", p.second) + box(-40, -126, 112, 26, p.light, 5) + box(-70, -48, 148, 172, "#fff", 4)
        + shape("M-70 60 q37 -34 74 0 q37 34 74 0 V120 Q78 124 74 124 H-66 Q-70 124 -70 120Z", p.main) + shape(drop, p.accent, 0.9)
    )  # fmt: skip


def cup(p: Palette, rng: Random) -> str:
    steam = stroke(
        "M-44 -52 c-18 -20 18 -34 0 -58 M0 -52 c-18 -20 18 -34 0 -58 M44 -52 c-18 -20 18 -34 0 -58",
        p.light,
        9,
        0.85,
    )
    return (
        steam
        + stroke("M78 -14 H98 Q122 -14 122 12 Q122 46 76 48", p.main, 18)
        + shape("M-88 -34 H88 V30 C88 74 56 88 30 88 H-30 C-56 88 -88 74 -88 30Z", p.main)
        + ellipse(0, -34, 88, 17, "#5a3726")
        + stroke("M-62 -2 V26 Q-60 50 -40 58", "#fff", 9, 0.45)
        + box(-110, 94, 220, 16, p.second, 8)
    )


def teapot(p: Palette, rng: Random) -> str:
    return (
        stroke("M84 -14 C140 -30 140 60 78 58", p.second, 17) + shape("M-78 46 C-112 36 -110 -10 -136 -28 L-118 -42 C-88 -24 -86 -4 -70 0Z", p.second)
        + shape("M-88 30 C-88 -40 -48 -66 0 -66 C48 -66 88 -40 88 30 C88 72 56 92 0 92 C-56 92 -88 72 -88 30Z", p.main)
        + shape("M-46 -62 C-36 -84 36 -84 46 -62Z", p.second) + circle(0, -92, 14, p.accent) + circle(0, 18, 26, p.light, 0.85) + shape("M-14 18 C-10 0 12 -2 18 4 C16 24 0 32 -14 18Z", GREEN)
    )  # fmt: skip


def jar(p: Palette, rng: Random) -> str:
    inside = rng.choice(("#b5384c", "#d9822b", "#7a4a2c", "#e2b03a", "#5f8a45"))
    return (
        box(-74, -108, 148, 36, p.accent, 9)
        + stroke("M-60 -96 H60 M-60 -84 H60", p.dark, 3, 0.35)
        + box(-86, -74, 172, 190, "#ffffff", 34, 0.75)
        + box(-76, -46, 152, 152, inside, 28)
        + _label(p, rng, -62, -14, 124, 84)
        + stroke("M-70 -30 V60", "#fff", 8, 0.5)
    )


def can(p: Palette, rng: Random) -> str:
    return (
        box(-82, -92, 164, 194, "#c3ced5", 10)
        + box(-82, -66, 164, 140, p.main)
        + _label(p, rng, -58, -44, 116, 96)
        + ellipse(0, -92, 82, 20, "#e6ecef")
        + ellipse(0, -92, 64, 13, "#aebbc3")
        + ellipse(0, 102, 82, 16, "#aebbc3")
    )


def juice(p: Palette, rng: Random) -> str:
    drink = rng.choice(("#f39a2d", "#e25a4a", "#f2c64b", "#9cb84a"))
    return (
        turned(12, stroke("M10 -130 L-6 60", p.accent, 13))
        + shape("M-72 -72 H72 L54 108 Q52 118 42 118 H-42 Q-52 118 -54 108Z", "#fff", 0.65)
        + shape("M-66 -34 H66 L51 100 Q50 108 42 108 H-42 Q-50 108 -51 100Z", drink)
        + circle(76, -70, 42, "#f4b13c")
        + circle(76, -70, 33, "#ffdf8f")
        + stroke("M76 -100 V-40 M46 -70 H106 M55 -91 L97 -49 M97 -91 L55 -49", "#f4b13c", 4)
    )


def water(p: Palette, rng: Random) -> str:
    body = "M-20 -92 H20 V-74 C20 -54 52 -46 52 -14 Q44 0 52 16 Q44 34 52 52 V108 Q52 124 36 124 H-36 Q-52 124 -52 108 V52 Q-44 34 -52 16 Q-44 0 -52 -14 C-52 -46 -20 -54 -20 -74Z"
    return (
        box(-25, -122, 50, 30, p.main, 8)
        + shape(body, "#9fd0ea")
        + box(-50, 20, 100, 50, p.main)
        + stroke("M-36 52 q12 -18 24 0 q12 18 24 0 q12 -18 24 0", "#fff", 7)
        + stroke("M-36 -14 C-34 -34 -14 -40 -8 -58", "#fff", 8, 0.7)
    )


def honey(p: Palette, rng: Random) -> str:
    hexes = "".join(
        shape(f"M{x} {y - 22} l19 11 v22 l-19 11 l-19 -11 v-22Z", c)
        for x, y, c in (
            (-40, 24, "#f6c445"),
            (0, 24, "#ffd978"),
            (40, 24, "#f6c445"),
            (-20, 60, "#ffd978"),
            (20, 60, "#f6c445"),
        )
    )
    return (
        box(-62, -104, 124, 34, WOOD, 8)
        + shape("M-66 -70 H66 C100 -50 100 90 70 116 H-70 C-100 90 -100 -50 -66 -70Z", "#e59a1c")
        + hexes
        + stroke("M-72 -30 C-82 10 -78 50 -70 76", "#fff", 8, 0.5)
    )
