"""How good a recommender's lists are for what visitors did next, served the way the shop serves them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.ranking import best_codes
from recommendations.datatypes import EVERYBODY
from recommendations.evaluation import beyond, metrics
from recommendations.evaluation.auc import auc
from recommendations.evaluation.served import (
    Audience,
    EverybodysList,
    Lists,
    Published,
    Serving,
    histories,
    lists_of,
    published,
)
from recommendations.exceptions import NotEnoughData

__all__ = ["Evaluation", "Evaluator", "Lists", "Serving", "evaluate", "lists_of"]

#: So many visitors are served at a time.
_USERS_AT_ONCE = 8192


@dataclass(frozen=True, eq=False)
class Evaluation:
    """`means`: every metric by name. `by_user`: those that each visitor has a value of, (n_users,), NaN where
    there is none; `users` are the visitors' codes. Two evaluations by one Evaluator have the same users, so
    their values can be compared in pairs."""

    means: dict[str, float]
    by_user: dict[str, NDArray[np.float64]]
    users: NDArray[np.intp]


class Evaluator:
    """Judges recommenders by the visitors who have events both in `train` and, of the kinds `targets` (None:
    all), in `test`; by a random sample of `max_users` of them when there are more. Options as in `evaluate`; what
    all recommenders share is computed once.

    Raises NotEnoughData when no visitor is on both sides, ValueError for different key maps.
    """

    def __init__(
        self,
        train: Interactions,
        test: Interactions,
        *,
        k: int = 10,
        targets: Iterable[str] | None = None,
        exclude_seen: bool = False,
        n_items: int | None = None,
        catalogue: Catalogue | None = None,
        serving: Serving | None = None,
        max_users: int | None = None,
    ) -> None:
        if train.item_keys != test.item_keys or train.visitor_keys != test.visitor_keys:
            raise ValueError(
                "train and test have different key maps; make them with time_split or leave_last_out."
            )
        self.train, self.k, self.catalogue = train, k, catalogue
        self.serving = serving or Serving()
        seen = train.matrix(binary=True)
        users, self.relevant = _relevant(seen, test, targets, exclude_seen)
        if max_users is not None and len(users) > max_users:
            chosen = np.sort(np.random.default_rng(0).permutation(len(users))[:max_users])
            users, self.relevant = users[chosen], self.relevant[chosen]
        forbidden = seen[users] if exclude_seen else sparse.csr_matrix((len(users), train.n_items))
        judging = np.zeros(train.n_visitors + 1, bool)
        judging[users] = True
        theirs = train.select(mask=judging[train.visitor])  # the last place is nobody's, as is -1
        self.audience = Audience(users, histories(theirs, self.serving, users), forbidden)
        #: How many visitors touched each item, (n_items,).
        self.visitors = np.bincount(seen.indices, minlength=train.n_items)
        self.n_visitors = max(int((np.diff(seen.indptr) > 0).sum()), 1)
        #: What each visitor would see without a recommender: codes of the most popular items, (n_users, k).
        self.usual = self._usual()
        self.n_items = n_items or int((np.bincount(train.item, minlength=train.n_items) > 0).sum())

    def evaluate(self, recommender: Algorithm | Lists, *, list_length: int | None = None) -> Evaluation:
        """Of a recommender that was fitted on `train`, or of its lists. `list_length` when it publishes others
        than `serving` says."""
        length = list_length or self.serving.list_length
        served = published(recommender, self.train, self.audience, length)
        judged = [self._judge(served, block) for block in self._blocks()]
        by_user = {name: np.concatenate([part[name] for part, _ in judged]) for name in judged[0][0]}
        ranked = np.concatenate([lists for _, lists in judged])
        by_user |= self._beyond(ranked, served)
        means = {name: _mean(values) for name, values in by_user.items()}
        return Evaluation(means | self._of_all(ranked, served), by_user, self.audience.users)

    def _blocks(self) -> list[slice]:
        return [
            slice(begin, begin + _USERS_AT_ONCE) for begin in range(0, len(self.audience), _USERS_AT_ONCE)
        ]

    def _judge(
        self, served: Published, block: slice
    ) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int64]]:
        """How right the lists of some visitors are, and these lists."""
        k, audience = self.k, self.audience[block]
        scores = served.scores(audience)
        ranked = best_codes(scores, k)[0].astype(np.int64)
        judged = metrics.judge(ranked, self.relevant[block])
        relevant, forbidden = self.relevant[block].copy(), audience.forbidden.copy()
        for matrix in (relevant, forbidden):
            matrix.resize(scores.shape)
        return {
            "precision": metrics.precision_at_k(judged, k),
            "recall": metrics.recall_at_k(judged, k),
            "f1": metrics.f1_at_k(judged, k),
            "accuracy": metrics.accuracy_at_k(judged, k, n_items=max(self.n_items, scores.shape[1])),
            "hit_rate": metrics.hit_rate_at_k(judged, k),
            "mrr": metrics.mrr_at_k(judged, k),
            "map": metrics.map_at_k(judged, k),
            "ndcg": metrics.ndcg_at_k(judged, k),
            "auc": auc(scores, relevant, forbidden, n_items=self.n_items),
            "serendipity": beyond.serendipity(ranked, judged, self.usual[block]),
        }, ranked

    def _beyond(self, ranked: NDArray[np.int64], served: Published) -> dict[str, NDArray[np.float64]]:
        """What the lists are like beyond being right."""
        visitors = self._visitors_of(served)
        share = visitors / self.n_visitors
        found = {
            "novelty": beyond.novelty(ranked, np.maximum(visitors, 1) / self.n_visitors),
            "average_popularity": beyond.average_popularity(ranked, share),
            "long_tail": beyond.long_tail_share(ranked, beyond.long_tail(share)),
        }
        if self.catalogue is not None:
            features = beyond.category_features(self.catalogue, served.item_keys())
            found["diversity"] = beyond.intra_list_diversity(ranked, features)
        return found

    def _of_all(self, ranked: NDArray[np.int64], served: Published) -> dict[str, float]:
        """What is one figure for all lists together."""
        shown, place = np.unique(ranked, return_inverse=True)
        n_empty = int((shown < 0).sum())
        n_shown = max(self.n_items, len(shown) - n_empty)
        personalisation = beyond.personalisation(ranked)
        return {
            "coverage": beyond.catalogue_coverage(ranked, n_shown),
            "gini": beyond.gini(place.reshape(ranked.shape) - n_empty, n_shown),
            "personalisation": 0.0 if np.isnan(personalisation) else personalisation,
            "served": float((ranked >= 0).any(axis=1).mean()),
            "list_coverage": min(served.n_lists / self.n_items, 1.0),
            "n_users": float(len(self.audience)),
            "n_lists": float(served.n_lists),
            "n_items": float(self.n_items),
            "k": float(self.k),
        }

    def _visitors_of(self, served: Published) -> NDArray[np.int64]:
        """How many visitors touched each item, none for those that only the lists know."""
        return np.append(self.visitors, np.zeros(len(served.codes) - len(self.visitors), np.int64))

    def _usual(self) -> NDArray[np.int32]:
        keys, length = self.train.item_keys, self.serving.list_length
        popular = np.argsort(-self.visitors, kind="stable")[:length]
        lists = [(EVERYBODY, [(keys[code], 1.0) for code in popular])]
        served = EverybodysList(lists, {key: code for code, key in enumerate(keys)}, length)
        return np.concatenate(
            [best_codes(served.scores(self.audience[block]), self.k)[0] for block in self._blocks()]
        )


def evaluate(
    recommender: Algorithm | Lists,
    train: Interactions,
    test: Interactions,
    *,
    k: int = 10,
    targets: Iterable[str] | None = None,
    exclude_seen: bool = False,
    n_items: int | None = None,
    catalogue: Catalogue | None = None,
    serving: Serving | None = None,
    max_users: int | None = None,
) -> dict[str, float]:
    """Means over the visitors who have events both in `train` and, of the kinds `targets` (None: all), in
    `test`, or over a random sample of `max_users` of them. `Evaluator` gives each visitor's values too.

    `recommender` is fitted on `train`, or is its lists: item → items (a visitor then sees the decayed sum of
    the lists of the recent items in `train`, without these), else visitor → items, else visitor segments, of
    which the list of everybody (key "") is used. Both sides share key maps, as the splits give them.
    `exclude_seen` leaves what a visitor has in `train` out of the lists and out of what is to be found.
    `n_items` is the size of the catalogue (default: the items with events); with `catalogue` the lists'
    diversity is judged by its categories.

    Returns, of the lists @k: precision, recall, f1, accuracy, hit_rate, mrr, map, ndcg, serendipity (hits that
    the most popular items would not have been), novelty in bits, average_popularity (share of visitors),
    long_tail, diversity (with `catalogue`), coverage, gini, personalisation; auc of the whole lists;
    list_coverage (share of the catalogue's items that have a list; 0 for segments), served (share of visitors
    who got any item), n_users, n_lists, n_items, k. Where a figure is not defined it is 0.

    Raises NotEnoughData when no visitor is on both sides, ValueError for different key maps.
    """
    evaluator = Evaluator(
        train,
        test,
        k=k,
        targets=targets,
        exclude_seen=exclude_seen,
        n_items=n_items,
        catalogue=catalogue,
        serving=serving,
        max_users=max_users,
    )
    return evaluator.evaluate(recommender).means


def _relevant(
    seen: sparse.csr_matrix, test: Interactions, targets: Iterable[str] | None, exclude_seen: bool
) -> tuple[NDArray[np.intp], sparse.csr_matrix]:
    """The visitors to judge, and their relevant items (n_users, n_items)."""
    wanted = test.select(kinds=targets).matrix(binary=True)
    if exclude_seen:
        wanted = sparse.csr_matrix(wanted - wanted.multiply(seen))
        wanted.eliminate_zeros()
    users = np.flatnonzero((np.diff(wanted.indptr) > 0) & (np.diff(seen.indptr) > 0))
    if not len(users):
        raise NotEnoughData(
            f"No visitor has events on both sides of the split: {(np.diff(seen.indptr) > 0).sum()} visitors to train, "
            f"{(np.diff(wanted.indptr) > 0).sum()} to test."
        )
    return users, wanted[users]


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
