from __future__ import annotations

from recommendations.algorithms.association import Association
from recommendations.algorithms.content import ContentTfidf
from recommendations.algorithms.item_knn import ItemKNN
from recommendations.algorithms.popular import Popular
from recommendations.algorithms.testing import AlgorithmContract


class TestPopular(AlgorithmContract):
    algorithm_class = Popular
    options = {"by": ("category", "brand")}


class TestAlsoBought(AlgorithmContract):
    algorithm_class = ItemKNN
    options = {"events": {"purchase": 1.0}}


class TestAlsoViewed(AlgorithmContract):
    algorithm_class = ItemKNN
    options = {"events": {"view": 1.0, "cart": 1.5}, "half_life_days": 30.0, "damping": "binary"}


class TestBoughtTogether(AlgorithmContract):
    algorithm_class = Association
    options = {"min_support": 2, "min_evidence": 0.5}


class TestBoughtTogetherByInformation(AlgorithmContract):
    algorithm_class = Association
    options = {"min_support": 2, "min_evidence": 0.5, "rank_by": "information"}


class TestBoughtTogetherByLift(AlgorithmContract):
    algorithm_class = Association
    options = {"min_support": 2, "min_evidence": 0.5, "rank_by": "lift"}


class TestSimilarContent(AlgorithmContract):
    algorithm_class = ContentTfidf
    without_events = "lists"
