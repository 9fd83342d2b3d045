"""What is packaged besides rows, in a real browser: mails, links to categories, and a lazy row's states."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.template import engines
from django.test import RequestFactory

from recommendations.shortcuts import recommend_for_mail
from shop.models import Discount, Product
from tests.serving import twelve
from tests.serving.test_browser import address, shop  # noqa: F401  (fixtures)
from tests.support.browser import accessibility_violations

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.serving.urls")]

SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
PHONE = {"width": 360, "height": 740}

#: How far what follows the place of a lazy row has moved, as browsers measure it (Layout Instability).
WATCH_SHIFTS = """window.shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(each => window.shifts.push(each.value)))
  .observe({ type: "layout-shift", buffered: true });"""


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@SCHEMES
@pytest.mark.parametrize("width", [360, 800])
def test_a_mail_is_accessible(address: str, page: Page, settings: Any, scheme: Any, width: int) -> None:  # noqa: F811
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "SITE_URL": address.removesuffix("/bread/")}
    Discount.objects.create(product=Product.objects.get(sku="b2"), percent=20)
    mail = recommend_for_mail("home_popular", size=5)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    html = f'<!doctype html><html lang="en"><title>Mail</title><main><h1>Hello</h1>{mail.html}</main></html>'
    # As a mail program shows it: without the shop's own policy, which forbids inline styles.
    page.route("**/mail/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto(address.replace("/bread/", "/mail/"))
    picture(page, f"mail-{scheme}-{width}")
    assert accessibility_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_role("link").count() == 10  # a picture and a name each
    assert page.evaluate("document.querySelector('img').naturalWidth") > 0


@SCHEMES
def test_links_to_categories_are_accessible(address: str, page: Page, scheme: Any) -> None:  # noqa: F811
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(address)
    request = RequestFactory().get("/")
    html = engines["django"].from_string(
        '{% load recommendations %}{% recommended_segments "category" %}{% recommended_segments "brand" %}'
    )
    rendered = html.render({}, request)
    page.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", rendered)
    assert page.get_by_role("navigation", name="Popular categories").get_by_role("link").count() == 4
    picture(page, f"segments-{scheme}")
    assert accessibility_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_row_can_be_scrolled_with_the_keyboard_alone(address: str, page: Page) -> None:  # noqa: F811
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(address)
    row = page.get_by_role("list", name="Popular right now")
    row.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")


@SCHEMES
@pytest.mark.parametrize("width", [360, 1280])
def test_a_lazy_row_moves_nothing(address: str, page: Page, scheme: Any, width: int) -> None:  # noqa: F811
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    waiting: list[Route] = []
    page.route("**/fragment/**", lambda route: waiting.append(route))  # noqa: PLW0108
    page.add_init_script(WATCH_SHIFTS)
    page.goto(f"{address.replace('/bread/', '/lazy/')}?one")
    page.locator("[aria-busy=true]").wait_for()
    picture(page, f"lazy-waiting-{scheme}-{width}")
    assert accessibility_violations(page) == []
    before = page.locator("#end").bounding_box()
    waiting[0].continue_()
    page.locator("[data-placement=product_page]").wait_for()
    assert page.locator("#end").bounding_box() == before
    assert page.evaluate("window.shifts.reduce((sum, each) => sum + each, 0)") == 0
    assert accessibility_violations(page) == []
    picture(page, f"lazy-come-{scheme}-{width}")


@SCHEMES
def test_a_row_that_does_not_come_can_be_asked_for_again(address: str, page: Page, scheme: Any) -> None:  # noqa: F811
    page.emulate_media(color_scheme=scheme)
    page.route("**/fragment/**", lambda route: route.fulfill(status=503))
    page.goto(f"{address.replace('/bread/', '/lazy/')}?one")
    again = page.get_by_role("button", name="Try again")
    again.wait_for()
    assert page.get_by_text("These recommendations could not be loaded.").is_visible()
    picture(page, f"lazy-failed-{scheme}")
    assert accessibility_violations(page) == []
    page.unroute("**/fragment/**")
    again.focus()
    page.keyboard.press("Enter")
    page.locator("[data-placement=product_page]").wait_for()
    # Who works with the keyboard is where the button was.
    assert page.evaluate("document.activeElement.className") == "rec__items"


@SCHEMES
def test_the_note_why_this_is_accessible_on_a_phone(address: str, page: Page, scheme: Any) -> None:  # noqa: F811
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(address)
    note = page.locator("[data-placement=product_page] [data-item=b2] details")
    note.locator("summary").click()
    note.get_by_role("button", name="Not interested").wait_for()
    picture(page, f"why-{scheme}")
    assert accessibility_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
