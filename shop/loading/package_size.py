"""Package sizes: from the till's "12 PK/12 OZ" to "12 × 12 oz", and how much that is."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from shop.loading.wording import vocabulary

_UNITS = {raw.replace("_", " "): unit for unit, ways in vocabulary("units") for raw in ways.split()}
_WORDS = {
    "GAL": "1 gal",
    "HALF GAL": "½ gal",
    "HALF GALLON": "½ gal",
    "QT": "1 qt",
    "PT": "1 pt",
    "DZ": "1 doz",
}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_NUMBER = r"(?:(?:\d+ )?(?:1/2|1/4|3/4|1/3|2/3|[1357]/8)|\d*\.?\d+)"
_PACKAGING = r"(?:\s+(?:BAG|BOX|CAN|BTL|JAR|PKG|CTN|TUBE|PET|NR))?"
_PLAIN = re.compile(rf"(?:[A-Z]{{1,3}}\s+|\d{{5,}}\s+)?({_NUMBER})\s*({_UNIT})\.?{_PACKAGING}")
_PACKS = re.compile(rf"(\d+)\s*(?:PK|PACK|P)?\s*[/X -]\s*({_NUMBER})\s*({_UNIT})\.?")
_COUNTED = re.compile(rf"(\d+)\s*CT\s*[/-]?\s*({_NUMBER})\s*({_UNIT})\.?")
_FRACTIONS = dict(
    zip(("1/2", "1/4", "3/4", "1/3", "2/3", "1/8", "3/8", "5/8", "7/8"), "½¼¾⅓⅔⅛⅜⅝⅞", strict=True)
)


@lru_cache(maxsize=8192)
def readable_size(raw: str) -> str:
    """`raw` as a shopper reads it, e.g. "12 × 12 oz"; "" when it says nothing that can be read."""
    text = " ".join(raw.upper().split())
    if text in _WORDS:
        return _WORDS[text]
    plain = _PLAIN.fullmatch(text)
    if plain:
        return f"{_number(plain[1])} {_UNITS[plain[2]]}"
    packs = _PACKS.fullmatch(text)
    if packs:
        return f"{int(packs[1])} × {_number(packs[2])} {_UNITS[packs[3]]}"
    counted = _COUNTED.fullmatch(text)
    return f"{int(counted[1])} ct, {_number(counted[2])} {_UNITS[counted[3]]}" if counted else ""


def amount(size: str) -> tuple[str, Decimal] | None:
    """Unit and amount of a readable single-package size, e.g. ("oz", 12); None for multipacks and fractions."""
    number, _space, unit = size.partition(" ")
    if not number.replace(".", "", 1).isdigit() or not unit.isalpha():
        return None
    return unit, Decimal(number)


def _number(text: str) -> str:
    whole, _space, fraction = text.rpartition(" ")
    if fraction in _FRACTIONS:
        return whole + _FRACTIONS[fraction]
    return f"{Decimal(text).normalize():f}"
