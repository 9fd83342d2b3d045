"""Several sources become one ranking by the places of the items: reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.datatypes import Candidate
from recommendations.exceptions import ConfigurationError
from recommendations.serving.blending import blend, blend_by_rank
from recommendations.serving.placements import get_placement
from tests.serving import twelve
from tests.serving.twelve import publish, shown_on

Use = Callable[..., None]


def ranked(source: str, *scores: tuple[str, float]) -> list[Candidate]:
    return [Candidate(key, score, source) for key, score in scores]


FIRST = ranked("one", ("a", 0.9), ("b", 0.8), ("c", 0.1))
SECOND = ranked("two", ("b", 0.02), ("d", 0.01))


def test_places_count_and_agreement() -> None:
    found = blend_by_rank([(1.0, FIRST), (1.0, SECOND)])
    assert [(each.item_key, each.source, round(each.score, 6)) for each in found] == [
        ("b", "two", round((61 / 62 + 1) / 2, 6)),  # second and first
        ("a", "one", 0.5),  # first and nowhere
        ("d", "two", round(61 / 62 / 2, 6)),
        ("c", "one", round(61 / 63 / 2, 6)),
    ]
    assert [each.item_key for each in blend([(1.0, FIRST), (1.0, SECOND)])] == ["a", "b", "c", "d"]


def test_weights() -> None:
    found = blend_by_rank([(1.0, FIRST), (3.0, SECOND)])
    assert [each.item_key for each in found] == ["b", "d", "a", "c"]
    assert found[0].score == pytest.approx((61 / 62 + 3) / 4)


def test_what_is_first_everywhere_scores_one() -> None:
    assert [each.score for each in blend_by_rank([(2.0, FIRST)])] == [1.0, 61 / 62, 61 / 63]
    assert blend_by_rank([(2.0, FIRST), (1.0, [])]) == blend_by_rank([(2.0, FIRST)])
    assert blend_by_rank([(1.0, FIRST), (1.0, FIRST)])[0].score == 1.0
    assert blend_by_rank([]) == blend_by_rank([(1.0, [])]) == []


def test_a_placement_blends_by_rank(products: Any, placements: Use) -> None:
    publish("also_viewed", {"d1": [("b1", 0.9), ("b2", 0.8), ("b3", 0.1)]})
    publish("similar_content", {"d1": [("b2", 0.02), ("t1", 0.01)]})
    sources = [{"source": "similar", "recommenders": [name]} for name in ("also_viewed", "similar_content")]
    placements(by_score={"sources": sources}, by_rank={"sources": sources, "blend": "rank"})
    assert shown_on("by_score", item="d1") == ["b1", "b2", "b3", "t1"]
    assert shown_on("by_rank", item="d1") == ["b2", "b1", "t1", "b3"]


@pytest.mark.parametrize("value", ["place", None, 1, ["rank"]])
def test_another_word_is_refused(value: Any, products: Any, placements: Use) -> None:
    placements(row={"sources": ["popular"], "blend": value})
    with pytest.raises(ConfigurationError) as refused:
        get_placement("row")
    assert str(refused.value) == (
        f'RECOMMENDATIONS["PLACEMENTS"]["row"]["blend"] is {value!r}. Set it to one of: rank, score.'
    )


def test_the_default_placements_blend_by_score(products: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = twelve.SETTINGS
    assert get_placement("product_page").blend == "score"
