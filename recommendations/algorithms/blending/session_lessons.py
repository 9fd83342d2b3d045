"""What a ranker of sessions learns from: candidates as a page would have had them, and which were touched next."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm
from recommendations.algorithms.blending.sessions import Question
from recommendations.algorithms.catalogue import Catalogue
from recommendations.datatypes import EVERYBODY
from recommendations.evaluation.metrics import discounts
from recommendations.ranking.features import About, Features, Session, WeightedList
from recommendations.ranking.model import RankerModel
from recommendations.ranking.served import summed

#: A list without a Python object an entry: item keys, and their scores.
CompactList = tuple[tuple[str, ...], "array[float]"]


@dataclass(frozen=True, eq=False)
class Shop:
    """What a page can read: the lists of each base by seed, the list of everybody, and what is known of the items."""

    features: Features
    lists: Sequence[Mapping[str, CompactList]]
    popularity: Mapping[str, float]
    about: Mapping[str, About]
    candidates: int

    @classmethod
    def of(
        cls,
        features: Features,
        bases: Sequence[Algorithm | None],
        popular: Algorithm | None,
        catalogue: Catalogue | None,
        *,
        lengths: Sequence[int],
        candidates: int,
        seeds: Collection[str] | None = None,
    ) -> Shop:
        """From fitted algorithms, None for one that could not learn, with the `lengths` of their lists. Only
        lists of `seeds` are kept, when given."""
        everybody = () if popular is None else popular.segment_lists()
        return cls(
            features,
            [
                {} if base is None else _compact(base, length, seeds)
                for base, length in zip(bases, lengths, strict=True)
            ],
            next((dict(pairs) for key, pairs in everybody if key == EVERYBODY), {}),
            {} if catalogue is None else _known(catalogue),
            candidates,
        )

    def ranked(self, session: Session, model: RankerModel) -> list[tuple[str, float]]:
        """(item key, score in 0..1) as a page shows them."""
        lists = self._lists(session)
        found = summed(lists, session.weights)
        keys = [key for key, _ in found]
        rows = self._rows(keys[: model.candidates], session, lists) if model.ensemble.trees else []
        total = sum(weight for _, weight, _, _ in lists) or 1.0
        factors = model.factors(rows, len(found))
        scores = [score / total * factor for (_, score), factor in zip(found, factors, strict=True)]
        return sorted(zip(keys, scores, strict=True), key=lambda pair: -pair[1])

    def lessons(self, questions: Sequence[Question]) -> Lessons:
        """The candidates of each question; one that has none teaches nothing, but counts when it is judged."""
        n, width = len(questions), self.candidates
        made = Lessons(
            rows=np.full((n, width, len(self.features.names)), np.nan),
            gains=np.zeros((n, width), np.float32),
            start=np.full((n, width), -np.inf),
            n_answers=np.array([len(question.answers) for question in questions], np.int64),
            visitor=np.array([question.visitor for question in questions], np.int64),
        )
        for place, question in enumerate(questions):
            lists = self._lists(question.session)
            found = summed(lists, question.session.weights)
            found = [pair for pair in found if pair[0] not in question.hidden][:width]
            if not found:
                continue
            keys = [key for key, _ in found]
            made.rows[place, : len(found)] = self._rows(keys, question.session, lists)
            made.gains[place, : len(found)] = [key in question.answers for key in keys]
            made.start[place, : len(found)] = np.log([score for _, score in found])
        return made

    def _lists(self, session: Session) -> list[WeightedList]:
        found: list[WeightedList] = []
        for seed, weight in session.weights.items():
            for base, lists in enumerate(self.lists):
                if seed in lists:
                    found.append((base, weight, seed, list(zip(*lists[seed], strict=True))))
        return found

    def _rows(
        self, keys: Sequence[str], session: Session, lists: Sequence[WeightedList]
    ) -> list[list[float]]:
        return self.features.rows(keys, session, lists, self.popularity, self.about)


@dataclass(frozen=True, eq=False)
class Lessons:
    """`rows` (n, c, n_features); `gains` (n, c): 1 for what was touched next; `start` (n, c): the logarithm of the
    score, which the trees are learned on top of, −∞ where there is no candidate; `n_answers` (n,): how many there
    are, among the candidates or not; `visitor` (n,): who was asked."""

    rows: NDArray[np.float64]
    gains: NDArray[np.float32]
    start: NDArray[np.float64]
    n_answers: NDArray[np.int64]
    visitor: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Where there is a candidate, (n, c)."""
        return np.isfinite(self.start)

    def __getitem__(self, which: NDArray[np.bool_]) -> Lessons:
        """Some of them."""
        return Lessons(
            self.rows[which], self.gains[which], self.start[which], self.n_answers[which], self.visitor[which]
        )

    @property
    def answerable(self) -> Lessons:
        """Those with an answer among their candidates: the others teach nothing."""
        return self[np.asarray(self.gains.any(axis=1))]

    def folds(self, n: int, seed: int) -> Iterator[tuple[Lessons, NDArray[np.bool_]]]:
        """`n` times: the lessons of most visitors, and which ones are of the rest. Each visitor is once in the rest."""
        visitors, owner = np.unique(self.visitor, return_inverse=True)
        fold = (np.random.default_rng(seed).permutation(len(visitors)) % n)[owner]
        for number in range(n):
            yield self[fold != number], fold == number

    def ndcg(self, scores: NDArray[np.floating], k: int) -> NDArray[np.float64]:
        """NDCG@k of each question with the candidates in the order of `scores` (n, c); ties stay in their order."""
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        worth = discounts(k)
        found = np.take_along_axis(self.gains, order, axis=1) @ worth[: order.shape[1]]
        ideal = np.cumsum(worth)[np.minimum(self.n_answers, k) - 1]
        return np.asarray(found / ideal, np.float64)

    def standard_errors(self, values: NDArray[np.float64]) -> float:
        """By how many standard errors the mean of values (n,) is above 0. Questions to one visitor are not independent,
        so the means of visitors count."""
        _, owner = np.unique(self.visitor, return_inverse=True)
        means = np.bincount(owner, values) / np.bincount(owner)
        spread = means.std() / np.sqrt(len(means))
        return float(means.mean() / spread) if spread else 0.0


def _compact(algorithm: Algorithm, length: int, seeds: Collection[str] | None) -> dict[str, CompactList]:
    found = {}
    for key, pairs in algorithm.item_lists(length):
        if pairs and (seeds is None or key in seeds):
            targets, scores = zip(*pairs, strict=True)
            found[key] = targets, array("d", [round(score, SCORE_DIGITS) for score in scores])
    return found


def _known(catalogue: Catalogue) -> dict[str, About]:
    return {
        key: About(paths[0] if paths else "", brand, price, created)
        for key, paths, brand, price, created in zip(
            catalogue.item_keys,
            catalogue.categories,
            catalogue.brands,
            catalogue.prices.tolist(),
            catalogue.created.tolist(),
            strict=True,
        )
    }
