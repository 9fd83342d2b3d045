"""Slates in mails: absolute links that are counted, no script, HTML that mail programs show, and plain text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from recommendations.adapter import get_adapter
from recommendations.conf import NAME, settings
from recommendations.datatypes import MAIL_CHANNEL, Context, Slate, SlateItem
from recommendations.exceptions import ConfigurationError
from recommendations.serving.engine import recommend


@dataclass(frozen=True, slots=True)
class MailItem:
    """A place of a slate as a mail shows it: both addresses are absolute, "" for no picture."""

    item: SlateItem
    link: str
    image: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A slate for the two parts of a mail; falsy, and both texts empty, when there is nothing to show."""

    slate: Slate
    items: tuple[MailItem, ...]

    def __bool__(self) -> bool:
        return bool(self.items)

    @property
    def html(self) -> str:
        """By `recommendations/mail/<placement>.html`, else `recommendations/mail/slate.html`."""
        return self._rendered("html")

    @property
    def text(self) -> str:
        """The same by `….txt`."""
        return self._rendered("txt").strip()

    def _rendered(self, kind: str) -> str:
        if not self:
            return ""
        names = [f"recommendations/mail/{name}.{kind}" for name in (self.slate.placement, "slate")]
        return render_to_string(names, {"slate": self.slate, "items": self.items})


def recommend_for_mail(
    placement: str,
    *,
    user: Any = None,
    context: Context | None = None,
    request: HttpRequest | None = None,
    item: Any = None,
    items: Iterable[Any] = (),
    category: str = "",
    size: int | None = None,
    title: str = "",
) -> Mail:
    """A placement's slate for a mail to `user`, or to whom `context` says; to nobody in particular without both.

    Sensitive items are never in it. The site's address is `SITE_URL`, or that of `request`, which says nothing about
    the reader. Raises ConfigurationError when there is no address; all else as `engine.recommend`.
    """
    base = _site(request)
    if context is None:
        adapter = get_adapter()
        context = Context(
            user=user,
            visitor_key=adapter.visitor_key(user),
            currency=adapter.currency,
            language=get_language() or "",
        )
    options = {"item": item, "items": items, "category": category, "size": size, "title": title}
    slate = recommend(placement, context.with_(channel=MAIL_CHANNEL, request=None), **options)
    found = (
        MailItem(
            item=each,
            link=_link(base, slate.token, each.item_key),
            image=urljoin(base, each.card.image) if each.card.image else "",
        )
        for each in slate
    )
    return Mail(slate, tuple(found))


def _site(request: HttpRequest | None) -> str:
    """Scheme and host, with a slash at the end."""
    address = settings.SITE_URL
    if not address and request is not None:
        address = request.build_absolute_uri("/")
    if not is_site(address):
        raise ConfigurationError(
            f'Links in mails need the address of the site, and {NAME}["SITE_URL"] is {address!r}. '
            f'Set it: {NAME} = {{"SITE_URL": "https://shop.example", …}}'
        )
    return str(address).rstrip("/") + "/"


def is_site(address: Any) -> bool:
    """Is it a scheme and a host, perhaps with a port, and nothing behind it? Paths come from Django, whole."""
    if not isinstance(address, str):
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname if parts.port is None else parts.hostname or ""
    except ValueError:  # no port, or half an IPv6 address
        return False
    is_bare = address.rstrip("/") == f"{parts.scheme}://{parts.netloc}" and parts.path in ("", "/")
    return parts.scheme in ("http", "https") and bool(host) and is_bare and not any(map(str.isspace, address))


def _link(base: str, token: str, item_key: str) -> str:
    try:
        path = reverse("recommendations:click")
    except NoReverseMatch as error:
        raise ConfigurationError(
            "Clicks in mails are counted at an address that is not there. Add to your urls: "
            'path("recommendations/", include("recommendations.urls")).'
        ) from error
    return urljoin(base, path) + "?" + urlencode({"of": token, "item": item_key})


def target_of(item_key: str, request: HttpRequest) -> str:
    """The page of a product, as its card says, sold out or not; "" where the shop has no such product."""
    adapter = get_adapter()
    context = adapter.context(request)
    product = adapter.live([item_key], context).get(item_key)
    if product is None and (located := adapter.locate(item_key)):
        model, pk = located
        product = adapter.catalogue(model).filter(pk=pk).first()
    return adapter.card(product, context).url if product is not None else ""
