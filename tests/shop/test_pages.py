from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client

from shop.environment import database
from shop.models import Category, Customer, Order, Review, Wish
from tests.factories import make_category, make_order, make_product, make_user

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "zh-hans")


@pytest.fixture
def stocked(anna: Any) -> dict[str, str]:
    product = make_product("Rye bread")
    make_product("Rye bread", parent=product, variant_label="sliced")
    order = make_order(product, user=anna)
    Review.objects.create(product=product, user=anna, rating=5, title="Good", text="Very.")
    Wish.objects.create(product=product, user=anna)
    return {
        "product": product.get_absolute_url(),
        "category": product.category.get_absolute_url(),
        "add": str(product.pk),
        "order": order.get_absolute_url(),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_answers_in_both_languages(client: Client, stocked: dict[str, str], language: str) -> None:
    client.post("/i18n/setlang/", {"language": language, "next": "/"})
    client.post("/cart/add/", {"product": stocked["add"]})
    addresses = [
        "/", "/products/", stocked["category"], "/search/?q=bread", "/search/?q=zzz", stocked["product"], "/cart/",
        "/checkout/", "/account/", "/account/orders/", stocked["order"], "/account/wishlist/", "/account/password/",
    ]  # fmt: skip
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        assert f'<html lang="{language}">' in response.content.decode()
        assert "script-src 'self'" in response["Content-Security-Policy"]
    client.post("/account/logout/")
    for address in ("/account/login/", "/account/register/", "/cart/"):
        assert client.get(address).status_code == 200
    missing = client.get("/nowhere/")
    assert missing.status_code == 404
    assert ("卖完了" if language == "zh-hans" else "has sold out") in missing.content.decode()


def test_pages_carry_no_inline_script_or_style(client: Client, stocked: dict[str, str]) -> None:
    for address in ("/", stocked["product"], stocked["category"], "/cart/"):
        text = client.get(address).content.decode()
        assert " style=" not in text and "<style" not in text and " onclick" not in text
        assert "<script>" not in text
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "https://" not in text


def test_the_error_page_needs_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("shop.views.catalogue.SHELF_SIZE", "broken")
    response = client.get("/")
    assert response.status_code == 500
    assert "Something went wrong." in response.content.decode()


def test_registration_logs_in_and_makes_a_customer(client: Client) -> None:
    details = {
        "username": "ben",
        "email": "ben@example.com",
        "password1": "korn-97-halm",
        "password2": "korn-97-halm",
    }
    response = client.post("/account/register/", details | {"next": "/cart/"})
    assert response["Location"] == "/cart/"
    assert Customer.objects.get().user.email == "ben@example.com"
    assert "Hello, ben" in client.get("/account/").content.decode()
    client.post("/account/logout/")
    response = client.post("/account/login/", {"username": "ben", "password": "korn-97-halm"})
    assert response["Location"] == "/account/"


def test_registration_goes_nowhere_else(client: Client) -> None:
    details = {
        "username": "ben",
        "email": "ben@example.com",
        "password1": "korn-97-halm",
        "password2": "korn-97-halm",
    }
    response = client.post("/account/register/", details | {"next": "https://evil.example/"})
    assert response["Location"] == "/account/"


def test_the_account_is_for_those_who_are_logged_in(client: Client) -> None:
    for address in ("/account/", "/account/orders/", "/account/wishlist/", "/account/password/"):
        assert client.get(address)["Location"].startswith("/account/login/?next=")


def test_order_history_costs_the_same_for_many_orders(
    client: Client, anna: Any, django_assert_max_num_queries: Any
) -> None:
    product = make_product()
    for _number in range(10):
        make_order(product, user=anna)
    with django_assert_max_num_queries(7):
        page = client.get("/account/orders/")
    assert len(page.context["page"]) == 10


def test_a_renamed_category_takes_its_children_along() -> None:
    make_category("Food/Bakery/Bread")
    food = Category.objects.get(path="Food")
    food.name = "Eat/Drink"
    food.save()
    assert sorted(Category.objects.values_list("path", flat=True)) == [
        "Eat-Drink", "Eat-Drink/Bakery", "Eat-Drink/Bakery/Bread",
    ]  # fmt: skip


def test_admin_pages_and_order_actions(client: Client) -> None:
    client.force_login(make_user("boss", is_staff=True, is_superuser=True))
    product = make_product(stock=1)
    pending, paid = make_order(product, status="pending"), make_order(product)
    models = (
        "category", "product", "order", "review", "wish", "discount", "campaign", "coupon", "couponredemption",
        "customer",
    )  # fmt: skip
    for model in models:
        for page in ("", "add/", "?q=x"):
            assert client.get(f"/admin/shop/{model}/{page}").status_code == 200, model
    assert client.get(f"/admin/shop/product/{product.pk}/change/").status_code == 200
    assert client.get(f"/admin/shop/order/{paid.pk}/change/").status_code == 200

    def act(action: str) -> set[tuple[int, str]]:
        keys = [pending.pk, paid.pk]
        client.post("/admin/shop/order/", {"action": action, "_selected_action": keys})
        return set(Order.objects.values_list("pk", "status"))

    assert act("cancel") == {(pending.pk, "cancelled"), (paid.pk, "paid")}
    assert act("refund") == {(pending.pk, "cancelled"), (paid.pk, "refunded")}
    product.refresh_from_db()
    assert product.stock == 3


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://me:p%40ss@db.example:5433/shop", ("shop", "me", "p@ss", "db.example", "5433")),
        ("postgresql:///shop?host=/run/pg&sslmode=disable", ("shop", "", "", "/run/pg", "")),
    ],
)
def test_a_database_url_is_read(url: str, expected: tuple[str, ...]) -> None:
    entry = database(url, sqlite_file=Path("unused"))
    assert tuple(entry[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == expected


def test_a_wrong_database_url_names_the_line_to_change() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"scheme 'mysql'; set DATABASE_URL=postgres://"):
        database("mysql://x/y", sqlite_file=Path("unused"))
    with pytest.raises(ImproperlyConfigured, match="names no database"):
        database("postgres://host", sqlite_file=Path("unused"))


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "shop", check=True, dry_run=True, verbosity=0)


def test_the_chinese_catalogue_is_complete() -> None:
    path = Path(django_settings.BASE_DIR) / "shop/locale/zh_Hans/LC_MESSAGES/django.po"
    entries = path.read_text(encoding="utf-8").split("\n\n")[1:]
    empty = [entry for entry in entries if entry.rstrip().endswith('msgstr ""') or '[0] ""' in entry]
    assert empty == []
    assert "#, fuzzy" not in path.read_text(encoding="utf-8")
