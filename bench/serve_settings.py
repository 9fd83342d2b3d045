"""Settings of the servers that `bench.serve` measures: the sample shop's, in production's mode.

DATABASE_URL (or SQLITE_FILE) and REDIS_URL as for the shop. BENCH_WITHOUT=1: the hand-written views alone, in a site
that does not install `recommendations`. BENCH_STORE names another store than the cached one.
"""

from __future__ import annotations

import os
from pathlib import Path

from shop.environment import database
from shop.settings import *  # noqa: F403
from shop.settings import BASE_DIR, INSTALLED_APPS, MIDDLEWARE, TEMPLATES

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {
    "default": {
        **database(
            os.environ.get("DATABASE_URL", ""), sqlite_file=Path(os.environ.get("SQLITE_FILE", "db.sqlite3"))
        ),
        "CONN_MAX_AGE": 600,
    }
}
WITHOUT = os.environ.get("BENCH_WITHOUT") == "1"
ROOT_URLCONF = "bench.serve_urls_without" if WITHOUT else "bench.serve_urls"
WSGI_APPLICATION = "bench.serve_wsgi.application"
TEMPLATES[0]["DIRS"] = [BASE_DIR / "bench" / "templates", BASE_DIR / "templates"]
if WITHOUT:
    INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "recommendations"]
    MIDDLEWARE = [each for each in MIDDLEWARE if not each.startswith("recommendations.")]

#: Nobody is slowed down: what is measured comes from one address.
REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"recommendations": None}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"log": {"class": "logging.StreamHandler"}},
    "root": {"level": "WARNING", "handlers": ["log"]},
}

_ALGORITHM = {
    "algorithm": "recommendations.algorithms.item_knn.ItemKNN",
    "options": {"events": {"view": 1.0}},
}

_FOR_YOU = {
    "sources": [
        {"source": "for_you", "recommenders": ["viewed"]},
        {"source": "similar_visitors", "recommenders": ["personal"]},
    ],
    "filters": ["purchased", "dismissed"],
    "size": 12,
}

RECOMMENDATIONS = {
    "ADAPTER": "shop.adapter.ShopAdapter",
    "STORE": os.environ.get("BENCH_STORE", "recommendations.store.cached.CachedStore"),
    "RECOMMENDERS": {
        "viewed": _ALGORITHM,
        "bought": _ALGORITHM,
        "personal": _ALGORITHM,
        "ranker": _ALGORITHM,
    },
    "PLACEMENTS": {
        "similar": {
            "sources": [{"source": "similar", "recommenders": ["viewed"]}],
            "filters": ["shown_item"],
            "size": 12,
        },
        "for_you": _FOR_YOU,
        "for_you_ranked": {**_FOR_YOU, "rerank": [{"rerank": "learned", "recommender": "ranker"}]},
        "row_similar": {
            "page": "bench",
            "title": "You may also like",
            "sources": [{"source": "similar", "recommenders": ["viewed"]}],
            "filters": ["shown_item", "cart"],
        },
        "row_together": {
            "page": "bench",
            "title": "Often bought together",
            "sources": [{"source": "similar", "recommenders": ["bought"]}],
            "filters": ["shown_item", "cart"],
        },
        "row_for_you": {
            "page": "bench",
            "title": "Recommended for you",
            "sources": [{"source": "for_you", "recommenders": ["viewed"]}],
            "filters": ["shown_item", "cart", "purchased", "dismissed"],
            "fallback": ["popular"],
        },
        "row_popular": {
            "page": "bench",
            "title": "Popular right now",
            "sources": ["popular"],
            "filters": ["cart"],
        },
    },
}
