"""What the OpenAPI document says of each address: parameters, answers, errors, examples."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)

from recommendations.api import examples
from recommendations.api.serializers import (
    ErrorsSerializer,
    EventBatchSerializer,
    EventResultsSerializer,
    ExplainedSlateSerializer,
    ExplainedSlatesSerializer,
    FeedbackResultSerializer,
    FeedbackSerializer,
    PlacementsSerializer,
    RerankSerializer,
    SegmentsQuerySerializer,
    SegmentsSerializer,
    SlateQuerySerializer,
    SlateSerializer,
    SlatesSerializer,
    UnknownPlacementSerializer,
    VisitorTokenSerializer,
)

#: Where a new word begins.
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class ShopSchema(AutoSchema):
    """Names operations after their views: `for_you` for ForYouView."""

    def get_operation_id(self) -> str:
        return _CAPITAL.sub("_", type(self.view).__name__.removesuffix("View")).lower()


_QUERY = SlateQuerySerializer().fields
_TYPES = {"size": OpenApiTypes.INT, "explain": OpenApiTypes.BOOL, "paging": OpenApiTypes.BOOL}
_SEVERAL = {"items", "exclude"}

#: The header of clients without cookies, and that of who wants no list of their own.
_HEADERS = [
    OpenApiParameter(
        "X-Visitor",
        str,
        OpenApiParameter.HEADER,
        description="The visitor token of a client without cookies.",
    ),
    OpenApiParameter(
        "X-Personalise",
        str,
        OpenApiParameter.HEADER,
        enum=["0"],
        description="`0`: make no list from what this visitor did.",
    ),
]
_IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of the answer before."
)

_SLATE = PolymorphicProxySerializer(
    "SlateOrExplained", [SlateSerializer, ExplainedSlateSerializer], resource_type_field_name=None
)
_SLATES = PolymorphicProxySerializer(
    "SlatesOrExplained", [SlatesSerializer, ExplainedSlatesSerializer], resource_type_field_name=None
)


def _error(about: str, *of: OpenApiExample, shape: Any = ErrorsSerializer) -> OpenApiResponse:
    return OpenApiResponse(shape, about, examples=list(of))


_WRONG_QUERY = _error("What is wrong, by parameter.", examples.WRONG_SIZE, shape=OpenApiTypes.OBJECT)
_WRONG_BODY = _error(
    "What is wrong, by field; or with the body.", examples.NAMED_VISITOR, shape=OpenApiTypes.OBJECT
)
_WRONG_TOKEN = _error("The header X-Visitor holds a wrong or old token.", examples.WRONG_VISITOR_TOKEN)
_NOT_STAFF = _error("`explain` by somebody who is not staff.", examples.NOT_STAFF)
_NO_CSRF = _error("A logged-in session without its CSRF token.", examples.NO_CSRF)
_NO_PLACEMENT = _error(
    "There is no such placement.", examples.UNKNOWN_PLACEMENT, shape=UnknownPlacementSerializer
)
_GONE = _error("The cursor is too old: begin the list again.", examples.EXPIRED_CURSOR)
_TOO_OFTEN = _error("Asked too often; `Retry-After` says when to ask again.", examples.TOO_OFTEN)
_UNCHANGED = OpenApiResponse(None, "`If-None-Match` names this very list; what differs is the token only.")


def _parameters(*names: str) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            name,
            _TYPES.get(name, OpenApiTypes.STR),
            description=str(_QUERY[name].help_text),
            many=name in _SEVERAL,
            explode=False if name in _SEVERAL else None,
        )
        for name in names
    ]


def _path(name: str, about: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.PATH, description=about)


_OPTIONS = ("exclude", "size", "explain")
_PAGES = ("paging", "cursor")


def _list(summary: str, about: str, *names: str, path: OpenApiParameter | None = None) -> Any:
    """A GET that answers with one slate."""
    return extend_schema(
        summary=summary,
        description=about,
        tags=["recommendations"],
        parameters=[
            *([path] if path else []),
            *_parameters(*names, *_OPTIONS, *_PAGES),
            *_HEADERS,
            _IF_NONE_MATCH,
        ],
        responses={
            200: OpenApiResponse(_SLATE, "The slate.", examples=[examples.SLATE]),
            304: _UNCHANGED,
            400: _WRONG_QUERY,
            401: _WRONG_TOKEN,
            403: _NOT_STAFF,
            404: _NO_PLACEMENT,
            410: _GONE,
            429: _TOO_OFTEN,
        },
    )


placements = extend_schema(
    summary="The placements there are",
    description="Their names, and which parameters each looks at.",
    tags=["recommendations"],
    parameters=[*_HEADERS, _IF_NONE_MATCH],
    responses={
        200: OpenApiResponse(PlacementsSerializer, "All of them.", examples=[examples.PLACEMENTS]),
        304: _UNCHANGED,
        401: _WRONG_TOKEN,
        429: _TOO_OFTEN,
    },
)

recommendations = _list(
    "The slate of a placement",
    "What the placement offers to this visitor now. The token goes back with impressions and clicks. "
    "An empty list of items is a valid answer: there is nothing good to show.",
    *("item", "items", "category", "query"),
    path=_path("placement", "Its name in the settings."),
)
similar = _list(
    "What is similar to an item",
    "The placement `product_page` about this item; what it falls back on where nothing is similar.",
    path=_path("item", "Key of the item."),
)
together = _list(
    "What is bought together with an item",
    "The placement `product_together` about this item.",
    path=_path("item", "Key of the item."),
)
cart = _list(
    "What goes with a cart",
    "The placement `cart`: about `items`, or about what the visitor's cart holds.",
    "items",
)
for_you = _list("What this visitor likes", "The placement `home_for_you`.")
trending = _list("What is more in demand than usual", "The placement `trending`.")

batch = extend_schema(
    summary="The slates of several placements",
    description="All about the same things, planned together: they cost as many queries as one.",
    tags=["recommendations"],
    parameters=[
        OpenApiParameter(
            "placements", str, description="Up to 20 names, separated by commas.", required=True
        ),
        *_parameters("item", "items", "category", "query", *_OPTIONS),
        *_HEADERS,
        _IF_NONE_MATCH,
    ],
    responses={
        200: OpenApiResponse(_SLATES, "In the order asked for.", examples=[examples.SLATES]),
        304: _UNCHANGED,
        400: _WRONG_QUERY,
        401: _WRONG_TOKEN,
        403: _NOT_STAFF,
        404: _NO_PLACEMENT,
        429: _TOO_OFTEN,
    },
)

segments = extend_schema(
    summary="Categories and brands for this visitor",
    description=(
        "Where the visitor's recent items are, the most weighty first; for who has none, where those are that "
        "everybody likes."
    ),
    tags=["recommendations"],
    parameters=[SegmentsQuerySerializer, *_HEADERS, _IF_NONE_MATCH],
    responses={
        200: OpenApiResponse(SegmentsSerializer, "Best first.", examples=[examples.SEGMENTS]),
        304: _UNCHANGED,
        400: _WRONG_QUERY,
        401: _WRONG_TOKEN,
        429: _TOO_OFTEN,
    },
)

rerank = extend_schema(
    summary="The caller's own list in this visitor's order",
    description=(
        "The placement `rerank`: what the visitor likes comes first, with the reason; of the rest the order stays. "
        "What is not sold now is left out, and of several variants of one product all but the first."
    ),
    tags=["recommendations"],
    request=RerankSerializer,
    parameters=[*_parameters("explain"), *_HEADERS],
    responses={
        200: OpenApiResponse(_SLATE, "The slate.", examples=[examples.RERANKED]),
        400: _WRONG_BODY,
        401: _WRONG_TOKEN,
        403: _error("`explain` by who is not staff; a session without its CSRF token.", examples.NO_CSRF),
        404: _NO_PLACEMENT,
        429: _TOO_OFTEN,
    },
    examples=[examples.OWN_LIST],
)

events = extend_schema(
    summary="Record what the visitor did",
    description=(
        "Up to 100 events, each validated and recorded for itself; the answer tells what became of each. The "
        "visitor is the one of the session, the token or the cookie: a body that names one is refused. Purchases, "
        "refunds and ratings are recorded by the shop itself."
    ),
    tags=["events"],
    request=EventBatchSerializer,
    parameters=_HEADERS,
    responses={
        200: OpenApiResponse(EventResultsSerializer, "What became of each.", examples=[examples.RESULTS]),
        400: _error("No batch, too long, or it names the visitor.", examples.NAMED_VISITOR),
        401: _WRONG_TOKEN,
        403: _NO_CSRF,
        429: _TOO_OFTEN,
    },
    examples=[examples.BATCH],
)

feedback = extend_schema(
    summary="Not interested, and its undoing",
    description="Acts on the next list, where the filter `dismissed` is used.",
    tags=["events"],
    request=FeedbackSerializer,
    parameters=_HEADERS,
    responses={
        200: OpenApiResponse(FeedbackResultSerializer, "What became of it.", examples=[examples.RECORDED]),
        400: _error("What is wrong, by field.", examples.NOT_OFFERED, shape=OpenApiTypes.OBJECT),
        401: _WRONG_TOKEN,
        403: _NO_CSRF,
        429: _TOO_OFTEN,
    },
    examples=[examples.NOT_INTERESTED],
)

visitors = extend_schema(
    summary="A token for a client without cookies",
    description=(
        "For apps and mini-programs: a new visitor, or the one of the token or the cookie that the request carries. "
        "Login by a request with the token links the visitor to the user."
    ),
    tags=["visitors"],
    request=None,
    parameters=_HEADERS,
    responses={
        201: OpenApiResponse(VisitorTokenSerializer, "The token.", examples=[examples.VISITOR]),
        400: _error("The body names a visitor.", examples.NAMED_VISITOR),
        401: _WRONG_TOKEN,
        403: _error("The client asks not to be tracked.", examples.NO_CONSENT),
        429: _TOO_OFTEN,
    },
)
