"""Settings entries become placements; what is wrong in them is told with the line to change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.conf import settings as ours
from recommendations.datatypes import Candidate
from recommendations.exceptions import ConfigurationError, UnknownName
from recommendations.serving.filters import Filter
from recommendations.serving.page import Page
from recommendations.serving.placements import get_placement, placement_errors, placements_of_page
from recommendations.serving.sources import Lists, Popular, Source, known
from recommendations.store import ListRequest
from tests.serving import twelve
from tests.serving.twelve import shown_on

Use = Callable[..., None]

SOURCES = ", ".join(sorted(known.SOURCES))
FILTERS = "cart, dismissed, exclude, only, purchased, shown_item"
SOURCE_CHOICE = f"Change it to one of: {SOURCES}; or to the dotted path of a Source."


class StaffPicks(Source):
    """A shop's own source."""

    name = "staff_picks"
    options = {"picks": ()}

    def requests(self, page: Page) -> list[ListRequest]:
        return []

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        return [Candidate(key, 1.0, self.name) for key in self.option["picks"]]


class NoTea(Filter):
    """A shop's own filter."""

    name = "no_tea"

    def keep(self, candidates: Any, page: Page) -> list[Candidate]:
        return [candidate for candidate in candidates if not candidate.item_key.startswith("t")]


def test_the_defaults_are_sound() -> None:
    assert placement_errors() == {}
    assert {placement.page for placement in map(get_placement, ours.placements)} == {
        *("home", "category", "product", "cart", "order_complete", "account", "search"),
        "",  # what only the API gives
    }
    assert [placement.name for placement in placements_of_page("product")] == [
        "product_together",
        "product_page",
    ]
    assert placements_of_page("") == ()


def test_a_placement_is_typed() -> None:
    placement = get_placement("product_page")
    assert [type(link.source).__name__ for link in placement.sources] == ["Similar", "Similar"]
    assert [link.weight for link in placement.sources] == [1.0, 0.5]
    assert [each.name for each in placement.filters] == ["shown_item", "cart", "purchased", "dismissed"]
    assert (placement.size, placement.minimum) == (8, 1)


def test_a_name_alone_is_a_source(placements: Use) -> None:
    placements(row={"sources": ["popular"]})
    (link,) = get_placement("row").sources
    assert isinstance(link.source, Popular) and link.source.recommenders == ("popular",)


def test_sources_and_filters_of_the_shops_own(products: Any, placements: Use) -> None:
    placements(
        row={
            "sources": [{"source": f"{__name__}.StaffPicks", "picks": ["t1", "b1", "d1"]}],
            "filters": [f"{__name__}.NoTea"],
        }
    )
    assert shown_on("row") == ["b1", "d1"]


def test_a_recommender_taken_away_is_done_without(settings: Any) -> None:
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "RECOMMENDERS": {"also_viewed": None, "similar_content": None},
    }
    assert placement_errors() == {}
    (link,) = get_placement("product_page").sources
    assert link.source.recommenders == ("also_like",)


def test_changed_settings_are_seen(settings: Any, placements: Use) -> None:
    placements(row={"page": "home", "sources": ["popular"]})
    assert "row" in [placement.name for placement in placements_of_page("home")]
    settings.RECOMMENDATIONS = twelve.SETTINGS
    with pytest.raises(UnknownName, match=r"^There is no placement named 'row'\. Known: account, cart, "):
        get_placement("row")


ROW = 'RECOMMENDATIONS["PLACEMENTS"]["row"]'
WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"sources": [{"source": "for_yuo"}]},
        f"{ROW}[\"sources\"][0] names the source 'for_yuo', which does not exist. {SOURCE_CHOICE}",
    ),
    (
        {"sources": ["popular"], "fallback": ["popular", "popluar"]},
        f"{ROW}[\"fallback\"][1] names the source 'popluar', which does not exist. {SOURCE_CHOICE}",
    ),
    (
        {"sources": ["shop.nowhere.Source"]},
        f"{ROW}[\"sources\"][0] names the source 'shop.nowhere.Source', which cannot be imported: "
        "No module named 'shop.nowhere'",
    ),
    (
        {"sources": ["decimal.Decimal"]},
        f"{ROW}[\"sources\"][0] names 'decimal.Decimal', which is no subclass of "
        f"recommendations.serving.sources.base.Source. {SOURCE_CHOICE}",
    ),
    (
        {"sources": [{"source": "popular", "recommenders": ["poplar"]}]},
        f'{ROW}["sources"][0]["recommenders"] names the recommender \'poplar\', which does not exist. Change it to '
        "one of: also_bought, also_like, also_viewed, best_sellers, bought_together, buy_again, communities, "
        "complements, "
        "high_conversion, most_carted, most_viewed, new_arrivals, on_sale, popular, price_dropped, similar_content, "
        "trending, viewed_bought; or add it to "
        'RECOMMENDATIONS["RECOMMENDERS"].',
    ),
    (
        {"sources": [{"source": "popular", "recommenders": "popular"}]},
        f'{ROW}["sources"][0]["recommenders"] is \'popular\'. Set it to a list.',
    ),
    (
        {"sources": [{"source": "popular", "recomenders": ["popular"]}]},
        f"{ROW}[\"sources\"][0]: The source 'popular' has no option 'recomenders'. "
        "Known options: recommenders, source, weight.",
    ),
    (
        {"sources": [{"source": "popular", "weight": 0}]},
        f'{ROW}["sources"][0]["weight"] is 0. Set it to a number above 0.',
    ),
    (
        {"sources": [{"weight": 1}]},
        f'{ROW}["sources"][0] is {{\'weight\': 1}}. Write a source as {{"source": "popular"}}; known: {SOURCES}.',
    ),
    ({"sources": "popular"}, f"{ROW}[\"sources\"] is 'popular'. Set it to a list."),
    (
        {"sources": ["popular"], "filters": ["carts"]},
        f"{ROW}[\"filters\"][0] names the filter 'carts', which does not exist. Change it to one of: {FILTERS}; or to "
        "the dotted path of a Filter.",
    ),
    (
        {"sources": ["popular"], "filters": [3]},
        f"{ROW}[\"filters\"][0] is 3. Name one, or write it as {{'filter': name, …options}}; known: {FILTERS}.",
    ),
    ({"sources": ["popular"], "size": 0}, f'{ROW}["size"] is 0. Set it to a whole number from 1 to 50.'),
    (
        {"sources": ["popular"], "minimum": "1"},
        f"{ROW}[\"minimum\"] is '1'. Set it to a whole number from 0 to 50.",
    ),
]


@pytest.mark.parametrize(("entry", "message"), WRONG)
def test_what_is_wrong_is_told_with_its_line(settings: Any, entry: dict[str, Any], message: str) -> None:
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": entry}}
    errors = placement_errors()
    assert {name: str(error) for name, error in errors.items()} == {"row": message}
    assert isinstance(errors["row"], ConfigurationError)
