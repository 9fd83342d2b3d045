"""Words from titles and searches, in any script, without a segmenter. Standard library only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

#: Words that say nothing about a product; kept short on purpose, rare words decide anyway.
STOP_WORDS = frozenset(
    ["a", "an", "and", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "the", "to", "with"]
)

# Han, kana: scripts written without spaces. Everything else that is a letter or digit makes words.
_UNSPACED = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:['’][^\W_{_UNSPACED}]+)*")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
#: Particles between Chinese words. Cutting there keeps pairs of characters from reaching over two words.
PARTICLES = frozenset("的了和与及或在是")
_PARTICLES = re.compile(f"[{''.join(sorted(PARTICLES))}]+")


def normalise(text: str) -> str:
    """One spelling for what looks the same: NFKC (full-width → plain), case folded, white space collapsed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def tokenise(text: str, split: Callable[[str], Iterable[str]] | None = None) -> list[str]:
    """The words of a text, normalised, in order, without stop words.

    Chinese and Japanese come as overlapping pairs of characters (`绿茶杯` → `绿茶`, `茶杯`), a lone character as
    itself, unless `split` cuts their runs in another way. An apostrophe stays out of a word (`women's` → `womens`).
    """
    tokens: list[str] = []
    for run in _RUN.findall(normalise(text)):
        if _IS_UNSPACED.match(run):
            tokens.extend((split or pairs)(run))
        else:
            word = run.replace("'", "").replace("’", "")
            if word not in STOP_WORDS:
                tokens.append(word)
    return tokens


def pairs(run: str) -> list[str]:
    """Overlapping pairs of characters between particles; a single character by itself."""
    found: list[str] = []
    for part in _PARTICLES.split(run):
        found.extend([part[i : i + 2] for i in range(len(part) - 1)] if len(part) > 1 else list(part))
    return found
