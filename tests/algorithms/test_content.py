from __future__ import annotations

import numpy as np
import pytest

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.content import ContentTfidf
from recommendations.algorithms.interactions import Interactions
from recommendations.exceptions import NotEnoughData

NOTHING = Interactions.from_columns(visitor=[], item=[], kind=[], time=[])


def lists_of(catalogue: Catalogue, **options: object) -> dict[str, list[tuple[str, float]]]:
    return dict(ContentTfidf(**options).fit(NOTHING, catalogue).item_lists())


def test_cosine_by_hand() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], titles=["red cup", "red mug", "blue hat"])
    idf_one, idf_two = np.log(4 / 2) + 1, np.log(4 / 3) + 1
    expected = idf_two**2 / (idf_two**2 + idf_one**2)
    assert lists_of(catalogue, bigrams=False) == {
        "a": [("b", round(expected, 5))],
        "b": [("a", round(expected, 5))],
    }


def test_fields_are_weighted_means() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c"], titles=["cup", "cup", "hat"], brands=["Acme", "Birch", "acme"]
    )
    lists = lists_of(catalogue, fields={"title": 3.0, "brand": 1.0})
    assert lists["a"] == [("b", 0.75), ("c", 0.25)]
    assert lists_of(catalogue, fields={"title": 0.0, "brand": 1.0})["a"] == [("c", 1.0)]


def test_near_relatives_in_the_category_tree_come_first() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c", "d"],
        categories=[["Food/Bread/White"], ["Food/Milk"], ["Food/Bread/Brown"], ["Food/Bread/White"]],
    )
    assert [key for key, _ in lists_of(catalogue)["a"]] == ["d", "c", "b"]


def test_pairs_of_words_count() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c"], titles=["olive oil jar", "olive oil tin", "oil olive bag"]
    )
    assert [key for key, _ in lists_of(catalogue)["a"]] == ["b", "c"]


def test_chinese_without_a_segmenter() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c"], titles=["茉莉花绿茶 100克", "绿茶 250克", "咖啡杯"]
    )
    assert lists_of(catalogue)["a"][0][0] == "b"
    assert "c" not in dict(lists_of(catalogue)["a"])


def test_variants_are_left_out() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["s", "m", "x"],
        titles=["wool sock S", "wool sock M", "wool scarf"],
        group_keys=["g", "g", ""],
    )
    assert [key for key, _ in lists_of(catalogue)["s"]] == ["x"]


def test_rare_and_common_words_in_large_catalogues() -> None:
    n = 1000
    titles = [f"unique{i} pair{i // 2} common" for i in range(n)]
    catalogue = Catalogue.from_columns(item_keys=[f"{i:04d}" for i in range(n)], titles=titles)
    lists = lists_of(catalogue, bigrams=False)
    assert lists["0000"] == [("0001", 1.0)]
    assert len(lists_of(catalogue, bigrams=False, max_share=1.0, min_similarity=0.0)["0000"]) == 50


def test_items_without_words_have_no_list() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], titles=["cup", "cup", "the"])
    assert set(lists_of(catalogue)) == {"a", "b"}


def test_score_of_a_history() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b"], titles=["cup", "cup"])
    assert ContentTfidf().fit(NOTHING, catalogue).score([[("a", 2.0)]]).tolist() == [[0, 2]]


def test_nothing_to_read() -> None:
    with pytest.raises(NotEnoughData) as caught:
        ContentTfidf().fit(NOTHING)
    assert str(caught.value) == "ContentTfidf needs a catalogue with items: there are none."
    with pytest.raises(NotEnoughData) as caught:
        ContentTfidf().fit(NOTHING, Catalogue.from_columns(item_keys=["a", "b"], titles=["the", "--"]))
    assert str(caught.value) == "ContentTfidf needs items with words: none of 2 items has any."


def test_a_single_item_has_nobody_to_resemble() -> None:
    assert lists_of(Catalogue.from_columns(item_keys=["a"], titles=["cup"])) == {}
