"""A ranked list as text: compact JSON, `[[target, score, source_index], …]`, best first."""

from __future__ import annotations

import json
from collections.abc import Sequence

from recommendations.exceptions import RecommendationsError
from recommendations.models import Snapshot

#: A list is cut to so many targets.
MAX_TARGETS = 50

#: Room for the rounding of 32-bit scores.
HIGHEST_SCORE = 1.00001

#: key kind, key, target kind, [(target key, score in 0..1, source index)], best first.
ListRow = tuple[str, str, str, Sequence[tuple[str, float, int]]]

#: (target key, score in 0..1, source name), best first.
Entries = tuple[tuple[str, float, str], ...]


class Encoder:
    """Writes the lists of one snapshot; scores get five significant digits.

    The JSON is put together by hand because this is the hot loop of publishing: faster than `json.dumps` of
    rounded scores, since each target key is quoted once only.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.n_sources = len(snapshot.sources)
        self._quoted: dict[str, str] = {}

    def encode(self, row: ListRow) -> str:
        """The targets of a row, cut to MAX_TARGETS. Raises RecommendationsError, see `Store.write`."""
        targets, quoted, n_sources = row[3][:MAX_TARGETS], self._quoted, self.n_sources
        parts = []
        for target, score, source_index in targets:
            if not (0.0 <= score <= HIGHEST_SCORE and 0 <= source_index < n_sources):
                raise self._refusal(row, target, score, source_index)
            text = quoted.get(target)
            if text is None:
                text = quoted[target] = json.dumps(target, ensure_ascii=False)
            parts.append("[%s,%.5g,%d]" % (text, score, source_index))  # noqa: UP031  (faster than an f-string)
        return f"[{','.join(parts)}]"

    def _refusal(self, row: ListRow, target: str, score: float, source_index: int) -> RecommendationsError:
        start = f"{self.snapshot.recommender}: the list of {row[0]} {row[1]!r}"
        if 0 <= source_index < self.n_sources:
            return RecommendationsError(
                f"{start} gives {target!r} the score {score!r}; "
                f"{self.snapshot.algorithm} must calibrate its scores to 0..1."
            )
        return RecommendationsError(
            f"{start} names source {source_index}; "
            f"the snapshot has {self.n_sources}: {self.snapshot.sources!r}."
        )


def decode(text: str, sources: Sequence[str]) -> Entries:
    """The entries of a stored list, with the names of their sources."""
    return tuple([(target, score, sources[index]) for target, score, index in json.loads(text)])
