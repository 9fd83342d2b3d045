"""`python -m bench.accuracy` from the files to the line that is chosen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from bench import accuracy
from tests.bench.made import FORMATS


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Threads that wait for each other cost more than such small sums."""
    with suppress(ImportError):
        import lightgbm  # noqa: F401, what is loaded later is not limited
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with threadpool_limits(1):
        yield


@pytest.mark.parametrize("name", FORMATS)
def test_from_files_to_the_chosen_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    make, metrics, more = FORMATS[name]
    make(folder)
    accuracy.main(["--data", str(folder), "--json", "--seeds", "1", "--tune-seconds", "0.05", *more])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) > 3
    assert [line.get("chosen") for line in lines].count(True) == 1
    assert len({line["recommender"] for line in lines}) == len(lines)
    for line in lines:
        assert line["dataset"] == "tiny"
        found = {key for key in line if "@" in key}
        assert found == set(metrics)
        assert all(0 <= line[metric] <= 1 for metric in metrics)
        assert {"split", "refit", "fit_seconds", "score_seconds", "peak_mb"} <= set(line)
    chosen = next(line for line in lines if line.get("chosen"))
    assert chosen["validation"] == max(line["validation"] for line in lines)
    assert chosen[metrics[0]] > 0


def test_some_recommenders_without_refitting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    FORMATS["sequences"][0](tmp_path)
    arguments = [
        "--recommenders",
        "markov, popularity",
        "--refit",
        "no",
        "--seeds",
        "1",
        "--tune-seconds",
        "0",
    ]
    accuracy.main(["--data", str(tmp_path), *arguments, "--shuffle-ties"])
    printed = capsys.readouterr().out.splitlines()
    assert {line[2:].split()[0] for line in printed} >= {"markov", "popularity", "linear_blend"}
    assert [line.startswith("*") for line in printed].count(True) == 1
    assert all("HR@10" in line and "NDCG@10" in line for line in printed)
