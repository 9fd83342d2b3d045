"""Examples in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

_CARD = {
    "title": "Rye bread",
    "url": "/product/42/rye-bread/",
    "image": "/tiles/42.svg",
    "price": "3.20",
    "old_price": "4.00",
    "currency": "USD",
    "badge": "−20 %",
    "price_text": "$3.20",
    "old_price_text": "$4.00",
}
_PRODUCT_PAGE: dict[str, Any] = {
    "placement": "product_page",
    "title": "You may also like",
    "token": "eyJ…:4f2…",
    "tested": False,
    "fallback_used": False,
    "next": "",
    "items": [
        {
            "position": 0,
            "item": "42",
            "source": "similar",
            "seed": "17",
            "reason": "Goes with this",
            "card": _CARD,
        }
    ],
}


def _answer(name: str, value: Any, status: int = 200) -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)])


def _told(name: str, detail: str, status: int) -> OpenApiExample:
    return _answer(name, {"detail": detail}, status)


def _body(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


SLATE = _answer("A product page", _PRODUCT_PAGE)
SLATES = _answer("A product page's rows", {"slates": [_PRODUCT_PAGE]})
PLACEMENTS = _answer(
    "One placement",
    {
        "placements": [
            {
                "name": "product_page",
                "title": "You may also like",
                "page": "product",
                "size": 8,
                "takes": ["category", "item"],
            }
        ]
    },
)
SEGMENTS = _answer(
    "Bread before milk",
    {
        "personal": True,
        "segments": [
            {"kind": "category", "key": "Grocery/Bread", "name": "Bread", "score": 0.75},
            {"kind": "category", "key": "Grocery/Dairy", "name": "Dairy", "score": 0.25},
        ],
    },
)
UNKNOWN_PLACEMENT = _answer(
    "A misspelt placement",
    {"detail": "There is no placement named 'produkt_page'.", "placements": ["cart", "product_page"]},
    404,
)
WRONG_SIZE = _answer("No number", {"size": ["A valid integer is required."]}, 400)
NOT_STAFF = _told("A shopper", "Only staff may ask for explanations: log in as staff.", 403)
NO_CSRF = _told("A session", "CSRF Failed: CSRF token missing.", 403)
TOO_OFTEN = _told("Too often", "Request was throttled. Expected available in 41 seconds.", 429)
EXPIRED_CURSOR = _told(
    "An old cursor",
    "The cursor expired: it is 3700 s old, and 3600 s are allowed. Ask for the list again, from its beginning.",
    410,
)
WRONG_VISITOR_TOKEN = _told(
    "A damaged token",
    "The visitor token was not made here, or was damaged on its way. Ask for a new one with POST visitors/, "
    "without the header.",
    401,
)
NAMED_VISITOR = _told(
    "A body that names the visitor",
    "The body names the visitor in 'user_id'. Who the visitor is comes from the cookie, the session or the "
    "X-Visitor header; leave it out.",
    400,
)
NO_CONSENT = _told(
    "Do Not Track",
    "This client asks not to be tracked (DNT, Sec-GPC, consent): it gets no token.",
    403,
)

OWN_LIST = _body("Three items", {"items": ["17", "42", "8"]})
RERANKED = _answer(
    "Two of them",
    {
        **_PRODUCT_PAGE,
        "placement": "rerank",
        "title": "",
        "items": [
            {
                **_PRODUCT_PAGE["items"][0],
                "source": "given",
                "reason": "Because you viewed Butter",
            }
        ],
    },
)

BATCH = _body(
    "Viewed, seen and clicked",
    {
        "events": [
            {"kind": "view", "item": "17"},
            {"kind": "impression", "token": "eyJ…:4f2…", "positions": [0, 1, 2]},
            {"kind": "click", "token": "eyJ…:4f2…", "item": "42"},
            {"kind": "search", "query": "rye bread"},
        ]
    },
)
RESULTS = _answer(
    "The second of two was wrong",
    {
        "recorded": 1,
        "results": [
            {"index": 0, "status": "recorded"},
            {"index": 1, "status": "invalid", "errors": {"item": ["There is no item '0'."]}},
        ],
    },
)
NOT_INTERESTED = _body("Not interested", {"token": "eyJ…:4f2…", "item": "42", "feedback": "not_interested"})
RECORDED = _answer("Recorded", {"status": "recorded"})
NOT_OFFERED = _answer("Another item", {"item": ["Slate 7tq… did not offer item '43'."]}, 400)
VISITOR = _answer(
    "A new visitor",
    {"token": "Yq2…:1vT…:9Xk…", "header": "X-Visitor", "expires_in": 31_536_000},
    201,
)
