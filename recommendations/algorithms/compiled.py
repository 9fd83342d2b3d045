"""Numba, where it is installed (extra `fast`): compiling functions, and sharing rows between threads."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

_F = TypeVar("_F", bound=Callable[..., Any])

#: Each thread gets its rows in about so many portions: rows differ in cost.
_PORTIONS = 16


def has_numba() -> bool:
    """Whether numba (the `fast` extra) is installed."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


def jit(function: _F) -> _F:
    """The function compiled by numba when it is first called; it runs without the interpreter's lock.

    Machine code is kept beside the package or else in the user's cache directory (numba's own rule; the
    environment variable NUMBA_CACHE_DIR names another place). Where neither can be written, as under a system
    account without a home, each process compiles for itself: never from a directory that others can write.
    """
    from numba import njit

    compiled: Any
    try:
        compiled = njit(nogil=True, cache=True)(function)
    except RuntimeError as error:
        logger.info("%s is compiled anew in each process: %s", function.__name__, error)
        compiled = njit(nogil=True)(function)
    return cast(_F, compiled)


def n_cpus() -> int:
    """How many threads to use: OMP_NUM_THREADS when it is set, else the processors this process may use."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdigit() and int(wanted):
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_rows(
    work: Callable[[int, int], object],
    n_rows: int,
    *,
    cost: NDArray[np.integer] | None = None,
    n_threads: int | None = None,
) -> None:
    """Call `work(begin, end)` until rows 0 to `n_rows` are done, by several threads at once.

    `work` must release the interpreter's lock to gain from it, and write to its own rows only, so that the
    result is the same whatever the number of threads. `cost`, (n_rows + 1,), says what the rows before each row
    cost together, as the indptr of a sparse matrix does: portions then cost about the same.
    """
    n_threads = n_threads or n_cpus()
    n_portions = min(n_threads * _PORTIONS, n_rows)
    if n_threads == 1 or n_portions < 2:
        work(0, n_rows)
        return
    effort = np.arange(n_rows + 1) if cost is None else cost + np.arange(n_rows + 1)
    wanted = np.linspace(0, effort[-1], n_portions + 1)
    bounds = np.unique(np.searchsorted(effort, wanted)).tolist()
    with ThreadPoolExecutor(n_threads) as pool:
        for done in [pool.submit(work, begin, end) for begin, end in pairwise(bounds)]:
            done.result()
