"""The subcommand that shows what the settings and the active Overrides come to, and decides on Overrides."""

from __future__ import annotations

import getpass
import pprint
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from recommendations.exceptions import ConfigurationError, RecommendationsError
from recommendations.models import Override
from recommendations.overrides.active import read
from recommendations.overrides.changing import Somebody, activate, person, reject, roll_back
from recommendations.overrides.merging import (
    SETTINGS,
    changes,
    effective,
    entries_of,
    entry_of,
    plain,
    settings_lines,
)
from recommendations.progress import Progress

Options = dict[str, Any]
State = Override.State


def config_arguments(parser: ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--diff",
        action="store_true",
        help="The lines for the settings that active and proposed Overrides stand for.",
    )
    what.add_argument("--activate", type=int, metavar="ID", help="Make an Override active.")
    what.add_argument("--reject", type=int, metavar="ID", help="Say no to a proposed Override.")
    what.add_argument(
        "--roll-back",
        nargs=2,
        metavar=("KIND", "NAME"),
        help="Take back the active Override of a recommender or placement, e.g. placement product_page.",
    )
    parser.add_argument(
        "--by", default="", metavar="NAME", help="Who decides; default: who is logged in here."
    )


def config(options: Options, progress: Progress) -> str:
    scope, by = options["scope"], _somebody(options["by"])
    if options["activate"] is not None:
        return _activated(options["activate"], by)
    if options["reject"] is not None:
        override = reject(options["reject"], by=by)
        return f"Override {override.pk} of {override.name} is rejected."
    if options["roll_back"]:
        kind, name = options["roll_back"]
        return _rolled_back(kind, name, scope, by)
    return "\n".join(_diff(scope) if options["diff"] else _effective(scope))


def checked(override: Override) -> object:
    """What an Override would make, by those who use it. Raises ConfigurationError when it does not fit."""
    if override.kind == Override.Kind.PLACEMENT:
        from recommendations.serving.placements import overridden as placement

        return placement(override)
    if override.kind == Override.Kind.RULE:
        from recommendations.serving.rules import overridden as rule

        return rule(override)
    from recommendations.training.recommenders import overridden as recommender  # loads numpy

    return recommender(override)


def problem_of(override: Override) -> str:
    """Why an active Override has no effect, or ""."""
    try:
        checked(override)
    except ConfigurationError as error:
        return str(error)
    return ""


def _activated(pk: int, by: Somebody) -> str:
    override = activate(pk, by=by, check=checked)
    start = f"Override {override.pk} of {override.name} is active"
    if override.kind != Override.Kind.RECOMMENDER:
        return f"{start}, from the next page on."
    return f"{start}, from the next training on. Now: manage.py recommendations train {override.name}"


def _rolled_back(kind: str, name: str, scope: str, by: Somebody) -> str:
    if kind not in Override.Kind.values:
        raise RecommendationsError(
            f"--roll-back {kind!r} is no kind; write it as: --roll-back placement product_page, or "
            "--roll-back recommender also_bought."
        )
    gone, back = roll_back(kind, name, by=by, scope=scope)
    now = f"Override {back.pk} is active again" if back else "what the settings say counts again"
    return f"Override {gone.pk} of {name} is rolled back; {now}."


def _effective(scope: str) -> Iterator[str]:
    """The whole configuration as Python, each Override named where it counts."""
    active = counting(scope)
    for kind, key in SETTINGS.items():
        overrides = {override.name: override for override in active if override.kind == kind}
        yield f"# {key}"
        entries = dict(entries_of(kind))
        if kind == Override.Kind.RULE:  # rules of the admin need no entry in the settings
            entries = {name: entry_of(kind, name) for name in dict.fromkeys([*entries, *overrides])}
        for name, entry in entries.items():
            override = overrides.get(name)
            if override is not None:
                problem = problem_of(override)
                yield from _comment(f"{_title(override)}{f': LEFT OUT, {problem}' if problem else ''}")
                entry = entry if problem else effective(override)
            yield _python({name: plain(entry)})
        gone = [override for name, override in overrides.items() if name not in entries]
        for override in gone:
            yield from _comment(f"{_title(override)}: LEFT OUT, {problem_of(override)}")
        yield ""


def _diff(scope: str) -> Iterator[str]:
    """The lines for the settings: those of the active Overrides together, of the proposed ones each by itself."""
    active, proposed = counting(scope), list(_of_state(scope, State.PROPOSED))
    if not active and not proposed:
        yield "# There are no active or proposed Overrides: the settings are all that counts."
        return
    fitting = [override for override in active if not problem_of(override)]
    if active:
        yield "# Active. These lines in RECOMMENDATIONS would do the same; roll the Overrides back then."
        for override in active:
            yield from _explained(override)
        yield _python(_together(fitting))
    for override in proposed:
        yield ""
        yield "# Proposed. To take it over: manage.py recommendations config --activate " + str(override.pk)
        yield from _explained(override)
        if not problem_of(override):
            yield _python(settings_lines(override))


def _together(overrides: Iterable[Override]) -> dict[str, Any]:
    lines: dict[str, Any] = {}
    for override in overrides:
        for key, entries in settings_lines(override).items():
            lines.setdefault(key, {}).update(entries)
    return lines


def _explained(override: Override) -> Iterator[str]:
    yield from _comment(_title(override))
    yield from _comment(override.reason)
    for path, before, after in changes(override):
        yield from _comment(f"  {path}: {before!r} → {after!r}")
    if problem := problem_of(override):
        yield from _comment(f"LEFT OUT: {problem}")


def _title(override: Override) -> str:
    by = " ".join(filter(None, (override.get_author_kind_display(), override.author)))
    text = (
        f"Override {override.pk} of the {override.kind} {override.name}, version {override.version}, by {by}"
    )
    if override.decided_at is not None:
        decided = override.decided_by or override.get_decided_kind_display()
        text += (
            f", {override.state_now} since {timezone.localtime(override.decided_at):%Y-%m-%d} by {decided}"
        )
    return text


def counting(scope: str) -> list[Override]:
    """The Overrides that count now, active or scheduled."""
    return [override for found in read(scope).overrides.values() for override in found.values()]


def _of_state(scope: str, state: str) -> QuerySet[Override]:
    return Override.objects.filter(scope=scope, state=state).order_by("kind", "name", "version")


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"# {line}"


def _python(value: dict[str, Any]) -> str:
    return pprint.pformat(value, width=100, sort_dicts=False)


def _somebody(name: str) -> Somebody:
    if name:
        return person(name)
    try:
        return person(getpass.getuser())
    except (OSError, KeyError, ImportError):  # a container's user need not have a name
        return person("the command line")
