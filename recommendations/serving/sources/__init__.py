"""Where the items of a placement come from. A shop adds its own by subclassing `Source`."""

from recommendations.serving.sources.base import Lists, SeededSource, Source, weighted_mean
from recommendations.serving.sources.everybody import Popular
from recommendations.serving.sources.known import SOURCES

__all__ = ["SOURCES", "Lists", "Popular", "SeededSource", "Source", "weighted_mean"]
