"""The subcommand that compares recommenders on the shop's own data."""

from __future__ import annotations

import json
import math
from argparse import ArgumentParser, ArgumentTypeError
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from recommendations.management.tables import number, share, table
from recommendations.progress import Progress

if TYPE_CHECKING:
    from recommendations.training.comparing import ComparisonReport, Standing

Options = dict[str, Any]


def evaluate_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="Recommenders; default: all of the settings."
    )
    parser.add_argument(
        "--k", type=_places, default=10, help="Places of a list that are judged; default: 10."
    )
    parser.add_argument(
        "--fraction",
        type=_fraction,
        default=None,
        help="The last part of the time span, to judge by; default: EVALUATION_FRACTION.",
    )
    parser.add_argument(
        "--against", default=None, metavar="NAME", help="The recommender to compare with; default: popular."
    )
    parser.add_argument(
        "--target",
        action="append",
        metavar="KIND",
        help="The kind of events to foretell, e.g. purchase; may be given again. "
        "Default: all that the recommenders learn from.",
    )
    parser.add_argument(
        "--new-only",
        action="store_true",
        help="Judge by items that are new to the visitor, and show no others.",
    )
    parser.add_argument("--json", action="store_true", help="Print everything as one JSON document.")


def evaluate(options: Options, progress: Progress) -> str:
    from recommendations.training.comparing import compare_recommenders

    report = compare_recommenders(
        options["names"],
        scope=options["scope"],
        k=options["k"],
        fraction=options["fraction"],
        against=options["against"],
        targets=options["target"],
        new_only=options["new_only"],
        progress=progress,
    )
    return json.dumps(_finite(report.as_dict()), indent=2) if options["json"] else _text(report)


def _text(report: ComparisonReport) -> str:
    headings = [
        "recommender",
        f"NDCG@{report.k}",
        "95 % interval",
        f"against {report.baseline}",
        "p",
        *("recall", "hit rate", "MRR", "coverage", "novelty", "diversity", "long tail", "served", "seconds"),
    ]
    rows = [_row(row, report) for row in report.standings if not row.reason]
    return "\n".join([table(headings, rows), "", *_notes(report)])


def _row(row: Standing, report: ComparisonReport) -> list[str]:
    found, ndcg = row.metrics, row.ndcg
    return [
        row.recommender,
        number(found["ndcg"], 4),
        f"{ndcg.low:.4f}–{ndcg.high:.4f}" if ndcg else "",
        _against(row, report.baseline),
        number(row.p, 4),
        number(found["recall"], 4),
        number(found["hit_rate"], 4),
        number(found["mrr"], 4),
        share(found["coverage"]),
        number(found["novelty"], 1),
        number(found.get("diversity"), 2),
        share(found["long_tail"]),
        share(found["served"]),
        number(row.fit_seconds + row.evaluate_seconds, 1),
    ]


def _against(row: Standing, baseline: str) -> str:
    if row.against is None:
        return "the baseline" if row.recommender == baseline else ""
    return f"{row.against.difference.mean:+.4f} {row.verdict or 'no clear difference'}"


def _notes(report: ComparisonReport) -> list[str]:
    from recommendations.training.comparing import FEW_VISITORS

    moment = timezone.localtime(report.at)
    what = "; items new to them" if report.new_only else ""
    notes = [
        f"Learned from {number(report.n_train_events)} events before {moment:%Y-%m-%d %H:%M}, judged by what "
        f"{number(report.n_visitors)} visitors did from then on ({', '.join(report.targets)}{what}).",
        "better, worse: significant at 5 % over all comparisons (randomisation test, Holm). "
        "novelty: bits; long tail: share of the lists.",
    ]
    if report.n_visitors < FEW_VISITORS:
        notes.append(
            f"Only {report.n_visitors} visitors to judge by: take the order as a hint. A larger --fraction has more."
        )
    notes += [f"{row.recommender} was not judged: {row.reason}" for row in report.standings if row.reason]
    return notes


def _places(text: str) -> int:
    if not (text.isdigit() and int(text) > 0):
        raise ArgumentTypeError(f"{text!r} is no number of places; give 1 or more.")
    return int(text)


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise ArgumentTypeError(f"{text!r} is no fraction; give one between 0 and 1, such as 0.1.")
    return value


def _finite(value: Any) -> Any:
    """Plain values for JSON, which knows no NaN: None instead; six digits are enough."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
