"""The subcommand that searches better options for a recommender."""

from __future__ import annotations

import pprint
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommendations.management.tables import number, table
from recommendations.progress import Progress

if TYPE_CHECKING:
    from recommendations.training.tuning import TuningReport

#: So many of the best trials are shown.
SHOWN = 10


def tune_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="A recommender of the settings.")
    parser.add_argument("--seconds", type=float, default=300.0, help="How long to search; default: 300.")
    parser.add_argument("--k", type=int, default=10, help="NDCG@k decides; default: 10.")
    parser.add_argument(
        "--study",
        type=Path,
        default=None,
        metavar="FILE",
        help="Search with Optuna and keep the trials in this file: the next run goes on (extra `tune`).",
    )


def tune(options: dict[str, Any], progress: Progress) -> str:
    from recommendations.training.tuning import tune_recommender

    report = tune_recommender(
        options["name"],
        scope=options["scope"],
        k=options["k"],
        seconds=options["seconds"],
        file=options["study"],
        by_optuna=options["study"] is not None,
        progress=progress,
    )
    lines = [_trials(report), "", *_verdict(report)]
    if report.is_better:
        lines += _proposal(report, options["scope"])
    return "\n".join(lines)


def _trials(report: TuningReport) -> str:
    best = sorted(report.trials, key=lambda trial: -trial.score)[:SHOWN]
    names = list(report.present)
    rows = [
        [number(trial.score, 4), *(str(trial.options[name]) for name in names), number(trial.seconds, 1)]
        for trial in best
    ]
    return table([f"NDCG@{report.k}", *names, "seconds"], rows)


def _verdict(report: TuningReport) -> list[str]:
    before, after = report.validation
    tried = (
        f"Judged by what visitors did next: {', '.join(report.targets)}. "
        f"{len(report.trials)} combinations tried on the events that decide."
    )
    if not report.changed or report.on_new is None or report.means_on_new is None:
        return [f"{tried} Nothing is better than the present options (NDCG@{report.k} {after:.4f})."]
    difference = report.on_new.difference
    old, new = report.means_on_new
    lines = [
        f"{tried} NDCG@{report.k} there: {before:.4f} with the present options, {after:.4f} with the best.",
        f"On later events, by which nothing was chosen: {old:.4f} → {new:.4f} "
        f"({difference.mean:+.4f}, 95 % interval {difference.low:+.4f} to {difference.high:+.4f}).",
    ]
    if not report.is_better:
        return [*lines, "That may be chance. Keep the present options, or tune again with more data."]
    return lines


def _proposal(report: TuningReport, scope: str) -> list[str]:
    from recommendations.overrides.merging import settings_lines
    from recommendations.training.proposing import propose_tuned

    override = propose_tuned(report, scope)
    command = "manage.py recommendations config"
    return [
        f"Proposed as Override {override.pk}. Look at it in the admin, or with: {command} --diff",
        f"Take it over: {command} --activate {override.pk}",
        f"or do not: {command} --reject {override.pk}",
        "To keep it in the settings instead, add to RECOMMENDATIONS:",
        "",
        pprint.pformat(settings_lines(override), width=100, sort_dicts=False),
    ]
