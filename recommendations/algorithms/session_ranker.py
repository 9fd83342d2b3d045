"""A learned ranker over what goes with a visitor's session, published as trees that a page evaluates itself."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, AlgorithmConfig, RankedPairs, load
from recommendations.algorithms.blending.ranker import Ranker, train
from recommendations.algorithms.blending.session_lessons import Lessons, Shop
from recommendations.algorithms.blending.sessions import Sessions
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.datatypes import INTEREST_WEIGHTS, RankerRow
from recommendations.exceptions import ConfigurationError, NotEnoughData
from recommendations.ranking.features import Features
from recommendations.ranking.model import CANDIDATES, RankerModel
from recommendations.ranking.trees import TreeEnsemble

logger = logging.getLogger(__name__)

#: What `for_you` reads, and what everybody likes.
DEFAULT_BASES: Sequence[Mapping[str, Any]] = (
    {"recommender": "also_viewed"},
    {"recommender": "also_bought"},
    {"recommender": "similar_content"},
)
#: Trees are published when they are better by so many standard errors.
CLEAR = 2.0

DEFAULT_POPULARITY: Mapping[str, Any] = {"recommender": "popular"}


@dataclass(frozen=True, kw_only=True)
class SessionRankerConfig(AlgorithmConfig):
    """`bases`: the recommenders whose lists a page puts together, as {"recommender": name in the settings} or
    {"name", "algorithm": dotted path, "options", "k"}. `popularity`: whose list of everybody says what sells, {}: none.
    `hold_out`: the last share of the time span; what visitors did then is learned from, with bases fitted on what was
    before. `moments`: how often a visitor is asked at most, `answers`: how many events after each moment are right
    answers, `max_queries`: how many questions there are at most. `candidates`: how many items are ranked.
    `tree_counts`: the numbers of trees to choose from; `learning_rate`, `leaves`, `min_data`, `feature_fraction` are of
    the trees. `folds`: parts of the visitors, each of which chooses by what the others taught. `k`: NDCG@k is what is
    optimised. `length`: of the lists of bases. `history_events`, `history_half_life_hours`: a history as pages read it
    (HISTORY_* in the settings). `purchased_days`: what was bought in so many days is no candidate, as the filter
    `purchased` has it; 0 where the placement has no such filter."""

    events: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    bases: Sequence[Mapping[str, Any]] = DEFAULT_BASES
    popularity: Mapping[str, Any] = field(default_factory=lambda: dict(DEFAULT_POPULARITY))
    hold_out: float = 0.15
    moments: int = 3
    answers: int = 20
    max_queries: int = 8_000
    candidates: int = CANDIDATES
    tree_counts: Sequence[int] = (10, 20, 40, 60, 80, 100)
    learning_rate: float = 0.1
    leaves: int = 8
    min_data: int = 200
    feature_fraction: float = 0.6
    folds: int = 3
    k: int = 10
    length: int = 50
    history_events: int = 60
    history_half_life_hours: float = 72.0
    purchased_days: float = 30.0
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0.01, 0.9, "hold_out")
        self._between(2, 20, "folds")
        self._between(0.01, 1, "learning_rate", "feature_fraction")
        self._between(2, 40, "candidates")
        self._between(2, 64, "leaves")
        self._between(1, 50, "length")
        self._between(1, 100_000_000, "moments", "answers", "max_queries", "min_data", "k", "history_events")
        self._between(0, 100_000, "purchased_days")
        self._positive("history_half_life_hours")
        if not self.tree_counts or not all(1 <= n <= 100 for n in self.tree_counts):
            raise ConfigurationError(f"tree_counts must be numbers within 1..100, got {self.tree_counts!r}.")
        if not self.bases:
            raise ConfigurationError("bases needs one entry at least.")


class SessionRanker(Algorithm):
    """LambdaRank (Burges 2010) on top of the decayed sum of the lists of what a visitor touched last.

    1. The bases are fitted on the events before a cut. What visitors touched next after moments behind it are the right
       answers; what they did before each moment is their session, as a page knows it.
    2. The `candidates` best items by the decayed sum are told of by `ranking.features`, the code that pages use. Trees
       are learned on top of the logarithm of the sum, so that score′ = score · e^trees.
    3. The number of trees is chosen on visitors not learned from. Where no number is better than the sum alone by more
       than two standard errors, no trees are published, and pages keep their order.

    The bases' own lists are published by their own recommenders; of this one nothing but the trees is.
    """

    Config = SessionRankerConfig
    config: SessionRankerConfig
    produces = frozenset({("ranker", "trees")})

    #: What is published.
    model_: RankerModel
    #: The trained ranker; None where the order stays.
    ranker_: Ranker | None
    #: NDCG@k of visitors not learned from: "linear" (the sum alone) and "lightgbm", and the number of trees chosen.
    validation_: dict[str, float]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for entry in self.config.bases:
            _check(entry, "item")
        if self.config.popularity:
            _check(self.config.popularity, "segment")

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData where too few visitors did something before and after the cut, or no base can learn,
        and MissingExtra without LightGBM."""
        config = self.config
        chosen = self.selected(interactions)
        self.item_keys_ = interactions.item_keys
        self._learned_from = interactions, chosen, catalogue
        self._served: tuple[Shop, Sessions] | None = None
        first, last = float(chosen.time.min()), float(chosen.time.max())
        cut = last - config.hold_out * (last - first)
        questions = self._sessions(chosen).questions(
            cut,
            moments=config.moments,
            n_answers=config.answers,
            most=config.max_queries,
            hidden_days=config.purchased_days,
            seed=config.seed,
        )
        if len({question.visitor for question in questions}) < config.folds:
            raise NotEnoughData(
                "SessionRanker needs visitors who did something before and after a moment: it can ask "
                f"{len(questions)} questions, and needs those of {config.folds} visitors."
            )
        seeds = {key for question in questions for key in question.session.weights}
        shop = self._shop(interactions.select(until=cut), catalogue, seeds)
        self._learn(shop.lessons(questions), shop.features)
        return self

    def ranker_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """The model, and apart from it a word by which a page can tell whether it has the newest."""
        text = self.model_.to_json()
        yield RankerRow.MODEL, [(text, 1.0)]
        yield RankerRow.VERSION, [(RankerModel.version_of(text), 1.0)]

    def visitor_lists(
        self, keys: Iterable[str], k: int = 50, exclude: Mapping[str, Collection[str]] | None = None
    ) -> Iterator[RankedPairs]:
        """What pages show to visitors with these trees and the lists that the bases publish: for evaluation."""
        if self._served is None:
            interactions, chosen, catalogue = self._learned_from
            self._served = self._shop(interactions, catalogue, None), self._sessions(chosen)
        shop, sessions = self._served
        for key, session in sessions.at_the_end(keys):
            hidden = set((exclude or {}).get(key, ()))
            found = [pair for pair in shop.ranked(session, self.model_) if pair[0] not in hidden]
            if found:
                yield key, [(item, round(score, SCORE_DIGITS)) for item, score in found[:k]]

    def _sessions(self, chosen: Interactions) -> Sessions:
        config = self.config
        return Sessions.of(chosen, config.events, config.history_events, config.history_half_life_hours)

    def _shop(
        self, interactions: Interactions, catalogue: Catalogue | None, seeds: Collection[str] | None
    ) -> Shop:
        """The lists that the bases would publish; of `seeds` only, when given."""
        config = self.config
        names = [_name(entry) for entry in config.bases]
        fitted = [_fitted(entry, interactions, catalogue) for entry in config.bases]
        if not any(fitted):
            raise NotEnoughData(f"SessionRanker needs a base that can learn: none of {', '.join(names)} can.")
        popular = _fitted(config.popularity, interactions, catalogue) if config.popularity else None
        return Shop.of(
            Features(tuple(names)),
            fitted,
            popular,
            catalogue,
            lengths=[min(config.length, int(entry.get("k", config.length))) for entry in config.bases],
            candidates=config.candidates,
            seeds=seeds,
        )

    def _learn(self, lessons: Lessons, features: Features) -> None:
        """Chooses the number of trees by visitors that they have not learned from, each in one of the folds."""
        config = self.config
        self.ranker_, ensemble = None, TreeEnsemble(features.names, ())
        linear = lessons.ndcg(lessons.start, config.k)
        self.validation_ = {"linear": float(linear.mean())}
        counts = sorted(config.tree_counts)
        found = {n: linear.copy() for n in counts}
        for learned, asked in lessons.folds(config.folds, config.seed):
            if learned.gains.any():
                tried, part = self._train(learned, counts[-1], features), lessons[asked]
                for n in counts:
                    scores = part.start + tried.score(part.rows, n_trees=n)
                    found[n][asked] = part.ndcg(scores, config.k)
        best = max(found, key=lambda n: float(found[n].mean()))
        self.validation_ |= {"lightgbm": float(found[best].mean()), "trees": float(best)}
        if lessons.standard_errors(found[best] - linear) > CLEAR:
            self.ranker_ = self._train(lessons, best, features)
            ensemble = self.ranker_.trees()
        else:
            logger.info(
                "No trees are better than the sum of the lists alone, so pages keep their order: NDCG@%d %s.",
                config.k,
                self.validation_,
            )
        popularity = _name(config.popularity) if config.popularity else ""
        self.model_ = RankerModel(tuple(features.bases), popularity, ensemble, config.candidates)

    def _train(self, given: Lessons, n_trees: int, features: Features) -> Ranker:
        config = self.config
        lessons = given.answerable
        return train(
            lessons.rows,
            lessons.gains,
            features.names,
            n_trees=n_trees,
            learning_rate=config.learning_rate,
            leaves=config.leaves,
            min_data=max(1, min(config.min_data, int(lessons.present.sum()) // 200)),
            feature_fraction=config.feature_fraction,
            truncation=2 * config.k,
            seed=config.seed,
            start=lessons.start,
            present=lessons.present,
        )


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or entry.get("recommender") or str(entry["algorithm"]).rpartition(".")[2])


def _check(entry: Mapping[str, Any], key: str) -> None:
    """Raises ConfigurationError for an entry that names nothing, or nothing that makes lists of such keys."""
    if not entry.get("recommender") and not entry.get("algorithm"):
        raise ConfigurationError(
            f'{dict(entry)!r} names no "recommender", one of the settings, and no "algorithm", a dotted path.'
        )
    if entry.get("algorithm"):
        made = load(entry["algorithm"], entry.get("options"))
        if (key, "item") not in made.produces:
            raise ConfigurationError(
                f"{_name(entry)} ({entry['algorithm']}) makes no {key} → item lists; name a recommender that does."
            )


def _fitted(
    entry: Mapping[str, Any], interactions: Interactions, catalogue: Catalogue | None
) -> Algorithm | None:
    """The algorithm of an entry; None where it cannot learn from so little."""
    if not entry.get("algorithm"):
        raise ConfigurationError(
            f"The recommender {entry['recommender']!r} is not known here. Training fills in those of the settings; "
            'elsewhere give "algorithm" and "options".'
        )
    try:
        return load(entry["algorithm"], entry.get("options")).fit(interactions, catalogue)
    except NotEnoughData as error:
        logger.info("The ranker goes without %s: %s", _name(entry), error)
        return None
