"""Checks of the options of rerankers; what they raise begins with the option and says what to set it to."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from recommendations.exceptions import ConfigurationError


def is_number(value: Any) -> bool:
    """A finite number, not too large for a float."""
    is_numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return is_numeric and abs(value) <= sys.float_info.max


def share(name: str, value: Any) -> float:
    """A number from 0 to 1."""
    if not is_number(value) or not 0 <= value <= 1:
        raise ConfigurationError(f'"{name}" is {value!r}. Set it to a number from 0 to 1.')
    return float(value)


def not_negative(name: str, value: Any) -> float:
    """A number from 0."""
    if not is_number(value) or value < 0:
        raise ConfigurationError(f'"{name}" is {value!r}. Set it to a number from 0.')
    return float(value)


def whole(name: str, value: Any, lowest: int) -> int:
    """A whole number from `lowest`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
        raise ConfigurationError(f'"{name}" is {value!r}. Set it to a whole number from {lowest}.')
    return value


def one_of(name: str, value: Any, known: Iterable[str]) -> str:
    """One of the names known."""
    known = tuple(known)
    if not isinstance(value, str) or value not in known:
        raise ConfigurationError(f'"{name}" is {value!r}. Set it to one of: {", ".join(known)}.')
    return value


def some_of(name: str, value: Any, known: Iterable[str]) -> tuple[str, ...]:
    """One or several of the names known, each once."""
    known = tuple(known)
    values = [value] if isinstance(value, str) else value
    if (
        not isinstance(values, list | tuple)
        or not values
        or any(not isinstance(each, str) or each not in known for each in values)
    ):
        raise ConfigurationError(f'"{name}" is {value!r}. Set it to one or several of: {", ".join(known)}.')
    return tuple(dict.fromkeys(values))
