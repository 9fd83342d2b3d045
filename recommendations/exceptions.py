"""Every error this app raises on purpose. Messages name the thing, the value got, and what to change."""

from __future__ import annotations

from collections.abc import Iterable


class RecommendationsError(Exception):
    """Base class: catch this to catch anything raised on purpose."""


class ConfigurationError(RecommendationsError):
    """The settings or the adapter are wrong; the message says which line to change."""


class UnknownOption(ConfigurationError):
    """An option that the named thing does not have; lists those it has."""

    def __init__(self, owner: str, unknown: Iterable[str], known: Iterable[str]) -> None:
        self.owner = owner
        self.unknown = sorted(unknown)
        self.known = sorted(known)
        super().__init__(
            f"{owner} has no option {', '.join(map(repr, self.unknown))}. "
            f"Known options: {', '.join(self.known) or 'none'}."
        )


class UnknownName(ConfigurationError):
    """A recommender, placement, source or filter that no settings entry defines."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        self.what = what
        self.name = name
        self.known = sorted(known)
        super().__init__(f"There is no {what} named {name!r}. Known: {', '.join(self.known) or 'none'}.")


class NotEnoughData(RecommendationsError):
    """There is too little data to learn from; the message says how much there is and is needed."""


class MissingExtra(ConfigurationError):
    """Something was asked for that needs an optional dependency; `extra` names the one to install."""

    def __init__(self, what: str, extra: str) -> None:
        self.what = what
        self.extra = extra
        super().__init__(
            f'{what} needs the extra {extra!r}. Run: pip install "django-recommendations[{extra}]"'
        )


class InvalidEvent(RecommendationsError):
    """An event that cannot be recorded as given."""


class InvalidToken(RecommendationsError):
    """A token of a slate, a cursor or a visitor that is forged, damaged or expired."""


class ExpiredToken(InvalidToken):
    """One that was good once."""


class Locked(RecommendationsError):
    """Another run of the same job holds its lock."""


class Refused(RecommendationsError):
    """The quality gate refused a snapshot; the live one stays."""
