"""Rows in mails: whole in themselves, and their links counted without leading anywhere else than to the product."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.mail import EmailMultiAlternatives
from django.template import Context as TemplateContext
from django.template import engines
from django.test import Client, RequestFactory

from recommendations.datatypes import Context
from recommendations.exceptions import ConfigurationError
from recommendations.models import Event, Item
from recommendations.serving import scopes, tokens
from recommendations.shortcuts import recommend_for_mail
from shop.models import Discount, Product
from tests.factories import HUMAN, browser_client, make_user
from tests.serving import twelve
from tests.serving.test_limits import Frank
from tests.serving.test_tags import Elements
from tests.serving.twelve import happened, publish, publish_popular

SITE = "https://shop.example"


class Open(Frank):
    """Shows what is sensitive, the bread b1, everywhere but in mails."""

    def allows_sensitive(self, context: Context) -> bool:
        return True


@pytest.fixture
def shop(products: dict[str, Product], settings: Any) -> dict[str, Product]:
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "SITE_URL": SITE}
    publish("also_viewed", {"b1": [("b2", 0.9), ("t1", 0.8), ("d1", 0.7)]})
    publish_popular(everybody=["f1", "f2"])
    return products


def links(text: str) -> list[str]:
    return re.findall(r"https://shop\.example/recommendations/click/\?\S+", text)


def path_of(link: str) -> str:
    return html.unescape(link).removeprefix(SITE)


def test_html_and_text_are_of_one_slate_for_the_reader(shop: dict[str, Product]) -> None:
    ann = make_user("ann")
    happened(f"u:{ann.pk}", "view", "b1")
    Discount.objects.create(product=shop["t1"], percent=50)
    mail = recommend_for_mail("home_for_you", user=ann, size=3)
    assert [each.item.item_key for each in mail.items] == ["b2", "t1", "d1"]
    message = EmailMultiAlternatives("For you", mail.text, to=["ann@example.com"])
    message.attach_alternative(mail.html, "text/html")
    assert message.send() == 1
    found = Elements(mail.html)
    assert (
        {each["href"] for each in found.all("a")}
        == {each.link for each in mail.items}
        == set(links(mail.text))
    )
    assert all(each["src"].startswith(f"{SITE}/") for each in found.all("img"))  # type: ignore[union-attr]
    assert not found.all("script") and not found.all("link") and "class=" not in mail.html
    assert all(each["role"] == "presentation" for each in found.all("table"))
    assert all("style" in each for each in found.all("td"))
    assert (
        mail.html.count("<tr>") == mail.html.count("</tr>") == 3
    )  # the heading, two products, one and a gap
    assert mail.text.splitlines()[:4] == [
        "Recommended for you",
        "",
        "* Bread b2, $3.00",
        "  Because you viewed Bread b1",
    ]
    assert "$1.00" in mail.html and "<s" in mail.html


def test_nothing_to_show_renders_nothing(shop: dict[str, Product]) -> None:
    mail = recommend_for_mail("product_together", item="t3")
    assert not mail and (mail.html, mail.text) == ("", "")


def test_what_is_sensitive_is_never_in_a_mail(shop: dict[str, Product], settings: Any) -> None:
    settings.RECOMMENDATIONS = {"ADAPTER": f"{__name__}.Open", "SITE_URL": SITE}
    Item.objects.filter(item_key="b1").update(is_sensitive=True)
    scopes.known_of("")
    publish_popular(everybody=["b1", "f1", "f2"])
    assert "b1" in twelve.shown_on("home_popular")
    assert [each.item.item_key for each in recommend_for_mail("home_popular").items] == ["f1", "f2"]


def test_without_an_address_of_the_site_it_says_what_to_set(shop: dict[str, Product], settings: Any) -> None:
    for wrong in ("shop.example", "javascript:alert(1)", None, ""):
        settings.RECOMMENDATIONS = {**twelve.SETTINGS, "SITE_URL": wrong}
        with pytest.raises(ConfigurationError, match=r'"SITE_URL": "https://shop\.example"'):
            recommend_for_mail("home_popular")
    mail = recommend_for_mail("home_popular", request=RequestFactory().get("/any/", secure=True))
    assert mail.items[0].link.startswith("https://testserver/recommendations/click/?of=")


def test_the_tag_needs_no_request(shop: dict[str, Product]) -> None:
    source = '{% load recommendations %}{% recommendations_mail "home_popular" size=1 %}'
    rendered = engines["django"].engine.from_string(source).render(TemplateContext())  # type: ignore[attr-defined]
    assert "Popular right now</h2>" in rendered and len(set(links(rendered.replace('"', " ")))) == 1
    plain = engines["django"].engine.from_string(  # type: ignore[attr-defined]
        "{% load recommendations %}{% autoescape off %}"
        '{% recommendations_mail "home_popular" size=1 text=True %}{% endautoescape %}'
    )
    text = plain.render(TemplateContext())
    assert text.startswith("Popular right now\n\n* Fruit f1, $2.00\n") and "<" not in text


def test_a_text_is_escaped_where_it_is_put_into_html(shop: dict[str, Product]) -> None:
    Product.objects.filter(sku="f1").update(name="<b>Figs</b> & more")
    source = '{% load recommendations %}{% recommendations_mail "home_popular" size=1 text=True %}'
    rendered = engines["django"].engine.from_string(source).render(TemplateContext())  # type: ignore[attr-defined]
    assert "&lt;b&gt;Figs&lt;/b&gt; &amp; more" in rendered
    assert "&lt;b&gt;Figs" in recommend_for_mail("home_popular").html
    assert "* <b>Figs</b> & more" in recommend_for_mail("home_popular").text


def test_the_tag_complains_as_the_others_do(shop: dict[str, Product], settings: Any, caplog: Any) -> None:
    settings.RECOMMENDATIONS = twelve.SETTINGS
    template = engines["django"].engine.from_string(  # type: ignore[attr-defined]
        '{% load recommendations %}{% recommendations_mail "home_popular" %}'
    )
    assert template.render(TemplateContext()) == "" and "SITE_URL" in caplog.text
    settings.DEBUG = True
    with pytest.raises(ConfigurationError, match="SITE_URL"):
        template.render(TemplateContext())


@pytest.fixture
def link(shop: dict[str, Product]) -> str:
    return path_of(recommend_for_mail("home_popular").items[0].link)


@pytest.fixture
def reader(db: None) -> Client:
    return browser_client()


def test_a_click_is_recorded_and_leads_to_the_product(
    shop: dict[str, Product], link: str, reader: Client, django_capture_on_commit_callbacks: Any
) -> None:
    for _ in range(2):  # the second one is the same click
        with django_capture_on_commit_callbacks(execute=True):
            response = reader.get(link)
        assert (response.status_code, response["Location"]) == (302, shop["f1"].get_absolute_url())
        assert "no-store" in response["Cache-Control"]
    event = Event.objects.get(kind="click")
    payload = tokens.read(parse_qs(urlsplit(link).query)["of"][0])
    assert (event.item_key, event.placement, event.position) == ("f1", "home_popular", 0)
    assert event.slate_id == payload.slate_id and event.visitor_key.startswith("a:")


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.replace("item=f1", "item=https%3A%2F%2Fevil.example"),
        lambda link: link.replace("item=f1", "item=b1"),  # a product, but not of this mail
        lambda link: link.replace("of=", "of=x"),
        lambda link: "/recommendations/click/",
        lambda link: "/recommendations/click/?of=&item=f1&next=https://evil.example",
    ],
)
def test_it_leads_nowhere_else(link: str, reader: Client, change: Any) -> None:
    response = reader.get(change(link))
    assert response.status_code == 404 and "Location" not in response
    assert not Event.objects.filter(kind="click").exists()


def test_the_product_may_be_sold_out_but_not_gone(
    shop: dict[str, Product], link: str, reader: Client
) -> None:
    Product.objects.filter(sku="f1").update(stock=0)
    assert reader.get(link)["Location"] == shop["f1"].get_absolute_url()
    Product.objects.filter(sku="f1").delete()
    assert reader.get(link).status_code == 404


def test_who_only_looks_ahead_has_not_clicked(
    link: str, reader: Client, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert reader.get(link, headers={"Sec-Purpose": "prefetch"}).status_code == 302
        assert reader.head(link).status_code == 302
        assert Client(headers={"user-agent": "Googlebot/2.1"}).get(link).status_code == 302
        assert Client(headers={"user-agent": HUMAN, "DNT": "1"}).get(link).status_code == 302
    assert reader.post(link).status_code == 405
    assert not Event.objects.filter(kind="click").exists()


def test_an_old_link_still_leads_to_the_product_and_counts_no_more(
    link: str, reader: Client, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "MAIL_CLICK_SECONDS": -1}
    with django_capture_on_commit_callbacks(execute=True):
        assert reader.get(link).status_code == 302
    assert not Event.objects.filter(kind="click").exists()
