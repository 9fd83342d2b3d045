"""The loops that numba compiles. Import this inside functions only, where `has_numba()`.

Each kernel does rows `begin` to `end` and writes nothing but those, so rows can be shared by threads. What they
call is in this file too: numba's cache does not notice a change in another one.

The best of a row are found with keys: one integer that grows with the score and, for equal scores, falls with the
column. Keys that beat the worst of the k best so far are collected; when there is no more room, all but the k
largest are dropped. That costs a few steps a candidate, where a heap costs a mispredicted branch at every level.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recommendations.algorithms.compiled import jit

#: Candidates are tested so many at a time, without a branch for each.
_STRIDE = 128
#: The lists of so many features are read ahead of their use: otherwise the processor waits for memory at each.
_FEATURES_AHEAD = 32
#: Of each list so many entries, one a cache line of 16; it fetches the rest of a longer list by itself.
_ENTRIES_AHEAD = 64
_LINE = 16
#: In a row with more products than n_columns over this, looking at all columns is faster than to list the few.
_SPARSE = 8
#: A score is divided out where its product is at most so much below the worst kept: more than rounding.
_SLACK = 1e-6
#: So few keys are sorted rather than parted again.
_FEW = 16


@jit
def _key(score: Any, column: Any) -> Any:
    """Of two keys the larger has the higher score, or the same and the lower column."""
    bits = np.int64(np.float32(score + np.float32(0.0)).view(np.int32))  # adding 0 makes −0 the same as 0
    if bits < 0:
        bits ^= np.int64(0x7FFFFFFF)  # negative floats grow with falling bits
    return (bits << 32) + np.int64(0x7FFFFFFF - column)


@jit
def _score_of(key: Any) -> Any:
    bits = key >> 32
    if bits < 0:
        bits ^= np.int64(0x7FFFFFFF)
    return np.int32(bits).view(np.float32)


@jit
def _keep_largest(keys: Any, size: int, k: int) -> Any:
    """Move the `k` largest of the first `size` (more than k) keys to the front; returns the least of them."""
    low, high = 0, size  # what is before `low` is among the k largest, what is from `high` on is not
    while high - low > _FEW:
        first, middle, last = keys[low], keys[(low + high) // 2], keys[high - 1]
        pivot = max(min(first, middle), min(max(first, middle), last))
        # Without a branch: every key is put behind the larger ones, and stays there if it is one itself.
        end = low
        for position in range(low, high):
            key = keys[position]
            keys[position] = keys[end]
            keys[end] = key
            end += key >= pivot
        if end == k:
            return keys[low:k].min()
        if end == high:
            break
        if end > k:
            high = end
        else:
            low = end
    for position in range(low + 1, high):
        key = keys[position]
        hole = position
        while hole > low and keys[hole - 1] < key:
            keys[hole] = keys[hole - 1]
            hole -= 1
        keys[hole] = key
    return keys[k - 1]


@jit
def _write_best(keys: Any, size: int, codes: Any, scores: Any) -> int:
    """The largest of the keys to `codes` and `scores` (k,), best first; returns how many there are."""
    k = len(codes)
    if size > k:
        _keep_largest(keys, size, k)
        size = k
    chosen = keys[:size]
    chosen.sort()
    for rank in range(size):
        key = chosen[size - 1 - rank]
        codes[rank] = np.int32(0x7FFFFFFF - (key & 0xFFFFFFFF))
        scores[rank] = _score_of(key)
    return size


@jit
def best_of_dense(
    array: Any, indptr: Any, hidden: Any, floor: Any, codes: Any, scores: Any, begin: int, end: int
) -> None:
    """The best columns of each row with a score above `floor` that the CSR (`indptr`, `hidden`) leaves in.

    `codes` and `scores` (n_rows, k) are filled from the left.
    """
    n_columns = array.shape[1]
    k = codes.shape[1]
    room = max(2 * k, _STRIDE)
    keys = np.empty(room + _STRIDE, np.int64)
    mark = np.full(n_columns, -1, np.int64)
    for row in range(begin, end):
        for position in range(indptr[row], indptr[row + 1]):
            mark[hidden[position]] = row
        values = array[row]
        size = 0
        least = floor
        for start in range(0, n_columns, _STRIDE):
            stop = min(start + _STRIDE, n_columns)
            n_above = 0
            for column in range(start, stop):
                n_above += values[column] > least
            if n_above == 0:
                continue
            for column in range(start, stop):
                # Columns come in order, so one that only equals the worst kept is not better.
                if values[column] > least and mark[column] != row:
                    keys[size] = _key(values[column], column)
                    size += 1
            if size >= room:
                least = _score_of(_keep_largest(keys, size, k))
                size = k
        _write_best(keys, size, codes[row], scores[row])


@jit
def best_of_sparse(
    data_indptr: Any,
    indices: Any,
    data: Any,
    n_columns: int,
    indptr: Any,
    hidden: Any,
    codes: Any,
    scores: Any,
    begin: int,
    end: int,
) -> None:
    """As `best_of_dense`, of the positive entries of a CSR, in any order within a row."""
    k = codes.shape[1]
    room = max(2 * k, _STRIDE)
    keys = np.empty(room + 1, np.int64)
    mark = np.full(n_columns, -1, np.int64)
    for row in range(begin, end):
        for position in range(indptr[row], indptr[row + 1]):
            mark[hidden[position]] = row
        size = 0
        least = np.int64(0)
        for position in range(data_indptr[row], data_indptr[row + 1]):
            value, column = data[position], indices[position]
            if value > 0 and mark[column] != row:
                key = _key(value, column)
                if key > least:
                    keys[size] = key
                    size += 1
                    if size > room:
                        least = _keep_largest(keys, size, k)
                        size = k
        _write_best(keys, size, codes[row], scores[row])


@jit
def is_flat(indptr: Any, data: Any) -> bool:
    """Whether in each row of a CSR all values are the same."""
    for row in range(len(indptr) - 1):
        for position in range(indptr[row] + 1, indptr[row + 1]):
            if data[position] != data[position - 1]:
                return False
    return True


@jit
def _read_ahead(
    features: Any, right_indptr: Any, right_indices: Any, right_data: Any, flat: bool, starts: Any, stops: Any
) -> Any:
    """Where the lists of the features start and stop, and how many entries they have. Reads something of each, all
    without waiting for one another; the sum of it is returned so that it is not optimised away."""
    n_products, fetched = 0, 0.0
    for ahead in range(len(features)):
        feature = features[ahead]
        starts[ahead], stops[ahead] = right_indptr[feature], right_indptr[feature + 1]
        n_products += stops[ahead] - starts[ahead]
    for ahead in range(len(features)):
        for entry in range(starts[ahead], min(stops[ahead], starts[ahead] + _ENTRIES_AHEAD), _LINE):
            fetched += right_indices[entry]
            if not flat:
                fetched += right_data[entry]
    return n_products, fetched


@jit
def _add(sums: Any, weight: Any, columns: Any, values: Any, flat: bool) -> None:
    """Add one feature's products to the sums."""
    if flat:
        product = weight * values[0]
        for entry in range(len(columns)):
            sums[columns[entry]] += product
    else:
        for entry in range(len(columns)):
            sums[columns[entry]] += weight * values[entry]


@jit
def _add_and_list(
    sums: Any, weight: Any, columns: Any, values: Any, flat: bool, listed: Any, n_listed: int
) -> int:
    """The same; columns whose sum was 0 are listed. Returns how many are."""
    if flat:
        product = weight * values[0]
        for entry in range(len(columns)):
            column = columns[entry]
            before = sums[column]
            listed[n_listed] = column
            n_listed += before == 0
            sums[column] = before + product
    else:
        for entry in range(len(columns)):
            column = columns[entry]
            before = sums[column]
            listed[n_listed] = column
            n_listed += before == 0
            sums[column] = before + weight * values[entry]
    return n_listed


@jit
def _promising(
    sums: Any,
    first: int,
    norms: Any,
    norm: float,
    shrinkage: float,
    factor: float,
    columns: Any,
    products: Any,
) -> int:
    """Columns `first` and following whose score may be above `factor`, and their sums. Returns how many."""
    found = 0
    for offset in range(len(sums)):
        found += sums[offset] > factor * (norm * norms[offset] + shrinkage)
    if found:
        found = 0
        for offset in range(len(sums)):
            columns[found], products[found] = first + offset, sums[offset]
            found += sums[offset] > factor * (norm * norms[offset] + shrinkage)
    sums[:] = 0.0
    return found


@jit
def _promising_of(
    listed: Any,
    sums: Any,
    norms: Any,
    norm: float,
    shrinkage: float,
    factor: float,
    columns: Any,
    products: Any,
) -> int:
    """The same of the listed columns."""
    found = 0
    for position in range(len(listed)):
        column = listed[position]
        total = sums[column]
        columns[found], products[found] = column, total
        found += total > factor * (norm * norms[column] + shrinkage)
        sums[column] = 0.0
    return found


@jit
def _score_candidates(
    columns: Any,
    products: Any,
    norms: Any,
    norm: float,
    shrinkage: float,
    groups: Any,
    group: int,
    threshold: Any,
    keys: Any,
    size: int,
) -> int:
    """Add the keys of those of the columns that are above the threshold and of another group. Returns the new size."""
    for candidate in range(len(columns)):
        column = columns[candidate]
        divisor = norm * norms[column] + shrinkage
        if divisor > 0 and group != groups[column]:
            score = np.float32(products[candidate] / divisor)
            if score > threshold:
                keys[size] = _key(score, column)
                size += 1
    return size


@jit
def best_products(
    left_indptr: Any,
    left_indices: Any,
    left_data: Any,
    right_indptr: Any,
    right_indices: Any,
    right_data: Any,
    flat: bool,
    row_norm: Any,
    column_norm: Any,
    shrinkage: float,
    row_groups: Any,
    column_groups: Any,
    threshold: Any,
    codes: Any,
    scores: Any,
    counts: Any,
    begin: int,
    end: int,
) -> float:
    """The best columns of CSR × CSR divided by norms; `counts` says how many of `codes` and `scores` are filled.

    `flat`: `is_flat` of the right matrix. What is returned means nothing.
    """
    n_columns, k = len(column_norm), codes.shape[1]
    sums = np.zeros(n_columns, np.float64)
    most_listed = n_columns // _SPARSE
    listed = np.empty(most_listed + 1, np.int32)
    starts, stops = np.empty(_FEATURES_AHEAD, np.int64), np.empty(_FEATURES_AHEAD, np.int64)
    columns, products = np.empty(_STRIDE + 1, np.int32), np.empty(_STRIDE + 1, np.float64)
    room = max(2 * k, _STRIDE)
    keys = np.empty(room + _STRIDE, np.int64)
    fetched = 0.0
    for row in range(begin, end):
        n_listed, n_products = 0, 0
        for first in range(left_indptr[row], left_indptr[row + 1], _FEATURES_AHEAD):
            features = left_indices[first : min(first + _FEATURES_AHEAD, left_indptr[row + 1])]
            more = _read_ahead(features, right_indptr, right_indices, right_data, flat, starts, stops)
            n_products += more[0]
            fetched += more[1]
            for ahead in range(len(features)):
                weight, entries = np.float64(left_data[first + ahead]), slice(starts[ahead], stops[ahead])
                if starts[ahead] == stops[ahead]:
                    continue
                if n_products > most_listed:
                    _add(sums, weight, right_indices[entries], right_data[entries], flat)
                else:
                    n_listed = _add_and_list(
                        sums, weight, right_indices[entries], right_data[entries], flat, listed, n_listed
                    )
        size = 0
        least = np.float64(threshold)
        norm, group = row_norm[row], row_groups[row]
        n_looked_at = n_columns if n_products > most_listed else n_listed
        for first in range(0, n_looked_at, _STRIDE):
            part = slice(first, min(first + _STRIDE, n_looked_at))
            factor = least * (1 - _SLACK)
            if n_products > most_listed:
                found = _promising(
                    sums[part], first, column_norm[part], norm, shrinkage, factor, columns, products
                )
            else:
                found = _promising_of(
                    listed[part], sums, column_norm, norm, shrinkage, factor, columns, products
                )
            size = _score_candidates(
                columns[:found],
                products,
                column_norm,
                norm,
                shrinkage,
                column_groups,
                group,
                threshold,
                keys,
                size,
            )
            if size >= room:
                least = np.float64(_score_of(_keep_largest(keys, size, k)))
                size = k
        counts[row] = _write_best(keys, size, codes[row], scores[row])
    return fetched
