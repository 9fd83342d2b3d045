"""From the till's shorthand ("FRZN BRD STICK") to words that a shopper reads ("Frozen Breaded Stick")."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

SMALL_WORDS = frozenset(
    {"and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with", "without"}
)
_WORD = re.compile(r"(?:NON|MULTI|PRE|ALL|X)-[A-Z]+|[A-Za-z0-9][A-Za-z0-9'’.%]*|&", re.IGNORECASE)
# "APPLES GALA" → "Gala Apples": what the till writes first, a shopper expects last.
_NOUN_FIRST = frozenset(
    {"APPLES", "GRAPES", "MUSHROOMS", "ONIONS", "ORANGES", "PEARS", "PEPPERS", "POTATOES", "TOMATOES"}
)
_FILLERS = frozenset({"ALL", "OTHER", "OTHERS", "BULK", "ONLY", "ITEMS", "ETC"})
_UNIT = re.compile(r"\d+(?:\.\d+)?(?:cm|mm|ml|kg|g|m|l)\Z", re.IGNORECASE)


def vocabulary(name: str) -> list[list[str]]:
    """Rows of `vocabulary/<name>.tsv`, split at tabs; blank lines and lines starting with `#` are comments."""
    text = files("shop.loading").joinpath("vocabulary", f"{name}.tsv").read_text(encoding="utf-8")
    rows = (line.rstrip("\n") for line in text.splitlines())
    return [row.split("\t") for row in rows if row.strip() and not row.startswith("#")]


@cache
def abbreviations() -> dict[str, str]:
    return {raw: readable for raw, readable in vocabulary("abbreviations")}


@cache
def type_names() -> dict[str, str]:
    return {raw: readable for raw, readable in vocabulary("types")}


def capitalise(word: str) -> str:
    """ "don't" → "Don't"; units and words that begin with a digit stay as they are, in lower case."""
    if word in {"DVD", "VHS", "CD", "TV", "BBQ", "USB", "SPF", "MP3"}:
        return word
    if word[:1].isdigit():
        return word.lower() if _UNIT.match(word) else word
    return re.sub(r"[^-/&]+", lambda part: part[0][:1].upper() + part[0][1:].lower(), word)


def title_case(text: str) -> str:
    """Every word with a capital except small words inside; one space between words."""
    words = text.split()
    last = len(words) - 1
    return " ".join(
        word.lower() if word.lower() in SMALL_WORDS and 0 < place < last else capitalise(word)
        for place, word in enumerate(words)
    )


@cache
def readable(raw: str) -> str:
    """`raw` in words: the exact entry of types.tsv when there is one, else expanded word by word.

    Notes in brackets (often cut off by the till's 30 characters) are dropped, "A: B" and "A - B" become "B A".
    """
    raw = " ".join(raw.split())
    exact = type_names().get(raw)
    if exact is not None:
        return exact
    text = re.sub(r"\([^)]*\)?", " ", raw)
    text = re.sub(r"W/O\b", "WITHOUT ", text)
    text = re.sub(r"\bW/", "WITH ", text)
    text = text.replace("/", " & ").replace("&", " & ")
    head, separator, tail = _split_head(text)
    text = f"{tail} {head}" if separator else head
    table = abbreviations()
    words = [table.get(word.strip("."), word.strip(".")) for word in _WORD.findall(text)]
    words = " ".join(words).split()
    while len(words) > 1 and words[-1] in _FILLERS:
        words.pop()
    if len(words) > 1 and words[0] in _NOUN_FIRST and "&" not in words:
        words = [*words[1:], words[0]]
    return title_case(" ".join(_without_loose_ampersands(words)))


def _split_head(text: str) -> tuple[str, str, str]:
    for separator in (":", " - "):
        head, found, tail = text.partition(separator)
        if found and head.strip() and tail.strip():
            return (head.strip(), separator, tail.strip()) if tail.strip() not in _FILLERS else (head, "", "")
    return text, "", ""


def _without_loose_ampersands(words: list[str]) -> list[str]:
    kept: list[str] = []
    for word in words:
        if word == "&" and (not kept or kept[-1] == "&"):
            continue
        if kept and word != "&" and word.lower() == kept[-1].lower():
            continue
        kept.append(word)
    while kept and kept[-1] == "&":
        kept.pop()
    return kept
