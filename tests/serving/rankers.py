"""Learned rankers made by hand, for the shop of twelve."""

from __future__ import annotations

import math

from recommendations.datatypes import RankerRow
from recommendations.models import Snapshot
from recommendations.ranking.features import Features
from recommendations.ranking.model import RankerModel
from recommendations.ranking.trees import Tree, TreeEnsemble
from recommendations.store import get_store

BASES = ("also_viewed",)
NAMES = Features(BASES).names
RANKER = {"algorithm": "recommendations.algorithms.session_ranker.SessionRanker"}


def tree(feature: str, above: float, factor: float) -> Tree:
    """Multiplies the scores of what has more than `above` of a feature."""
    leaves = (0.0, math.log(factor))
    return Tree((NAMES.index(feature),), (above,), (True,), (-1,), (-2,), leaves, (4,), (3, 1))


def publish_ranker(*trees: Tree, text: str = "") -> Snapshot:
    text = text or RankerModel(BASES, "popular", TreeEnsemble(NAMES, trees)).to_json()
    snapshot = Snapshot.objects.create(
        recommender="ranker", algorithm="by hand", sources=["ranker"], status=Snapshot.Status.READY
    )
    rows = {RankerRow.MODEL: text, RankerRow.VERSION: RankerModel.version_of(text)}
    get_store().write(snapshot, [("ranker", key, "trees", [(value, 1.0, 0)]) for key, value in rows.items()])
    get_store().activate(snapshot)
    return snapshot
