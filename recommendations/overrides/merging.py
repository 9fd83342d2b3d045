"""What an Override makes of a settings entry, and whether it still fits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from recommendations.conf import NAME, filled_up, settings
from recommendations.defaults import PLACEMENT_DEFAULTS, RECOMMENDER_DEFAULTS, RULE_DEFAULTS
from recommendations.exceptions import ConfigurationError, UnknownOption
from recommendations.models import Override

Entry = Mapping[str, Any]

#: What an entry of each kind may say, and the setting it is in.
SHAPES = {
    Override.Kind.RECOMMENDER: RECOMMENDER_DEFAULTS,
    Override.Kind.PLACEMENT: PLACEMENT_DEFAULTS,
    Override.Kind.RULE: RULE_DEFAULTS,
}
SETTINGS = {
    Override.Kind.RECOMMENDER: "RECOMMENDERS",
    Override.Kind.PLACEMENT: "PLACEMENTS",
    Override.Kind.RULE: "RULES",
}


def entry_of(kind: str, name: str) -> dict[str, Any]:
    """What the settings say. Raises UnknownName when they have no such entry; a rule needs none."""
    if kind == Override.Kind.RULE:
        return settings.rules.get(name, RULE_DEFAULTS)
    return settings.recommender(name) if kind == Override.Kind.RECOMMENDER else settings.placement(name)


def entries_of(kind: str) -> dict[str, dict[str, Any]]:
    """All that the settings say of one kind."""
    if kind == Override.Kind.RULE:
        return settings.rules
    return settings.recommenders if kind == Override.Kind.RECOMMENDER else settings.placements


def effective(override: Override) -> dict[str, Any]:
    """The settings entry with the Override over it, as the shop's own entry goes over a default.

    Raises ConfigurationError when it no longer fits: the entry is gone, a key of it is, or the options were made for
    another algorithm. Whether an algorithm or a source takes the options, those who make them find out.
    """
    kind, value = Override.Kind(override.kind), override.value
    entry = entry_of(kind, override.name)
    unknown = set(value) - set(SHAPES[kind])
    if unknown:
        raise UnknownOption(f"Override {override.pk or ''} of {override.name!r}", unknown, SHAPES[kind])
    made_for, now = override.base.get("algorithm"), entry.get("algorithm")
    if "options" in value and "algorithm" not in value and made_for not in (None, now):
        raise ConfigurationError(f"its options were made for {made_for}, and the settings now say {now}.")
    return filled_up(SHAPES[kind], entry, value)


def settings_lines(override: Override) -> dict[str, Any]:
    """What the shop's own settings would have to say instead: {"RECOMMENDERS": {name: entry}}."""
    key = SETTINGS[Override.Kind(override.kind)]
    own = settings.own.get(key, {}).get(override.name) or {}
    base = {} if "algorithm" in override.value else own
    return {key: {override.name: plain({**base, **override.value})}}


def differences(before: Entry, after: Entry, at: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, before, after) of what differs, e.g. ("options.shrinkage", 10.0, 50.0); None where there is nothing."""
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        path = f"{at}.{key}" if at else str(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from differences(old, new, path)
        elif old != new:
            yield path, old, new


def changes(override: Override) -> list[tuple[str, Any, Any]]:
    """What an Override changes of the entry that it was made for."""
    shape = SHAPES[Override.Kind(override.kind)]
    return list(differences(override.base, plain(filled_up(shape, override.base, override.value))))


def plain(value: Any) -> Any:
    """The same as JSON has it: lazy titles as text, tuples as lists."""
    return json.loads(json.dumps(value, default=str))


def where(override: Override) -> str:
    """The line of the settings that an Override stands over."""
    return f'{NAME}["{SETTINGS[Override.Kind(override.kind)]}"]["{override.name}"]'
