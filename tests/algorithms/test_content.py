from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.content import ContentTfidf, price_bands
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import AlgorithmContract, sample_catalogue
from recommendations.algorithms.words import character_ngrams, segmenter
from recommendations.exceptions import ConfigurationError, MissingExtra, NotEnoughData

TITLE_ONLY = {"title": 1.0}
NOTHING = Interactions.from_columns(visitor=[], item=[], kind=[], time=[])


def lists_of(catalogue: Catalogue, **options: object) -> dict[str, list[tuple[str, float]]]:
    return dict(ContentTfidf(**options).fit(NOTHING, catalogue).item_lists())


def test_cosine_by_hand() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], titles=["red cup", "red mug", "blue hat"])
    idf_one, idf_two = np.log(4 / 2) + 1, np.log(4 / 3) + 1
    expected = idf_two**2 / (idf_two**2 + idf_one**2)
    assert lists_of(catalogue, fields=TITLE_ONLY, bigrams=False) == {
        "a": [("b", round(expected, 5))],
        "b": [("a", round(expected, 5))],
    }


def test_euclidean_distance_by_hand() -> None:
    """Two unit vectors at cosine c are √(2 − 2c) apart; the similarity is 1 / (1 + distance)."""
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], titles=["red cup", "red mug", "blue hat"])
    idf_one, idf_two = np.log(4 / 2) + 1, np.log(4 / 3) + 1
    cosine = idf_two**2 / (idf_two**2 + idf_one**2)
    lists = lists_of(catalogue, fields=TITLE_ONLY, bigrams=False, metric="euclidean")
    assert lists["a"] == [("b", pytest.approx(1 / (1 + np.sqrt(2 - 2 * cosine)), abs=1e-5))]
    assert "c" not in lists  # what has no word in common is not listed


def test_euclidean_distance_tells_how_much_is_said() -> None:
    """What is left unsaid moves an item away, since the vectors are not normalised."""
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c"], titles=["cup", "cup", "cup"], brands=["Acme", "Acme", ""]
    )
    fields = {"title": 1.0, "brand": 0.25}
    lists = lists_of(catalogue, fields=fields, metric="euclidean")
    assert lists["a"] == [("b", 1.0), ("c", pytest.approx(1 / 1.5, abs=1e-5))]
    cosine = lists_of(catalogue, fields=fields)
    assert cosine["a"] == [("b", 1.0), ("c", pytest.approx(1 / np.sqrt(1.25), abs=1e-5))]


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


def test_parts_of_words_count() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c"], titles=["Laufschuhe", "Hausschuhe", "Sonnenhut"]
    )
    assert lists_of(catalogue, fields=TITLE_ONLY) == {}
    lists = lists_of(catalogue, fields={"characters": 1.0}, character_lengths=(4, 5))
    assert [key for key, _ in lists["a"]] == ["b"]
    assert "c" not in lists


def test_runs_of_characters_by_hand() -> None:
    assert character_ngrams(["tea", "x"], 3, 4) == [" te", "tea", "ea ", " tea", "tea ", " x "]


@pytest.mark.parametrize("segmenter", ["pairs", "rjieba", "auto"])
def test_chinese(segmenter: str) -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c"], titles=["茉莉花绿茶 100克", "绿茶 250克", "咖啡杯"]
    )
    lists = lists_of(catalogue, segmenter=segmenter)
    assert lists["a"][0][0] == "b"
    assert "c" not in dict(lists["a"])


def test_a_segmenter_knows_words_that_pairs_do_not() -> None:
    """发展 (to develop) is a word; the pair 展中 across two words is not."""
    titles = ["发展中心", "中心", "展中"]
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], titles=titles)
    fields = {"title": 1.0}
    assert set(dict(lists_of(catalogue, fields=fields, segmenter="pairs")["a"])) == {"b", "c"}
    assert set(dict(lists_of(catalogue, fields=fields, segmenter="rjieba")["a"])) == {"b"}


def test_japanese_stays_in_pairs() -> None:
    assert segmenter("rjieba")("カメラ用") == ["カメ", "メラ", "ラ用"]


def test_without_rjieba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rjieba", None)
    assert segmenter("auto")("绿茶杯") == ["绿茶", "茶杯"]
    with pytest.raises(MissingExtra) as caught:
        segmenter("rjieba")
    assert str(caught.value) == (
        "segmenter='rjieba' needs the extra 'zh'. Run: pip install \"django-recommendations[zh]\""
    )


def test_price_bands_fall_smoothly() -> None:
    prices = 10 * 1.3 ** np.array([0, 0.5, 1, 2, 3, 4, 40, 0.3])
    bands = price_bands(np.append(prices, [np.nan, 0, -5]), 1.3)
    cosine = (bands @ bands.T).toarray()
    assert np.diag(cosine) == pytest.approx([1] * 8 + [0] * 3)
    from_the_first = cosine[0, :6]
    assert np.all(np.diff(from_the_first) < 0)
    assert from_the_first[1] > 0.9
    assert from_the_first[5] < 0.05
    assert cosine[0, 6] == 0
    assert cosine[8:].sum() == 0


def test_price_bands_move_with_the_currency() -> None:
    """Only the ratio counts, up to where the bands begin."""
    prices = np.array([5.0, 6.0, 9.0])
    ours, theirs = (price_bands(prices * factor, 1.3) for factor in (1.0, 1.3**7))
    assert (ours @ ours.T).toarray() == pytest.approx((theirs @ theirs.T).toarray())


def test_prices_and_attributes_have_a_say_when_asked() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c"],
        titles=["cup", "cup", "cup"],
        prices=[3.0, 90.0, 3.2],
        attributes=[{"material": "Tin"}, {"material": ["tin", "oak"]}, {}],
    )
    assert [key for key, _ in lists_of(catalogue)["a"]] == ["b", "c"]  # a tie
    assert [key for key, _ in lists_of(catalogue, fields={"title": 1.0, "price": 0.5})["a"]] == ["c", "b"]
    by_material = lists_of(catalogue, fields={"title": 1.0}, attributes={"material": 0.5, "nobody has": 1.0})
    assert [key for key, _ in by_material["a"]] == ["b", "c"]
    assert lists_of(catalogue, fields={}, attributes={"material": 1.0}).keys() == {"a", "b"}


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
    lists = lists_of(catalogue, fields=TITLE_ONLY, bigrams=False)
    assert lists["0000"] == [("0001", 1.0)]
    assert (
        len(lists_of(catalogue, fields=TITLE_ONLY, bigrams=False, max_share=1.0, min_similarity=0.0)["0000"])
        == 50
    )


def test_items_without_words_have_no_list() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], titles=["cup", "cup", "the"])
    assert set(lists_of(catalogue)) == {"a", "b"}


def test_somebody_is_the_weighted_mean_of_items() -> None:
    """Titles without a common word are orthogonal: u = (2, 1) / 3 has the cosines 2/√5 and 1/√5 with its parts."""
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c", "d"], titles=["cup", "hat", "cup", "oak"])
    fitted = ContentTfidf(fields=TITLE_ONLY).fit(NOTHING, catalogue)
    scores = fitted.score([[("a", 2.0), ("b", 1.0)], [("a", 9.0)], []])
    assert scores[0] == pytest.approx([2 / np.sqrt(5), 1 / np.sqrt(5), 2 / np.sqrt(5), 0], abs=1e-6)
    assert scores[1:].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]]


def test_somebody_near_to_items() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b"], titles=["cup", "hat"])
    fitted = ContentTfidf(fields=TITLE_ONLY, metric="euclidean").fit(NOTHING, catalogue)
    scores = fitted.score([[("a", 3.0), ("b", 1.0)], []])
    expected = [1 / (1 + np.sqrt(2) / 4), 1 / (1 + np.sqrt(2) * 3 / 4)]
    assert scores[0] == pytest.approx(expected, abs=1e-5)
    assert scores[1].tolist() == [0, 0]


def test_nothing_to_read() -> None:
    with pytest.raises(NotEnoughData) as caught:
        ContentTfidf().fit(NOTHING)
    assert str(caught.value) == "ContentTfidf needs a catalogue with items: there are none."
    with pytest.raises(NotEnoughData) as caught:
        ContentTfidf().fit(NOTHING, Catalogue.from_columns(item_keys=["a", "b"], titles=["the", "--"]))
    assert str(caught.value) == "ContentTfidf needs items with words: none of 2 items has any."


def test_a_single_item_has_nobody_to_resemble() -> None:
    assert lists_of(Catalogue.from_columns(item_keys=["a"], titles=["cup"])) == {}


BAD: list[tuple[dict[str, Any], str]] = [
    (
        {"fields": {"smell": 1.0}},
        "fields may name title, text, category, brand, characters, price, got 'smell'.",
    ),
    ({"fields": {"title": -1.0}}, "fields['title'] must be 0 or more, got -1.0."),
    ({"fields": {"title": float("nan")}}, "fields['title'] must be 0 or more, got nan."),
    ({"attributes": {"colour": "red"}}, "attributes['colour'] must be 0 or more, got 'red'."),
    ({"metric": "manhattan"}, "metric must be one of cosine, euclidean, got 'manhattan'."),
    ({"segmenter": "jieba"}, "segmenter must be one of auto, pairs, rjieba, got 'jieba'."),
    ({"price_step": 1.0}, "price_step must be within 1.01..1000, got 1.0."),
    (
        {"character_lengths": (4, 3)},
        "character_lengths must be two whole numbers, 1 ≤ shortest ≤ longest ≤ 20, got (4, 3).",
    ),
    (
        {"character_lengths": 3},
        "character_lengths must be two whole numbers, 1 ≤ shortest ≤ longest ≤ 20, got 3.",
    ),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ContentTfidf(**options)
    assert str(caught.value) == message


class TestEuclidean(AlgorithmContract):
    algorithm_class = ContentTfidf
    options = {"metric": "euclidean", "fields": {"title": 1.0, "text": 1.0, "brand": 0.2}}
    without_events = "lists"


class TestEverything(AlgorithmContract):
    algorithm_class = ContentTfidf
    options = {
        "fields": {"title": 1.0, "text": 0.5, "category": 0.3, "brand": 0.3, "characters": 0.5, "price": 0.1},
        "attributes": {"colour": 0.2},
    }
    without_events = "lists"

    def catalogue(self) -> Catalogue:
        plain = sample_catalogue()
        return Catalogue.from_columns(
            item_keys=plain.item_keys,
            titles=plain.titles,
            categories=plain.categories,
            brands=plain.brands,
            group_keys=plain.group_keys,
            prices=[None if n % 5 == 4 else 2.0 + n for n in range(len(plain))],
            attributes=[{"colour": ["red", "blue"][: n % 3]} for n in range(len(plain))],
        )


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_lists_of_some_items_are_those_that_all_would_get(metric: str) -> None:
    catalogue = sample_catalogue()
    everything = dict(ContentTfidf(metric=metric).fit(NOTHING, catalogue).item_lists())
    some = ["item-004", "item-000", "item-025", "no such item"]
    fitted = ContentTfidf(metric=metric).fit_items(some, NOTHING, catalogue)
    assert dict(fitted.item_lists()) == {key: everything[key] for key in sorted(some[:3])}
    assert dict(ContentTfidf().fit_items([], NOTHING, catalogue).item_lists()) == {}


words = st.lists(st.sampled_from(["tea", "cup", "绿茶", "杯子", "кофе", "café", "x", "12"]), max_size=5).map(
    " ".join
)
shops = st.lists(st.tuples(words, words, st.sampled_from(["", "Acme", "茶"])), min_size=1, max_size=12)
bounded = settings(max_examples=40, deadline=None)


def shop(rows: list[tuple[str, str, str]], keys: list[str]) -> Catalogue:
    titles, texts, brands = zip(*rows, strict=True)
    return Catalogue.from_columns(item_keys=keys, titles=titles, texts=texts, brands=brands)


def learned(catalogue: Catalogue, **options: Any) -> dict[str, list[tuple[str, float]]] | None:
    try:
        return lists_of(catalogue, **options)
    except NotEnoughData:
        return None


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@bounded
@given(rows=shops)
def test_any_catalogue_gives_well_formed_lists(metric: str, rows: list[tuple[str, str, str]]) -> None:
    keys = [f"{n:02d}" for n in range(len(rows))]
    for key, pairs in (learned(shop(rows, keys), metric=metric) or {}).items():
        targets, scores = [target for target, _ in pairs], [score for _, score in pairs]
        assert key not in targets
        assert len(set(targets)) == len(targets)
        assert set(targets) <= set(keys)
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)


@bounded
@given(rows=shops, data=st.data())
def test_order_and_names_of_items_do_not_matter(
    rows: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    keys = [f"{n:02d}" for n in range(len(rows))]
    order = data.draw(st.permutations(range(len(rows))))
    made = learned(shop(rows, keys))
    assert learned(shop([rows[n] for n in order], [keys[n] for n in order])) == made
    renamed = learned(shop(rows, [f"x-{key}" for key in keys]))
    assert renamed == (
        None
        if made is None
        else {f"x-{key}": [(f"x-{target}", score) for target, score in pairs] for key, pairs in made.items()}
    )
