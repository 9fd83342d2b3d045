# ruff: noqa: E501  (path data reads worse when it is broken up)
"""Things from the baker, the greengrocer and the deli counter."""

from __future__ import annotations

from random import Random

from shop.motifs.pencil import (
    CREAM,
    GREEN,
    GREEN_DARK,
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

CRUST, CRUMB = "#c98545", "#e9b877"


def loaf(p: Palette, rng: Random) -> str:
    cuts = "".join(
        stroke(f"M{x} -52 q16 20 4 46", CRUMB, 11)
        for x in ((-62, -22, 18, 58) if rng.random() < 0.5 else (-45, 5, 55))
    )
    body = "M-118 40 C-140 -50 -70 -84 0 -84 C70 -84 140 -50 118 40 Q112 70 80 70 L-80 70 Q-112 70 -118 40Z"
    return (
        shape(body, CRUST)
        + shape("M-112 46 Q0 84 112 46 Q108 70 80 70 L-80 70 Q-108 70 -112 46Z", "#a9692f", 0.6)
        + cuts
    )


def baguette(p: Palette, rng: Random) -> str:
    def stick(y: float) -> str:
        cuts = "".join(stroke(f"M{x} {y - 16} l18 30", CRUMB, 8) for x in range(-86, 90, 40))
        return box(-128, y - 27, 256, 54, CRUST, 27) + cuts

    return turned(-34, stick(-36), stick(30))


def croissant(p: Palette, rng: Random) -> str:
    body = "M-122 52 C-120 -40 -60 -86 0 -86 C60 -86 120 -40 122 52 C96 66 78 50 66 26 C50 0 24 -8 0 -8 C-24 -8 -50 0 -66 26 C-78 50 -96 66 -122 52Z"
    folds = "M-34 -80 C-30 -50 -28 -30 -26 -6 M34 -80 C30 -50 28 -30 26 -6 M-84 -46 C-74 -24 -62 -6 -54 10 M84 -46 C74 -24 62 -6 54 10"
    return shape(body, CRUST) + stroke(folds, "#9d5f2a", 7)


def cheese(p: Palette, rng: Random) -> str:
    holes = "".join(
        circle(x, y, r, "#d99a1e") for x, y, r in ((-40, 34, 17), (24, 20, 11), (66, 50, 15), (-86, 54, 9))
    )
    return (
        shape("M-126 4 L60 -80 Q128 -70 126 4Z", "#ffd968")
        + shape("M-126 4 H126 V78 H-126Z", "#f4b73c")
        + holes
    )


def apple(p: Palette, rng: Random) -> str:
    body = "M0 -50 C40 -84 116 -66 112 10 C108 78 56 112 30 104 Q0 94 -30 104 C-56 112 -108 78 -112 10 C-116 -66 -40 -84 0 -50Z"
    return (
        shape(body, p.main) + stroke("M-84 0 C-84 -26 -70 -40 -54 -44", p.light, 10, 0.7)
        + stroke("M0 -48 C-2 -72 6 -92 18 -104", WOOD, 10) + shape("M12 -76 C30 -118 74 -118 92 -104 C80 -70 44 -62 12 -76Z", GREEN)
    )  # fmt: skip


def pear(p: Palette, rng: Random) -> str:
    body = "M0 -84 C34 -84 36 -44 52 -12 C86 40 70 112 0 112 C-70 112 -86 40 -52 -12 C-36 -44 -34 -84 0 -84Z"
    return (
        shape(body, "#c8cf5a") + shape("M14 -74 C36 -50 36 -30 46 -8 C76 40 60 100 8 110 C60 60 40 0 14 -74Z", "#a5b345", 0.7)
        + stroke("M0 -82 C0 -100 8 -112 16 -118", WOOD, 9) + shape("M8 -92 C30 -122 62 -114 76 -100 C58 -78 30 -76 8 -92Z", GREEN)
    )  # fmt: skip


def citrus(p: Palette, rng: Random) -> str:
    peel, flesh = rng.choice(
        (("#f08a24", "#ffb347"), ("#f2c230", "#ffe27a"), ("#7fb03c", "#c3dc7a"), ("#e8604c", "#f79a86"))
    )
    wedge = "M0 -10 C26 -30 34 -66 18 -82 Q0 -90 -18 -82 C-34 -66 -26 -30 0 -10Z"
    wedges = "".join(turned(angle, shape(wedge, flesh)) for angle in range(0, 360, 45))
    return circle(0, 0, 112, peel) + circle(0, 0, 98, CREAM) + wedges


def berries(p: Palette, rng: Random) -> str:
    fruit = rng.choice(("#c23b4e", "#6a4c93", "#3d5a98", "#b3264a"))
    spots = [(0, 84), (-44, 46), (44, 46), (-86, 4), (0, 4), (86, 4), (-44, -36), (44, -36)]
    balls = "".join(circle(x, y, 42, fruit) + circle(x - 12, y - 12, 9, "#fff", 0.5) for x, y in spots)
    leaf = "M0 -50 C-60 -60 -76 -96 -74 -114 C-34 -114 -6 -86 0 -50Z"
    return stroke("M0 -46 C0 -80 10 -100 24 -116", GREEN_DARK, 9) + shape(leaf, GREEN) + balls


def cherries(p: Palette, rng: Random) -> str:
    return (
        stroke("M-54 30 C-40 -40 -10 -80 34 -108 M62 44 C66 -20 56 -70 34 -108", GREEN_DARK, 8)
        + shape("M34 -108 C70 -128 108 -106 118 -80 C84 -72 50 -80 34 -108Z", GREEN)
        + circle(-58, 62, 52, p.main) + circle(64, 72, 46, p.main) + circle(-76, 44, 11, "#fff", 0.55) + circle(48, 56, 10, "#fff", 0.55)
    )  # fmt: skip


def banana(p: Palette, rng: Random) -> str:
    body = "M-104 -78 C-96 30 -10 104 104 72 C112 70 116 58 108 52 C30 40 -50 0 -78 -88 C-84 -98 -104 -92 -104 -78Z"
    return turned(
        8,
        shape(body, "#f6cf45")
        + stroke("M-90 -70 C-70 10 -6 66 92 64", "#d6a928", 7)
        + box(-106, -106, 22, 26, "#8a6a2a", 6),
    )


def greens(p: Palette, rng: Random) -> str:
    blade = "M0 96 C-70 50 -66 -60 0 -112 C66 -60 70 50 0 96Z"
    vein = stroke("M0 80 V-84 M0 40 L-26 16 M0 40 L26 16 M0 -6 L-24 -28 M0 -6 L24 -28", "#dcebc4", 5)
    sides = turned(-42, shape(blade, GREEN_DARK), vein, x=-34, y=14) + turned(
        42, shape(blade, "#558b45"), vein, x=34, y=14
    )
    return sides + shape(blade, "#86b95b") + vein


def carrot(p: Palette, rng: Random) -> str:
    root = "M-44 -40 C-20 -60 20 -60 44 -40 C50 10 20 90 0 124 C-20 90 -50 10 -44 -40Z"
    lines = stroke("M-34 -6 h22 M34 14 h-20 M-24 44 h18 M18 66 h-12", "#c96a1c", 6)
    tops = "".join(turned(angle, ellipse(0, -44, 14, 44, GREEN), y=-44) for angle in (-38, 38, -14, 14))
    return turned(28, tops, shape(root, "#ee8a35"), lines)


def tomato(p: Palette, rng: Random) -> str:
    cap = "".join(
        turned(angle, shape("M0 0 C16 -12 20 -44 0 -60 C-20 -44 -16 -12 0 0Z", GREEN_DARK), y=-64)
        for angle in range(54, 360, 63)
    )
    return ellipse(0, 16, 116, 98, "#d94a3d") + ellipse(-46, -18, 22, 14, "#fff", 0.45) + cap


def mushroom(p: Palette, rng: Random) -> str:
    cap = "M-118 10 C-118 -70 -60 -104 0 -104 C60 -104 118 -70 118 10 Q0 34 -118 10Z"
    dots = "".join(
        circle(x, y, r, CREAM, 0.9)
        for x, y, r in ((-56, -40, 17), (6, -66, 14), (58, -26, 20), (-6, -16, 10))
    )
    return (
        shape("M-34 10 H34 C30 50 40 80 48 104 H-48 C-40 80 -30 50 -34 10Z", CREAM)
        + shape(cap, p.main)
        + dots
    )


def potato(p: Palette, rng: Random) -> str:
    eyes = "".join(
        ellipse(x, y, 8, 5, "#9c7038") for x, y in ((-50, -20), (10, 14), (52, -30), (-16, 48), (66, 30))
    )
    return turned(
        -18,
        shape(
            "M-116 10 C-124 -60 -50 -92 20 -84 C96 -78 128 -20 112 32 C96 88 20 96 -40 88 C-90 80 -112 56 -116 10Z",
            "#c99a58",
        )
        + eyes,
    )


def fish(p: Palette, rng: Random) -> str:
    scales = "".join(
        stroke(f"M{x} {y - 14} q14 14 0 28", p.light, 5, 0.7) for x in (-20, 12, 44) for y in (-20, 16)
    )
    return (
        shape("M70 0 C96 -30 118 -56 132 -62 C124 -20 124 20 132 62 C118 56 96 30 70 0Z", p.second)
        + shape("M-20 -56 C0 -96 40 -96 56 -84 C48 -64 40 -54 30 -46Z", p.second)
        + shape("M-130 0 C-90 -76 30 -84 90 0 C30 84 -90 76 -130 0Z", p.main) + scales
        + stroke("M-62 -44 C-44 -18 -44 18 -62 44", p.dark, 5, 0.5) + circle(-92, -12, 11, "#fff") + circle(-94, -12, 6, "#22303a")
    )  # fmt: skip


def prawn(p: Palette, rng: Random) -> str:
    arcs = "".join(
        stroke(d, "#d96a4a", 6)
        for d in ("M-54 -62 L-24 -26", "M14 -74 L14 -30", "M70 -34 L38 -6", "M82 26 L44 20")
    )
    body = "M-104 -20 C-84 -92 20 -110 74 -58 C124 -8 104 84 22 96 C50 66 52 28 30 0 C4 -28 -50 -10 -104 -20Z"
    return (
        stroke("M-100 -24 C-130 -40 -136 -70 -128 -92 M-96 -30 C-112 -60 -106 -84 -96 -104", "#d96a4a", 5)
        + shape(body, "#f39a76")
        + arcs
        + shape("M24 96 L-34 118 L-26 84 L-52 66 L34 72Z", "#e5805c")
        + circle(-66, -44, 7, "#3a2622")
    )


def drumstick(p: Palette, rng: Random) -> str:
    bone = stroke("M50 50 L98 98", CREAM, 26) + circle(88, 112, 18, CREAM) + circle(112, 90, 18, CREAM)
    meat = shape("M68 62 C20 100 -70 90 -104 20 C-130 -50 -80 -116 -14 -104 C64 -90 96 -20 68 62Z", "#b9652f")
    return bone + meat + stroke("M-82 -8 C-86 -46 -60 -74 -30 -78", "#e2a066", 11)


def steak(p: Palette, rng: Random) -> str:
    outer = "M-112 -10 C-120 -80 -40 -104 30 -88 C110 -72 136 0 100 48 C66 92 20 56 -20 82 C-66 110 -106 60 -112 -10Z"
    inner = "M-90 -8 C-96 -62 -30 -82 28 -68 C90 -54 108 0 82 32 C56 62 14 34 -26 58 C-60 78 -84 42 -90 -8Z"
    return (
        shape(outer, "#f2d9c8")
        + shape(inner, "#c5504c")
        + ellipse(44, -14, 22, 15, "#f2d9c8")
        + ellipse(44, -14, 12, 7, "#fff")
        + stroke("M-58 -20 q20 18 44 6 M-50 22 q22 -14 46 -2", "#e89a8f", 7)
    )


def sausage(p: Palette, rng: Random) -> str:
    def link(y: float) -> str:
        return stroke(f"M-92 {y - 14} Q0 {y + 42} 92 {y - 14}", "#a54c36", 46) + stroke(
            f"M-80 {y - 18} Q0 {y + 30} 70 {y - 14}", "#d98367", 8
        )

    return turned(-24, link(-36), link(34))


def egg(p: Palette, rng: Random) -> str:
    one = "M0 -66 C34 -66 56 -14 56 20 C56 52 32 72 0 72 C-32 72 -56 52 -56 20 C-56 -14 -34 -66 0 -66Z"
    tray = shape("M-126 34 H126 L112 92 Q110 100 100 100 H-100 Q-110 100 -112 92Z", p.second)
    eggs = "".join(
        f'<g transform="translate({x} {y})">{shape(one, c)}</g>'
        for x, y, c in ((-64, -8, "#f3d9b8"), (64, -8, "#fbeedd"), (0, -14, "#e8c39c"))
    )
    return eggs + tray + stroke("M-114 52 H114", p.light, 6, 0.5)


def cake(p: Palette, rng: Random) -> str:
    drip = "M-108 -34 H108 V2 q-14 30 -28 0 q-12 -14 -26 6 q-14 26 -28 0 q-12 -16 -26 0 q-14 34 -28 2 q-12 -14 -26 0 q-14 22 -28 -4 q-10 -10 -18 0Z"
    return (
        box(-108, -34, 216, 122, CREAM, 12) + box(-108, 38, 216, 18, p.second) + shape(drip, p.main) + ellipse(0, 92, 128, 10, p.dark, 0.25)
        + "".join(box(x - 5, -86, 10, 52, c, 4) + shape(f"M{x} -114 q14 16 0 26 q-14 -10 0 -26Z", "#f8a62a") for x, c in ((-52, p.accent), (0, p.second), (52, p.accent)))
    )  # fmt: skip


def cupcake(p: Palette, rng: Random) -> str:
    cup = shape("M-76 22 H76 L56 106 Q54 112 46 112 H-46 Q-54 112 -56 106Z", p.second)
    folds = stroke("M-44 30 L-34 104 M0 30 V104 M44 30 L34 104", p.dark, 5, 0.35)
    swirl = "M-92 22 C-112 -20 -70 -40 -56 -40 C-70 -76 -20 -76 -12 -78 C-18 -100 4 -112 10 -114 C10 -92 40 -84 36 -64 C70 -64 66 -36 60 -32 C104 -28 104 8 92 22 Q0 40 -92 22Z"
    dots = "".join(
        turned(rng.randrange(180), box(-9, -3, 18, 6, c, 3), x=x, y=y)
        for x, y, c in (
            (-50, -6, p.accent),
            (0, -40, p.main),
            (44, -4, p.second),
            (-4, 6, p.accent),
            (20, -70, p.second),
        )
    )
    return cup + folds + shape(swirl, p.light) + dots


def cookie(p: Palette, rng: Random) -> str:
    chips = "".join(
        turned(t, box(-11, -9, 22, 18, "#5a3521", 7), x=x, y=y)
        for x, y, t in [*ring(6, 66, rng.randrange(60)), *ring(3, 26, rng.randrange(120))]
    )
    return circle(0, 0, 110, "#c68b4e") + circle(0, 0, 98, "#dba765") + chips


def donut(p: Palette, rng: Random) -> str:
    bits = "".join(
        turned(t * 5, box(-11, -4, 22, 8, c, 4), x=x, y=y)
        for (x, y, t), c in zip(
            ring(10, 70, rng.randrange(30)), (p.light, p.accent, p.second, "#fff", p.dark) * 2, strict=True
        )
    )
    return (
        circle(0, 4, 114, CRUST)
        + circle(0, -2, 104, p.main)
        + bits
        + circle(0, 2, 38, CRUST)
        + circle(0, 6, 32, p.ground)
    )


def ice_cream(p: Palette, rng: Random) -> str:
    cone = shape("M-62 6 L0 128 L62 6Z", CRUST) + stroke(
        "M-36 20 L22 84 M-2 16 L38 58 M36 20 L-22 84 M2 16 L-38 58", "#a9692f", 5
    )
    return (
        cone
        + circle(-40, -26, 50, p.main)
        + circle(42, -26, 50, p.second)
        + circle(0, -72, 52, p.light)
        + circle(-18, -92, 9, "#fff", 0.8)
        + circle(0, -124, 14, "#c8324a")
    )


def popsicle(p: Palette, rng: Random) -> str:
    bar = "M-58 -60 C-58 -132 58 -132 58 -60 V48 Q58 62 44 62 H-44 Q-58 62 -58 48Z"
    return turned(
        14,
        box(-13, 50, 26, 78, "#e3bf8e", 12),
        shape(bar, p.main),
        shape("M-58 6 q29 -26 58 0 q29 26 58 0 V48 Q58 62 44 62 H-44 Q-58 62 -58 48Z", p.second),
        stroke("M-26 -70 V30 M26 -70 V30", p.light, 9, 0.5),
    )


def pizza(p: Palette, rng: Random) -> str:
    tops = "".join(
        circle(x, y, 20, "#c8423a") + circle(x - 5, y - 5, 5, "#e98a78")
        for x, y in ((-38, -30), (30, -34), (-4, 16), (4, 66))
    )
    return (
        shape("M-112 -70 L0 128 L112 -70Z", "#ffd36b")
        + stroke("M-110 -70 Q0 -122 110 -70", CRUST, 34)
        + tops
        + ellipse(42, 6, 12, 7, GREEN)
        + ellipse(-44, 14, 12, 7, GREEN)
    )


def bowl(p: Palette, rng: Random) -> str:
    steam = stroke(
        "M-40 -66 c-16 -18 16 -30 0 -52 M4 -66 c-16 -18 16 -30 0 -52 M48 -66 c-16 -18 16 -30 0 -52",
        p.light,
        8,
        0.8,
    )
    noodles = "".join(stroke(f"M{x} -18 q16 -30 34 0 q16 26 34 0", "#f1cf74", 9) for x in (-92, -50, -8, 26))
    return (
        steam
        + ellipse(0, -16, 118, 30, p.dark, 0.35)
        + noodles
        + shape("M-122 -14 H122 C118 60 66 96 0 96 C-66 96 -118 60 -122 -14Z", p.main)
        + stroke("M-96 26 Q0 56 96 26", p.light, 7, 0.6)
        + box(-46, 92, 92, 16, p.second, 8)
    )


def sandwich(p: Palette, rng: Random) -> str:
    return (
        shape("M-114 -18 C-110 -96 110 -96 114 -18Z", CRUMB) + "".join(ellipse(x, y, 7, 4, CREAM) for x, y in ((-46, -46), (0, -62), (48, -46), (20, -36), (-20, -32)))
        + stroke("M-112 -2 q18 20 37 0 q18 20 37 0 q18 20 38 0 q18 20 37 0 q18 20 37 0 q14 12 38 0", GREEN, 16)
        + box(-112, 10, 224, 20, "#d94a3d", 10) + box(-116, 26, 232, 16, "#ffd968", 4) + box(-112, 42, 224, 24, "#8a4b2c", 12) + shape("M-114 70 H114 V82 Q108 106 80 106 H-80 Q-108 106 -114 82Z", CRUST)
    )  # fmt: skip


def candy(p: Palette, rng: Random) -> str:
    twist = "M62 0 L122 -46 Q112 0 122 46Z"
    stripes = "".join(stroke(f"M{x} -54 Q{x + 22} 0 {x} 54", p.light, 13, 0.9) for x in (-32, 4, 36))
    return turned(
        -22, shape(twist, p.second), turned(180, shape(twist, p.second)), circle(0, 0, 76, p.main), stripes
    )


def chocolate(p: Palette, rng: Random) -> str:
    cells = "".join(
        box(x, y, 46, 40, "#7a4a2c", 6) + stroke(f"M{x + 8} {y + 9} h26", "#a0694a", 5)
        for x in (-78, -24, 30)
        for y in (-106, -58, -10)
    )
    return turned(
        10,
        box(-86, -114, 170, 220, "#5b341f", 12),
        cells,
        shape(
            "M-94 30 l20 -14 l20 14 l20 -14 l20 14 l20 -14 l20 14 l20 -14 l20 14 l22 -14 V116 Q92 122 84 122 H-86 Q-94 122 -94 114Z",
            p.main,
        ),
        box(-60, 66, 120, 26, p.light, 6, 0.8),
    )


def peppers(p: Palette, rng: Random) -> str:
    body = "M-86 -30 C-80 -84 -30 -70 0 -58 C30 -70 80 -84 86 -30 C92 30 60 108 34 108 C18 108 12 96 0 96 C-12 96 -18 108 -34 108 C-60 108 -92 30 -86 -30Z"
    colour = rng.choice(("#d8432f", "#e9a82a", "#6c9c3a", "#e3702a"))
    return (
        shape(body, colour)
        + stroke("M0 -40 C-10 0 -8 50 0 84", "#000", 6, 0.15)
        + stroke("M-60 -24 C-60 -46 -46 -50 -34 -50", "#fff", 9, 0.5)
        + stroke("M0 -60 C-2 -84 8 -104 26 -112", GREEN_DARK, 15)
    )


def snowflake(p: Palette, rng: Random) -> str:
    arm = stroke("M0 -14 V-112 M0 -76 L-26 -102 M0 -76 L26 -102 M0 -44 L-20 -64 M0 -44 L20 -64", p.main, 10)
    return "".join(turned(angle, arm) for angle in range(0, 360, 60)) + turned(30, star(6, 26, 14, p.accent))
