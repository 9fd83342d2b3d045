"""A learned ranker over the candidates of several algorithms."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, RankedPairs, load
from recommendations.algorithms.blending.candidates import Candidates, Scorer
from recommendations.algorithms.blending.features import FeatureMaker, pairwise
from recommendations.algorithms.blending.item_facts import ItemFacts
from recommendations.algorithms.blending.linear import learn_weights
from recommendations.algorithms.blending.ranker import Lesson, Ranker, has_lightgbm, train
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.algorithms.ranking import best, best_codes, pick
from recommendations.datatypes import INTEREST_WEIGHTS
from recommendations.evaluation.queries import Held, HoldOut, Queries, hidden_items
from recommendations.exceptions import ConfigurationError, NotEnoughData

logger = logging.getLogger(__name__)

#: Base algorithms for a shop with orders and views: neighbours, baskets, sequences, content, what sells.
DEFAULT_BASES: Sequence[Mapping[str, Any]] = (
    {"algorithm": "recommendations.algorithms.generalised_knn.GeneralisedKNN"},
    {"algorithm": "recommendations.algorithms.markov.Markov"},
    {"algorithm": "recommendations.algorithms.user_knn.UserKNN"},
    {"algorithm": "recommendations.algorithms.popular.Popular"},
)
#: How many queries decide about the weights of the linear blend, and how many candidates each algorithm gives them.
_WEIGHING_QUERIES = 4000
_WEIGHING_CANDIDATES = 60
#: Answers are held out so many times at most, when nothing says how often.
_MOST_FOLDS = 4
#: Nor again when so many queries have an answer among their candidates: more teach little, and take long.
_ENOUGH = 15_000
#: Lists of items are made so many at a time.
_ITEMS_AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True)
class LearnedBlendConfig(PersonalConfig):
    """`bases`: the algorithms, as {"algorithm": dotted path, "options": {…}, "name": …}; their events are the
    blend's unless their options say otherwise. `hold_out`: options of `evaluation.queries.HoldOut`, which takes the
    answers to learn from out of the data. `candidates`: how many items are ranked. `ranker`: lightgbm, linear, or auto
    (lightgbm when it is installed and better on validation). `tree_counts`: the numbers of trees to choose from on
    validation. `learning_rate`, `leaves`, `min_data`, `feature_fraction`: of the trees. `max_queries`: so many queries
    are learned from at most. `folds`: how often answers are held out, each time from what is left (None: as often as
    gives `max_queries`, up to 4 times). `single_item_share`: of them know only the last item of the history, so that
    the lists of single items are learned too. `answer_exponent`: an answer that n visitors chose counts
    (n + 10)^-answer_exponent, so that what suits this history counts more than what sells anyway. `validation_share`:
    of the queries choose. `rankers`: so many models with different seeds, averaged. `lists`: whose lists are published,
    "visitor", "item" or both. `k`: NDCG@k is what is optimised. `refit`: fit the base algorithms again on
    everything."""

    events: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    bases: Sequence[Mapping[str, Any]] = DEFAULT_BASES
    hold_out: Mapping[str, Any] = field(default_factory=dict)
    candidates: int = 100
    ranker: str = "auto"
    tree_counts: Sequence[int] = (60, 100, 160, 240, 330)
    learning_rate: float = 0.05
    leaves: int = 31
    min_data: int = 500
    feature_fraction: float = 0.4
    max_queries: int = 20_000
    folds: int | None = None
    single_item_share: float = 0.3
    answer_exponent: float = 0.0
    validation_share: float = 0.25
    rankers: int = 1
    lists: Sequence[str] = ("visitor", "item")
    k: int = 10
    refit: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._one_of("ranker", ("auto", "lightgbm", "linear"))
        self._between(2, 100_000, "candidates", "leaves")
        self._between(1, 100_000_000, "max_queries", "min_data", "rankers", "k")
        self._between(0.01, 0.9, "validation_share")
        self._between(0, 1, "single_item_share")
        self._between(0, 2, "answer_exponent")
        if self.folds is not None:
            self._between(1, 100, "folds")
        self._between(0.01, 1, "feature_fraction", "learning_rate")
        if not self.lists or not set(self.lists) <= {"visitor", "item"}:
            raise ConfigurationError(f'lists must be some of ("visitor", "item"), got {self.lists!r}.')
        if not self.bases or not self.tree_counts:
            raise ConfigurationError("bases and tree_counts need one entry at least.")


class LearnedBlend(PersonalAlgorithm):
    """Candidates from base algorithms, ranked by LambdaRank (Burges 2010) over their scores and other features.

    1. Out of fold: the answers (`hold_out`) are taken out of the data, the bases learn from the rest.
    2. A linear blend Σ w_m s_m / max s_m with weights from coordinate ascent on NDCG@k cuts to `candidates` items.
       The same cut makes positives, negatives and what is served: a ranker trained on another one learns the cut.
    3. Trees learn from the features of the cut (blending/features.py); their number is chosen on queries not trained
       on, and the linear blend stays when it is better there.
    4. The bases are fitted again on everything; weights and trees stay.
    """

    Config = LearnedBlendConfig
    config: LearnedBlendConfig
    produces = frozenset({("visitor", "item"), ("item", "item")})

    #: The fitted base algorithms, their names and their weights in the linear blend.
    bases_: list[Algorithm]
    base_names_: list[str]
    weights_: NDArray[np.float64]
    #: The trained rankers; none when the linear blend is used.
    rankers_: list[Ranker]
    #: NDCG@k on the validation queries of "linear" and "lightgbm", and the number of trees chosen.
    validation_: dict[str, float]
    #: NDCG@k of each base by itself there.
    base_validation_: dict[str, float]
    #: Seconds that each stage took.
    seconds_: dict[str, float]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for _name, path, of_base in self._entries():
            load(path, of_base)  # says now what is wrong, not at night
        self.produces = frozenset((key, "item") for key in self.config.lists)

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no answers can be held out, or no base algorithm can learn from the rest."""
        config = self.config
        chosen = self.selected(interactions)
        hold_out = HoldOut(
            **({"max_queries": config.max_queries, "seed": config.seed} | dict(config.hold_out))
        )
        self.seconds_, self.validation_, self.rankers_ = {}, {}, []
        self._clock = time.perf_counter()
        self._learn(hold_out, chosen, catalogue)
        whole = chosen if config.refit else hold_out(chosen).train
        self._fit_bases(whole, catalogue, only=self.base_names_)
        self._prepare(whole, catalogue)
        self._stage("fit the bases again")
        self._remember(chosen)
        self._hide = hold_out.hide
        groups = catalogue.groups(self.item_keys_) if catalogue is not None else None
        self._variants = None if groups is None else _same_group(groups)
        return self

    def candidates(
        self, histories: Histories, hidden: sparse.csr_matrix | None, **options: Any
    ) -> Candidates:
        """The items to be ranked for each history: see `Scorer.best`."""
        return self.scorer_.best(histories, hidden, self.weights_, self.config.candidates, **options)

    def features(self, candidates: Candidates, histories: Histories) -> NDArray[np.float32]:
        """What the ranker is told, (n, c, n_features)."""
        return self._features(candidates, histories)

    def order(
        self, candidates: Candidates, features: NDArray[np.float32], ranker: int | None = None
    ) -> NDArray[np.float32]:
        """Scores of the candidates (n, c), higher is better: of one of the rankers, or the mean of all."""
        if not self.rankers_:
            return np.where(candidates.codes >= 0, candidates.blend, -np.inf).astype(np.float32)
        chosen = self.rankers_ if ranker is None else [self.rankers_[ranker]]
        scores = np.mean([one.score(features) for one in chosen], axis=0)
        return np.where(candidates.codes >= 0, scores, -np.inf).astype(np.float32)

    def ranked(
        self, histories: Histories, hidden: sparse.csr_matrix | None, ranker: int | None = None
    ) -> NDArray[np.int32]:
        """Item codes (n, candidates), best first, -1 = none."""
        candidates = self.candidates(histories, hidden)
        features = self.features(candidates, histories) if self.rankers_ else np.zeros((0, 0, 0), np.float32)
        return reordered(candidates.codes, self.order(candidates, features, ranker))

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """What suits somebody who is known to want this one item; items without events have no list."""
        known = np.flatnonzero(np.bincount(self.histories_.item, minlength=len(self.item_keys_)))
        for begin in range(0, len(known), _ITEMS_AT_ONCE):
            items = known[begin : begin + _ITEMS_AT_ONCE]
            alone = Histories.of_items(items, self.histories_)
            hidden = (
                sparse.csr_matrix(self._variants[items]) if self._variants is not None else alone.matrix()
            )
            top = best(self._ranked_scores(alone, hidden), k)
            yield from top.lists(
                tuple(self.item_keys_[item] for item in items.tolist()), self.item_keys_, k, SCORE_DIGITS
            )

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """Of the candidates, in 0..1; nothing else has a score."""
        hidden = hidden_items(histories, self._hide) if self.config.exclude_seen else None
        return self._ranked_scores(histories, hidden)

    def _ranked_scores(self, histories: Histories, hidden: sparse.csr_matrix | None) -> sparse.csr_matrix:
        candidates = self.candidates(histories, hidden)
        features = self.features(candidates, histories) if self.rankers_ else np.zeros((0, 0, 0), np.float32)
        scores = self.order(candidates, features)
        row, column = np.nonzero(candidates.codes >= 0)
        value = scores[row, column].astype(np.float64)
        value = 1 / (1 + np.exp(-value)) if self.rankers_ else value / (value.max(initial=0.0) or 1.0)
        shape = (len(histories), len(self.item_keys_))
        return sparse.csr_matrix(
            (value.astype(np.float32), (row, candidates.codes[row, column])), shape=shape
        )

    # Learning.

    def _fit_bases(
        self, interactions: Interactions, catalogue: Catalogue | None, only: Sequence[str] | None = None
    ) -> None:
        """Those bases that can learn; `only` names the ones that could before."""
        fitted: dict[str, Algorithm] = {}
        for name, path, options in self._entries():
            if only is not None and name not in only:
                continue
            try:
                fitted[name] = load(path, options).fit(interactions, catalogue)
            except NotEnoughData as error:
                if only is not None:
                    raise
                logger.info("The blend goes without %s: %s", name, error)
        if not fitted:
            raise NotEnoughData("LearnedBlend needs a base algorithm that can learn: none of its bases can.")
        self.base_names_, self.bases_ = list(fitted), list(fitted.values())
        self.scorer_ = Scorer(self.bases_, interactions.item_keys)

    def _entries(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(name, dotted path, options) of the bases."""
        entries, used = [], set()
        for base in self.config.bases:
            path = base.get("algorithm", "")
            if not path:
                raise ConfigurationError(f'bases: {dict(base)!r} has no "algorithm", the dotted path of one.')
            name = base.get("name") or path.rpartition(".")[2]
            while name in used:
                name += "'"
            used.add(name)
            entries.append((name, path, {"events": self.config.events} | dict(base.get("options", {}))))
        return entries

    def _prepare(self, interactions: Interactions, catalogue: Catalogue | None) -> None:
        pairs = pairwise(self.base_names_, self.bases_, interactions.item_keys)
        facts = ItemFacts.of(interactions, catalogue)
        self._features = FeatureMaker(self.base_names_, facts, pairs, interactions.kinds)

    def _learn(self, hold_out: HoldOut, chosen: Interactions, catalogue: Catalogue | None) -> None:
        config = self.config
        held = hold_out(chosen)
        self._fit_bases(held.train, catalogue)
        self._stage("fit the bases out of fold")
        asked = self._asked(held, config.seed)
        learn, check = asked.halves(1 - config.validation_share, config.seed)
        if not len(learn) or not len(check):
            raise NotEnoughData(f"LearnedBlend needs more held-out answers: there are {len(held.queries)}.")
        weighing = learn.sample(_WEIGHING_QUERIES, config.seed)
        pool = self.scorer_.pool(weighing.histories, weighing.hidden, _WEIGHING_CANDIDATES)
        self.weights_, _ = learn_weights(pool, weighing.targets, 2 * config.k)
        del pool
        self._stage("weigh the bases")
        self._prepare(held.train, catalogue)
        cut = self.candidates(check.histories, check.hidden, watch=self._judge_bases(check))
        self.base_validation_ = {name: float(np.mean(values)) for name, values in self._judged.items()}
        self.validation_["linear"] = self._ndcg(check, cut.codes)
        if config.ranker == "linear" or (config.ranker == "auto" and not has_lightgbm()):
            return
        checked = self.features(cut, check.histories)
        lessons = [self._lesson(learn)]
        self._stage("features")
        lessons += self._more_lessons(hold_out, held, chosen, catalogue, len(lessons[0].gains))
        lesson = Lesson.of(lessons)
        if not len(lesson.gains):
            logger.info("The blend stays linear: no held-out answer is among the candidates.")
            return
        self._learn_trees(lesson, check, cut, checked)

    def _more_lessons(
        self, hold_out: HoldOut, held: Held, chosen: Interactions, catalogue: Catalogue | None, n_known: int
    ) -> list[Lesson]:
        """Of further folds, each with bases that know nothing of its answers, as long as too little is known."""
        config = self.config
        folds = config.folds or min(_MOST_FOLDS, config.max_queries // max(len(held.queries), 1))
        lessons = []
        for fold in range(1, folds):
            if config.folds is None and n_known >= _ENOUGH:
                break
            try:
                held = hold_out.again(fold, held, chosen)
                self._fit_bases(held.train, catalogue, only=self.base_names_)
            except NotEnoughData as error:
                logger.info("The blend learns from %d folds: %s", fold, error)
                break
            self._prepare(held.train, catalogue)
            lessons.append(self._lesson(self._asked(held, config.seed + fold)))
            n_known += len(lessons[-1].gains)
            self._stage(f"fold {fold + 1}")
        return lessons

    def _asked(self, held: Held, seed: int) -> Queries:
        """The held-out answers as they are learned from."""
        popularity = np.bincount(held.train.item, minlength=held.train.n_items)
        asked = held.queries.shortened(self.config.single_item_share, seed)
        return asked.stratified(popularity, self.config.answer_exponent)

    def _lesson(self, queries: Queries) -> Lesson:
        """Features and labels of the candidates of those queries that have an answer among them."""
        cut = self.candidates(queries.histories, queries.hidden)
        gains = pick(sparse.csr_matrix(queries.targets), cut.codes)
        useful = np.flatnonzero(gains.any(axis=1))
        features = self.features(_rows(cut, useful), queries.histories[useful])
        return Lesson(features, gains[useful])

    def _learn_trees(
        self, lesson: Lesson, check: Queries, cut: Candidates, checked: NDArray[np.float32]
    ) -> None:
        config = self.config
        counts = sorted(config.tree_counts)
        first = self._train(lesson, counts[-1], config.seed)
        found = {}
        for n_trees in counts:
            scores = np.where(cut.codes >= 0, first.score(checked, n_trees=n_trees), -np.inf)
            found[n_trees] = self._ndcg(check, reordered(cut.codes, scores))
        chosen = max(found, key=lambda n: found[n])
        self.validation_ |= {"lightgbm": found[chosen], "trees": chosen}
        self._stage("choose the trees")
        if config.ranker == "auto" and found[chosen] <= self.validation_["linear"]:
            return
        # The queries that chose the number of trees are learned from too, now that it is chosen.
        gains = pick(sparse.csr_matrix(check.targets), cut.codes)
        useful = gains.any(axis=1)
        lesson = Lesson.of([lesson, Lesson(checked[useful], gains[useful])])
        self.rankers_ = [self._train(lesson, chosen, config.seed + n) for n in range(config.rankers)]
        self._stage("train the trees")

    def _train(self, lesson: Lesson, n_trees: int, seed: int) -> Ranker:
        config = self.config
        return train(
            lesson.features,
            lesson.gains,
            self._features.feature_names,
            n_trees=n_trees,
            learning_rate=config.learning_rate,
            leaves=config.leaves,
            min_data=max(1, min(config.min_data, lesson.gains.size // 200)),
            feature_fraction=config.feature_fraction,
            truncation=2 * config.k,
            seed=seed,
        )

    def _judge_bases(self, check: Queries) -> Callable[[slice, list[NDArray[np.float32]]], None]:
        """What notes how good each base is by itself while the candidates are scored."""
        k = self.config.k
        self._judged: dict[str, list[float]] = {name: [] for name in self.base_names_}

        def watch(rows: slice, scores: list[NDArray[np.float32]]) -> None:
            part = check[rows]
            for name, score in zip(self.base_names_, scores, strict=True):
                self._judged[name] += part.quality(best_codes(score, k, part.hidden)[0], k)["ndcg"].tolist()

        return watch

    def _ndcg(self, queries: Queries, codes: NDArray[np.int32]) -> float:
        return float(queries.quality(codes, self.config.k)["ndcg"].mean())

    def _stage(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds_[name] = now - self._clock
        self._clock = now


def _same_group(groups: NDArray[np.int32]) -> sparse.csr_matrix:
    """Items × items, 1 where both are variants of one product."""
    members = sparse.csr_matrix(
        (np.ones(len(groups), np.float32), (np.arange(len(groups)), groups)),
        shape=(len(groups), groups.max() + 1),
    )
    return sparse.csr_matrix(members @ members.T)


def reordered(codes: NDArray[np.int32], scores: NDArray[np.floating]) -> NDArray[np.int32]:
    """The codes of each row by falling score; ties stay in their order."""
    return np.take_along_axis(codes, np.argsort(-scores, axis=1, kind="stable"), axis=1)


def _rows(candidates: Candidates, rows: NDArray[np.integer]) -> Candidates:
    return Candidates(
        candidates.codes[rows], candidates.raw[rows], candidates.top[rows], candidates.blend[rows]
    )
