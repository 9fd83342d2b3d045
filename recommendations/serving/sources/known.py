"""The packaged sources by name."""

from __future__ import annotations

from recommendations.serving.sources.base import Source
from recommendations.serving.sources.everybody import (
    BestSellers,
    HighConversion,
    MostCarted,
    MostViewed,
    NewArrivals,
    OnSale,
    Popular,
    PriceDropped,
    Trending,
)
from recommendations.serving.sources.for_you import ForYou, Given
from recommendations.serving.sources.free_shipping import FreeShipping
from recommendations.serving.sources.items import CrossCategory, Similar, Together, ViewedBought
from recommendations.serving.sources.onboarding import Onboarding
from recommendations.serving.sources.segments import PopularInCategory, SameBrand, SameCategory
from recommendations.serving.sources.visitors import (
    BuyAgain,
    FromCommunity,
    RecentlyViewed,
    SimilarVisitors,
)
from recommendations.serving.sources.words import Search

_ALL: tuple[type[Source], ...] = (
    *(Similar, Together, CrossCategory, FreeShipping, ViewedBought, Search),
    *(Onboarding, ForYou, Given, RecentlyViewed, BuyAgain, SimilarVisitors, FromCommunity),
    *(Popular, Trending, NewArrivals, BestSellers, MostViewed, MostCarted, HighConversion),
    *(OnSale, PriceDropped),
    *(PopularInCategory, SameCategory, SameBrand),
)

SOURCES: dict[str, type[Source]] = {source.name: source for source in _ALL}
