# ruff: noqa: E501  (path data reads worse when it is broken up)
"""Things for the bathroom, the kitchen, the garden and those who live with us."""

from __future__ import annotations

from random import Random

from shop.motifs.pencil import (
    CREAM,
    GREEN,
    GREEN_DARK,
    STEEL,
    WOOD,
    Palette,
    box,
    circle,
    ellipse,
    ring,
    shape,
    stroke,
    turned,
)


def soap(p: Palette, rng: Random) -> str:
    bubbles = "".join(
        circle(x, y, r, "#fff", 0.6)
        for x, y, r in ((-98, -40, 17), (-112, 4, 10), (100, -14, 13), (108, 34, 19), (-96, 70, 12))
    )
    return (
        stroke("M4 -66 V-96 H-44 V-84", p.dark, 15)
        + box(-26, -74, 60, 26, p.dark, 6)
        + box(-66, -50, 136, 168, p.main, 26)
        + box(-48, -4, 100, 82, p.light, 12)
        + shape(
            "M2 8 C24 38 26 48 26 54 C26 68 14 74 2 74 C-10 74 -22 68 -22 54 C-22 48 -20 38 2 8Z", p.accent
        )
        + bubbles
    )


def spray(p: Palette, rng: Random) -> str:
    dots = "".join(
        circle(x, y, 6, p.light)
        for x, y in ((-104, -104), (-104, -80), (-124, -116), (-124, -92), (-124, -68))
    )
    return (
        shape(
            "M-70 -112 H40 Q56 -112 56 -96 V-66 H6 V-40 H-26 V-70 H-44 L-58 -44 H-72 L-66 -82 H-70Z", p.dark
        )
        + shape(
            "M-34 -42 H20 C20 -14 66 -8 66 34 V112 Q66 124 54 124 H-60 Q-72 124 -72 112 V34 C-72 -8 -34 -14 -34 -42Z",
            p.main,
        )
        + box(-50, 30, 94, 62, p.light, 10)
        + shape("M-4 38 l8 16 17 2 -12 12 3 17 -16 -8 -16 8 3 -17 -12 -12 17 -2Z", p.accent)
        + dots
    )


def toothbrush(p: Palette, rng: Random) -> str:
    brush = box(-13, -122, 26, 244, p.main, 13) + "".join(
        box(13, y, 26, 9, c, 3) for y, c in zip(range(-114, -54, 12), ("#fff", p.light) * 3, strict=False)
    )
    tube = (
        shape("M-36 -60 H36 L48 112 H-48Z", p.light)
        + box(-16, -86, 32, 28, p.accent, 6)
        + box(-48, 104, 96, 16, p.second, 4)
        + stroke("M-24 -20 q12 -18 24 0 q12 18 24 0 M-24 24 H24", p.second, 9)
    )
    return turned(-12, tube, x=-46, y=4) + turned(16, brush, x=60)


def pills(p: Palette, rng: Random) -> str:
    capsule = (
        box(-52, -20, 52, 40, p.accent, 20)
        + box(-20, -20, 34, 40, p.accent)
        + box(0, -20, 52, 40, "#fff", 20)
        + box(0, -20, 20, 40, "#fff")
    )
    return (
        box(-60, -116, 104, 36, "#fff", 8)
        + stroke("M-44 -106 V-90 M-26 -106 V-90 M-8 -106 V-90 M10 -106 V-90 M28 -106 V-90", STEEL, 5)
        + box(-70, -80, 124, 176, p.main, 18)
        + box(-70, -40, 124, 92, p.light)
        + box(-17, -32, 18, 76, p.accent, 5)
        + box(-46, -3, 76, 18, p.accent, 5)
        + turned(-28, capsule, x=66, y=86)
    )


def lipstick(p: Palette, rng: Random) -> str:
    stick = (
        shape("M-22 -118 C0 -124 22 -100 24 -84 V-30 H-24 V-112Z", p.main)
        + box(-30, -34, 60, 44, "#d9b46a", 4)
        + box(-40, 6, 80, 112, p.dark, 8)
    )
    mirror = (
        circle(0, 0, 58, "#d9b46a")
        + circle(0, 0, 47, "#e8f3f6")
        + stroke("M-24 6 L10 -26 M-8 22 L24 -8", "#fff", 8)
        + box(-11, 54, 22, 62, "#d9b46a", 10)
    )
    return turned(-8, stick, x=-46) + turned(18, mirror, x=64, y=0)


def roll(p: Palette, rng: Random) -> str:
    dots = "".join(circle(x, y, 6, p.accent, 0.8) for x in (-44, -6, 32) for y in (0, 40, 80))
    return (
        shape("M46 -50 H104 V92 q-14 16 -29 0 q-14 -14 -29 2Z", "#f5efe6")
        + box(-72, -60, 140, 176, "#fff", 6)
        + dots
        + ellipse(-2, -60, 70, 26, "#f0e9de")
        + ellipse(-2, -60, 26, 10, WOOD)
        + ellipse(-2, 116, 70, 14, "#e8e0d2")
    )


def laundry(p: Palette, rng: Random) -> str:
    return (
        shape(
            "M-84 -60 C-84 -104 -40 -112 0 -112 H10 V-76 H50 C80 -76 90 -50 90 -20 V100 Q90 118 72 118 H-66 Q-84 118 -84 100Z",
            p.main,
        )
        + box(4, -126, 46, 44, p.accent, 8)
        + shape("M-50 -52 C-50 -76 -20 -80 -14 -80 V-20 H-50Z", p.ground)
        + circle(4, 46, 52, p.light)
        + stroke("M-30 46 q17 -22 34 0 q17 22 34 0", p.accent, 10)
        + circle(-10, 20, 8, p.accent, 0.7)
        + circle(16, 14, 5, p.accent, 0.7)
    )


def candle(p: Palette, rng: Random) -> str:
    flame = shape("M0 -130 C34 -92 30 -60 0 -56 C-30 -60 -34 -92 0 -130Z", "#f9a02c") + shape(
        "M0 -98 C16 -80 14 -62 0 -60 C-14 -62 -16 -80 0 -98Z", "#ffe58a"
    )
    return (
        circle(0, -86, 62, "#ffe9a8", 0.45)
        + flame
        + stroke("M0 -56 V-38", p.dark, 6)
        + box(-56, -36, 112, 144, p.main, 12)
        + ellipse(0, -36, 56, 13, p.light)
        + shape("M-56 -30 V20 q10 18 20 0 V-24 M20 -24 V44 q12 18 22 -6 V-28Z", p.light, 0.8)
        + box(-92, 102, 184, 18, p.second, 9)
    )


def lamp(p: Palette, rng: Random) -> str:
    glow = shape("M-86 0 L-130 120 H130 L86 0Z", "#fff3b8", 0.45)
    return (
        glow
        + shape("M-46 -112 H46 L92 6 H-92Z", p.main)
        + stroke("M-30 -90 L-54 -12 M0 -90 V-12 M30 -90 L54 -12", p.light, 7, 0.5)
        + box(-8, 6, 16, 88, WOOD)
        + shape("M-58 116 C-58 92 58 92 58 116Z", p.dark)
    )


def bulb(p: Palette, rng: Random) -> str:
    rays = "".join(
        turned(t + 90, stroke("M0 -4 V-22", "#f6c445", 9), x=x, y=y - 18)
        for x, y, t in ring(9, 104, 150)
        if t < 395
    )
    return (
        rays
        + shape(
            "M-66 -22 C-66 -110 66 -110 66 -22 C66 14 34 24 32 54 H-32 C-34 24 -66 14 -66 -22Z", "#ffd968"
        )
        + stroke("M-20 50 V6 L0 -18 L20 6 V50", "#e59a1c", 7)
        + box(-32, 56, 64, 18, STEEL, 6)
        + box(-30, 76, 60, 16, "#aab6be", 6)
        + box(-20, 94, 40, 16, p.dark, 7)
    )


def mug(p: Palette, rng: Random) -> str:
    heart = "M-8 56 C-52 22 -50 -14 -28 -14 C-16 -14 -10 -6 -8 2 C-6 -6 0 -14 12 -14 C34 -14 36 22 -8 56Z"
    return (
        stroke("M70 -44 H92 Q118 -44 118 -10 V14 Q118 52 68 52", p.second, 20)
        + box(-90, -84, 164, 190, p.main, 22)
        + ellipse(-8, -82, 82, 16, p.dark, 0.5)
        + shape(heart, p.light)
    )


def plate(p: Palette, rng: Random) -> str:
    fork = stroke("M0 -20 V104 M-17 -104 V-56 Q-17 -22 0 -22 Q17 -22 17 -56 V-104 M0 -104 V-40", STEEL, 9)
    knife = stroke("M0 10 V104", STEEL, 13) + shape("M-7 14 V-108 C26 -90 22 -20 16 14Z", STEEL)
    return (
        circle(0, 0, 84, "#fff")
        + circle(0, 0, 58, p.light)
        + "".join(circle(x, y, 7, p.main) for x, y, _t in ring(10, 71))
        + turned(0, fork, x=-114)
        + turned(0, knife, x=112)
    )


def pot(p: Palette, rng: Random) -> str:
    steam = stroke("M-34 -76 c-14 -14 14 -24 0 -44 M24 -76 c-14 -14 14 -24 0 -44", p.light, 8, 0.8)
    return (
        steam
        + box(-136, -8, 272, 24, p.dark, 12)
        + shape("M-100 -24 H100 V66 Q100 104 62 104 H-62 Q-100 104 -100 66Z", p.main)
        + shape("M-104 -28 C-96 -56 96 -56 104 -28Z", p.second)
        + circle(0, -60, 14, p.dark)
        + stroke("M-72 6 V58 Q-70 74 -58 80", "#fff", 9, 0.45)
    )


def plant(p: Palette, rng: Random) -> str:
    leaf = "M0 0 C-34 -30 -30 -84 0 -112 C30 -84 34 -30 0 0Z"
    leaves = "".join(
        turned(angle, shape(leaf, fill), y=34)
        for angle, fill in ((-62, GREEN_DARK), (62, GREEN_DARK), (-32, GREEN), (32, GREEN), (0, "#86b95b"))
    )
    return (
        leaves
        + shape("M-70 26 H70 L54 112 Q52 120 44 120 H-44 Q-52 120 -54 112Z", p.main)
        + box(-80, 14, 160, 28, p.second, 8)
    )


def flower(p: Palette, rng: Random) -> str:
    n = rng.choice((6, 8, 12))
    petals = "".join(
        turned(t + 90, ellipse(0, -8, 150 / n + 4, 38, p.main if k % 2 else p.second), x=x, y=y - 34)
        for k, (x, y, t) in enumerate(ring(n, 46))
    )
    return (
        stroke("M0 -20 C6 40 -4 90 0 128", GREEN_DARK, 10)
        + shape("M0 96 C24 52 62 46 86 52 C76 90 40 106 0 96Z", GREEN)
        + shape("M0 112 C-20 74 -54 66 -78 74 C-66 104 -34 120 0 112Z", GREEN)
        + petals
        + circle(0, -34, 28, "#f3b63a")
        + circle(0, -34, 15, "#b9742a")
    )


def tulips(p: Palette, rng: Random) -> str:
    head = "M0 -46 C14 -60 20 -66 34 -70 C40 -20 26 4 0 4 C-26 4 -40 -20 -34 -70 C-20 -66 -14 -60 0 -46Z"
    stems = stroke("M-62 -28 C-50 40 -20 80 0 126 M0 -44 V126 M62 -28 C50 40 20 80 0 126", GREEN_DARK, 9)
    return (
        stems
        + shape(
            "M0 120 C-60 90 -66 40 -54 20 C-20 44 -2 80 0 120Z M0 120 C60 90 66 40 54 20 C20 44 2 80 0 120Z",
            GREEN,
        )
        + turned(-14, shape(head, p.main), x=-66, y=-26)
        + turned(14, shape(head, p.accent), x=66, y=-26)
        + f'<g transform="translate(0 -46)">{shape(head, p.second)}</g>'
    )


def paw(p: Palette, rng: Random) -> str:
    toes = "".join(
        turned(a, ellipse(0, 0, 26, 36, p.main), x=x, y=y)
        for x, y, a in ((-82, -14, -24), (-32, -70, -8), (32, -70, 8), (82, -14, 24))
    )
    return (
        toes
        + shape(
            "M0 -16 C40 -16 80 40 74 72 C68 104 34 98 0 92 C-34 98 -68 104 -74 72 C-80 40 -40 -16 0 -16Z",
            p.main,
        )
        + ellipse(-22, 18, 14, 9, p.light, 0.6)
    )


def bone(p: Palette, rng: Random) -> str:
    ends = "".join(circle(x, y, 34, CREAM) for x in (-88, 88) for y in (-26, 26))
    return turned(-28, ends, box(-88, -27, 176, 54, CREAM), stroke("M-60 -12 H20", "#e4d3b0", 9))


def baby_bottle(p: Palette, rng: Random) -> str:
    marks = stroke("M-44 10 h24 M-44 36 h16 M-44 62 h24 M-44 88 h16", p.main, 6)
    return turned(
        12,
        shape("M-20 -92 C-20 -104 -10 -106 -10 -118 Q0 -134 10 -118 C10 -106 20 -104 20 -92Z", "#f1c38f"),
        box(-52, -94, 104, 32, p.accent, 10),
        box(-58, -62, 116, 184, "#fff", 26, 0.85),
        box(-50, -4, 100, 118, CREAM, 20),
        marks,
        circle(24, 46, 17, p.second),
    )


def tools(p: Palette, rng: Random) -> str:
    hammer = box(-12, -60, 24, 180, WOOD, 10) + shape(
        "M-70 -108 H44 C66 -108 74 -90 76 -72 C60 -84 48 -78 44 -60 H-70Z", "#56646f"
    )
    spanner = shape(
        "M-20 120 V-40 C-60 -56 -56 -112 -20 -122 V-78 L0 -66 L20 -78 V-122 C56 -112 60 -56 20 -40 V120 Q0 138 -20 120Z",
        p.main,
    )
    return turned(34, spanner, x=16) + turned(-34, hammer, x=-10)


def battery(p: Palette, rng: Random) -> str:
    return turned(
        12,
        box(-24, -124, 48, 24, STEEL, 6),
        box(-60, -104, 120, 222, p.main, 16),
        box(-60, -104, 120, 60, p.accent, 16),
        box(-60, -70, 120, 26, p.accent),
        shape("M14 -30 L-34 42 H-4 L-14 92 L36 14 H6Z", p.light),
    )


def shirt(p: Palette, rng: Random) -> str:
    body = "M-44 -104 C-24 -76 24 -76 44 -104 L126 -62 L100 -2 L70 -16 V104 Q70 114 60 114 H-60 Q-70 114 -70 104 V-16 L-100 -2 L-126 -62Z"
    return (
        shape(body, p.main)
        + stroke("M-68 16 H68 M-68 48 H68", p.light, 14, 0.8)
        + stroke("M-44 -104 C-24 -76 24 -76 44 -104", p.second, 9)
    )


def basket(p: Palette, rng: Random) -> str:
    weave = stroke(
        "M-92 26 H92 M-86 58 H86 M-54 0 L-44 100 M-18 0 L-14 100 M18 0 L14 100 M54 0 L44 100", "#8a5a35", 6
    )
    goods = (
        circle(-46, -26, 34, p.main)
        + circle(10, -36, 38, p.accent)
        + ellipse(58, -24, 30, 26, p.second)
        + shape("M2 -72 C10 -96 34 -98 44 -92 C40 -74 22 -66 2 -72Z", GREEN)
    )
    return (
        stroke("M-88 -4 C-84 -142 84 -142 88 -4", WOOD, 13)
        + goods
        + shape("M-108 -10 H108 L88 96 Q86 108 72 108 H-72 Q-86 108 -88 96Z", "#c08a56")
        + weave
        + box(-116, -20, 232, 26, WOOD, 10)
    )


def pouch(p: Palette, rng: Random) -> str:
    top = "M-84 -118 l14 8 14 -8 14 8 14 -8 14 8 14 -8 14 8 14 -8 14 8 14 -8 14 8 14 -8"
    emblem = rng.choice(
        (
            circle(0, 6, 44, p.light),
            shape("M0 -44 C50 -20 50 40 0 62 C-50 40 -50 -20 0 -44Z", p.light),
            turned(45, box(-34, -30, 68, 68, p.light, 12), y=4),
        )
    )
    return (
        shape(
            f"{top} C72 -60 96 30 84 118 l-14 -8 -14 8 -14 -8 -14 8 -14 -8 -14 8 -14 -8 -14 8 -14 -8 -14 8 -14 -8 -14 8 C-96 30 -72 -60 -84 -118Z",
            p.main,
        )
        + emblem
        + circle(0, 6, 22, p.accent)
        + box(-48, 70, 96, 15, p.light, 7)
        + stroke("M-62 -84 C-70 -30 -72 20 -68 70", "#fff", 8, 0.35)
    )


def cereal(p: Palette, rng: Random) -> str:
    loops = "".join(
        circle(x, y, 14, c) + circle(x, y, 6, p.main)
        for x, y, c in (
            (-36, 8, p.accent),
            (-2, 30, p.second),
            (32, 6, "#fff"),
            (8, -4, p.accent),
            (-20, 42, "#fff"),
            (36, 42, p.second),
        )
    )
    return (
        shape("M74 -112 L108 -92 V104 L74 118Z", p.dark, 0.55)
        + box(-86, -114, 162, 232, p.main, 6)
        + box(-68, -94, 126, 56, p.light, 8)
        + stroke("M-48 -76 H38 M-48 -56 H12", p.accent, 9)
        + loops
        + shape("M-66 58 H56 C50 96 26 104 -5 104 C-36 104 -60 96 -66 58Z", "#fff")
    )
