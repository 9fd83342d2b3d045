"""A search that finds nothing, in a real browser: the row below shows what its words lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from django.core.management import call_command

from recommendations.models import Event
from tests.factories import make_order, make_product
from tests.support.browser import accessibility_violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEA = ("Green tea bags", "Black tea, loose", "Mint tea", "茉莉花绿茶", "绿茶饼干")
OTHERS = ("Rye bread", "Garden hose", "咖啡杯")


@pytest.fixture
def shop(transactional_db: None) -> None:
    for name in (*TEA, *OTHERS):
        make_product(name, path="Everything")
    popular = make_product("Bananas", path="Everything")
    for _ in range(60):
        make_order(popular)
    for line in ("sync_items", "backfill", "train popular similar_content"):
        call_command("recommendations", *line.split(), verbosity=0)


def search(page: Page, address: str, words: str) -> list[str]:
    """The names in the row of what may be meant."""
    page.goto(f"{address}/search/?q={quote(words)}")
    return page.locator("[data-placement=search_no_result] .rec__name").all_inner_texts()


def test_words_lead_to_products(live_server: Any, shop: None, page: Page) -> None:
    found = search(page, live_server.url, "minty tea for unicorns")
    assert set(found[:3]) == {"Green tea bags", "Black tea, loose", "Mint tea"}
    assert "Bananas" in found[3:]  # what everybody likes fills the row
    assert page.get_by_role("region", name="Perhaps one of these").is_visible()
    assert accessibility_violations(page) == []
    page.get_by_role("link", name="Mint tea").click()
    page.wait_for_url("**/product/**")


def test_chinese_words_on_a_chinese_page(live_server: Any, shop: None, page: Page) -> None:
    page.set_extra_http_headers({"Accept-Language": "zh-CN"})
    found = search(page, live_server.url, "绿茶杯子")
    assert set(found[:2]) == {"茉莉花绿茶", "绿茶饼干"}
    assert page.get_by_role("region", name="也许您要找的是这些").is_visible()


@pytest.mark.parametrize("words", ["the", "zzz", "%_' \" <script>alert(1)</script>", "x" * 3000, "🦄"])
def test_words_that_nothing_has_show_what_is_popular(
    live_server: Any, shop: None, page: Page, words: str
) -> None:
    assert search(page, live_server.url, words)[0] == "Bananas"


def test_a_product_of_today_is_served_by_its_words(live_server: Any, shop: None, page: Page) -> None:
    new = make_product("Ginger tea bags", path="New arrivals")
    page.goto(f"{live_server.url}{new.get_absolute_url()}")
    row = page.locator("[data-placement=product_page] .rec__name").all_inner_texts()
    assert row[0] == "Green tea bags"
    assert set(row[:3]) == {"Green tea bags", "Black tea, loose", "Mint tea"}
    with page.expect_navigation():
        page.locator("[data-placement=product_page] [data-item] a").first.click()
    page.wait_for_load_state()
    assert Event.objects.filter(kind="view", item_key=str(new.pk)).exists()
