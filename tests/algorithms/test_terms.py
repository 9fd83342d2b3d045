"""Lists of words: known values, what is left out, and that a search only has to add."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.content import ContentTfidf
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.terms import LONGEST_TERM
from recommendations.exceptions import ConfigurationError
from recommendations.text import tokenise

TITLE_ONLY = {"title": 1.0}
NOTHING = Interactions.from_columns(visitor=[], item=[], kind=[], time=[])


def terms_of(catalogue: Catalogue, k: int = 50, **options: Any) -> dict[str, list[tuple[str, float]]]:
    return dict(ContentTfidf(**options).fit(NOTHING, catalogue).term_lists(k))


def titles(*given: str, **columns: Any) -> Catalogue:
    return Catalogue.from_columns(item_keys=[f"{n:04d}" for n in range(len(given))], titles=given, **columns)


def test_weights_by_hand() -> None:
    """ "red" is in two of three titles: idf ln(4/3) + 1; "cup" is in one: ln(4/2) + 1, the largest there is."""
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], titles=["red cup", "red mug", "blue hat"])
    one, two = np.log(4 / 2) + 1, np.log(4 / 3) + 1
    length = np.sqrt(one**2 + two**2)
    red, cup = round(two / one * two / length, 5), round(one / length, 5)
    half = round(1 / np.sqrt(2), 5)
    assert terms_of(catalogue, fields=TITLE_ONLY) == {
        "blue": [("c", half)],
        "cup": [("a", cup)],
        "hat": [("c", half)],
        "mug": [("b", cup)],
        "red": [("a", red), ("b", red)],
    }


def test_a_word_of_several_fields_adds_up() -> None:
    catalogue = titles("cup", "hat", brands=["Cup", "Acme"])
    lists = terms_of(catalogue, fields={"title": 3.0, "brand": 1.0, "text": 9.0})
    assert lists == {"acme": [("0001", 0.25)], "cup": [("0000", 1.0)], "hat": [("0001", 0.75)]}


def test_a_word_said_twice_counts_by_its_logarithm() -> None:
    catalogue = titles("tea tea cup", "oak")
    weight = dict(terms_of(catalogue, fields=TITLE_ONLY)["tea"])["0000"]
    assert weight == pytest.approx((1 + np.log(2)) / np.sqrt((1 + np.log(2)) ** 2 + 1), abs=1e-5)


def test_categories_brands_and_attributes_are_words_too() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b"],
        titles=["No. 7", ""],
        texts=["", "For the garden"],
        categories=[["Food & Drink/Hot Tea"], []],
        brands=["Birch & Co", ""],
        attributes=[{"colour": ["Sea green"], "code": "x1"}, {}],
    )
    lists = terms_of(catalogue, attributes={"colour": 1.0})
    assert set(lists) == {"no", "7", "garden", "food", "drink", "hot", "tea", "birch", "co", "sea", "green"}
    assert "garden" not in terms_of(catalogue, fields={"title": 1.0, "characters": 1.0, "price": 1.0})


@pytest.mark.parametrize("segmenter", ["pairs", "rjieba"])
def test_chinese_terms_are_those_of_a_search(segmenter: str) -> None:
    """Whatever cuts the vectors' words, terms are pairs of characters: the web process has no segmenter."""
    lists = terms_of(titles("茉莉花绿茶", "咖啡杯", "绿茶杯"), fields=TITLE_ONLY, segmenter=segmenter)
    assert set(lists) == {"茉莉", "莉花", "花绿", "绿茶", "咖啡", "啡杯", "茶杯"}
    assert [key for key, _ in lists["绿茶"]] == ["0002", "0000"]
    assert set(tokenise("绿茶")) <= set(lists)


def test_without_words_there_are_no_lists() -> None:
    assert terms_of(titles("cup", "cup"), fields={"title": 0.0, "characters": 1.0}) == {}


def test_what_is_no_word_gets_no_list() -> None:
    lists = terms_of(titles(f"cup {'x' * LONGEST_TERM} {'y' * (LONGEST_TERM + 1)}", "hat"), fields=TITLE_ONLY)
    assert set(lists) == {"cup", "hat", "x" * LONGEST_TERM}


def test_rare_and_common_words_of_large_catalogues() -> None:
    catalogue = titles(*(f"rare{n} pair{n // 2} {'half' * (n % 2)} all" for n in range(1000)))
    lists = terms_of(catalogue, fields=TITLE_ONLY)
    assert "all" not in lists
    assert len(lists["half"]) == 50
    assert [key for key, _ in lists["pair7"]] == ["0014", "0015"]
    assert "rare7" in lists
    fewer = terms_of(catalogue, fields=TITLE_ONLY, term_min_items=2, term_max_share=0.1)
    assert set(fewer) == {f"pair{n}" for n in range(500)}
    assert "all" in terms_of(catalogue, fields=TITLE_ONLY, term_max_share=1.0)


def test_small_catalogues_keep_their_common_words() -> None:
    lists = terms_of(titles("green tea", "black tea"), fields=TITLE_ONLY, term_max_share=0.1)
    assert set(lists) == {"green", "black", "tea"}


def test_all_items_are_in_the_lists_of_words_after_fitting_some() -> None:
    catalogue = titles("red cup", "red mug", "blue hat")
    fitted = ContentTfidf().fit_items(["0000"], NOTHING, catalogue)
    assert dict(fitted.term_lists()) == terms_of(catalogue)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"term_min_items": 0}, "term_min_items must be above 0 (or None for no limit), got 0."),
        ({"term_max_share": 1.5}, "term_max_share must be within 0..1, got 1.5."),
        ({"term_max_share": "half"}, "term_max_share must be within 0..1, got 'half'."),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ContentTfidf(**options)
    assert str(caught.value) == message


some_words = st.lists(
    st.sampled_from(["tea", "cup", "绿茶", "杯子", "кофе", "café", "x", "12"]), min_size=1, max_size=5
)
bounded = settings(max_examples=50, deadline=None)


@bounded
@given(items=st.lists(some_words, min_size=1, max_size=12), query=some_words)
def test_adding_up_ranks_like_the_cosine(items: list[list[str]], query: list[str]) -> None:
    """Against the definition, item by item: both the query and the title are vectors of TF-IDF."""
    n, words = len(items), sorted({word for item in items for word in item})
    idf = {word: np.log((1 + n) / (1 + sum(word in item for item in items))) + 1 for word in words}
    asked = [word for word in dict.fromkeys(query) if word in idf]
    lists = terms_of(titles(*map(" ".join, items)), fields=TITLE_ONLY)
    added = {f"{i:04d}": 0.0 for i in range(n)}
    for word in asked:
        for key, weight in lists[word]:
            added[key] += weight
    rarest = np.log((1 + n) / 2) + 1
    for item, total in zip(items, added.values(), strict=True):
        vector = {word: (1 + np.log(item.count(word))) * idf[word] for word in item}
        norm = np.sqrt(sum(weight**2 for weight in vector.values()))
        cosine = sum(idf[word] * vector.get(word, 0.0) for word in asked) / norm
        assert total == pytest.approx(cosine / rarest, abs=1e-4)
        assert total <= np.sqrt(len(asked)) + 1e-4


@bounded
@given(items=st.lists(some_words, min_size=1, max_size=12), k=st.integers(1, 4), data=st.data())
def test_any_catalogue_gives_well_formed_lists(items: list[list[str]], k: int, data: st.DataObject) -> None:
    catalogue = titles(*map(" ".join, items))
    lists = terms_of(catalogue, k)
    assert set(lists) == {word for item in items for word in item}
    for pairs in lists.values():
        assert 1 <= len(pairs) <= k
        assert all(0 < score <= 1 for _, score in pairs)
        assert pairs == sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    order = data.draw(st.permutations(range(len(items))))
    shuffled = Catalogue.from_columns(
        item_keys=[catalogue.item_keys[n] for n in order], titles=[catalogue.titles[n] for n in order]
    )
    assert terms_of(shuffled, k) == lists
