"""The subcommands that keep the log, the mirror and what is computed from them."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from recommendations.exceptions import RecommendationsError
from recommendations.management.tables import day, number, table
from recommendations.progress import Progress

Options = dict[str, Any]


def sync_items(options: Options, progress: Progress) -> str:
    from recommendations.tracking.items import sync_items as run

    report = run(progress=progress)
    return (
        f"Items: {number(report.seen)} in the catalogue, {number(report.new)} new, "
        f"{number(report.changed)} changed, {number(report.gone)} gone."
    )


def backfill_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="Count and report, and write nothing.")
    parser.add_argument("--since", default="", help="Only rows since this day (2025-01-31) or moment.")


def backfill(options: Options, progress: Progress) -> str:
    from recommendations.tracking.backfill import backfill as run

    report = run(dry_run=options["dry_run"], since=moment(options["since"]), progress=progress)
    lead = "Resumed where the last backfill was interrupted.\n" if report.resumed else ""
    ending = "\nNothing was written (--dry-run)." if report.dry_run else ""
    return f"{lead}{_counts(report)}\n\n{_will_be_ready(report)}{ending}"


def reconcile(options: Options, progress: Progress) -> str:
    from recommendations.tracking.backfill import reconcile as run

    return _counts(run(progress=progress))


def experiments(options: Options, progress: Progress) -> str:
    from recommendations.experiments.results import evaluate as run

    found = run(options["scope"])
    rows = [(each.name, each.placement, each.get_status_display()) for each in found]
    return "\n".join(" · ".join(row) for row in rows) or "No experiment runs."


def roll_up_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--days", type=int, default=None, help="How many days back; default: what is not final."
    )


def roll_up(options: Options, progress: Progress) -> str:
    from recommendations.reports.rollup import roll_up as run

    report = run(options["days"], progress=progress)
    return f"Daily figures: {number(report.days)} days done, {number(report.rows)} rows."


def digest_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--to", action="append", help="An address; again for more. Default: DIGEST_RECIPIENTS."
    )


def digest(options: Options, progress: Progress) -> str:
    from recommendations.reports.digest import send_digest

    return f"Digest: mailed to {number(send_digest(options['to'], options['scope']))}."


def profiles(options: Options, progress: Progress) -> str:
    from recommendations.profiles.build import update_profiles

    report = update_profiles(scope=options["scope"], progress=progress)
    return f"Profiles: {number(report.written)} written, {number(report.deleted)} deleted."


def prune(options: Options, progress: Progress) -> str:
    from recommendations.tracking.retention import prune as run

    return _deleted(run(progress=progress))


def remove_simulated(options: Options, progress: Progress) -> str:
    from recommendations.tracking.retention import remove_simulated as run

    return _deleted(run(progress=progress))


def moment(text: str) -> datetime | None:
    """A day or a moment in the shop's time zone; None for "". Raises RecommendationsError for anything else."""
    if not text:
        return None
    try:
        found = parse_datetime(text)
        if found is None and (date := parse_date(text)) is not None:
            found = datetime.combine(date, time.min)
    except ValueError:
        found = None
    if found is None:
        raise RecommendationsError(f"--since {text!r} is no day; write it as 2025-01-31 or 2025-01-31T12:00.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _counts(report: Any) -> str:
    """What a backfill came to, by declaration and over all."""
    names = ("new", "changed", "voided", "unchanged", "not_counting", "invalid")
    headings = ["declaration", "rows", *(name.replace("_", " ") for name in names), "from", "to"]
    rows = [
        [name, number(c.rows), *(number(getattr(c, field)) for field in names), day(c.first), day(c.last)]
        for name, c in [*report.declarations.items(), ("all", report.total)]
    ]
    errors = [f"  {error}" for c in report.declarations.values() for error in c.errors]
    kinds = ", ".join(f"{number(n)} {kind}" for kind, n in sorted(report.kinds.items()) if n) or "none"
    text = f"{table(headings, rows)}\nEvents that count, by kind: {kinds}."
    return "\n".join([text, "Rows that are no usable events:", *errors]) if errors else text


def _will_be_ready(report: Any) -> str:
    """Which recommenders can be trained with what is in the log and what the backfill found."""
    from recommendations.training import readiness

    counts = readiness.event_counts()
    if report.dry_run:
        counts = readiness.more_of(counts, report.kinds)
    found = readiness.current_readiness(counts)
    rows = [
        [entry.recommender, number(entry.n_events), "ready" if entry.is_ready else entry.reason]
        for entry in found
    ]
    return table(["recommender", "events", "can be trained"], rows)


def _deleted(deleted: dict[str, int]) -> str:
    rows = [[name, number(n)] for name, n in deleted.items()]
    return table(["deleted", "rows"], rows) if rows else "Nothing is set to be deleted."
