"""Template tags: `{% load recommendations %}`, then `{% recommendations "product_page" item=product %}`."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django import template
from django.conf import settings as django_settings
from django.http import HttpRequest
from django.template.context import RequestContext
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from recommendations.datatypes import Slate
from recommendations.exceptions import ConfigurationError
from recommendations.serving import mail
from recommendations.serving.engine import recommend_for
from recommendations.serving.fragments import MARKER, address, templates_of
from recommendations.serving.segments import SegmentRow, recommend_segments

logger = logging.getLogger("recommendations")
register = template.Library()

NO_REQUEST = (
    "The recommendation tags need the request, to know the visitor. Add to your settings, in "
    'TEMPLATES[…]["OPTIONS"]["context_processors"]: "django.template.context_processors.request", and render the '
    "template with the request."
)
NO_ADDRESS = (
    "recommendations_script found no address to report to. Add to your urls: "
    'path("recommendations/", include("recommendations.urls")).'
)


@register.simple_tag(takes_context=True)
def get_recommendations(
    context: template.Context,
    placement: str,
    *,
    item: Any = None,
    items: Iterable[Any] = (),
    category: str = "",
    query: str = "",
    exclude: Iterable[Any] = (),
    size: int | None = None,
    title: str = "",
) -> Slate:
    """`{% get_recommendations "product_page" item=product as slate %}`: the slate, for your own HTML."""
    options = {
        "item": item,
        "items": items,
        "category": category,
        "query": query,
        "exclude": exclude,
        "size": size,
        "title": title,
    }
    return recommend_for(_request(context), placement, **options)


@register.simple_tag(takes_context=True)
def recommendations(context: template.Context, placement: str, *, lazy: bool = False, **options: Any) -> str:
    """`{% recommendations "product_page" item=product %}`: a row of cards, or nothing when there is nothing to show.

    Options: item, items, category, query, exclude, size, title; `lazy=True` leaves a place that the script fills
    afterwards, so that a page from a shared cache still has each visitor's own row. The template is
    `recommendations/<placement>.html` when there is one, else `recommendations/slate.html`.
    """
    if lazy:
        return _place_for(context, placement, options)
    slate = get_recommendations(context, placement, **options)
    if not slate.token:
        return ""
    engine = context.template.engine  # type: ignore[union-attr]
    chosen = engine.select_template(templates_of(slate.placement) if slate else [MARKER])
    with context.push(slate=slate):
        return chosen.render(context)


@register.simple_tag(takes_context=True)
def you_may_also_like(context: template.Context, product: Any, **options: Any) -> str:
    """`{% you_may_also_like product %}`: short for `{% recommendations "product_page" item=product %}`."""
    return recommendations(context, "product_page", item=product, **options)


@register.simple_tag(takes_context=True)
def get_recommended_segments(
    context: template.Context, name: str, *, size: int | None = None, title: str = ""
) -> SegmentRow:
    """`{% get_recommended_segments "brand" as row %}`: its title and links, for your own HTML."""
    return recommend_segments(_request(context), name, size, title)


@register.simple_tag(takes_context=True)
def recommended_segments(context: template.Context, name: str, **options: Any) -> str:
    """`{% recommended_segments "category" size=8 %}`: links to the visitor's categories or, with "brand", brands, or
    another row of SEGMENT_ROWS;
    nothing when the adapter has no addresses for them. The template is `recommendations/segments.html`."""
    row = get_recommended_segments(context, name, **options)
    if not row:
        return ""
    chosen = context.template.engine.get_template("recommendations/segments.html")  # type: ignore[union-attr]
    with context.push(row=row):
        return chosen.render(context)


@register.simple_tag(takes_context=True)
def recommendations_mail(
    context: template.Context, placement: str, *, text: bool = False, **options: Any
) -> str:
    """`{% recommendations_mail "home_for_you" user=customer %}`: a row for the HTML part of a mail; `text=True` for
    the other part, inside `{% autoescape off %}`. Needs no request. Options: user, context, item, items, category,
    size, title."""
    try:
        found = mail.recommend_for_mail(placement, request=context.get("request"), **options)
    except ConfigurationError as error:
        return _complain(str(error), error)
    return found.text if text else found.html


@register.simple_tag
def recommendations_script() -> SafeString | str:
    """`{% recommendations_script %}`: the scripts that report what was seen, clicked and dismissed; once a page."""
    try:
        url = reverse("recommendations:track")
    except NoReverseMatch as error:
        return _complain(NO_ADDRESS, error)
    return format_html_join(
        "",
        '<script src="{}" data-url="{}" defer></script>',
        ((static(f"recommendations/{name}"), url) for name in ("track.js", "why.js", "lazy.js")),
    )


@register.simple_tag
def recommendations_style() -> SafeString:
    """`{% recommendations_style %}`: the style sheet of the packaged templates."""
    return format_html('<link rel="stylesheet" href="{}">', static("recommendations/recommendations.css"))


def _place_for(context: template.Context, placement: str, options: dict[str, Any]) -> str:
    """What is on the page until the row is there."""
    try:
        url = address(placement, **options)
    except NoReverseMatch as error:
        return _complain(NO_ADDRESS, error)
    except Exception:
        # As with rows that are rendered at once: a product that is none, a broken adapter.
        if django_settings.DEBUG:
            raise
        logger.exception("The lazy placement %r is left out; the page goes on without it.", placement)
        return ""
    waiting = context.template.engine.get_template("recommendations/lazy.html")  # type: ignore[union-attr]
    with context.push(placement=placement, url=url):
        return waiting.render(context)


def _request(context: template.Context) -> HttpRequest | None:
    """The template's request; without one, an error in DEBUG, and a list for nobody in particular otherwise."""
    request = context.get("request")
    if request is None and isinstance(context, RequestContext):
        request = context.request
    if request is None:
        _complain(NO_REQUEST)
    return request


def _complain(message: str, cause: Exception | None = None) -> str:
    """Loud for developers, quiet on the page. Renders as nothing."""
    if django_settings.DEBUG:
        raise ConfigurationError(message) from cause
    logger.error(message)
    return ""
