"""The subcommands that train recommenders and switch between their snapshots."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from recommendations.exceptions import RecommendationsError
from recommendations.management.config_commands import counting, problem_of
from recommendations.management.tables import age, number, share, table
from recommendations.models import Override, Snapshot
from recommendations.progress import Progress

Options = dict[str, Any]


def train_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="Recommenders; default: all of the settings."
    )
    parser.add_argument("--force", action="store_true", help="Publish whatever the quality gate says.")


def train(options: Options, progress: Progress) -> str:
    from recommendations.training.runner import train as run

    results = run(options["names"] or None, scope=options["scope"], progress=progress, force=options["force"])
    rows = [
        [
            result.recommender,
            result.status,
            number(result.snapshot.n_events if result.snapshot else None),
            number(result.snapshot.n_lists if result.snapshot else None),
            share(result.snapshot.coverage if result.snapshot else None),
            number(result.metrics.get("ndcg@10"), 4),
            f"{result.seconds:.1f}",
            result.reason,
        ]
        for result in results
    ]
    headings = ["recommender", "result", "events", "lists", "coverage", "NDCG@10", "seconds", "why"]
    text = "\n".join([table(headings, rows), *_left_out(options["scope"])])
    if not options["names"]:
        text += _choices(options["scope"], progress)
    if wrong := [result for result in results if result.status in ("failed", "locked")]:
        names = ", ".join(result.recommender for result in wrong)
        raise RecommendationsError(f"{text}\n\nNot trained: {names}. The live snapshots stay.")
    return text


def _choices(scope: str, progress: Progress) -> str:
    """What became of the placements whose recommender training may choose."""
    from recommendations.training.runner import choose

    lines = []
    for choice in choose(scope=scope, progress=progress):
        lines.append(f"{choice.placement}: {choice.reason}")
        lines += [f"  {name} was not considered: {why}" for name, why in choice.skipped.items()]
        if choice.override is not None:
            number = choice.override.pk
            lines.append(
                f"  Override {number} is {choice.override.get_state_display()}; to take it back: manage.py "
                f"recommendations config --roll-back placement {choice.placement}"
            )
    return "\n".join(["", "", *lines]) if lines else ""


def _left_out(scope: str) -> list[str]:
    """The Overrides that should count and do not: of recommenders, those that the last training could not use."""
    active = counting(scope)
    problems = [
        (override, problem_of(override) if override.kind != Override.Kind.RECOMMENDER else override.problem)
        for override in active
    ]
    return [
        f"{override.name}: Override {override.pk} is left out: {why}" for override, why in problems if why
    ]


def status(options: Options, progress: Progress) -> str:
    from recommendations.training.status import status as read

    entries = read(options["scope"])
    rows = [
        [
            entry.name,
            f"#{entry.live.pk}" if entry.live else "none",
            age(entry.age),
            number(entry.live.n_events if entry.live else None),
            number(entry.n_lists),
            share(entry.coverage),
            number(entry.metrics.get("ndcg@10"), 4),
            number(entry.metrics.get("hit_rate@10"), 4),
        ]
        for entry in entries
    ]
    headings = ["recommender", "live", "age", "events", "lists", "coverage", "NDCG@10", "hit rate@10"]
    notes = [f"{entry.name}: {note}" for entry in entries for note in _notes(entry)]
    notes += _left_out(options["scope"])
    return "\n".join([table(headings, rows), *([""] if notes else []), *notes])


def activate_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "snapshot", type=int, metavar="SNAPSHOT_ID", help="As `status` and the admin show it."
    )


def activate(options: Options, progress: Progress) -> str:
    from recommendations.training.publishing import activate as run

    snapshot = Snapshot.objects.filter(pk=options["snapshot"]).first()
    if snapshot is None:
        raise RecommendationsError(
            f"There is no snapshot {options['snapshot']}. See: manage.py recommendations status"
        )
    previous = run(snapshot)
    return f"{snapshot.recommender}: snapshot {snapshot.pk} is live{_instead(previous)}."


def rollback_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="The recommender to roll back.")


def rollback(options: Options, progress: Progress) -> str:
    from recommendations.training.publishing import rollback as run

    snapshot = run(options["name"], options["scope"])
    return f"{snapshot.recommender}: snapshot {snapshot.pk} is live again."


def _instead(previous: Snapshot | None) -> str:
    return f", {previous.pk} is kept" if previous else ""


def _notes(entry: Any) -> list[str]:
    running = (
        f"running: {entry.running.stage} {entry.running.done:,}/{entry.running.total:,}"
        if entry.running
        else ""
    )
    return [note for note in (entry.why_empty, entry.warning, running) if note]
