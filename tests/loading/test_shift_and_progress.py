"""Moving times by whole weeks, and telling how far a step is."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shop.loading.base import Report
from shop.loading.progress import Progress
from shop.loading.shift import WEEK, weeks_between, weeks_to_now
from shop.loading.table import report_lines

times = st.datetimes(min_value=datetime(2009, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC))


@given(last=times, now=times)
def test_the_last_order_lands_in_the_seven_days_before_now(last: datetime, now: datetime) -> None:
    shift = weeks_to_now(last, now)
    assert shift % WEEK == timedelta(0)
    assert now - WEEK < last + shift <= now
    assert (last + shift).weekday() == last.weekday()
    assert (last + shift).time() == last.time()


def test_a_shift_is_recognised_only_in_whole_weeks() -> None:
    original = datetime(2017, 1, 2, tzinfo=UTC)
    assert weeks_between(original, original + 3 * WEEK) == 3 * WEEK
    assert weeks_between(original, original) == timedelta(0)
    assert weeks_between(original, original + timedelta(days=8)) is None


def test_progress_in_plain_lines_counts_and_times() -> None:
    stream = io.StringIO()
    assert list(Progress(stream, every=0.0).track("abc", "letters", total=3)) == ["a", "b", "c"]
    lines = stream.getvalue().splitlines()
    assert lines[0] == "  letters: 1 of 3, 0 s"
    assert lines[-1].startswith("  letters: 3 in 0.")


def test_quiet_progress_says_nothing() -> None:
    stream = io.StringIO()
    progress = Progress(stream, quiet=True)
    progress.say("hello")
    assert list(progress.track([1, 2], "numbers")) == [1, 2]
    assert stream.getvalue() == ""


def test_the_report_tells_counts_reasons_and_span() -> None:
    report = Report(
        first_order=datetime(2025, 1, 1, tzinfo=UTC), last_order=datetime(2025, 12, 31, tzinfo=UTC),
        shift=3 * WEEK, seconds=1.25, notes=["A note."],
    )  # fmt: skip
    report.written["orders"] = 1_200
    report.present["orders"] = 34
    for n in range(12):
        report.drop("order lines", f"reason {n:02}", 100 - n)
    report.drop("order lines", "never", 0)
    text = report_lines(report)
    assert f"{'orders':<18}{'1,200':>12}{'34':>16}" in text
    assert "         100 order lines: reason 00" in text
    assert "         362 order lines: 4 more reasons (all of them with -v 2)" in text
    assert "Orders from 2025-01-01 00:00 to 2025-12-31 00:00 UTC, moved by 3 weeks" in text
    assert text[-2:] == ["A note.", "Done in 1.2 s"]
    assert "          89 order lines: reason 11" in report_lines(report, all_reasons=True)
