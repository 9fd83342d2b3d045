"""Reading a value off a host object by a declared path (`order.user`) or function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
