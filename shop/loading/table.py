"""The final report of a load, as a table for the terminal."""

from __future__ import annotations

from shop.loading.base import Report
from shop.loading.shift import WEEK


def report_lines(report: Report) -> list[str]:
    """Counts written and found, rows left out by reason, the span of the orders and the time it took."""
    lines = [f"{'':<18}{'written':>12}{'already there':>16}"]
    names = [*report.written, *(name for name in report.present if name not in report.written)]
    lines += [f"{name:<18}{report.written[name]:>12,}{report.present[name]:>16,}" for name in names]
    if report.dropped:
        lines.append("")
        lines.append("Left out:")
        ranked = sorted(report.dropped.items(), key=lambda entry: (entry[0][0], -entry[1], entry[0][1]))
        lines += [f"{n:>12,} {what}: {reason}" for (what, reason), n in ranked]
    lines.append("")
    if report.first_order and report.last_order:
        weeks = report.shift // WEEK
        moved = f", moved by {weeks} weeks" if weeks else ""
        lines.append(f"Orders from {report.first_order:%Y-%m-%d %H:%M} to {report.last_order:%Y-%m-%d %H:%M} UTC{moved}")
    lines += report.notes
    lines.append(f"Done in {report.seconds:.1f} s")
    return lines
