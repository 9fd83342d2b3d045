"""Reading a value off a host object by a declared path (`order.user`) or function."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils import timezone

from recommendations.exceptions import InvalidEvent

Reader = str | Callable[[Any], Any]


def read(obj: Any, reader: Reader | None, default: Any = None) -> Any:
    """The value that `reader` finds on `obj`.

    A string is a dotted path of attributes; what is callable at the end of it is called; a `None` on the way ends it.
    A function gets the object. A reader of None or "" gives `default`, and so does a path that ends in None.

    Raises AttributeError when an attribute on the path does not exist.
    """
    if not reader:
        return default
    value = finder(reader)(obj)
    return default if value is None else value


def finder(reader: Reader) -> Callable[[Any], Any]:
    """What reads by a path or function, put together once for many objects; None where nothing is found."""
    if callable(reader):
        return reader
    names = reader.split(".")

    def find(obj: Any) -> Any:
        value = obj
        for name in names:
            if value is None:
                return None
            value = getattr(value, name)
        if callable(value) and not hasattr(value, "_meta") and not hasattr(value, "all"):
            return value()
        return value

    return find


def as_moment(value: Any) -> datetime | None:
    """An aware datetime from what a shop stores: aware, naive (in the shop's time zone) or a date (its noon)."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return timezone.make_aware(value) if timezone.is_naive(value) else value.astimezone(UTC)
    if isinstance(value, date):
        return timezone.make_aware(datetime.combine(value, time(12)))
    raise InvalidEvent(f"A behaviour's time must be a date or datetime, not {value!r}.")
