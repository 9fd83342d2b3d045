"""A ranked list as text: compact JSON, `[[target, score, source_index], …]`, best first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import overload

from recommendations.exceptions import RecommendationsError
from recommendations.models import Snapshot

#: A list is cut to so many targets.
MAX_TARGETS = 50

#: Room for the rounding of 32-bit scores.
HIGHEST_SCORE = 1.00001

_MOST_ENDS = 400_000

#: key kind, key, target kind, [(target key, score in 0..1, source index)], best first.
ListRow = tuple[str, str, str, Sequence[tuple[str, float, int]]]

#: (target key, score in 0..1, source name), best first.
Entries = tuple[tuple[str, float, str], ...]


class Encoded(Sequence[tuple[str, float, int]]):
    """The targets of a row as the text that is stored. The writer vouches that `Encoder` would write the same.

    Who wants the entries gets them.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def _entries(self) -> list[tuple[str, float, int]]:
        return [(target, score, index) for target, score, index in json.loads(self.text)]

    def __len__(self) -> int:
        return len(self._entries())

    @overload
    def __getitem__(self, index: int) -> tuple[str, float, int]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[str, float, int]]: ...
    def __getitem__(self, index: int | slice) -> tuple[str, float, int] | list[tuple[str, float, int]]:
        return self._entries()[index]


class Encoder:
    """Writes the lists of one snapshot; scores get five significant digits.

    The JSON is put together by hand because this is the hot loop of publishing: each target key is quoted once, and
    each score, of which algorithms give no more than a hundred thousand different ones, is checked and written once.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._starts = _Starts()
        self._ends = _Ends(len(snapshot.sources))

    def encode(self, row: ListRow) -> str:
        """The targets of a row, cut to MAX_TARGETS. Raises RecommendationsError, see `Store.write`."""
        if isinstance(row[3], Encoded):
            return row[3].text
        entries = row[3][:MAX_TARGETS]
        if not entries:
            return "[]"
        targets, scores, sources = zip(*entries, strict=True)
        parts = [""] * (2 * len(entries))
        parts[0::2] = map(self._starts.__getitem__, targets)
        try:
            parts[1::2] = map(self._ends.__getitem__, zip(scores, sources, strict=True))
        except ValueError:
            for target, score, source_index in entries:
                if not self._ends.is_right(score, source_index):
                    raise self._refusal(row, target, score, source_index) from None
            raise
        return f"[{','.join(parts)}]"

    def _refusal(self, row: ListRow, target: str, score: float, source_index: int) -> RecommendationsError:
        start = f"{self.snapshot.recommender}: the list of {row[0]} {row[1]!r}"
        n_sources = len(self.snapshot.sources)
        if 0 <= source_index < n_sources:
            return RecommendationsError(
                f"{start} gives {target!r} the score {score!r}; "
                f"{self.snapshot.algorithm} must calibrate its scores to 0..1."
            )
        return RecommendationsError(
            f"{start} names source {source_index}; the snapshot has {n_sources}: {self.snapshot.sources!r}."
        )


class _Starts(dict[str, str]):
    """Target → how its entry begins."""

    def __missing__(self, target: str) -> str:
        self[target] = text = f"[{json.dumps(target, ensure_ascii=False)}"
        return text


class _Ends(dict[tuple[float, int], str]):
    """(score, source) → how an entry ends. Raises ValueError for what cannot be published."""

    def __init__(self, n_sources: int) -> None:
        super().__init__()
        self.n_sources = n_sources

    def is_right(self, score: float, source_index: int) -> bool:
        return 0.0 <= score <= HIGHEST_SCORE and 0 <= source_index < self.n_sources

    def __missing__(self, end: tuple[float, int]) -> str:
        if not self.is_right(*end):
            raise ValueError(end)
        if len(self) > _MOST_ENDS:  # of an algorithm that does not round
            self.clear()
        self[end] = text = "%.5g,%d]" % end  # noqa: UP031  (faster than an f-string)
        return text


def decode(text: str, sources: Sequence[str]) -> Entries:
    """The entries of a stored list, with the names of their sources."""
    return tuple([(target, score, sources[index]) for target, score, index in json.loads(text)])
