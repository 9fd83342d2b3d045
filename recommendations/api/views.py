"""Parse, call one function, answer."""

from __future__ import annotations

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.vary import vary_on_cookie
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from recommendations.adapter import get_adapter
from recommendations.api import examples
from recommendations.api.events import batch_of, take_batch
from recommendations.api.serializers import (
    ErrorsSerializer,
    EventBatchSerializer,
    EventResultsSerializer,
    ExplainedSlateSerializer,
    SlateQuerySerializer,
    SlateSerializer,
    UnknownPlacementSerializer,
)
from recommendations.api.throttles import EventsThrottle, RecommendationsThrottle
from recommendations.conf import settings
from recommendations.serving.engine import recommend_for

_QUERY = SlateQuerySerializer().fields
_TOO_OFTEN = OpenApiResponse(ErrorsSerializer, "Asked too often; `Retry-After` says when to ask again.")
_REFUSED = OpenApiResponse(ErrorsSerializer, "A logged-in session without its CSRF token.")


def _parameter(name: str, kind: Any, *, many: bool = False) -> OpenApiParameter:
    about = str(_QUERY[name].help_text)
    return OpenApiParameter(name, kind, description=about, many=many, explode=False if many else None)


@method_decorator([never_cache, vary_on_cookie], name="dispatch")
class ShopView(APIView):
    """Open to every visitor; JSON only; a visitor is who the cookie or the session says, and nobody else."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [AllowAny]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]
    schema = AutoSchema()


@extend_schema(
    summary="The slate of a placement",
    description=(
        "What the placement offers to this visitor now. The token goes back with impressions and clicks. "
        "An empty list of items is a valid answer: there is nothing good to show."
    ),
    tags=["recommendations"],
    parameters=[
        OpenApiParameter("placement", str, OpenApiParameter.PATH, description="Its name in the settings."),
        _parameter("item", OpenApiTypes.STR),
        _parameter("items", OpenApiTypes.STR, many=True),
        _parameter("category", OpenApiTypes.STR),
        _parameter("query", OpenApiTypes.STR),
        _parameter("size", OpenApiTypes.INT),
        _parameter("explain", OpenApiTypes.BOOL),
    ],
    responses={
        200: PolymorphicProxySerializer(
            "SlateOrExplained", [SlateSerializer, ExplainedSlateSerializer], resource_type_field_name=None
        ),
        400: OpenApiResponse(OpenApiTypes.OBJECT, "What is wrong, by parameter."),
        403: OpenApiResponse(ErrorsSerializer, "`explain` by somebody who is not staff."),
        404: UnknownPlacementSerializer,
        429: _TOO_OFTEN,
    },
    examples=[examples.SLATE, examples.UNKNOWN_PLACEMENT],
)
class RecommendationsView(ShopView):
    throttle_classes = [RecommendationsThrottle]

    def get(self, request: Request, placement: str) -> Response:
        if placement not in settings.placements:
            known = sorted(settings.placements)
            return Response(
                {"detail": f"There is no placement named {placement!r}.", "placements": known}, status=404
            )
        query = SlateQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        options = dict(query.validated_data)
        explain = options.pop("explain", False)
        if explain and not get_adapter().is_staff(request._request):
            return Response({"detail": "Only staff may ask for explanations: log in as staff."}, status=403)
        slate = recommend_for(request._request, placement, channel="api", **options)
        return Response((ExplainedSlateSerializer if explain else SlateSerializer)(slate).data)


@extend_schema(
    summary="Record what the visitor did",
    description=(
        "Up to 100 events, each validated and recorded for itself; the answer tells what became of each. The "
        "visitor is the one of the cookie or the session: a body that names one is refused. Purchases, refunds "
        "and ratings are recorded by the shop itself."
    ),
    tags=["events"],
    request=EventBatchSerializer,
    responses={
        200: EventResultsSerializer,
        400: OpenApiResponse(ErrorsSerializer, "No batch, too long, or it names the visitor."),
        403: _REFUSED,
        429: _TOO_OFTEN,
    },
    examples=[examples.BATCH, examples.RESULTS],
)
class EventsView(ShopView):
    throttle_classes = [EventsThrottle]

    def post(self, request: Request) -> Response:
        results = take_batch(batch_of(request.data), request._request)
        recorded = sum(result["status"] == "recorded" for result in results)
        return Response(EventResultsSerializer({"recorded": recorded, "results": results}).data)
