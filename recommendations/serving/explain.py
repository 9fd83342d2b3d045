"""Why an item is on a list, in the shopper's language, from what placed it and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from recommendations.adapter import get_adapter
from recommendations.conf import settings
from recommendations.datatypes import Candidate, Context, Kind
from recommendations.exceptions import ConfigurationError
from recommendations.models import Override
from recommendations.overrides import active
from recommendations.overrides.merging import effective
from recommendations.serving.page import Page

#: Algorithms that look at what items say of themselves: the modules that they are in.
_CONTENT = ("content", "sentence", "word2vec", "tfidf")

#: Algorithms that count what the same visitors or orders had. Of a blend nobody can say which of its parts it was.
_COUNTING = ("item_knn", "association", "generalised_knn")


class Reasons:
    """Puts into words why candidates of a page are there. `products` are the shop's objects that were read."""

    def __init__(self, page: Page, products: Mapping[str, Any]) -> None:
        self._page = page
        self._products = products
        self._titles: dict[str, str] = {}
        self._links: dict[str, str] = {}

    def of(self, candidate: Candidate) -> str:
        """One short sentence; "" where there is nothing to say."""
        say = _SAYINGS.get(candidate.source)
        return say(self, candidate) if say else ""

    def title(self, item_key: str) -> str:
        """What the shop calls an item, "this" for the one shown; "" for one not sold now, and for a sensitive one."""
        if item_key == self._page.item_key:
            return _("this") if item_key else ""
        if item_key not in self._titles:
            self._titles[item_key] = self._read_title(item_key)
        return self._titles[item_key]

    def _read_title(self, item_key: str) -> str:
        product, adapter = self._products.get(item_key), get_adapter()
        if product is None or adapter.is_sensitive(product):
            return ""
        return adapter.card(product, self._page.context).title

    def similar(self, candidate: Candidate) -> str:
        title = self.title(candidate.seed_key)
        if not title:
            return ""
        if candidate.recommender not in self._links:
            self._links[candidate.recommender] = _link_of(candidate.recommender, self._page.context)
        return self._links[candidate.recommender] % {"title": title}

    def bought_after(self, candidate: Candidate) -> str:
        title = self.title(candidate.seed_key)
        return _("Bought by many who viewed %(title)s") % {"title": title} if title else ""

    def for_you(self, candidate: Candidate) -> str:
        title, did = self.title(candidate.seed_key), self._did(candidate.seed_key)
        if not title or not did:
            return _("Because of what you looked at lately") if candidate.seed_key else _("Picked for you")
        return did % {"title": title}

    def given(self, candidate: Candidate) -> str:
        return self.for_you(candidate) if candidate.recommender else ""

    def in_category(self, candidate: Candidate) -> str:
        names = [path.rpartition("/")[2] for path in self._page.categories]
        return _("Popular in %(category)s") % {"category": names[0]} if names else _("Popular right now")

    def of_brand(self, candidate: Candidate) -> str:
        brand = self._page.about.brand
        return _("Popular from %(brand)s") % {"brand": brand} if brand else ""

    def free_shipping(self, candidate: Candidate) -> str:
        product, missing = self._products.get(candidate.item_key), self._page.missing_for_free_shipping
        if product is None or missing is None:
            return ""
        # What is paid, not the regular price that the mirror holds.
        price = get_adapter().card(product, self._page.context).price
        enough = price is not None and price >= missing
        return _("With it, shipping is free") if enough else _("Brings you nearer to free shipping")

    def _did(self, item_key: str) -> str:
        """What the visitor last did with an item, as a sentence that takes its `title`."""
        kinds = [touch.kind for touch in self._page.history.touches if touch.item_key == item_key]
        if Kind.PURCHASE in kinds:
            return _("Because you bought %(title)s")
        if Kind.CART in kinds:
            return _("Because you put %(title)s into your cart")
        if Kind.WISH in kinds:
            return _("Because you wish for %(title)s")
        return _("Because you viewed %(title)s") if kinds else ""


def named(candidates: Iterable[Candidate], page: Page) -> list[str]:
    """The items that the reasons of these candidates name; the one shown is not called by its name."""
    return list(
        dict.fromkeys(each.seed_key for each in candidates if each.seed_key not in ("", page.item_key))
    )


def _link_of(recommender: str, context: Context) -> str:
    """What the lists of a recommender say of two items, as a sentence that takes a `title`."""
    entry = _entry_of(recommender, context)
    module = str(entry.get("algorithm", "")).rpartition(".")[0].rpartition(".")[2]
    if module in _CONTENT:
        return _("Similar to %(title)s")
    if module not in _COUNTING:
        return _("Goes with %(title)s")
    kinds = {kind for kind, weight in (entry.get("options", {}).get("events") or {}).items() if weight > 0}
    if kinds == {Kind.PURCHASE}:
        return _("Often bought with %(title)s")
    if kinds and Kind.PURCHASE not in kinds:
        return _("Often viewed with %(title)s")
    return _("Goes with %(title)s")


def _entry_of(recommender: str, context: Context) -> Mapping[str, Any]:
    """What training makes it from, as the settings and the Override that counts say; nothing when it is gone."""
    changed = active.remembered(context.scope, context.moment).of(Override.Kind.RECOMMENDER).get(recommender)
    if changed is not None:
        with suppress(ConfigurationError):  # one that does not fit, training leaves out too, and tells
            return effective(changed)
    return settings.recommenders.get(recommender, {})


def _plain(text: str) -> Callable[[Reasons, Candidate], str]:
    return lambda reasons, candidate: _(text)


_SAYINGS: Mapping[str, Callable[[Reasons, Candidate], str]] = {
    "similar": Reasons.similar,
    "together": Reasons.similar,
    "cross_category": Reasons.similar,
    "viewed_bought": Reasons.bought_after,
    "for_you": Reasons.for_you,
    "given": Reasons.given,
    "popular": _plain(gettext_noop("Popular right now")),
    "popular_in_category": Reasons.in_category,
    "same_category": Reasons.in_category,
    "same_brand": Reasons.of_brand,
    "best_sellers": _plain(gettext_noop("Among the best sellers")),
    "most_viewed": _plain(gettext_noop("Viewed most")),
    "most_carted": _plain(gettext_noop("Put into the most carts")),
    "trending": _plain(gettext_noop("More in demand than usual")),
    "new_arrivals": _plain(gettext_noop("New")),
    "explore": _plain(gettext_noop("New")),
    "high_conversion": _plain(gettext_noop("Who looks at it often buys it")),
    "recently_viewed": _plain(gettext_noop("You looked at it lately")),
    "buy_again": _plain(gettext_noop("You bought it before")),
    "similar_visitors": _plain(gettext_noop("Liked by customers like you")),
    "from_community": _plain(gettext_noop("Liked by customers like you")),
    "on_sale": _plain(gettext_noop("On sale")),
    "price_dropped": _plain(gettext_noop("The price fell")),
    "free_shipping": Reasons.free_shipping,
    "onboarding": _plain(gettext_noop("Fits what brought you here")),
    "search": _plain(gettext_noop("Fits your search")),
    "rule": _plain(gettext_noop("Picked by us")),
}
