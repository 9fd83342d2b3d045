"""Every shipped algorithm, ready for small made data, with what cannot hold for it and why."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from recommendations import algorithms
from recommendations.algorithms.association import Association
from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.buy_again import BuyAgain
from recommendations.algorithms.communities import VisitorCommunities
from recommendations.algorithms.content import ContentTfidf
from recommendations.algorithms.ease import EASE
from recommendations.algorithms.generalised_knn import GeneralisedKNN
from recommendations.algorithms.high_conversion import HighConversion
from recommendations.algorithms.ials import IALS
from recommendations.algorithms.item2vec import Item2Vec
from recommendations.algorithms.item_knn import ItemKNN
from recommendations.algorithms.learned_blend import LearnedBlend
from recommendations.algorithms.markov import Markov
from recommendations.algorithms.new_arrivals import NewArrivals
from recommendations.algorithms.on_sale import OnSale
from recommendations.algorithms.polynomial import PolynomialFilter
from recommendations.algorithms.popular import Popular
from recommendations.algorithms.price_dropped import PriceDropped
from recommendations.algorithms.revisit import Revisit
from recommendations.algorithms.rp3beta import RP3beta
from recommendations.algorithms.sentence import SentenceEncoder
from recommendations.algorithms.session_knn import SessionKNN
from recommendations.algorithms.session_ranker import SessionRanker
from recommendations.algorithms.slim import LocalSLIM
from recommendations.algorithms.spectral import GFCF, LowPass
from recommendations.algorithms.tifu_knn import TIFUKNN
from recommendations.algorithms.trending import Trending
from recommendations.algorithms.user_knn import UserKNN
from recommendations.algorithms.viewed_bought import ViewedBought
from recommendations.algorithms.word2vec import Word2Vec

_HERE = "recommendations.algorithms."


@dataclass(frozen=True)
class Case:
    """An algorithm and options with which it learns from a handful of events.

    `copied`: the options to change so that a copy of every visitor changes no list (a prior or a ridge that is counted
    in visitors is doubled), or why there are none. `by_name`: why the order of the keys may decide more than ties.
    `rounds`: whether it inverts or decomposes dense matrices, whose last digits depend on the number of threads.
    `examples`: how many random data sets are tried, fewer where fitting is slow. `needs_sessions`: whether it learns
    nothing from a handful of events, and scores no histories: it ranks what others score.
    """

    algorithm: type[Algorithm]
    options: Mapping[str, Any] = field(default_factory=dict)
    copied: Mapping[str, Any] | str = field(default_factory=dict)
    by_name: str = ""
    rounds: bool = False
    examples: int = 12
    needs_sessions: bool = False

    def make(self, **options: Any) -> Algorithm:
        return self.algorithm(**{"events": EVENTS, **self.options, **options})

    def __str__(self) -> str:
        said = ",".join(str(value) for value in self.options.values() if isinstance(value, str))
        return f"{self.algorithm.__name__}({said})"


def letters(texts: list[str]) -> Any:
    """A sentence encoder that counts letters."""
    return np.array([[text.lower().count(letter) + 0.01 for letter in "abcdehilnortw"] for text in texts])


EVENTS = {"view": 1.0, "purchase": 3.0}
BOUGHT = {"events": {"purchase": 1.0}}
_BASES: Sequence[Mapping[str, Any]] = [
    {"algorithm": _HERE + "generalised_knn.GeneralisedKNN"},
    {"algorithm": _HERE + "markov.Markov"},
    {"algorithm": _HERE + "popular.Popular"},
]
_CATALOGUE = "it learns from the catalogue alone"
_RANDOM = "it begins with random numbers, given out in the order of the keys"
_CUT = "which of equal singular values are kept is arbitrary"

CASES: Sequence[Case] = (
    Case(Popular, copied={"prior_visitors": 2.0}),
    Case(
        Trending,
        {"recent_days": 7.0, "baseline_days": 21.0, "min_visitors": 0.0, "confidence": 0.5},
        copied="twice the visitors are twice the evidence",
    ),
    Case(
        NewArrivals,
        copied="how well an arrival does is shrunk to what is usual by a prior that is learned from counts",
    ),
    Case(OnSale),
    Case(PriceDropped),
    Case(
        HighConversion,
        {"seen": ("view",), "min_buyers": 1},
        copied="twice the visitors are twice the evidence",
    ),
    Case(
        Association,
        {"min_support": 1, "min_visitors": 1, "min_evidence": 0.0},
    ),
    Case(Association, {"min_support": 1, "min_visitors": 1, "min_evidence": 0.0, "rank_by": "information"}),
    Case(
        Association,
        {"min_support": 1, "min_visitors": 1, "min_evidence": 0.0, "rank_by": "lift"},
        copied={"lift_damping": 20.0},
    ),
    Case(ItemKNN, {"shrinkage": 0.0, "half_life_days": None}),
    Case(ItemKNN, {"feedback": "explicit", "similarity": "pearson", "shrinkage": 0.0}),
    Case(
        ItemKNN,
        {"similarity": "log_likelihood", "shrinkage": 0.0, "half_life_days": None},
        copied="twice the visitors are twice the evidence",
    ),
    Case(UserKNN, {"neighbours": 1000}),
    Case(UserKNN, {"feedback": "explicit", "similarity": "pearson", "neighbours": 1000}),
    Case(GeneralisedKNN),
    Case(GeneralisedKNN, {"damping": "log", "half_life_days": 30.0, "history_decay": 0.3}),
    Case(LocalSLIM, {"ridge": 2.0}, copied={"ridge": 4.0}),
    Case(RP3beta),
    Case(EASE, {"l2": 2.0}, copied={"l2": 4.0}, rounds=True),
    Case(IALS, {"dimensions": 4, "sweeps": 4}, copied=_RANDOM, by_name=_RANDOM, rounds=True),
    Case(LowPass, {"components": 2}, copied=_CUT, by_name=_CUT, rounds=True),
    Case(GFCF, {"components": 20}, rounds=True),
    Case(PolynomialFilter, {"coefficients": (0.71, 0.1, -0.01)}),
    Case(
        Association,
        {"min_support": 1, "min_visitors": 1, "min_evidence": 0.0, "across": "departments"},
    ),
    Case(ViewedBought, {"seen": ("view",), "shrinkage": 0.0, "within_days": 30.0}),
    Case(Markov),
    Case(Markov, {"sessions": True, "walk": (1.0, 0.5, 0.25), "repeat": 2.0, "exclude_seen": False}),
    Case(SessionKNN, {"neighbours": 1000}),
    Case(SessionKNN, {"neighbours": 1000, "sessions": False, "session_half_life_days": 20.0, "repeat": 2.0}),
    Case(TIFUKNN, {"neighbours": 1000, "basket_half_life_days": 30.0}),
    Case(BuyAgain, BOUGHT, copied="usual rates and intervals have priors that are learned from counts"),
    Case(Revisit, {"prior": 2.0}, copied={"prior": 4.0}),
    Case(VisitorCommunities, copied=_RANDOM, by_name=_RANDOM),
    Case(VisitorCommunities, {"communities": 2, "min_visitors": 1}, copied=_RANDOM, by_name=_RANDOM),
    Case(
        LearnedBlend,
        {"bases": _BASES, "ranker": "linear", "candidates": 10},
        copied="which answers are learned from is drawn among the visitors",
        by_name="which answers are learned from is drawn among the visitors, in the order of their keys",
        examples=5,
    ),
    Case(
        SessionRanker,
        {
            "bases": [{"algorithm": _HERE + "item_knn.ItemKNN", "options": {"shrinkage": 0.0}}],
            "popularity": {"algorithm": _HERE + "popular.Popular"},
            "hold_out": 0.5,
            "tree_counts": [3],
            "min_data": 1,
        },
        copied="which visitors choose is drawn among them",
        by_name="which visitors choose is drawn among them, in the order of their keys",
        examples=5,
        needs_sessions=True,
    ),
    Case(ContentTfidf, copied=_CATALOGUE),
    Case(SentenceEncoder, {"encoder": letters, "parts": ("title", "text")}, copied=_CATALOGUE),
    Case(Word2Vec, {"dimensions": 4, "epochs": 1}, copied=_CATALOGUE, by_name=_RANDOM, examples=5),
    Case(Item2Vec, {"dimensions": 4, "epochs": 1}, copied=_RANDOM, by_name=_RANDOM, examples=5),
)


def shipped() -> set[type[Algorithm]]:
    """Every algorithm of the package that can be made."""
    found: set[type[Algorithm]] = set()
    for module in pkgutil.walk_packages(algorithms.__path__, f"{algorithms.__name__}."):
        for _, member in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(member, Algorithm) and member.__module__ == module.name:
                found.add(member)
    return {algorithm for algorithm in found if not inspect.isabstract(algorithm) and algorithm.produces}
