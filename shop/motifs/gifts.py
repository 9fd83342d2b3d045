# ruff: noqa: E501  (path data reads worse when it is broken up)
"""Presents, decorations, toys and paper."""

from __future__ import annotations

from random import Random

from shop.motifs.pencil import (
    CREAM,
    GREEN_DARK,
    STEEL,
    WOOD,
    Palette,
    box,
    circle,
    ellipse,
    ring,
    shape,
    star,
    stroke,
    turned,
)


def gift(p: Palette, rng: Random) -> str:
    dots = (
        "".join(circle(x, y, 7, p.light, 0.7) for x in (-70, -44, 44, 70) for y in (20, 52, 84))
        if rng.random() < 0.5
        else ""
    )
    bow = shape(
        "M0 -52 C-20 -120 -104 -118 -84 -72 C-74 -52 -30 -48 0 -52 C30 -48 74 -52 84 -72 C104 -118 20 -120 0 -52Z",
        p.accent,
    )
    return (
        box(-92, -12, 184, 128, p.main, 8)
        + dots
        + box(-106, -54, 212, 46, p.second, 8)
        + box(-17, -54, 34, 170, p.accent)
        + bow
        + circle(0, -56, 15, p.light)
    )


def parcel(p: Palette, rng: Random) -> str:
    return (
        shape("M-112 -40 L0 -92 L112 -40 L0 12Z", "#e0b47c")
        + shape("M-112 -40 L0 12 V122 L-112 66Z", "#c6925a")
        + shape("M112 -40 L0 12 V122 L112 66Z", "#ad7943")
        + shape("M-62 -63 L50 -11 V40 L22 54 V2 L-90 -50Z", p.main, 0.95)
        + stroke("M40 84 L84 62 M40 100 L66 87", "#7a5128", 6)
    )


def bag(p: Palette, rng: Random) -> str:
    pattern = rng.choice(
        (
            star(5, 40, 18, p.light),
            circle(0, 0, 34, p.light),
            shape(
                "M0 36 C-44 6 -40 -30 -18 -30 C-8 -30 -2 -22 0 -14 C2 -22 8 -30 18 -30 C40 -30 44 6 0 36Z",
                p.light,
            ),
        )
    )
    return (
        stroke("M-40 -44 C-40 -130 40 -130 40 -44", p.dark, 10)
        + shape("M-90 -50 H90 L102 106 Q102 118 90 118 H-90 Q-102 118 -102 106Z", p.main)
        + shape("M-90 -50 H90 L92 -22 H-92Z", p.second)
        + turned(0, pattern, y=48)
    )


def heart(p: Palette, rng: Random) -> str:
    big = "M0 108 C-150 10 -126 -92 -58 -92 C-24 -92 -6 -70 0 -46 C6 -70 24 -92 58 -92 C126 -92 150 10 0 108Z"
    inner = rng.choice(
        (
            stroke("M-84 -20 C-84 -50 -66 -62 -50 -62", "#fff", 12, 0.6),
            "".join(
                circle(x, y, 8, p.light)
                for x, y in ((-60, -40), (-20, 0), (60, -40), (20, 0), (0, 54), (-56, 14), (56, 14))
            ),
            stroke("M-100 -20 H100 M-88 20 H88 M-50 56 H50", p.light, 9, 0.7),
        )
    )
    return stroke("M0 -46 C0 -80 -20 -100 0 -128", WOOD, 6) + shape(big, p.main) + inner


def bauble(p: Palette, rng: Random) -> str:
    band = rng.choice(
        (
            stroke("M-90 14 l30 -26 30 26 30 -26 30 26 30 -26 30 26", p.light, 10),
            stroke("M-94 0 Q0 34 94 0 M-88 34 Q0 68 88 34", p.light, 11),
            "".join(
                turned(0, star(5, 17, 8, p.light), x=x, y=y)
                for x, y in ((-50, 0), (0, 30), (50, 0), (-26, 66), (30, 70), (0, -32))
            ),
        )
    )
    return (
        stroke("M0 -82 V-134", p.dark, 5)
        + box(-20, -96, 40, 28, "#d9b46a", 6)
        + circle(0, 24, 98, p.main)
        + band
        + ellipse(-44, -24, 18, 25, "#fff", 0.4)
    )


def bunting(p: Palette, rng: Random) -> str:
    flags = "".join(
        turned(a, shape("M-25 0 H25 L0 62Z", c), x=x, y=y)
        for x, y, a, c in (
            (-96, -58, 22, p.main),
            (-36, -36, 8, p.accent),
            (30, -36, -8, p.second),
            (92, -58, -22, p.main),
        )
    )
    low = "".join(
        turned(a, shape("M-25 0 H25 L0 62Z", c), x=x, y=y)
        for x, y, a, c in (
            (-96, 38, 22, p.second),
            (-36, 60, 8, p.light),
            (30, 60, -8, p.main),
            (92, 38, -22, p.accent),
        )
    )
    return stroke("M-136 -82 Q0 6 136 -82 M-136 14 Q0 102 136 14", p.dark, 6) + flags + low


def frame(p: Palette, rng: Random) -> str:
    hill = shape("M-64 62 L-22 4 L10 40 L34 14 L64 62Z", p.main) + circle(32, -30, 17, "#f6c445")
    return turned(
        rng.choice((-5, 0, 5)),
        box(-100, -108, 200, 216, WOOD, 8)
        + box(-84, -92, 168, 184, CREAM)
        + box(-64, -70, 128, 132, p.ground_2)
        + hill,
    )


def clock(p: Palette, rng: Random) -> str:
    h, m = rng.randrange(360), rng.randrange(360)
    ticks = "".join(turned(t + 90, stroke("M0 0 V10", p.dark, 7), x=x, y=y) for x, y, t in ring(12, 82))
    return (
        turned(-32, box(-12, 98, 24, 30, p.dark, 8))
        + turned(32, box(-12, 98, 24, 30, p.dark, 8))
        + circle(-58, -96, 30, p.second)
        + circle(58, -96, 30, p.second)
        + circle(0, 4, 112, p.main)
        + circle(0, 4, 94, CREAM)
        + f'<g transform="translate(0 4)">{ticks}{turned(h, stroke("M0 0 V-42", p.dark, 10))}{turned(m, stroke("M0 0 V-66", p.accent, 7))}{circle(0, 0, 9, p.dark)}</g>'
    )


def book(p: Palette, rng: Random) -> str:
    cover = rng.choice((star(5, 34, 15, p.light), circle(0, 0, 28, p.light), flower_mark(p)))
    return turned(
        -6,
        box(-78, -112, 172, 224, p.dark, 10)
        + box(-72, -104, 160, 210, CREAM, 4)
        + box(-88, -116, 166, 218, p.main, 10)
        + box(-88, -116, 26, 218, p.second, 8)
        + turned(0, cover, x=10, y=-24)
        + box(-30, 44, 80, 12, p.light, 6)
        + box(-14, 66, 48, 10, p.light, 5),
    )


def flower_mark(p: Palette) -> str:
    return "".join(circle(x, y, 15, p.light) for x, y, _t in ring(6, 24)) + circle(0, 0, 13, p.accent)


def card(p: Palette, rng: Random) -> str:
    return turned(
        7,
        box(-104, -70, 208, 146, CREAM, 8)
        + shape("M-104 -62 L0 24 L104 -62 Q104 -70 96 -70 H-96 Q-104 -70 -104 -62Z", p.light)
        + stroke("M-100 70 L-34 0 M100 70 L34 0", "#e2d3b4", 5)
        + shape("M0 54 C-40 26 -36 -6 -16 -6 C-6 -6 -2 2 0 8 C2 2 6 -6 16 -6 C36 -6 40 26 0 54Z", p.main),
    ) + turned(-6, box(-60, -116, 120, 60, p.second, 6, 0.9))


def pencils(p: Palette, rng: Random) -> str:
    def one(color: str) -> str:
        return (
            shape("M-17 -70 L0 -118 L17 -70Z", "#f0d0a0")
            + shape("M-6 -101 L0 -118 L6 -101Z", p.dark)
            + box(-17, -72, 34, 120, color)
            + box(-6, -72, 12, 120, "#fff", 0, 0.25)
        )

    cup = shape("M-70 10 H70 L60 108 Q58 118 48 118 H-48 Q-58 118 -60 108Z", p.second) + stroke(
        "M-62 44 H62", p.light, 9, 0.7
    )
    return (
        turned(-14, one(p.main), x=-36, y=-2)
        + turned(14, one(p.accent), x=38, y=-2)
        + f'<g transform="translate(0 -16)">{one("#f6c445")}</g>'
        + cup
    )


def blocks(p: Palette, rng: Random) -> str:
    return (
        box(-112, 14, 104, 104, p.main, 12)
        + box(8, 14, 104, 104, p.second, 12)
        + box(-52, -98, 104, 104, p.accent, 12)
        + turned(0, star(5, 34, 15, "#fff"), x=0, y=-44)
        + circle(-60, 66, 28, "#fff")
        + shape("M60 38 L92 92 H28Z", "#fff")
    )


def umbrella(p: Palette, rng: Random) -> str:
    dome = shape(
        "M-120 0 C-112 -136 112 -136 120 0 q-20 -24 -40 0 q-20 -24 -40 0 q-20 -24 -40 0 q-20 -24 -40 0 q-20 -24 -40 0Z",
        p.main,
    )
    return turned(
        12,
        stroke("M0 -110 V86 Q0 116 26 116 Q48 116 48 94", WOOD, 12),
        dome,
        shape(
            "M-40 0 C-36 -70 -16 -108 0 -108 C16 -108 36 -70 40 0 q-20 -24 -40 0 q-20 -24 -40 0Z",
            p.light,
            0.6,
        ),
    )


def cushion(p: Palette, rng: Random) -> str:
    body = "M-108 -88 Q0 -62 108 -88 Q82 0 108 92 Q0 66 -108 92 Q-82 0 -108 -88Z"
    deco = rng.choice(
        (
            stroke("M-88 -40 Q0 -20 88 -40 M-86 0 H86 M-88 44 Q0 24 88 44", p.light, 12),
            turned(45, box(-36, -36, 72, 72, p.light, 8)) + circle(0, 2, 18, p.accent),
            flower_mark(p),
        )
    )
    return turned(
        -6,
        shape(body, p.main),
        "".join(circle(x, y, 11, p.accent) for x in (-108, 108) for y in (-88, 92)),
        deco,
    )


def lantern(p: Palette, rng: Random) -> str:
    return (
        stroke("M-30 -92 C-30 -136 30 -136 30 -92", p.dark, 8)
        + shape("M-70 -62 L-38 -94 H38 L70 -62Z", p.dark)
        + box(-62, -62, 124, 150, "#fff2bd", 0, 0.95)
        + circle(0, 30, 44, "#ffd05c", 0.6)
        + shape("M0 -14 C22 16 20 36 0 40 C-20 36 -22 16 0 -14Z", "#f28a22")
        + box(-16, 40, 32, 48, CREAM)
        + stroke("M-62 -60 V88 M62 -60 V88 M-22 -60 V88 M22 -60 V88", p.dark, 7)
        + box(-78, 88, 156, 24, p.dark, 8)
    )


def bird(p: Palette, rng: Random) -> str:
    return (
        stroke("M-110 96 H110", WOOD, 12)
        + stroke("M-6 84 V96 M24 84 V96", p.dark, 7)
        + shape(
            "M-50 -56 C-50 -110 26 -118 40 -66 C60 -20 90 10 132 30 C80 96 -60 100 -62 10 C-62 -16 -50 -34 -50 -56Z",
            p.main,
        )
        + shape("M-14 10 C10 -24 60 -8 96 24 C60 60 0 60 -14 10Z", p.second)
        + shape("M-50 -62 L-88 -46 L-48 -40Z", "#f3a63a")
        + circle(-16, -66, 8, "#fff")
        + circle(-17, -66, 4.5, "#222")
    )


def hook(p: Palette, rng: Random) -> str:
    one = stroke("M0 0 V44 Q0 84 30 84 Q54 84 54 60", p.dark, 13)
    return (
        box(-124, -62, 248, 60, WOOD, 12)
        + stroke("M-104 -40 H30 M-60 -22 H100", "#c08a56", 5)
        + "".join(
            f'<g transform="translate({x} -32)">{one}{circle(0, 0, 15, c)}{circle(54, 58, 9, p.dark)}</g>'
            for x, c in ((-92, p.main), (-12, p.accent), (66, p.second))
        )
    )


def sign(p: Palette, rng: Random) -> str:
    return (
        stroke("M-70 -50 L0 -118 L70 -50", p.dark, 6)
        + circle(0, -118, 9, STEEL)
        + turned(
            -3,
            box(-120, -54, 240, 116, p.main, 14)
            + box(-106, -40, 212, 88, p.light, 9)
            + stroke("M-70 -12 H70 M-48 18 H48", p.main, 11),
        )
        + shape(
            "M0 112 C-26 92 -24 72 -10 72 C-4 72 -2 76 0 80 C2 76 4 72 10 72 C24 72 26 92 0 112Z", p.accent
        )
    )


def tin(p: Palette, rng: Random) -> str:
    rows = "".join(
        turned(0, star(6, 15, 8, p.light), x=x, y=y)
        for x, y in ((-60, 24), (-20, 46), (20, 24), (60, 46), (-60, 72), (20, 72))
    )
    return (
        shape("M-100 -14 H100 V88 Q100 110 78 110 H-78 Q-100 110 -100 88Z", p.main)
        + rows
        + box(-110, -60, 220, 50, p.second, 14)
        + ellipse(0, -58, 96, 20, p.accent)
        + circle(0, -74, 16, p.dark)
    )


def ball(p: Palette, rng: Random) -> str:
    wedges = "".join(
        turned(a, shape("M0 0 L-42 -102 A110 110 0 0 1 42 -102Z", c))
        for a, c in zip(range(0, 360, 60), (p.main, CREAM, p.second, CREAM, p.accent, CREAM), strict=True)
    )
    return turned(rng.randrange(60), circle(0, 0, 110, CREAM), wedges, circle(0, 0, 21, "#fff")) + ellipse(
        -50, -56, 20, 12, "#fff", 0.5
    )


def tree(p: Palette, rng: Random) -> str:
    tiers = "".join(
        shape(d, c)
        for d, c in (
            ("M0 -20 L104 96 H-104Z", GREEN_DARK),
            ("M0 -76 L84 40 H-84Z", "#4f8a55"),
            ("M0 -122 L62 -20 H-62Z", "#6fa865"),
        )
    )
    lights = "".join(
        circle(x, y, 9, c)
        for x, y, c in (
            (-20, -44, p.accent),
            (24, -36, p.main),
            (-40, 16, p.second),
            (8, 8, "#f6c445"),
            (46, 20, p.accent),
            (-64, 76, p.main),
            (-14, 66, p.accent),
            (34, 72, p.second),
            (74, 80, "#f6c445"),
        )
    )
    return box(-14, 92, 28, 34, WOOD, 4) + tiers + lights + turned(0, star(5, 24, 10, "#f6c445"), y=-122)
