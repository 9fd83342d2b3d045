"""The whole path in a real browser: look, be recommended, log in, buy, click, and see the money in the report.

No mocks: real pages, a real database, lists that the shop's own history taught.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db.models import QuerySet, Sum
from django.utils import timezone

from recommendations.models import Event, Impression, VisitorLink
from recommendations.reports.placements import placement_report
from shop.models import Order, OrderLine, Product
from tests.factories import make_order, make_product, make_user

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BREAKFAST = ("Rye bread", "Butter", "Honey", "Oat flakes", "Orange juice", "Marmalade", "Coffee", "Tea")
BATHROOM = ("Soap", "Shampoo", "Towel", "Toothpaste", "Comb", "Sponge", "Razor", "Mirror")


@pytest.fixture
def shop(transactional_db: None) -> dict[str, Product]:
    """A shop whose history has two circles of buyers, and the lists learned from it."""
    circles = [
        [make_product(name, path="Food/Breakfast", price=Decimal("3.00")) for name in BREAKFAST],
        [make_product(name, path="Household/Bathroom", price=Decimal("5.00")) for name in BATHROOM],
    ]
    now = timezone.now()
    for number in range(40):
        circle = circles[number % 2]
        bought = [product for place, product in enumerate(circle) if (number // 2 + place) % 3]
        make_order(*bought, user=make_user(), placed_at=now - timedelta(days=40 + number % 7, hours=number))
    for name in ("sync_items", "backfill", "train"):
        call_command("recommendations", name, verbosity=0)
    return {product.name: product for circle in circles for product in circle}


def names_of(page: Page, placement: str) -> list[str]:
    return page.locator(f"[data-placement={placement}] .rec__name").all_inner_texts()


def log_in(page: Page, address: str) -> None:
    page.goto(f"{address}/account/login/")
    page.fill("input[name=username]", "ann")
    page.fill("input[name=password]", "secret")
    page.locator("form.form--panel button").click()
    page.wait_for_url("**/account/")


def check_out(page: Page, address: str) -> None:
    page.goto(f"{address}/checkout/")
    for name, value in {
        "email": "ann@example.com", "full_name": "Ann Other", "street": "1 Main Street",
        "postcode": "12345", "city": "Springfield",
    }.items():  # fmt: skip
        page.fill(f"input[name={name}]", value)
    page.locator("main form button").last.click()
    page.wait_for_url("**/checkout/complete/**")


def add_to_cart(page: Page) -> None:
    """Press the button of the product page that is open."""
    with page.expect_navigation():
        page.locator("form.buy button").click()


def test_the_whole_path(live_server: Any, shop: dict[str, Product], page: Page) -> None:
    address = live_server.url
    ann = make_user("ann")

    # A newcomer sees what is popular; two looks at the breakfast shelf change "for you" at once.
    page.goto(address)
    before = names_of(page, "home_for_you")
    for name in ("Butter", "Honey"):
        page.goto(f"{address}{shop[name].get_absolute_url()}")
    page.goto(address)
    after = names_of(page, "home_for_you")
    assert after and after != before
    assert set(after[:4]) <= set(BREAKFAST)
    anonymous = Event.objects.filter(kind="view").values_list("visitor_key", flat=True).distinct().get()
    assert anonymous.startswith("a:")

    # Logging in keeps the history.
    log_in(page, address)
    assert VisitorLink.objects.get(anonymous_key=anonymous).visitor_key == f"u:{ann.pk}"
    page.goto(address)
    assert set(names_of(page, "home_for_you")[:4]) <= set(BREAKFAST)

    # What is in the cart, and then bought, is not recommended; it counts as purchases.
    page.goto(f"{address}{shop['Marmalade'].get_absolute_url()}")
    add_to_cart(page)
    page.goto(address)
    assert "Marmalade" not in names_of(page, "home_for_you")
    check_out(page, address)
    order = Order.objects.get(user=ann)
    bought = Event.objects.get(kind="purchase", order_key=str(order.pk))
    assert (bought.item_key, bought.visitor_key) == (str(shop["Marmalade"].pk), f"u:{ann.pk}")
    assert bought.value == Decimal("3.00")
    page.goto(address)
    assert "Marmalade" not in names_of(page, "home_for_you")

    # Click a recommendation and buy it: the report gives that order to that placement.
    page.goto(f"{address}{shop['Butter'].get_absolute_url()}")
    card = page.locator("[data-placement=product_page] [data-item] a").first
    with page.expect_navigation():
        card.click()
    arrived(page, Event.objects.filter(kind="click"))  # a beacon, which no page waits for
    clicked = Event.objects.get(kind="click")
    assert clicked.placement == "product_page" and clicked.position == 0
    add_to_cart(page)
    check_out(page, address)
    second = Order.objects.filter(user=ann).latest("pk")
    assert str(second.lines.get().product_id) == clicked.item_key

    arrived(page, Impression.objects.filter(placement="product_page"))
    check_report(second)


def arrived(page: Page, rows: QuerySet[Any]) -> None:
    """Let the browser and the server go on until there are such rows; fails after ten seconds."""
    deadline = monotonic() + 10
    while not rows.exists():
        assert monotonic() < deadline, f"no {rows.model.__name__} arrived"
        page.wait_for_timeout(50)


def check_report(clicked_order: Order) -> None:
    """The placement has exactly the clicked order; attributed and unattributed make up all the orders."""
    call_command("recommendations", "roll_up", days=60, verbosity=0)
    today = timezone.localdate()
    report = placement_report(today - timedelta(days=60), today)
    rows = {row.placement: row for row in report.rows}
    line = clicked_order.lines.get()
    assert rows["product_page"].clicks == 1
    assert rows["product_page"].revenue == {"USD": line.line_total}
    assert {name for name, row in rows.items() if row.revenue} == {"product_page"}
    in_orders = OrderLine.objects.filter(order__status="paid").aggregate(sum=Sum("line_total"))["sum"]
    attributed, unattributed = report.together.revenue["USD"], report.unattributed["USD"]
    assert attributed == line.line_total
    assert attributed + unattributed == in_orders == report.everything.revenue["USD"]
    assert rows["product_page"].slates >= 1
