"""The final report of a load, as a table for the terminal."""

from __future__ import annotations

from shop.loading.base import Report
from shop.loading.shift import WEEK

#: Reasons shown for each kind of row; the rest is summed up unless all are asked for.
MAX_REASONS = 8


def report_lines(report: Report, *, all_reasons: bool = False) -> list[str]:
    """Counts written and found, rows left out by reason, the span of the orders and the time it took."""
    lines = [f"{'':<18}{'written':>12}{'already there':>16}"]
    names = [*report.written, *(name for name in report.present if name not in report.written)]
    lines += [f"{name:<18}{report.written[name]:>12,}{report.present[name]:>16,}" for name in names]
    if report.dropped:
        lines += ["", "Left out:"]
        for what in sorted({what for what, _reason in report.dropped}):
            lines += _reasons(report, what, len(report.dropped) if all_reasons else MAX_REASONS)
    lines.append("")
    if report.first_order and report.last_order:
        weeks = report.shift // WEEK
        moved = f", moved by {weeks} weeks" if weeks else ""
        first, last = f"{report.first_order:%Y-%m-%d %H:%M}", f"{report.last_order:%Y-%m-%d %H:%M}"
        lines.append(f"Orders from {first} to {last} UTC{moved}")
    lines += report.notes
    lines.append(f"Done in {report.seconds:.1f} s")
    return lines


def _reasons(report: Report, what: str, limit: int) -> list[str]:
    found = [(n, reason) for (kind, reason), n in report.dropped.items() if kind == what]
    ranked = sorted(found, key=lambda entry: (-entry[0], entry[1]))
    lines = [f"{n:>12,} {what}: {reason}" for n, reason in ranked[:limit]]
    rest = ranked[limit:]
    if rest:
        lines.append(
            f"{sum(n for n, _ in rest):>12,} {what}: {len(rest)} more reasons (all of them with -v 2)"
        )
    return lines
