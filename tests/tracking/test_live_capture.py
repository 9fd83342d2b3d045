"""The shop's rows become events by the adapter's declaration, and follow what happens to the rows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction

from recommendations.models import Event, Item, OrderVisitor
from shop.models import OrderLine, Review, Wish
from shop.signals import order_placed
from tests.factories import browser_client, make_line, make_order, make_product, make_user
from tests.flows import check_out
from tests.tracking.conftest import Committing

pytestmark = pytest.mark.django_db


def valid(kind: str = "purchase") -> list[Event]:
    return list(Event.objects.valid().filter(kind=kind).order_by("pk"))


def test_lines_of_a_paid_order_are_purchases(committing: Committing) -> None:
    product, user = make_product(price=Decimal("2.50")), make_user()
    with committing():
        order = make_order(user=user)
        make_line(order, product, quantity=3)
    event = Event.objects.get()
    assert (event.kind, event.item_key, event.visitor_key) == ("purchase", str(product.pk), f"u:{user.pk}")
    assert (event.quantity, event.value, event.currency) == (Decimal(3), Decimal("7.50"), "USD")
    assert event.occurred_at == order.placed_at
    assert event.order_key == str(order.pk)
    assert event.source == f"purchase:shop.orderline:{order.lines.get().pk}"


def test_an_unpaid_order_counts_once_it_is_paid(committing: Committing) -> None:
    with committing():
        order = make_order(make_product(), user=make_user(), status="pending")
    assert not valid()
    order.status = "paid"
    with committing():
        order.save()
    assert len(valid()) == 1


@pytest.mark.parametrize("status", ["cancelled", "refunded"])
def test_undoing_an_order_voids_its_events_and_paying_again_adds_a_revision(
    committing: Committing, status: str
) -> None:
    with committing():
        order = make_order(make_product(), make_product(), user=make_user())
    order.status = status
    with committing():
        order.save()
    assert not valid()
    assert Event.objects.filter(voided_at__isnull=False).count() == 2
    order.status = "paid"
    with committing():
        order.save()
    assert [event.revision for event in valid()] == [1, 1]


def test_changing_a_line_voids_and_revises(committing: Committing) -> None:
    with committing():
        line = make_order(make_product(), user=make_user()).lines.get()
    line.quantity, line.line_total = 2, Decimal("8.00")
    with committing():
        line.save()
    old, new = Event.objects.order_by("revision")
    assert old.voided_at is not None and old.changed_at == old.voided_at
    assert (new.quantity, new.value, new.revision, new.voided_at) == (Decimal(2), Decimal("8.00"), 1, None)


def test_saving_without_a_change_changes_nothing(committing: Committing) -> None:
    with committing():
        order = make_order(make_product(), user=make_user())
    with committing():
        order.save()
        order.lines.get().save()
    assert Event.objects.count() == 1


def test_deleting_rows_voids_their_events(committing: Committing) -> None:
    with committing():
        order = make_order(make_product(), make_product(), user=make_user())
    with committing():
        order.delete()
    assert Event.objects.count() == 2 and not valid()


def test_lines_made_by_bulk_create_come_by_the_shops_own_signal(committing: Committing) -> None:
    products = [make_product(), make_product()]
    with committing():
        order = make_order(user=make_user())
    with committing():
        OrderLine.objects.bulk_create(
            OrderLine(order=order, product=product, unit_price=product.price, line_total=product.price)
            for product in products
        )
    assert not valid()
    with committing():
        order_placed.send(sender=None, order=order, request=None)
        order_placed.send(sender=object(), order=order, request=None)
        order.save()
    assert sorted(event.item_key for event in valid()) == sorted(str(product.pk) for product in products)


def test_what_is_rolled_back_is_no_event(committing: Committing) -> None:
    product, user = make_product(), make_user()
    with committing():
        try:
            with transaction.atomic():
                make_order(product, user=user)
                raise ValueError
        except ValueError:
            pass
    with committing():
        make_order(product, user=user)
    assert len(valid()) == Event.objects.count() == 1


def test_a_guests_order_remembers_its_visitor_when_it_is_paid_later(committing: Committing) -> None:
    product, client = make_product(), browser_client()
    with committing():
        client.get(product.get_absolute_url())
        visitor = f"a:{client.cookies['visitor'].value.split('.')[0]}"
        order = check_out(client, product, payment="later")
    note = OrderVisitor.objects.get()
    assert note.visitor_key == visitor
    assert order.user is None and order.status == "pending"
    order.status = "paid"  # by a webhook or in the admin: there is no request of the visitor's now
    with committing():
        order.save()
    assert valid()[0].visitor_key == visitor


def test_an_order_without_consent_stays_nobodys(committing: Committing) -> None:
    user, product, client = make_user(), make_product(), browser_client(DNT="1")
    client.force_login(user)
    with committing():
        order = check_out(client, product)
    assert order.user == user
    event = valid()[0]
    assert (event.visitor_key, event.session_key) == ("", "")
    with committing():
        order.save()
    assert valid()[0].visitor_key == ""


def test_reviews_are_ratings_and_wishes_are_wishes(committing: Committing) -> None:
    product, user = make_product(), make_user()
    with committing():
        review = Review.objects.create(product=product, user=user, rating=4)
        wish = Wish.objects.create(product=product, user=user)
    assert [event.rating for event in valid("rating")] == [4.0]
    assert len(valid("wish")) == 1
    review.status = "rejected"
    with committing():
        review.save()
        wish.delete()
    assert not valid("rating") and not valid("wish")


def test_saving_a_product_keeps_the_mirror(committing: Committing) -> None:
    with committing():
        product = make_product("Rye bread", stock=0, path="Grocery/Bread")
    item = Item.objects.get()
    assert (item.item_key, item.title, item.categories) == (str(product.pk), "Rye bread", ["Grocery/Bread"])
    assert item.price_changed_at is None and item.restocked_at is None
    product.price, product.stock = Decimal("5.00"), 3
    with committing():
        product.save()
    item.refresh_from_db()
    assert item.price == Decimal("5.00") and item.price_changed_at and item.restocked_at
    with committing():
        product.delete()
    item.refresh_from_db()
    assert item.is_gone


def test_a_saved_variant_refreshes_its_parent_only(committing: Committing) -> None:
    with committing():
        parent = make_product("Bread")
        make_product("Bread", parent=parent, variant_label="1 kg")
    assert [item.item_key for item in Item.objects.all()] == [str(parent.pk)]
