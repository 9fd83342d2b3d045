"""Words lead to items: a search without a result, and an item that no list knows yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from django.db import connection
from django.template import engines
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from recommendations.datatypes import ListKind
from recommendations.models import Item
from recommendations.serving.engine import recommend
from recommendations.serving.terms import MOST_CHARACTERS, MOST_TERMS, added, term_requests, terms_of
from recommendations.shortcuts import recommend as recommend_shortcut
from recommendations.store import StoredList
from recommendations.text import tokenise
from shop.models import Product
from tests.factories import make_category
from tests.serving import twelve
from tests.serving.twelve import NOBODY, happened, keys, publish, publish_popular, shown_on, somebody

Use = Callable[..., None]

WORDS: Mapping[str, Sequence[tuple[str, float]]] = {
    "rye": [("b1", 0.8), ("b2", 0.4)],
    "bread": [("b2", 0.6), ("t1", 0.6), ("b3", 0.1)],
    "绿茶": [("t1", 0.9), ("t2", 0.5)],
}


def publish_words(words: Mapping[str, Sequence[tuple[str, float]]] = WORDS) -> None:
    publish("similar_content", words, ListKind.TERM)


def scores(slate: Any) -> list[tuple[str, float]]:
    return [(item.item_key, round(item.score, 4)) for item in slate]


def n_queries(make: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        make()
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in queries)


# --- a search ---


def test_the_lists_of_the_words_are_added_up(products: Any, placements: Use) -> None:
    placements(row={"sources": ["search"]})
    publish_words()
    slate = recommend("row", NOBODY, query="Rye BREAD!")
    # b2: (0.4 + 0.6) / √2, b1: 0.8 / √2, t1: 0.6 / √2, b3: 0.1 / √2
    assert scores(slate) == [("b2", 0.7071), ("b1", 0.5657), ("t1", 0.4243), ("b3", 0.0707)]
    assert {(item.source, item.recommender, item.seed_key) for item in slate} == {
        ("search", "similar_content", "")
    }


def test_a_word_without_a_list_makes_it_less_sure(products: Any, placements: Use) -> None:
    placements(row={"sources": ["search"]})
    publish_words()
    assert scores(recommend("row", NOBODY, query="rye")) == [("b1", 0.8), ("b2", 0.4)]
    assert scores(recommend("row", NOBODY, query="rye unicorn")) == [("b1", 0.5657), ("b2", 0.2828)]
    assert scores(recommend("row", NOBODY, query="the rye, the rye")) == [("b1", 0.8), ("b2", 0.4)]


def test_several_recommenders_of_words_are_averaged(products: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "RECOMMENDERS": {"names": {"algorithm": "recommendations.algorithms.content.ContentTfidf"}},
        "PLACEMENTS": {
            "row": {"sources": [{"source": "search", "recommenders": ["similar_content", "names"]}]}
        },
    }
    publish_words({"rye": [("b1", 0.8)], "tea": [("t1", 0.4)]})
    publish("names", {"rye": [("b2", 1.0), ("b1", 0.4)]}, ListKind.TERM)
    assert scores(recommend("row", NOBODY, query="rye")) == [("b1", 0.6), ("b2", 0.5)]
    assert scores(recommend("row", NOBODY, query="tea")) == [("t1", 0.4)]


def test_chinese(products: Any) -> None:
    publish_words()
    assert shown_on("search_no_result", query="茉莉绿茶") == ["t1", "t2"]
    assert shown_on("search_no_result", query="绿茶和咖啡") == ["t1", "t2"]


def test_what_the_words_lead_to_comes_first_and_the_row_is_filled(products: Any) -> None:
    publish_words()
    publish("also_viewed", {"f1": [("d1", 0.9), ("d2", 0.8)]})
    publish_popular(everybody=["b1", "t3"])
    ann = somebody(anonymous_key="a:ann")
    happened("a:ann", "view", "f1")
    slate = recommend("search_no_result", ann, query="rye unicorn")
    assert keys(slate) == ["b1", "b2", "d1", "d2", "t3"]
    assert [item.source for item in slate] == ["search", "search", "for_you", "for_you", "popular"]
    assert slate.title == "Perhaps one of these"


NOTHING_TO_SEARCH_FOR = ["", "  ", "the", "of the", "的", "!?&%", "\x00", "\ud800", "🦄", "'", "_", "unicorn"]


@pytest.mark.parametrize("query", NOTHING_TO_SEARCH_FOR)
def test_without_a_known_word_it_is_what_it_was(products: Any, query: str) -> None:
    publish_words()
    publish_popular(everybody=["d1", "d2"])
    slate = recommend("search_no_result", NOBODY, query=query)
    assert (keys(slate), slate.fallback_used) == (["d1", "d2"], True)


@pytest.mark.parametrize(
    "query",
    [
        "rye\x00",
        "rye'; DROP TABLE x; --",
        "%rye%",
        "ｒｙｅ",
        "RYE",
        "rye\ud800",
        "<b>rye</b>",
        "rye" + " " * 9999,
    ],
)
def test_odd_characters_are_no_words(products: Any, placements: Use, query: str) -> None:
    placements(row={"sources": ["search"]})
    publish_words()
    assert shown_on("row", query=query)[0] == "b1"


def test_a_huge_query_is_cut(products: Any, placements: Use) -> None:
    placements(row={"sources": ["search"]})
    publish_words()
    many = " ".join(f"word{n}" for n in range(100_000))
    assert shown_on("row", query=f"rye {many}") == ["b1", "b2"]
    assert shown_on("row", query=f"{many} rye") == []
    assert n_queries(lambda: shown_on("row", query=f"rye {many}")) == 3
    assert shown_on("row", query="x" * 1_000_000) == []


def test_another_query_on_the_page_is_another_plan(products: Any, placements: Use) -> None:
    placements(row={"page": "words", "sources": ["search"]})
    publish_words()
    context = somebody(anonymous_key="a:ann")
    assert shown_on("row", context, query="rye") == ["b1", "b2"]
    assert shown_on("row", context, query="bread") == ["b2", "t1", "b3"]
    assert n_queries(lambda: shown_on("row", context, query="rye")) == 0


def test_a_query_must_be_text(products: Any, caplog: Any) -> None:
    assert shown_on("search_no_result", query=["rye"]) == []
    assert "query must be what the visitor typed, not ['rye']." in caplog.text


def test_a_search_costs_no_more_queries_than_any_page(products: Any) -> None:
    publish_words()
    publish_popular(everybody=list(twelve.KEYS))
    happened("a:ann", "view", "b1")
    make = lambda: shown_on("search_no_result", somebody(anonymous_key="a:ann"), query="rye bread")  # noqa: E731
    assert n_queries(make) == 4  # history, lists, products, groups


def test_tag_and_shortcut_take_the_query(products: Any) -> None:
    publish_words()
    template = engines["django"].from_string(
        "{% load recommendations %}{% get_recommendations 'search_no_result' query=words as slate %}"
        "{% for item in slate %}{{ item.item_key }} {% endfor %}"
    )
    assert template.render({"words": "rye"}, RequestFactory().get("/")) == "b1 b2 "
    assert keys(recommend_shortcut("search_no_result", context=NOBODY, query="rye")) == ["b1", "b2"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("rye", ["b1", "b2"]), ("", []), ("绿茶", ["t1", "t2"]), ("🦄 %rye", ["b1", "b2"])],
)
def test_the_api_takes_the_query(products: Any, client: Client, query: str, expected: list[str]) -> None:
    publish_words()
    answer = client.get("/api/recommendations/search_no_result/", {"query": query})
    assert [item["item"] for item in answer.json()["items"]] == expected


def test_the_api_refuses_a_query_that_nobody_typed(products: Any, client: Client) -> None:
    answer = client.get("/api/recommendations/search_no_result/", {"query": "x" * (MOST_CHARACTERS + 1)})
    assert answer.status_code == 400
    assert answer.json() == {"query": [f"Ensure this field has no more than {MOST_CHARACTERS} characters."]}


# --- an item without a list ---

SIMILAR: dict[str, Any] = {"row": {"sources": ["similar"], "filters": ["shown_item"]}}


@pytest.fixture
def new(products: dict[str, Product]) -> Product:
    """A product that was saved just now: it is in the mirror, and in no list."""
    product = Product.objects.create(
        sku="n1",
        name="Rye Sourdough",
        brand="Birch",
        category=make_category("Grocery/Bread"),
        price=3,
        stock=9,
    )
    Item.objects.create(
        item_key="n1", group_key="n1", title=product.name, brand="Birch", categories=["Grocery/Bread"]
    )
    return product


@pytest.mark.parametrize("known_by", ["product", "key"])
def test_a_new_item_is_served_by_its_words(new: Product, placements: Use, known_by: str) -> None:
    """Its words are rye, sourdough, birch, bread and grocery, two of which have a list."""
    placements(**SIMILAR)
    publish_words()
    slate = recommend("row", NOBODY, item=new if known_by == "product" else "n1")
    root = 5**0.5
    assert scores(slate) == [
        ("b2", round(1.0 / root, 4)),
        ("b1", round(0.8 / root, 4)),
        ("t1", round(0.6 / root, 4)),
        ("b3", round(0.1 / root, 4)),
    ]
    assert {(item.source, item.recommender, item.seed_key) for item in slate} == {
        ("similar", "similar_content", "n1")
    }


def test_its_own_list_takes_over(new: Product, placements: Use) -> None:
    placements(**SIMILAR)
    snapshot = publish("similar_content", {"n1": [("d1", 0.5)]})
    slate = recommend("row", NOBODY, item=new)
    assert scores(slate) == [("d1", 0.5)]
    assert snapshot.pk


def test_words_stand_in_only_where_a_recommender_does_not_know_it(new: Product, placements: Use) -> None:
    placements(row={"sources": [{"source": "similar", "recommenders": ["also_viewed", "similar_content"]}]})
    publish_words({"rye": [("b1", 1.0)]})
    publish("also_viewed", {"n1": [("t1", 0.9)]})
    # By the words alone b1 has 1 / √5; the mean of both recommenders halves each.
    assert scores(recommend("row", NOBODY, item=new)) == [("t1", 0.45), ("b1", round(5**-0.5 / 2, 4))]


def test_a_new_item_is_never_similar_to_itself(new: Product, placements: Use) -> None:
    """Its words may know it before it has a list: what was saved again, and is alike to nothing any more."""
    placements(row={"sources": ["similar"]})
    publish_words({"rye": [("n1", 1.0), ("b1", 0.5)]})
    assert shown_on("row", item=new) == ["b1"]


def test_words_cost_no_query(new: Product, placements: Use) -> None:
    placements(
        row={**SIMILAR["row"], "page": "shelf", "fallback": ["popular_in_category"]},
        other={"page": "shelf", "sources": ["popular_in_category"]},
    )
    publish_words()
    happened("a:ann", "view", "b1")
    product = Product.objects.select_related("category").get(sku="n1")
    show = lambda item: shown_on("row", somebody(anonymous_key="a:ann"), item=item)  # noqa: E731
    assert n_queries(lambda: show(product)) == 3  # lists, products, groups: no filter asks for the history
    assert n_queries(lambda: show("n1")) == 4  # and the mirror, once for words and categories
    assert n_queries(lambda: show("no-such-key")) == 2


def test_an_item_that_says_nothing_has_no_words(products: Any, placements: Use) -> None:
    placements(**SIMILAR)
    publish_words()
    Item.objects.create(item_key="n2", title="", categories=[])
    assert shown_on("row", item="n2") == []
    assert shown_on("row", item="no-such-key") == []


# --- any words ---


@given(texts=st.lists(st.text(max_size=80), max_size=4))
def test_any_text_gives_few_different_words(texts: list[str]) -> None:
    terms = terms_of(texts)
    assert len(terms) == len(set(terms)) <= MOST_TERMS
    assert set(terms) <= {word for text in texts for word in tokenise(text)}


weights = st.dictionaries(
    st.sampled_from("abcdef"), st.floats(0, 1), min_size=1, max_size=6
).map(lambda given: sorted(given.items(), key=lambda pair: -pair[1]))  # fmt: skip


@given(lists=st.dictionaries(st.sampled_from(["tea", "cup", "绿茶"]), weights), n_unknown=st.integers(0, 3))
def test_any_lists_add_up_to_a_calibrated_one(
    lists: dict[str, list[tuple[str, float]]], n_unknown: int
) -> None:
    terms = [*lists, *(f"unknown{n}" for n in range(n_unknown))]
    stored = {
        request: StoredList("names", 7, tuple((key, weight, "names") for key, weight in lists[request.key]))
        for request in term_requests(["names"], list(lists))
    }
    found = added("names", terms, stored)
    if not lists:
        assert found is None
        return
    assert found is not None and (found.recommender, found.snapshot_id) == ("names", 7)
    values = [score for _, score, _ in found.entries]
    assert values == sorted(values, reverse=True)
    assert all(0 <= value <= 1 for value in values)
    assert {key for key, _, _ in found.entries} == {key for pairs in lists.values() for key, _ in pairs}
