"""How good a recommender is on the events that came last, served as the shop serves it."""

from __future__ import annotations

from dataclasses import dataclass, field

from recommendations.algorithms.base import Algorithm
from recommendations.conf import settings
from recommendations.evaluation.evaluate import Serving, evaluate
from recommendations.evaluation.splits import Split, time_split
from recommendations.exceptions import NotEnoughData
from recommendations.training.loading import TrainingData
from recommendations.training.recommenders import Recommender

K = 10

#: So many visitors judge at most: their mean NDCG is then known to a few thousandths.
MOST_VISITORS = 20_000

#: The metric that the quality gate compares.
NDCG = f"ndcg@{K}"

#: Metrics of ranked lists; the others are counts and shares of the evaluation as a whole.
_AT_K = ("precision", "recall", "hit_rate", "mrr", "map", "ndcg")
_PLAIN = ("coverage", "novelty", "served", "n_users")


@dataclass
class Evaluations:
    """Evaluates the recommenders of a run. Those that learn from the same kinds of events share their split."""

    data: TrainingData
    _splits: dict[frozenset[str], Split | None] = field(default_factory=dict)

    def metrics(self, recommender: Recommender, fitted: Algorithm | None = None) -> dict[str, float]:
        """Means over visitors, e.g. `{"ndcg@10": 0.21, …}`; {} when there is too little to hold some out.

        Fits on the events before the split, unless `fitted` is given: an algorithm that looks at no events.
        """
        kinds = recommender.kinds if recommender.needs_events else frozenset(self.data.interactions.kinds)
        split = self._split(kinds)
        if split is None:
            return {}
        try:
            algorithm = fitted or recommender.algorithm().fit(split.train, self.data.catalogue)
            found = evaluate(
                algorithm,
                split.train,
                split.test,
                k=K,
                targets=sorted(kinds),
                n_items=len(self.data.catalogue) or None,
                serving=serving(recommender.k),
                max_users=MOST_VISITORS,
            )
        except NotEnoughData:
            return {}
        return {
            **{f"{name}@{K}": round(found[name], 6) for name in _AT_K},
            **{name: round(found[name], 6) for name in _PLAIN},
        }

    def _split(self, kinds: frozenset[str]) -> Split | None:
        """The split at EVALUATION_FRACTION of the time span of these kinds; None when one side would be empty."""
        if kinds not in self._splits:
            interactions = self.data.interactions
            try:
                at = time_split(
                    interactions.select(kinds=kinds), fraction=float(settings.EVALUATION_FRACTION)
                ).at
                self._splits[kinds] = time_split(interactions, at=at)
            except NotEnoughData:
                self._splits[kinds] = None
        return self._splits[kinds]


def serving(list_length: int = Serving.list_length) -> Serving:
    """Serving as the settings have it."""
    return Serving(
        history_events=settings.HISTORY_EVENTS,
        history_half_life_hours=settings.HISTORY_HALF_LIFE_HOURS,
        history_weights=settings.HISTORY_WEIGHTS,
        list_length=list_length,
    )
