"""What cannot be read is said in one line that names the file and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import accuracy
from tests.bench.made import FORMATS, write


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def with_line(name: str, line: str) -> Callable[[Path], None]:
    return lambda folder: write(folder / name, [line])


BAD: list[tuple[str, Callable[[Path], None], str]] = [
    ("sets as text", without("test.txt"), r"test\.txt"),
    ("sets as matrices", without("test.npz"), r"test\.(npz|txt)"),
    ("sets as text", with_line("train.txt", "0 1 two"), r"train\.txt, line 1: '0 1 two'"),
    ("sets as text", with_line("train.txt", ""), r"nothing|no |empty|0 "),
    ("sessions", without("test_prefix_target.txt.gz"), r"test_prefix_target\.txt\.gz"),
    (
        "sessions",
        with_line("test_prefix_target.txt.gz", "i1 i2"),
        r"test_prefix_target\.txt\.gz, line 1: 'i1 i2'",
    ),
    ("behaviours", with_line("view.tsv.gz", "user\titem\n7"), r"view\.tsv\.gz, line 2: '7'"),
    ("user baskets", without("tiny_future.json.gz"), r"_future\.json"),
    ("user baskets", with_line("tiny_history.json.gz", "{oops"), r"tiny_history\.json\.gz: .*property name"),
    ("plain baskets", with_line("baskets.csv", "basket,thing\n1,tea"), r"has no column 'item'"),
    ("orders", without("orders.csv.gz"), r"orders\.csv\.gz"),
    ("orders", with_line("order_lines.csv.gz", "InvoiceNo,qty\n1-0,2"), r"has no column 'StockCode'"),
    ("sequences", with_line("sequences.txt", "0 5"), r"Holding out"),
]


@pytest.mark.parametrize(("name", "spoil", "said"), BAD)
def test_bad_files(name: str, spoil: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    make, _, more = FORMATS[name]
    make(tmp_path)
    spoil(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        accuracy.main(["--data", str(tmp_path), "--json", "--seeds", "1", "--tune-seconds", "0", *more])
    message = str(stopped.value)
    assert "\n" not in message
    assert str(tmp_path) in message
    assert re.search(said, message), message


def test_files_that_are_not_gzipped(tmp_path: Path) -> None:
    FORMATS["sessions"][0](tmp_path)
    (tmp_path / "train_sessions.txt.gz").write_text("i1 i2\n")
    with pytest.raises(SystemExit, match=r"train_sessions\.txt\.gz"):
        accuracy.main(["--data", str(tmp_path)])


def test_folders_that_are_none_or_unknown(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nowhere is no folder"):
        accuracy.main(["--data", str(tmp_path / "nowhere")])
    (tmp_path / "ratings.dat").write_text("1::2::3")
    with pytest.raises(
        SystemExit, match=r"has none of the files that are known: sequences\.txt, .*baskets\.csv"
    ):
        accuracy.main(["--data", str(tmp_path)])


def test_arguments_that_cannot_be(tmp_path: Path) -> None:
    FORMATS["orders"][0](tmp_path)
    with pytest.raises(SystemExit, match="say where to cut them"):
        accuracy.main(["--data", str(tmp_path)])
    with pytest.raises(SystemExit, match="--cut 'August' is no day"):
        accuracy.main(["--data", str(tmp_path), "--cut", "August"])
    with pytest.raises(SystemExit, match="--recommenders may name .*popularity"):
        accuracy.main(["--data", str(tmp_path), "--cut", "2011-08-01", "--recommenders", "magic"])
