from __future__ import annotations

from io import StringIO

import pytest

from recommendations.management.terminal import TerminalProgress
from recommendations.models import Job
from recommendations.training import progress as module
from recommendations.training.locks import acquire
from recommendations.training.progress import JobProgress, Tee


class Told:
    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def start(self, stage: str, total: int | None = None) -> None:
        self.calls.append(("start", stage, total))

    def advance(self, n: int = 1) -> None:
        self.calls.append(("advance", n))

    def finish(self) -> None:
        self.calls.append(("finish",))


@pytest.mark.django_db
def test_the_job_shows_how_far_it_is_at_most_once_a_second(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: object
) -> None:
    now = 100.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    lock = acquire("train:popular")
    told = JobProgress(lock)
    with django_assert_num_queries(1):  # type: ignore[operator]
        told.start("load", 10)
        told.advance(3)
        told.advance(3)
    now = 101.5
    told.advance(1)
    job = Job.objects.get(pk=lock.job.pk)
    assert (job.stage, job.done, job.total) == ("load", 7, 10)
    told.advance(3)
    told.finish()
    job.refresh_from_db()
    assert job.done == 10


def test_tee_tells_everybody() -> None:
    first, second = Told(), Told()
    tee = Tee(first, second)
    tee.start("fit")
    tee.advance(2)
    tee.finish()
    assert first.calls == second.calls == [("start", "fit", None), ("advance", 2), ("finish",)]


def test_lines_tell_counts_and_times() -> None:
    stream = StringIO()
    told = TerminalProgress(stream, bars=False)
    told.start("load events", 1500)
    told.advance(1500)
    told.start("fit")
    told.finish()
    told.finish()
    assert stream.getvalue() == "load events: 1,500 of 1,500 (0.0 s)\nfit (0.0 s)\n"


def test_bars_where_tqdm_is_installed() -> None:
    pytest.importorskip("tqdm")
    stream = StringIO()
    told = TerminalProgress(stream, bars=True)
    told.start("load events", 1500)
    told.advance(1500)
    told.finish()
    assert "load events: 100%" in stream.getvalue()
    assert "1.50k/1.50k" in stream.getvalue()
