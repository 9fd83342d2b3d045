from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.algorithms.storage import (
    Unreadable,
    load_columns,
    pack_texts,
    save_columns,
    unpack_texts,
)

COLUMNS = {
    "pk": np.arange(1000, dtype=np.int64),
    "kind": np.arange(3, dtype=np.int8),
    "none": np.zeros(0, np.float32),
    "rating": np.array([1.5, np.nan], np.float32),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.columns"
    save_columns(path, {"version": 1, "scope": "é"}, COLUMNS)
    return path


def test_columns_come_back_mapped(file: Path) -> None:
    about, columns = load_columns(file)
    assert about == {"version": 1, "scope": "é"}
    assert columns.keys() == COLUMNS.keys()
    for name, values in COLUMNS.items():
        assert columns[name].dtype == values.dtype
        assert np.array_equal(columns[name], values, equal_nan=name == "rating")
    with pytest.raises(ValueError, match="read-only"):
        columns["pk"][0] = 7
    assert [entry.name for entry in file.parent.iterdir()] == ["a.columns"]


def test_who_reads_the_old_file_goes_on(file: Path) -> None:
    _about, old = load_columns(file)
    save_columns(file, {}, {"pk": np.zeros(5, np.int64)})
    assert old["pk"].tolist() == list(range(1000))
    assert load_columns(file)[1]["pk"].tolist() == [0] * 5


def test_what_cannot_be_written_leaves_nothing_behind(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(TypeError):
        save_columns(file, {"not": {1, 2}}, COLUMNS)
    assert file.read_bytes() == before
    folder = file.parent / "folder.columns"
    folder.mkdir()
    with pytest.raises(OSError):
        save_columns(folder, {}, COLUMNS)
    assert sorted(entry.name for entry in file.parent.iterdir()) == ["a.columns", "folder.columns"]


def test_every_damage_to_what_counts_is_seen(file: Path) -> None:
    good = file.read_bytes()
    length = int.from_bytes(good[8:16], "little")
    begin = -(-(24 + length) // 64) * 64
    for place in [*range(0, 24 + length, 5), *range(begin, begin + 8000, 501), begin + 8001, begin + 8066]:
        damaged = bytearray(good)
        damaged[place] ^= 0xFF
        file.write_bytes(damaged)
        with pytest.raises(Unreadable, match=f"^{file} "):
            load_columns(file)
    for cut in (0, 10, 24, 100, len(good) - 1):
        file.write_bytes(good[:cut])
        with pytest.raises(Unreadable, match=f"^{file} "):
            load_columns(file)
    file.unlink()
    with pytest.raises(FileNotFoundError):
        load_columns(file)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5)))
def test_texts_come_back(texts: list[str]) -> None:
    assert unpack_texts("visitor", pack_texts("visitor", texts)) == texts
