"""Lists: parse, call one function, answer. What is shown where is said by the placements in the settings."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rest_framework.exceptions import APIException, NotFound, ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.adapter import get_adapter
from recommendations.api import described
from recommendations.api.answers import (
    Answer,
    explained_answer,
    placement_answer,
    segment_answer,
    slate_answer,
)
from recommendations.api.base import ShopView, unless_known
from recommendations.api.options import keys_of_body, options_of, refuse_visitor
from recommendations.api.serializers import SegmentsQuerySerializer
from recommendations.api.throttles import RecommendationsThrottle
from recommendations.conf import settings
from recommendations.exceptions import ExpiredToken, InvalidToken
from recommendations.serving.engine import recommend_all, recommend_for
from recommendations.serving.paging import recommend_after
from recommendations.serving.placements import sound_placements
from recommendations.serving.segments import segments_for

#: So many placements are asked for at once.
MOST_PLACEMENTS = 20


class Gone(APIException):
    """410: the cursor is too old."""

    status_code = 410


class UnknownPlacement(NotFound):
    """404, with the placements that there are."""

    def __init__(self, name: str) -> None:
        super().__init__()
        told: Any = {
            "detail": f"There is no placement named {name!r}.",
            "placements": sorted(settings.placements),
        }
        self.detail = told


class ListView(ShopView):
    """Answers with the slate of a placement."""

    throttle_classes = [RecommendationsThrottle]

    def slate(self, request: Request, placement: str, without: Collection[str] = (), **about: Any) -> Answer:
        """The slate, about what the query and `about` say. `without` names options that are not looked at."""
        if placement not in settings.placements:
            raise UnknownPlacement(placement)
        options = {**options_of(request.query_params, without=without), **about}
        explain = explains(request, options)
        cursor = options.pop("cursor", None)
        if cursor is None:
            slate = recommend_for(request._request, placement, channel="api", **options)
        elif explain or set(options) - set(about):
            raise ParseError("A cursor holds all that its list was asked for with; send it alone.")
        else:
            try:
                slate = recommend_after(request._request, cursor, placement, channel="api")
            except ExpiredToken as error:
                raise Gone(str(error)) from error
            except InvalidToken as error:
                raise ParseError(str(error)) from error
        return (explained_answer if explain else slate_answer)(slate)


def explains(request: Request, options: dict[str, Any]) -> bool:
    """Takes `explain` out of the options. Raises PermissionDenied for who may not ask."""
    explain = bool(options.pop("explain", False))
    if explain and not get_adapter().is_staff(request._request):
        raise PermissionDenied("Only staff may ask for explanations: log in as staff.")
    return explain


@described.placements
class PlacementsView(ShopView):
    throttle_classes = [RecommendationsThrottle]

    def get(self, request: Request) -> Response:
        placements = sound_placements(get_adapter().scope(request._request))
        return unless_known(request, {"placements": [placement_answer(each) for each in placements]})


@described.recommendations
class RecommendationsView(ListView):
    def get(self, request: Request, placement: str) -> Response:
        return unless_known(request, self.slate(request, placement))


@described.batch
class BatchView(ShopView):
    throttle_classes = [RecommendationsThrottle]

    def get(self, request: Request) -> Response:
        named = ",".join(request.query_params.getlist("placements"))
        names = list(dict.fromkeys(name.strip() for name in named.split(",") if name.strip()))
        if not 1 <= len(names) <= MOST_PLACEMENTS:
            raise ParseError(
                f"Name 1 to {MOST_PLACEMENTS} placements, ?placements=home_for_you,home_popular; "
                f"these are {len(names)}."
            )
        for name in names:
            if name not in settings.placements:
                raise UnknownPlacement(name)
        options = options_of(request.query_params, without=("cursor", "paging"))
        answer_of = explained_answer if explains(request, options) else slate_answer
        slates = recommend_all(request._request, names, channel="api", **options)
        return unless_known(request, {"slates": [answer_of(slate) for slate in slates]})


@described.similar
class SimilarView(ListView):
    def get(self, request: Request, item: str) -> Response:
        return unless_known(request, self.slate(request, "product_page", without=("item",), item=item))


@described.together
class TogetherView(ListView):
    def get(self, request: Request, item: str) -> Response:
        return unless_known(request, self.slate(request, "product_together", without=("item",), item=item))


@described.cart
class CartView(ListView):
    def get(self, request: Request) -> Response:
        return unless_known(request, self.slate(request, "cart"))


@described.for_you
class ForYouView(ListView):
    def get(self, request: Request) -> Response:
        return unless_known(request, self.slate(request, "home_for_you"))


@described.trending
class TrendingView(ListView):
    def get(self, request: Request) -> Response:
        return unless_known(request, self.slate(request, "trending"))


@described.segments
class SegmentsView(ShopView):
    throttle_classes = [RecommendationsThrottle]

    def get(self, request: Request) -> Response:
        refuse_visitor("The address", request.query_params)
        query = SegmentsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        kind, size = query.validated_data["kind"], query.validated_data["size"]
        context = get_adapter().context(request._request).with_(channel="api")
        found, personal = segments_for(context, kind, size)
        segments = [segment_answer(each, kind) for each in found]
        return unless_known(request, {"personal": personal, "segments": segments})


@described.rerank
class RerankView(ListView):
    def post(self, request: Request) -> Response:
        keys, size = keys_of_body(request.data)
        about = {"items": keys, "size": size or len(keys)}
        only_explain = set(request.query_params) - {"explain"}
        return Response(self.slate(request, "rerank", without=only_explain, **about))
