"""Products without photographs: a drawing made from category and name, always the same one for the same words."""

from __future__ import annotations

from hashlib import blake2s
from random import Random

from shop.motifs.index import ANYTHING, motifs_for
from shop.motifs.pencil import Motif, Palette, box, circle, ellipse, ring, shape, sized, stroke, turned
from shop.palettes import PALETTES

# Part of every tile's address: raise it when drawings change, since browsers keep them for a year.
VERSION = 1
SIZE = 400


def tile_mark(name: str, category: str | int) -> str:
    """A short fingerprint of everything a tile depends on."""
    return blake2s(f"{VERSION}\n{category}\n{name}".encode(), digest_size=6).hexdigest()


def product_tile(name: str, category_path: str) -> str:
    """A square SVG document for a product."""
    seed = _seed(category_path, name)
    return _document(_motif(name, category_path), _palette(category_path, seed), Random(seed))


def category_tile(category_path: str) -> str:
    """A square SVG document for a category."""
    seed = _seed(category_path)
    return _document(_motif("", category_path), _palette(category_path, seed), Random(seed))


def _seed(*parts: str) -> int:
    return int.from_bytes(blake2s("\n".join(parts).encode(), digest_size=8).digest(), "big")


def _palette(category_path: str, seed: int) -> Palette:
    """A category keeps to four neighbouring schemes, so that a list looks varied but not random."""
    start = _seed("palette", category_path) % len(PALETTES)
    return PALETTES[(start + seed // 7 % 4 * 3) % len(PALETTES)]


def _motif(name: str, category_path: str) -> Motif:
    """From the name if it tells, else from the nearest category that does, else any one for the category."""
    for text in (name, *reversed(category_path.split("/"))):
        for motif in motifs_for(text):
            return motif
    return ANYTHING[_seed("motif", category_path) % len(ANYTHING)]


def _document(motif: Motif, palette: Palette, rng: Random) -> str:
    ground = _GROUNDS[rng.randrange(len(_GROUNDS))](palette, rng)
    scale, tilt = 0.94 + 0.1 * rng.random(), rng.uniform(-5, 5)
    drawing = turned(tilt, sized(scale, motif(palette, rng)))
    shadow = ellipse(0, 134, 104, 13, palette.dark, 0.16)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
        f'{box(0, 0, SIZE, SIZE, palette.ground)}<g transform="translate(200 200)">{ground}</g>'
        f'<g transform="translate(200 196)">{shadow}{drawing}</g></svg>'
    )


def _sun(p: Palette, rng: Random) -> str:
    return circle(rng.uniform(-12, 12), rng.uniform(-8, 8), 158, p.ground_2)


def _rings(p: Palette, rng: Random) -> str:
    x, y = rng.choice(((-200, -200), (200, -200), (200, 200), (-200, 200)))
    return "".join(
        circle(x, y, radius, p.ground_2 if step % 2 == 0 else p.ground)
        for step, radius in enumerate((420, 340, 260, 180, 100))
    )


def _rays(p: Palette, rng: Random) -> str:
    start = rng.uniform(0, 30)
    ray = shape("M0 0 L-38 -320 H38Z", p.ground_2, 0.75)
    return "".join(turned(start + angle, ray) for angle in range(0, 360, 30))


def _dots(p: Palette, rng: Random) -> str:
    radius = rng.choice((6, 8, 10))
    return "".join(
        circle(x + (25 if row % 2 else 0), y, radius, p.ground_2)
        for row, y in enumerate(range(-200, 240, 42))
        for x in range(-225, 230, 50)
    )


def _hills(p: Palette, rng: Random) -> str:
    a, b = rng.uniform(-50, 10), rng.uniform(20, 70)
    low = shape(
        f"M-200 {b + 40:.0f} C-80 {b - 30:.0f} 60 {b + 90:.0f} 200 {b:.0f} V200 H-200Z", p.second, 0.45
    )
    high = shape(f"M-200 {a:.0f} C-90 {a + 90:.0f} 70 {a - 70:.0f} 200 {a + 40:.0f} V200 H-200Z", p.ground_2)
    return circle(rng.choice((-110, 110)), -110, 46, p.light, 0.8) + high + low


def _stripes(p: Palette, rng: Random) -> str:
    bars = "".join(box(x, -300, 30, 600, p.ground_2, 0, 0.7) for x in range(-285, 300, 60))
    return turned(rng.choice((0, 45, -45, 90)), bars)


def _arch(p: Palette, rng: Random) -> str:
    return shape("M-150 200 V-10 C-150 -210 150 -210 150 -10 V200Z", p.ground_2) + shape(
        "M-112 200 V0 C-112 -150 112 -150 112 0 V200Z", p.light, 0.55
    )


def _table(p: Palette, rng: Random) -> str:
    checks = "".join(
        box(x, y, 40, 32, p.light, 0, 0.5)
        for row, y in enumerate(range(92, 200, 32))
        for x in range(-200 + 40 * (row % 2), 200, 80)
    )
    return box(-200, 92, 400, 110, p.ground_2) + checks


def _blob(p: Palette, rng: Random) -> str:
    points = [(x * rng.uniform(0.82, 1.12), y * rng.uniform(0.82, 1.12)) for x, y, _t in ring(7, 172)]
    middles = [((x + points[k - 1][0]) / 2, (y + points[k - 1][1]) / 2) for k, (x, y) in enumerate(points)]
    path = f"M{middles[0][0]:.0f} {middles[0][1]:.0f}" + "".join(
        f"Q{x:.0f} {y:.0f} {middles[(k + 1) % 7][0]:.0f} {middles[(k + 1) % 7][1]:.0f}"
        for k, (x, y) in enumerate(points)
    )
    bits = stroke(
        "M-168 -148 l14 14 M-154 -148 l-14 14 M150 -160 h22 M161 -171 v22 M150 150 l16 16", p.second, 6
    )
    return shape(path + "Z", p.ground_2) + bits


_GROUNDS = (_sun, _rings, _rays, _dots, _hills, _stripes, _arch, _table, _blob)
