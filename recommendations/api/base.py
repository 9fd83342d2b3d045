"""What all views of the API share: who may call, who the visitor is, and answers that know whether they changed."""

from __future__ import annotations

import time
from hashlib import blake2b
from typing import Any

from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.http import parse_etags
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.parsers import JSONParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from recommendations.api.described import ShopSchema
from recommendations.conf import settings
from recommendations.exceptions import InvalidToken
from recommendations.tracking import visitor_tokens

#: What differs from one answer to the next though the list is the same.
_NOT_OF_THE_LIST = frozenset({"token", "next"})


class WrongVisitorToken(APIException):
    """401: the header X-Visitor holds no token of ours, or an old one."""

    status_code = 401
    auth_header = "Visitor"


@method_decorator(never_cache, name="dispatch")
class ShopView(APIView):
    """Open to every visitor; JSON only; a visitor is who the session, the token or the cookie says, and nobody else."""

    permission_classes = [AllowAny]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]
    schema = ShopSchema()

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [import_string(path)() for path in settings.API_AUTHENTICATION]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises WrongVisitorToken, besides what is raised for all views."""
        super().initial(request, *args, **kwargs)
        self.check_visitor(request)

    def check_visitor(self, request: Request) -> None:
        """Refuse a token that is wrong, rather than take its visitor for a new one each time."""
        try:
            visitor_tokens.sent_with(request._request)
        except InvalidToken as error:
            raise WrongVisitorToken(str(error)) from error

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ("Cookie", visitor_tokens.HEADER))
        return response


def unless_known(request: Request, answer: dict[str, Any]) -> Response:
    """The answer with its ETag; 304 without a body for who has the same list already."""
    etag = etag_of(answer)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in known or etag in known:
        return Response(status=304, headers={"ETag": etag})
    return Response(answer, headers={"ETag": etag})


def etag_of(answer: dict[str, Any]) -> str:
    """A weak ETag of the lists in an answer: their tokens are new each time, and do not count.

    It changes twice while a slate's token is good, so that nobody is left with a token that expires.
    """
    span = int(time.time()) // max(1, settings.TOKEN_SECONDS // 2)
    digest = blake2b(repr((span, _without_tokens(answer))).encode(), digest_size=12)
    return f'W/"{digest.hexdigest()}"'


def _without_tokens(answer: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in answer.items() if name not in _NOT_OF_THE_LIST}
    if "slates" in told:
        told["slates"] = [_without_tokens(slate) for slate in told["slates"]]
    return told
