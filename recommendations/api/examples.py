"""Examples in the OpenAPI document."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample

SLATE = OpenApiExample(
    "A product page",
    response_only=True,
    status_codes=["200"],
    value={
        "placement": "product_page",
        "title": "You may also like",
        "token": "eyJ…:4f2…",
        "fallback_used": False,
        "items": [
            {
                "position": 0,
                "item": "42",
                "source": "similar",
                "seed": "17",
                "reason": "Goes with this",
                "card": {
                    "title": "Rye bread",
                    "url": "/product/42/rye-bread/",
                    "image": "/tiles/42.svg",
                    "price": "3.20",
                    "old_price": "4.00",
                    "currency": "USD",
                    "badge": "−20 %",
                    "price_text": "$3.20",
                    "old_price_text": "$4.00",
                },
            }
        ],
    },
)

UNKNOWN_PLACEMENT = OpenApiExample(
    "A misspelt placement",
    response_only=True,
    status_codes=["404"],
    value={"detail": "There is no placement named 'produkt_page'.", "placements": ["cart", "product_page"]},
)

BATCH = OpenApiExample(
    "Viewed, seen and clicked",
    request_only=True,
    value={
        "events": [
            {"kind": "view", "item": "17"},
            {"kind": "impression", "token": "eyJ…:4f2…", "positions": [0, 1, 2]},
            {"kind": "click", "token": "eyJ…:4f2…", "item": "42"},
            {"kind": "search", "query": "rye bread"},
        ]
    },
)

RESULTS = OpenApiExample(
    "The second of two was wrong",
    response_only=True,
    status_codes=["200"],
    value={
        "recorded": 1,
        "results": [
            {"index": 0, "status": "recorded"},
            {"index": 1, "status": "invalid", "errors": {"item": ["There is no item '0'."]}},
        ],
    },
)
