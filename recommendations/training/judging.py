"""What visitors find by a placement's chain of sources, with its present recommenders and with others."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.base import Algorithm
from recommendations.evaluation.evaluate import Lists
from recommendations.exceptions import ConfigurationError, NotEnoughData, RecommendationsError
from recommendations.progress import NoProgress, Progress
from recommendations.training.comparing import configured, held_out, load_for, served_lists, wanted_kinds
from recommendations.training.recommenders import Recommender

logger = logging.getLogger(__name__)

#: A placement's sources, as its entry has them, each naming its recommenders.
Chain = Sequence[Mapping[str, Any]]


class Judge:
    """NDCG@k of each visitor with the present chain and with each of the others, by one split and the same visitors.

    The lists of items are blended as pages blend them: the mean over a source's recommenders, the sources by weight,
    seeded with what the visitor touched last. A chain of one recommender may also make lists of visitors or of
    everybody. `present` and the values of `ndcg` are (n_visitors,); what could not be judged is in `skipped`, with the
    reason. `at`: the moment between learning and judging, POSIX seconds; `targets`: what was to be foretold.

    Raises NotEnoughData when there is too little to judge by, ConfigurationError when the present chain cannot be.
    """

    def __init__(
        self,
        present: Chain,
        others: Mapping[str, Chain],
        *,
        scope: str = "",
        k: int = 10,
        progress: Progress | None = None,
    ) -> None:
        self._told = progress or NoProgress()
        names = [*_names(present), *(name for chain in others.values() for name in _names(chain))]
        ready, wrong = configured(list(dict.fromkeys(names)), scope)
        self._entries = {entry.name: entry for entry in ready}
        self._why = {standing.recommender: standing.reason for standing in wrong}
        data = load_for(ready, frozenset(), scope, self._told)
        self.targets = wanted_kinds(None, ready, data.interactions.kinds)
        self._split, self._evaluator = held_out(data, self.targets, k, None, False)
        self._catalogue = data.catalogue
        self.at = self._split.at
        self._fitted: dict[str, Algorithm] = {}
        self.skipped: dict[str, str] = {}
        self.present = self._ndcg(present)
        kind = self._kind(present)
        self.ndcg: dict[str, NDArray[np.float64]] = {}
        for name, chain in others.items():
            try:
                if self._kind(chain) != kind:
                    raise NotEnoughData(f"It makes lists of another kind: {self._kind(chain)}, not {kind}.")
                self.ndcg[name] = self._ndcg(chain)
            except RecommendationsError as error:
                self.skipped[name] = str(error)
            except Exception as error:
                # Whatever an algorithm raises, the other candidates are still judged.
                logger.exception("Judging %s failed", name)
                self.skipped[name] = f"{type(error).__name__}: {error}"

    def _ndcg(self, chain: Chain) -> NDArray[np.float64]:
        links = [(float(link.get("weight", 1.0)), list(link["recommenders"])) for link in chain]
        names = _names(chain)
        length = sum(self._entry(name).k for name in set(names))
        if len(names) == 1:
            judged: Algorithm | Lists = self._learned(names[0])
        elif self._kinds(names) == {"item"}:
            judged = self._blended(links)
        else:
            raise ConfigurationError(
                f"{', '.join(names)} make lists of different kinds, which cannot be judged together."
            )
        self._told.start(" + ".join(names))
        return self._evaluator.evaluate(judged, list_length=length).by_user["ndcg"]

    def _kinds(self, names: Sequence[str]) -> set[str]:
        return {served_lists(self._learned(name)) for name in names}

    def _kind(self, chain: Chain) -> str:
        """The kind of lists that the first source reads."""
        return served_lists(self._learned(chain[0]["recommenders"][0]))

    def _blended(self, links: Sequence[tuple[float, list[str]]]) -> Lists:
        """One list an item, of the items that any visitor is served by."""
        keys = self._split.train.item_keys
        seeds = {keys[code] for code in np.unique(self._evaluator.audience.history.indices)}
        scores: dict[str, dict[str, float]] = {key: defaultdict(float) for key in seeds}
        for weight, names in links:
            for name in names:
                for key, pairs in self._learned(name).item_lists(self._entry(name).k):
                    if key in seeds:
                        for target, score in pairs:
                            scores[key][target] += weight / len(names) * score
        return {key: sorted(found.items(), key=lambda pair: -pair[1]) for key, found in scores.items()}

    def _learned(self, name: str) -> Algorithm:
        if name not in self._fitted:
            algorithm = self._entry(name).algorithm()
            self._told.start(f"{name}: fit")
            self._fitted[name] = algorithm.fit(self._split.train, self._catalogue)
        return self._fitted[name]

    def _entry(self, name: str) -> Recommender:
        if name not in self._entries:
            raise ConfigurationError(self._why[name])
        return self._entries[name]


def _names(chain: Chain) -> list[str]:
    return [name for link in chain for name in link["recommenders"]]
