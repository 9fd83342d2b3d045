"""What everybody likes: the lists of everybody, by different measures."""

from __future__ import annotations

from recommendations.datatypes import EVERYBODY, Candidate, ListKind
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists, Source, weighted_mean
from recommendations.store import ListRequest


class Popular(Source):
    """What everybody likes now."""

    name = "popular"
    default_recommenders = ("popular",)

    def requests(self, page: Page) -> list[ListRequest]:
        return [ListRequest(recommender, ListKind.SEGMENT, EVERYBODY) for recommender in self.recommenders]

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        parts = [(1.0, "", lists[request]) for request in self.requests(page) if request in lists]
        return weighted_mean(self.name, parts)


class Trending(Popular):
    """What more and more visitors look at."""

    name = "trending"
    default_recommenders = ("trending",)


class NewArrivals(Popular):
    """What has just come into the shop."""

    name = "new_arrivals"
    default_recommenders = ("new_arrivals",)


class BestSellers(Popular):
    """What most visitors buy."""

    name = "best_sellers"
    default_recommenders = ("best_sellers",)


class MostViewed(Popular):
    """What most visitors look at."""

    name = "most_viewed"
    default_recommenders = ("most_viewed",)


class MostCarted(Popular):
    """What most visitors put into their cart."""

    name = "most_carted"
    default_recommenders = ("most_carted",)


class HighConversion(Popular):
    """What is bought by many of those who look at it."""

    name = "high_conversion"
    default_recommenders = ("high_conversion",)


class OnSale(Popular):
    """What is sold below its regular price."""

    name = "on_sale"
    default_recommenders = ("on_sale",)


class PriceDropped(Popular):
    """What has become cheaper lately."""

    name = "price_dropped"
    default_recommenders = ("price_dropped",)
