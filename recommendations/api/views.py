"""What clients tell, and who they are: parse, call one function, answer."""

from __future__ import annotations

from rest_framework.exceptions import ParseError, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.api import described
from recommendations.api.base import ShopView
from recommendations.api.events import batch_of, take_batch
from recommendations.api.options import refuse_visitor
from recommendations.api.serializers import FeedbackSerializer
from recommendations.api.throttles import EventsThrottle, VisitorsThrottle
from recommendations.conf import settings
from recommendations.exceptions import InvalidEvent, InvalidToken
from recommendations.serving import tokens
from recommendations.tracking import counters, slates, visitor_tokens
from recommendations.tracking.visitors import link_visitor, state_of


@described.events
class EventsView(ShopView):
    throttle_classes = [EventsThrottle]

    def post(self, request: Request) -> Response:
        results = take_batch(batch_of(request.data), request._request)
        recorded = sum(result["status"] == "recorded" for result in results)
        return Response({"recorded": recorded, "results": results})


@described.feedback
class FeedbackView(ShopView):
    throttle_classes = [EventsThrottle]

    def post(self, request: Request) -> Response:
        if not isinstance(request.data, dict):
            raise ParseError('Send {"token": "…", "item": "42", "feedback": "not_interested"}.')
        refuse_visitor("The body", request.data)
        form = FeedbackSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        told = form.validated_data
        take = slates.record_dismissal if told["feedback"] == "not_interested" else slates.take_back_dismissal
        try:
            taken = take(tokens.read(told["token"]), told["item"], request._request)
        except InvalidToken as error:
            counters.count("refused_token")
            raise ValidationError({"token": [str(error)]}) from error
        except InvalidEvent as error:
            raise ValidationError({"item": [str(error)]}) from error
        return Response({"status": "recorded" if taken else "ignored"})


@described.visitors
class VisitorsView(ShopView):
    throttle_classes = [VisitorsThrottle]

    def post(self, request: Request) -> Response:
        if isinstance(request.data, dict):
            refuse_visitor("The body", request.data)
        state = state_of(request._request)
        if not state.anonymous_key:
            raise PermissionDenied(
                "This client asks not to be tracked (DNT, Sec-GPC, consent): it gets no token."
            )
        if state.by_token:
            link_visitor(request._request, request.user)
        answer = {
            "token": visitor_tokens.issue(state.anonymous_key.removeprefix("a:")),
            "header": visitor_tokens.HEADER,
            "expires_in": settings.COOKIE_AGE,
        }
        return Response(answer, status=201)
