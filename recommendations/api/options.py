"""What a list is asked for with, read off the query."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import ParseError, ValidationError

from recommendations.api.serializers import VISITOR_FIELDS, RerankSerializer, SlateQuerySerializer

#: Bound once: a serializer of its own for each request costs more than the fields' work.
_FIELDS = SlateQuerySerializer().fields

NAMES_THE_VISITOR = (
    "{where} names the visitor in {name!r}. Who the visitor is comes from the cookie, the session or the "
    "X-Visitor header; leave it out."
)


def options_of(query: QueryDict, *, without: Collection[str] = ()) -> dict[str, Any]:
    """The options that the query gives, checked; those named in `without` are not looked at.

    Raises ValidationError with what is wrong by parameter, and ParseError for a query that names the visitor.
    """
    refuse_visitor("The address", query)
    found: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name in query:
        field = _FIELDS.get(name)
        if field is None or name in without:
            continue
        value: Any = query.getlist(name) if name in ("items", "exclude") else query[name]
        if value == "" and not getattr(field, "allow_blank", False):  # as a form sends what is not filled in
            continue
        try:
            found[name] = field.run_validation(value)
        except ValidationError as error:
            errors[name] = error.detail
    if errors:
        raise ValidationError(errors)
    return found


def refuse_visitor(where: str, fields: Collection[str]) -> None:
    """Raises ParseError when one of these names the visitor."""
    if named := VISITOR_FIELDS.intersection(fields):
        raise ParseError(NAMES_THE_VISITOR.format(where=where, name=min(named)))


def keys_of_body(body: Any) -> tuple[list[str], int | None]:
    """The caller's own list, and how many of it are wanted. Raises ParseError or ValidationError."""
    if not isinstance(body, dict):
        raise ParseError('Send {"items": ["42", "17", …]}.')
    refuse_visitor("The body", body)
    form = RerankSerializer(data=body)
    form.is_valid(raise_exception=True)
    return form.validated_data["items"], form.validated_data.get("size")
