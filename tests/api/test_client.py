"""recommendations.js in a real browser: the example of the docs asks, shows and tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from recommendations.api.views import EventsView
from recommendations.models import Event, Impression
from shop.models import Product
from tests.factories import make_user
from tests.serving import twelve
from tests.support.browser import PageWatch, accessibility_violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.api.test_client")]

DOCS = (Path(__file__).resolve().parents[2] / "docs/api.md").read_text()

#: What the API answered to batches of events, each once it is committed.
ANSWERED: Queue[Any] = Queue()


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    return str(found)


def page_of_a_shop(request: HttpRequest) -> HttpResponse:
    """The docs' page, about the bread b1, with their script under another address."""
    body = example("html").replace("/static/shop.js", "/shop.js").replace('data-item="42"', 'data-item="b1"')
    return HttpResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bread</title></head>'
        f"<body><main><h1>Bread b1</h1>{body}</main></body></html>"
    )


def script(request: HttpRequest) -> HttpResponse:
    code = example("js")
    if "raw" in request.GET:
        code = code.partition("const place")[0] + "Object.assign(globalThis, { client, shop });"
    return HttpResponse(code, content_type="text/javascript")


def bare(request: HttpRequest) -> HttpResponse:
    """A page with nothing but the client, as `shop`."""
    return HttpResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bare</title></head><body><div id="row">'
        '</div><script type="module" src="/shop.js?raw"></script></body></html>'
    )


@transaction.non_atomic_requests
@wraps(EventsView.as_view())
def events(request: HttpRequest) -> Any:
    """The packaged view, overheard. Not atomic: what it records is there when its answer is passed on."""
    response = EventsView.as_view()(request)
    ANSWERED.put(response.data)
    return response


events.csrf_exempt = True  # type: ignore[attr-defined]  # as DRF's own: the session's authentication asks for it

urlpatterns = [
    path("bread/", page_of_a_shop),
    path("bare/", bare),
    path("shop.js", script),
    path("api/v1/events/", events),
    path("api/", include("recommendations.api.urls")),
    path("recommendations/", include("recommendations.urls")),
    path("", include("shop.urls")),
]


@pytest.fixture
def address(transactional_db: None, settings: Any, live_server: Any) -> Iterator[str]:
    settings.RECOMMENDATIONS = twelve.SETTINGS
    twelve.CART.clear()
    while not ANSWERED.empty():
        ANSWERED.get_nowait()
    twelve.stock_the_shop()
    twelve.publish("also_viewed", {"b1": ["b2", "t1", "d1"]})
    yield live_server.url


def recorded() -> int:
    """How many events of the next batch were recorded."""
    return int(ANSWERED.get(timeout=15)["recorded"])


def test_the_example_of_the_docs(address: str, page: Page) -> None:
    watch = PageWatch(page)
    page.goto(f"{address}/bread/")
    row = page.get_by_role("region", name="You may also like")
    row.wait_for()
    assert [each.inner_text() for each in row.locator(".rec__name").all()] == [
        "Bread b2",
        "Tea t1",
        "Dairy d1",
    ]
    assert row.get_by_role("listitem").count() == 3
    row.get_by_text("Why Bread b2?").locator("..").click()
    assert row.locator(".rec__reason").first.inner_text() == "Often viewed with this"
    assert accessibility_violations(page) == []
    assert recorded() == 1  # seen
    assert Impression.objects.get().seen == [0, 1, 2]
    page.get_by_role("button", name="Wish for it").click()
    assert recorded() == 1
    row.get_by_role("link", name="Bread b2").click()
    page.wait_for_url("**/product/**")
    assert recorded() == 1
    told = list(
        Event.objects.exclude(kind="view").order_by("pk").values_list("kind", "item_key", "placement")
    )
    assert told == [("wish", "b1", ""), ("click", "b2", "product_page")]
    assert watch.faults == []


def test_not_interested_and_its_undoing(address: str, page: Page) -> None:
    page.goto(f"{address}/bread/")
    tea = page.get_by_role("listitem").filter(has_text="Tea t1")
    tea.locator("summary").press("Enter")
    tea.get_by_role("button", name="Not interested").click()
    tea.get_by_role("button", name="Undo").wait_for()
    assert "rec__item--dismissed" in str(tea.get_attribute("class"))
    assert list(Event.objects.valid().values_list("kind", "item_key")) == [("dismiss", "t1")]
    tea.get_by_role("button", name="Undo").press("Enter")
    tea.get_by_role("button", name="Not interested").wait_for()
    assert not Event.objects.valid().exists()
    page.keyboard.press("Escape")
    assert tea.locator("details").get_attribute("open") is None


def test_what_a_title_says_is_text(address: str, page: Page) -> None:
    name = '<img src=x onerror="globalThis.fooled=1"><b>Rye</b>'
    Product.objects.filter(sku="b2").update(name=name)
    page.goto(f"{address}/bread/")
    page.locator(".rec__name").first.wait_for()
    assert page.locator(".rec__name").first.inner_text() == name
    assert page.evaluate("globalThis.fooled") is None


def bare_page(page: Page, address: str) -> None:
    page.goto(f"{address}/bare/")
    page.wait_for_function("globalThis.shop")


def test_an_address_that_is_a_script_is_no_link(address: str, page: Page) -> None:
    bare_page(page, address)
    card = {"title": "x", "url": "javascript:alert(1)", "image": "javascript:alert(1)", "price": None}
    slate = {
        "placement": "p",
        "title": "T",
        "token": "",
        "items": [
            {"position": 0, "item": "1", "reason": "", "card": {**card, "old_price": None, "badge": ""}}
        ],
    }
    page.evaluate("slate => { shop.render(slate, document.querySelector('#row')) }", slate)
    assert page.locator("#row a").get_attribute("href") is None and page.locator("#row img").count() == 0
    page.evaluate("slate => { shop.render({ ...slate, items: [] }, document.querySelector('#row')) }", slate)
    assert page.locator("#row").inner_html() == ""


def test_an_unchanged_list_is_not_sent_again_and_errors_say_what_is_wrong(address: str, page: Page) -> None:
    bare_page(page, address)
    statuses: list[int] = []
    page.on("response", lambda response: statuses.append(response.status))
    same = page.evaluate(
        "async () => await shop.fetch('product_page', {item: 'b1'}) === await shop.fetch('product_page', {item: 'b1'})"
    )
    assert same and statuses == [200, 304]
    wrong = page.evaluate(
        "() => shop.fetch('produkt_page').catch(error => [error.name, error.status, error.message])"
    )
    assert wrong == ["ApiError", 404, "There is no placement named 'produkt_page'."]


def test_feedback_of_who_is_logged_in_carries_the_csrf_token(address: str, page: Page) -> None:
    make_user("ann")
    page.goto(f"{address}/account/login/")
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill("secret")
    page.locator("main form button").first.click()
    page.wait_for_url("**/account/")
    bare_page(page, address)
    told = page.evaluate(
        "async () => shop.feedback(await shop.fetch('product_page', {item: 'b1'}), 'b2', 'not_interested')"
    )
    assert told == "recorded"
    left = page.evaluate(
        "async () => (await shop.fetch('product_page', {item: 'b1'})).items.map(each => each.item)"
    )
    assert left == ["t1", "d1"]
