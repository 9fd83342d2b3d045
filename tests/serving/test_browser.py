"""The rows in a real browser: accessible, readable without a script, and told what was seen and clicked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings

from recommendations.models import Event, Impression
from tests.serving import twelve
from tests.serving.twelve import KEYS, publish, publish_popular
from tests.serving.urls import RECEIVED
from tests.support.browser import accessibility_violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.serving.urls")]


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> None:
    """The shop of twelve with two full rows, visible to the server's threads."""
    # The page has no row "for you", which would keep some of what is popular for itself.
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"home_for_you": None}}
    settings.MIDDLEWARE = [*django_settings.MIDDLEWARE]
    twelve.CART.clear()
    while not RECEIVED.empty():
        RECEIVED.get_nowait()
    twelve.stock_the_shop()
    publish("also_viewed", {"b1": ["b2", "t1", "d1"]})
    publish_popular(everybody=list(KEYS))


@pytest.fixture
def address(shop: None, live_server: Any) -> str:
    return f"{live_server.url}/bread/"


def told(act: Callable[[], object]) -> list[dict[str, Any]]:
    """Do something, and return the slates of the report that it makes, once the shop has taken it."""
    act()
    slates: list[dict[str, Any]] = RECEIVED.get(timeout=10)["slates"]
    return slates


def for_a_while(page: Page) -> None:
    """Longer than the second after which an item counts as seen, and shorter than the wait for a batch."""
    page.evaluate("() => new Promise(done => setTimeout(done, 1500))")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(address: str, page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    assert page.locator(".rec__item").count() == 3 + 11
    assert accessibility_violations(page) == []


def test_axe_finds_no_violation_on_a_phone(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address)
    assert accessibility_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_it_reads_without_a_script(address: str, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address)
        row = page.get_by_role("region", name="You may also like")
        assert row.get_by_role("listitem").count() == 3
        row.get_by_role("link", name="Bread b2").click()
        assert "/product/" in page.url


def test_the_keyboard_reaches_every_card_of_a_row_that_scrolls(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address)
    links = page.get_by_role("region", name="Popular right now").get_by_role("link")
    links.first.focus()
    for _ in range(2 * (links.count() - 1)):  # beside each card is its note
        page.keyboard.press("Tab")
    page.wait_for_function(
        "() => { const box = document.activeElement.getBoundingClientRect();"
        " return box.left >= 0 && box.right <= innerWidth }"
    )
    assert page.evaluate("document.activeElement.closest('[data-item]').dataset.position") == "10"


def test_images_keep_their_place_while_loading(address: str, page: Page) -> None:
    page.route("**/tiles/**", lambda route: route.abort())
    page.goto(address)
    box = page.locator(".rec__image").first.bounding_box()
    assert box and abs(box["width"] - box["height"]) < 1 and box["width"] > 100


def test_what_was_seen_is_told_once(address: str, page: Page) -> None:
    first = told(lambda: page.goto(address))
    tokens = page.eval_on_selector_all("[data-slate]", "all => all.map(one => one.dataset.slate)")
    assert [slate["token"] for slate in first] == tokens
    assert sorted(first[0]["seen"]) == [0, 1, 2] and first[0]["clicked"] is None
    impression = Impression.objects.get(placement="product_page")
    assert (impression.seen, impression.n_seen) == ([0, 1, 2], 3)
    assert [item[0] for item in impression.items] == ["b2", "t1", "d1"]
    # What is out of sight to the right comes when it is scrolled to, and alone.
    second = told(page.locator("[data-item=t2]").scroll_into_view_if_needed)
    assert [slate["token"] for slate in second] == tokens[1:]
    assert not set(second[0]["seen"]) & set(first[1]["seen"])
    assert Impression.objects.count() == 2


def test_what_is_below_the_fold_was_not_seen(address: str, page: Page) -> None:
    page.goto(f"{address}?tall")
    for_a_while(page)
    slates = told(page.locator("[data-item=b2]").first.scroll_into_view_if_needed)
    assert slates[0]["seen"] == [0, 1, 2]
    assert RECEIVED.empty()


def test_a_click_is_told_with_its_slate(address: str, page: Page) -> None:
    page.goto(address)
    token = page.get_attribute("[data-placement=product_page]", "data-slate")
    slates = told(lambda: page.click("[data-placement=product_page] [data-item=t1] a"))
    clicked = [slate for slate in slates if slate["clicked"]]
    assert clicked == [{"token": token, "seen": clicked[0]["seen"], "clicked": "t1"}]
    assert 1 in clicked[0]["seen"]
    event = Event.objects.get(kind="click")
    assert (event.item_key, event.placement, event.position) == ("t1", "product_page", 1)
    assert event.origin["source"] == "similar" and event.origin["recommender"] == "also_viewed"


def test_a_middle_click_counts_and_a_second_click_does_not(address: str, page: Page) -> None:
    page.goto(address)
    link = page.locator("[data-placement=product_page] [data-item=t1] a")
    with page.context.expect_page():
        slates = told(lambda: link.click(button="middle"))
    assert [slate["clicked"] for slate in slates if slate["clicked"]] == ["t1"]
    with page.context.expect_page():
        link.click(button="middle")
    other = told(lambda: page.click("[data-placement=product_page] [data-item=d1] a"))
    assert [slate["clicked"] for slate in other if slate["clicked"]] == ["d1"]
    assert Event.objects.filter(kind="click").count() == 2


def test_leaving_tells_what_waits(address: str, page: Page) -> None:
    page.goto(address)
    for_a_while(page)
    slates = told(lambda: page.goto(f"{address}?tall"))
    assert slates[0]["seen"] == [0, 1, 2]


def test_coming_back_to_a_kept_page_tells_nothing_twice(address: str, page: Page) -> None:
    told(lambda: page.goto(address))
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    for_a_while(page)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    page.click("[data-placement=product_page] [data-item=t1] a")
    (slate,) = RECEIVED.get(timeout=10)["slates"]
    assert slate["seen"] == [] and slate["clicked"] == "t1"


def test_a_page_rendered_ahead_waits_until_it_is_shown(address: str, page: Page) -> None:
    page.add_init_script("Object.defineProperty(document, 'prerendering', {value: true, configurable: true})")
    page.goto(address)
    for_a_while(page)
    assert RECEIVED.empty()
    slates = told(lambda: page.evaluate("document.dispatchEvent(new Event('prerenderingchange'))"))
    assert slates[0]["seen"] == [0, 1, 2]


def test_without_a_beacon_it_is_fetched(address: str, page: Page) -> None:
    page.add_init_script("navigator.sendBeacon = () => false")
    slates = told(lambda: page.goto(address))
    assert slates[0]["seen"] == [0, 1, 2]
    assert Impression.objects.filter(placement="product_page").exists()


def test_why_this_and_not_interested(address: str, page: Page) -> None:
    page.goto(address)
    item = page.locator("[data-placement=product_page] [data-item=t1]")
    note = item.locator("details")
    assert not note.locator(".rec__note").is_visible()
    note.locator("summary").click()
    assert note.locator("p").inner_text() == "Often viewed with this"
    assert accessibility_violations(page) == []
    _picture(page, "why-this")
    note.get_by_role("button", name="Not interested").click()
    undo = note.get_by_role("button", name="Undo")
    undo.wait_for()
    assert Event.objects.valid().filter(kind="dismiss", item_key="t1").count() == 1
    page.goto(address)
    assert page.locator("[data-placement=product_page] [data-item=t1]").count() == 0  # at once
    page.go_back()
    page.goto(address)
    other = page.locator("[data-placement=product_page] [data-item=d1] details")
    other.locator("summary").focus()
    page.keyboard.press("Enter")
    other.get_by_role("button", name="Not interested").wait_for()
    other.get_by_role("button", name="Not interested").click()
    undo = other.get_by_role("button", name="Undo")
    undo.wait_for()
    undo.click()
    other.get_by_role("button", name="Not interested").wait_for()
    assert not Event.objects.valid().filter(kind="dismiss", item_key="d1").exists()
    page.keyboard.press("Escape")
    assert not other.locator(".rec__note").is_visible()
    page.goto(address)
    assert page.locator("[data-placement=product_page] [data-item=d1]").count() == 1


def test_a_lazy_row_comes_afterwards_and_is_reported(address: str, page: Page) -> None:
    page.goto(address.replace("/bread/", "/lazy/"))
    row = page.locator("[data-placement=product_page]")
    row.wait_for()
    assert row.locator("[data-item]").evaluate_all("all => all.map(each => each.dataset.item)") == [
        "b2",
        "t1",
        "d1",
    ]
    page.wait_for_function("() => !document.querySelector('[data-rec-fragment]')")  # the empty one is gone
    assert accessibility_violations(page) == []
    (slate,) = told(lambda: for_a_while(page))
    assert slate["seen"] == [0, 1, 2]


def test_the_lazy_rows_of_a_page_come_together_and_do_not_repeat_each_other(
    address: str, page: Page, settings: Any
) -> None:
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"home_popular": {"page": "product"}}}
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/fragment/" in request.url else None)
    page.goto(f"{address.replace('/bread/', '/lazy/')}?three")
    page.locator("[data-placement=home_popular]").wait_for()
    page.wait_for_function("() => !document.querySelector('[data-rec-fragment]')")
    assert len(asked) == 1 and asked[0].count("of=") == 3
    shown = page.locator("[data-item]").evaluate_all("all => all.map(each => each.dataset.item)")
    assert shown[:3] == ["b2", "t1", "d1"] and len(shown) == len(set(shown)) == 7


def test_the_rows_that_did_not_come_are_asked_for_again_together(address: str, page: Page) -> None:
    page.route("**/fragment/**", lambda route: route.abort())
    page.goto(f"{address.replace('/bread/', '/lazy/')}?three")
    page.get_by_role("button", name="Try again").nth(2).wait_for()
    page.unroute("**/fragment/**")
    page.get_by_role("button", name="Try again").first.click()
    page.locator("[data-placement=home_popular]").wait_for()
    assert page.locator("[data-rec-fragment]").count() == 0


def test_one_row_that_does_not_come_leaves_the_others(address: str, page: Page) -> None:
    def without_the_first(route: Any) -> None:
        rows = route.fetch().json()["rows"]
        route.fulfill(json={"rows": [None, *rows[1:]]})

    page.route("**/fragment/**", without_the_first)
    page.goto(f"{address.replace('/bread/', '/lazy/')}?three")
    page.locator("[data-placement=home_popular]").wait_for()
    assert page.get_by_role("button", name="Try again").count() == 1
    page.unroute("**/fragment/**")
    page.get_by_role("button", name="Try again").click()
    page.locator("[data-placement=product_page]").wait_for()


def _picture(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
