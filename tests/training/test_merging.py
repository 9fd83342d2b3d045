from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from recommendations.training.fingerprints import coded
from recommendations.training.merging import among, insertions, merged, merged_texts, places_of

rows = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), unique=True, max_size=30)
NOTHING = np.uint64(7)


@given(rows, st.data())
def test_rows_merge_as_if_all_were_sorted(everything: list[tuple[int, int]], data: st.DataObject) -> None:
    is_new = data.draw(st.lists(st.booleans(), min_size=len(everything), max_size=len(everything)))
    old = sorted(row for row, new in zip(everything, is_new, strict=True) if not new)
    new = sorted(row for row, new in zip(everything, is_new, strict=True) if new)
    drop = np.array(data.draw(st.lists(st.booleans(), min_size=len(old), max_size=len(old))), bool)
    new = sorted(
        [*new, *(row for row, goes in zip(old, drop, strict=True) if goes and row[1] % 2)]
    )  # revised
    (old_1, old_2), (new_1, new_2) = (np.array(part, np.int64).reshape(-1, 2).T for part in (old, new))
    before = insertions((old_1, old_2), (new_1, new_2))
    assume(old)
    origin, places = places_of(len(old), drop, before)
    columns = [
        merged(column, origin, further, places) for column, further in ((old_1, new_1), (old_2, new_2))
    ]
    kept = [row for row, goes in zip(old, drop, strict=True) if not goes]
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == sorted(kept + new)


@given(st.lists(st.integers(0, 2**63 - 1)), st.data())
def test_which_of_many_are_among_a_few(many: list[int], data: st.DataObject) -> None:
    few = data.draw(st.lists(st.integers(0, 2**63 - 1) | st.sampled_from([2**22, *many])))
    found = among(np.array([*many, 2**23], np.int64), np.array(few, np.int64))
    assert found.tolist() == [number in few for number in [*many, 2**23]]


@given(st.sets(st.text(max_size=3), max_size=20), st.sets(st.text(max_size=3), max_size=20))
def test_texts_merge_and_say_where_each_has_come_to(known: set[str], others: set[str]) -> None:
    old, new = sorted(known), list(others - known)
    texts, place = merged_texts(old, new)
    assert texts == sorted(known | others)
    assert [texts[where] for where in place.tolist()] == [*old, *new]


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=30), st.data())
def test_codes_of_known_and_new_fingerprints(known: list[int], data: st.DataObject) -> None:
    known = [value for value in known if value != int(NOTHING)]
    any_value = st.integers(0, 2**64 - 1) | st.just(int(NOTHING)) | st.sampled_from([1, *known])
    values = data.draw(st.lists(any_value, max_size=40))
    table, codes = coded(np.array(known, np.uint64), np.array(values, np.uint64), NOTHING)
    assert table[: len(known)].tolist() == known
    assert sorted(table[len(known) :].tolist()) == sorted(set(values) - set(known) - {int(NOTHING)})
    expected = [-1 if value == int(NOTHING) else table.tolist().index(value) for value in values]
    assert codes.tolist() == expected
