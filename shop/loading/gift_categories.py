"""Categories for a shop whose data has none, from the words of the names."""

from __future__ import annotations

import re
from functools import cache

from shop.loading.wording import vocabulary

FALLBACK = "More Gifts"
_WORD = re.compile(r"[A-Z][A-Z'-]*")
#: What a thing is stands before these: "TRINKET BOX WITH HEART LID" is a box.
_ASIDES = re.compile(r"\s(?:WITH|W/?|IN|FOR|OF\s+THE|FROM)\s")
_HOT_WATER_BOTTLE = "HOT WATER BOTTLE"


@cache
def _words() -> dict[str, tuple[int, str]]:
    return {word: (int(weight), path) for word, path, weight in vocabulary("gift_words")}


def category_of(name: str) -> str:
    """The path for a product called `name`: of its heaviest known word, the last of several.

    Words after "with", "in" and the like count only when nothing before them is known. "More Gifts" without any.
    """
    text = name.upper()
    if _HOT_WATER_BOTTLE in text:
        return "Bath & Comfort/Hot-Water Bottles & Warmers"
    main = _ASIDES.split(text, maxsplit=1)[0]
    return _best(main) or _best(text) or FALLBACK


def _best(text: str) -> str:
    known = _words()
    best_weight, best_path = 0, ""
    for word in _WORD.findall(text):
        entry = known.get(word) or known.get(word.removesuffix("S")) or known.get(word.removesuffix("ES"))
        if entry and entry[0] >= best_weight:
            best_weight, best_path = entry
    return best_path
