"""One settings dict, `RECOMMENDATIONS`: defaults in one mapping, read late, reset on `setting_changed`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from recommendations.defaults import (
    DEFAULTS,
    PLACEMENT_DEFAULTS,
    RECOMMENDER_DEFAULTS,
    RULE_DEFAULTS,
    SEGMENT_ROW_DEFAULTS,
)
from recommendations.exceptions import UnknownName, UnknownOption

NAME = "RECOMMENDATIONS"


def merged_entries(
    defaults: dict[str, Any], own: dict[str, Any], shape: dict[str, Any], what: str
) -> dict[str, Any]:
    """The shop's named entries over the defaults, each filled up to `shape`; `None` removes one."""
    entries: dict[str, Any] = {}
    for name in [*defaults, *(n for n in own if n not in defaults)]:
        entry = own[name] if name in own else defaults[name]
        if entry is None:
            continue
        unknown = set(entry) - set(shape)
        if unknown:
            raise UnknownOption(f'{NAME}["{what}"]["{name}"]', unknown, shape)
        entries[name] = filled_up(shape, defaults.get(name) or {}, entry)
    return entries


def filled_up(shape: dict[str, Any], entry: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` over `entry`, with all that `shape` has. Options belong to an algorithm: another one inherits nothing."""
    base = {} if "algorithm" in over else entry
    return {**shape, **base, **over}


class Settings:
    """`settings.X` is the shop's value or the default; named entries are merged."""

    def __getattr__(self, name: str) -> Any:
        if name not in DEFAULTS:
            raise AttributeError(f"{NAME} has no setting {name!r}. Known: {', '.join(DEFAULTS)}.")
        return self.own.get(name, DEFAULTS[name])

    @cached_property
    def own(self) -> dict[str, Any]:
        """What the shop set, refused when it names a setting that does not exist."""
        own: dict[str, Any] = dict(getattr(django_settings, NAME, None) or {})
        unknown = set(own) - set(DEFAULTS)
        if unknown:
            raise UnknownOption(NAME, unknown, DEFAULTS)
        return own

    @cached_property
    def recommenders(self) -> dict[str, dict[str, Any]]:
        """Recommender name → algorithm (dotted path), options, k."""
        return merged_entries(
            DEFAULTS["RECOMMENDERS"], self.own.get("RECOMMENDERS", {}), RECOMMENDER_DEFAULTS, "RECOMMENDERS"
        )

    @property
    def default_recommenders(self) -> dict[str, Any]:
        """The packaged entries, those that the shop took away with `None` too."""
        defaults: dict[str, Any] = DEFAULTS["RECOMMENDERS"]
        return defaults

    @cached_property
    def placements(self) -> dict[str, dict[str, Any]]:
        """Placement name → page, title, sources, filters, fallback, size, minimum."""
        return merged_entries(
            DEFAULTS["PLACEMENTS"], self.own.get("PLACEMENTS", {}), PLACEMENT_DEFAULTS, "PLACEMENTS"
        )

    @cached_property
    def rules(self) -> dict[str, dict[str, Any]]:
        """Rule name → action, where, and the rest of RULE_DEFAULTS."""
        return merged_entries(DEFAULTS["RULES"], self.own.get("RULES", {}), RULE_DEFAULTS, "RULES")

    @cached_property
    def segment_rows(self) -> dict[str, dict[str, Any]]:
        """Name of a row of categories or brands → kind, size, title."""
        return merged_entries(
            DEFAULTS["SEGMENT_ROWS"], self.own.get("SEGMENT_ROWS", {}), SEGMENT_ROW_DEFAULTS, "SEGMENT_ROWS"
        )

    def recommender(self, name: str) -> dict[str, Any]:
        """One recommender's entry; UnknownName if there is none."""
        if name not in self.recommenders:
            raise UnknownName("recommender", name, self.recommenders)
        return self.recommenders[name]

    def placement(self, name: str) -> dict[str, Any]:
        """One placement's entry; UnknownName if there is none."""
        if name not in self.placements:
            raise UnknownName("placement", name, self.placements)
        return self.placements[name]

    def reset(self) -> None:
        """Forget what was read, so that the next read sees changed settings."""
        for name in ("own", "recommenders", "placements", "rules", "segment_rows"):
            self.__dict__.pop(name, None)


settings = Settings()


def _reset(*, setting: str, **kwargs: Any) -> None:
    if setting == NAME:
        settings.reset()


setting_changed.connect(_reset, dispatch_uid="recommendations.conf")
