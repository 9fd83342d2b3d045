"""The default of every setting. With only `ADAPTER` set, everything works."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop as _

from recommendations.datatypes import INTEREST_WEIGHTS

_BEHAVIOUR = dict(INTEREST_WEIGHTS)

RECOMMENDERS: dict[str, dict[str, Any]] = {
    "popular": {
        "algorithm": "recommendations.algorithms.popular.Popular",
        "options": {"events": _BEHAVIOUR, "half_life_days": 30.0, "by": ["category", "brand"]},
    },
    "also_viewed": {
        "algorithm": "recommendations.algorithms.item_knn.ItemKNN",
        "options": {"events": {"view": 1.0, "click": 1.0, "cart": 1.5, "wish": 1.5}, "half_life_days": 30.0},
    },
    "also_bought": {
        "algorithm": "recommendations.algorithms.item_knn.ItemKNN",
        "options": {"events": {"purchase": 1.0}, "half_life_days": 180.0},
    },
    "viewed_bought": {
        "algorithm": "recommendations.algorithms.viewed_bought.ViewedBought",
        "options": {},
    },
    "bought_together": {
        "algorithm": "recommendations.algorithms.association.Association",
        "options": {"events": {"purchase": 1.0}},
    },
    "complements": {
        "algorithm": "recommendations.algorithms.association.Association",
        "options": {"events": {"purchase": 1.0}, "across": "departments"},
    },
    "also_like": {
        "algorithm": "recommendations.algorithms.learned_blend.LearnedBlend",
        "options": {
            "events": {"purchase": 1.0},
            "bases": [
                {"algorithm": "recommendations.algorithms.item_knn.ItemKNN"},
                {"algorithm": "recommendations.algorithms.association.Association"},
                {"algorithm": "recommendations.algorithms.content.ContentTfidf"},
                {
                    "algorithm": "recommendations.algorithms.generalised_knn.GeneralisedKNN",
                    "options": {"visitor_exponent": 0.5, "seed_exponent": 0.5, "target_exponent": 0.5},
                },
                {"algorithm": "recommendations.algorithms.popular.Popular", "options": {"by": []}},
            ],
            # What is in an order tells what goes with each thing in it; what everybody buys tells little.
            "hold_out": {"method": "partners"},
            "single_item_share": 0.0,
            "answer_exponent": 1.25,
            "candidates": 60,
            "max_queries": 6_000,
            "tree_counts": [60, 120],
            "lists": ["item"],
        },
    },
    "similar_content": {
        "algorithm": "recommendations.algorithms.content.ContentTfidf",
        "options": {},
    },
    "best_sellers": {
        "algorithm": "recommendations.algorithms.popular.Popular",
        "options": {"events": {"purchase": 1.0}, "half_life_days": 30.0},
    },
    "most_viewed": {
        "algorithm": "recommendations.algorithms.popular.Popular",
        "options": {"events": {"view": 1.0}, "half_life_days": 30.0},
    },
    "most_carted": {
        "algorithm": "recommendations.algorithms.popular.Popular",
        "options": {"events": {"cart": 1.0}, "half_life_days": 30.0},
    },
    "trending": {
        "algorithm": "recommendations.algorithms.trending.Trending",
        "options": {"events": _BEHAVIOUR},
    },
    "new_arrivals": {
        "algorithm": "recommendations.algorithms.new_arrivals.NewArrivals",
        "options": {"events": _BEHAVIOUR},
    },
    "high_conversion": {
        "algorithm": "recommendations.algorithms.high_conversion.HighConversion",
        "options": {},
    },
    "on_sale": {
        "algorithm": "recommendations.algorithms.on_sale.OnSale",
        "options": {"events": _BEHAVIOUR},
    },
    "price_dropped": {
        "algorithm": "recommendations.algorithms.price_dropped.PriceDropped",
        "options": {"events": _BEHAVIOUR},
    },
    "buy_again": {
        "algorithm": "recommendations.algorithms.buy_again.BuyAgain",
        "options": {"events": {"purchase": 1.0}},
    },
    "communities": {
        "algorithm": "recommendations.algorithms.communities.VisitorCommunities",
        "options": {"events": _BEHAVIOUR},
    },
}

_FILTERS = ["shown_item", "cart", "purchased", "dismissed"]

#: What things say of themselves tells less than what visitors did with them: it breaks ties, and knows new things.
_FOR_YOU = [
    {"source": "for_you", "recommenders": ["also_viewed", "also_bought"], "weight": 1.0},
    {"source": "for_you", "recommenders": ["similar_content"], "weight": 0.1},
]

PLACEMENTS: dict[str, dict[str, Any]] = {
    "home_for_you": {
        "page": "home",
        "title": _("Recommended for you"),
        "sources": _FOR_YOU,
        "filters": _FILTERS,
        "fallback": [{"source": "onboarding"}, {"source": "popular"}],
    },
    "home_popular": {
        "page": "home",
        "title": _("Popular right now"),
        "sources": [{"source": "popular"}],
        "filters": ["cart"],
    },
    "category_popular": {
        "page": "category",
        "title": _("Popular in this category"),
        "sources": [{"source": "popular_in_category"}],
        "filters": ["cart"],
        "fallback": [{"source": "popular"}],
    },
    # Before the other row of its page: what is bought together goes first into this one.
    "product_together": {
        "page": "product",
        "title": _("Often bought together"),
        "sources": [{"source": "similar", "recommenders": ["bought_together"]}],
        "filters": ["shown_item", "cart"],
        "size": 4,
    },
    "product_page": {
        "page": "product",
        "title": _("You may also like"),
        "sources": [
            {"source": "similar", "recommenders": ["also_like"], "weight": 1.0},
            {"source": "similar", "recommenders": ["also_viewed"], "weight": 0.5},
        ],
        "filters": _FILTERS,
        "fallback": [
            {"source": "similar", "recommenders": ["also_bought", "similar_content"]},
            {"source": "popular_in_category"},
            {"source": "popular"},
        ],
    },
    # Before the other row of its page; empty unless the adapter says what is missing.
    "cart_free_shipping": {
        "page": "cart",
        "title": _("On the way to free shipping"),
        "sources": [{"source": "free_shipping"}],
        "filters": _FILTERS,
        "size": 4,
        "minimum": 0,
    },
    "cart": {
        "page": "cart",
        "title": _("Goes well with your cart"),
        "sources": [
            {"source": "together", "recommenders": ["bought_together"], "weight": 1.0},
            {"source": "together", "recommenders": ["also_bought"], "weight": 0.5},
        ],
        "filters": _FILTERS,
        "fallback": [{"source": "for_you", "recommenders": ["also_bought"]}, {"source": "popular"}],
    },
    "order_complete": {
        "page": "order_complete",
        "title": _("You may like these next"),
        "sources": [
            {"source": "together", "recommenders": ["also_bought"], "weight": 1.0},
            {"source": "together", "recommenders": ["similar_content"], "weight": 0.1},
        ],
        "filters": _FILTERS,
        "fallback": [{"source": "popular"}],
    },
    "account": {
        "page": "account",
        "title": _("Picked for you"),
        "sources": _FOR_YOU,
        "filters": _FILTERS,
        "fallback": [{"source": "popular"}],
    },
    "search_no_result": {
        "page": "search",
        "title": _("Perhaps one of these"),
        "sources": [{"source": "search"}],
        "filters": _FILTERS,
        "fallback": [
            {"source": "for_you", "recommenders": ["also_viewed", "also_bought"]},
            {"source": "popular"},
        ],
        # What the words lead to comes first, however little it is; the rest of the row is what they may like.
        "minimum": 8,
    },
    # What the API gives besides; on no page of its own.
    "trending": {
        "title": _("In demand now"),
        "sources": [{"source": "trending"}],
        "filters": ["cart"],
        "fallback": [{"source": "popular"}],
    },
    # The caller's own list: nothing is added to it, and only what is not sold now is left out.
    "rerank": {"sources": [{"source": "given"}], "size": 50, "minimum": 0},
}

#: What a placement may say, and what it says when it does not.
PLACEMENT_DEFAULTS: dict[str, Any] = {
    "page": "",
    "title": "",
    "sources": [],
    "blend": "score",
    "filters": [],
    "rerank": [],
    "fallback": [],
    "size": 8,
    "minimum": 1,
    "repeats": False,
    "explore": None,
}

#: How a placement explores new items, see docs/placements.md.
EXPLORE_DEFAULTS: dict[str, Any] = {
    "share": 0.1,
    "days": 14,
    "seen_below": 100,
}

#: What a rule may say, and what it says when it does not; see docs/rules.md.
RULE_DEFAULTS: dict[str, Any] = {
    "action": "",
    "where": {},
    "placements": [],
    "visitors": {},
    "starts": None,
    "ends": None,
    "priority": 0,
    "factor": 2.0,
    "slots": 1,
    "position": 1,
    "n": 2,
    "per": "brand",
    "on": True,
}

#: What a recommender may say, and what it says when it does not.
RECOMMENDER_DEFAULTS: dict[str, Any] = {
    "algorithm": "",
    "options": {},
    "k": 50,
}

#: What a row of categories or brands may say, and what it says when it does not.
SEGMENT_ROW_DEFAULTS: dict[str, Any] = {
    "kind": "category",
    "size": 8,
    "title": "",
}

DEFAULTS: dict[str, Any] = {
    # The adapter class, by dotted path: the only door to the shop.
    "ADAPTER": "",
    # Named entries; yours are merged over the defaults by name, and `None` removes one.
    "RECOMMENDERS": RECOMMENDERS,
    "PLACEMENTS": PLACEMENTS,
    # A merchandiser's wishes: what is pinned, promoted, boosted, excluded, capped. Those of the admin come on top.
    "RULES": {},
    # Rows of links to categories or brands, by the name that the template tag takes.
    "SEGMENT_ROWS": {"category": {"kind": "category"}, "brand": {"kind": "brand"}},
    # Kinds of event besides the built-in ones.
    "EVENT_KINDS": [],
    # The first-party cookie that knows a visitor again.
    "COOKIE_NAME": "visitor",
    "COOKIE_AGE": 365 * 24 * 3600,
    "COOKIE_SECURE": None,  # None: as the request is
    "COOKIE_SAMESITE": "Lax",
    "COOKIE_DOMAIN": None,
    "COOKIE_PATH": "/",
    # A new session begins after so many minutes without a request.
    "SESSION_MINUTES": 30,
    # Where events are written, by dotted path.
    "SINK": "recommendations.tracking.sinks.DatabaseSink",
    # Where ranked lists are kept, by dotted path.
    "STORE": "recommendations.store.database.DatabaseStore",
    # The entry of CACHES that recommendations.store.cached.CachedStore keeps lists in.
    "STORE_CACHE": "default",
    # How users log in at the HTTP API, by dotted paths of DRF authentications; add that of your apps.
    "API_AUTHENTICATION": ["rest_framework.authentication.SessionAuthentication"],
    # More events a minute than this from one visitor is a robot.
    "MAX_EVENTS_PER_MINUTE": 120,
    # How many of a visitor's latest events make the history that serving uses, and how fast they fade.
    "HISTORY_EVENTS": 60,
    "HISTORY_HALF_LIFE_HOURS": 72.0,
    "HISTORY_WEIGHTS": _BEHAVIOUR,
    # What was bought in the last days is not recommended again.
    "PURCHASED_DAYS": 30,
    # A slate's token is good for so long.
    "TOKEN_SECONDS": 24 * 3600,
    # Where the shop is, for links in mails ("https://shop.example"); "": as the request says that a mail is made in.
    "SITE_URL": "",
    # A click in a mail is counted for so long; its link leads to the product for ever.
    "MAIL_CLICK_SECONDS": 30 * 24 * 3600,
    # A purchase belongs to a click on the same item within so many hours; without one, "view_through" lets it belong to
    # the last time that the item was in view, within so many.
    "CLICK_WINDOW_HOURS": 24,
    "VIEW_WINDOW_HOURS": 1,
    # The model that reports show: "last_click", "first_click", "linear" or "view_through". All four are computed.
    "ATTRIBUTION_MODEL": "last_click",
    # Who gets the weekly digest of the reports by mail.
    "DIGEST_RECIPIENTS": [],
    # Where training keeps the events that it has read, so that the next run reads only what changed: a folder of its
    # own; None: among the caches of the user that trains; "": nowhere.
    "TRAINING_FOLDER": None,
    # Training: learn from simulated visitors too; share of the time span held out to evaluate.
    "TRAIN_ON_SIMULATED": False,
    "EVALUATION_FRACTION": 0.1,
    # The quality gate: refused when worse than the live snapshot by more than this share.
    "GATE_COVERAGE_DROP": 0.30,
    "GATE_NDCG_DROP": 0.20,
    "GATE_MINIMUM_EVENTS": 50,
    # Placements whose recommender the nightly training may choose, each with the candidates: {"product_page":
    # ["also_bought", "blend"]}; and the least share by which a candidate must be better.
    "AUTO_CHOICE": {},
    "AUTO_CHOICE_GAIN": 0.02,
    # So many seconds after an item was saved that is new or says something new, Celery rebuilds the recommenders that
    # learn from content alone, once for all that was saved until then; None: only the nightly training does.
    "CONTENT_REBUILD_SECONDS": 300,
    # Old snapshots kept for a rollback, and a dead worker's lock.
    "SNAPSHOTS_KEPT": 2,
    "LOCK_SECONDS": 900,
    # Retention of the log, in days; None keeps it.
    "EVENT_DAYS": 730,
    "IMPRESSION_DAYS": 90,
}
