"""What a cap on heavy visitors (`cap_row_entries`) saves, and how much it changes the lists.

On interactions like a shop's, with robots that have half of the catalogue each: the seconds of `top_k_similar`, its
products, and the share of the 20 best neighbours of 5,000 items that are those found without cap, with the robots and
on the same data without them.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy import sparse

from bench.speed_contenders import ours
from bench.speed_data import SIGMA, described, shop
from recommendations.algorithms.compiled import n_cpus
from recommendations.algorithms.similarity import cap_row_entries

BEST = 20
COMPARED = 5000


def best(found: sparse.csr_matrix) -> list[set[int]]:
    rows = np.linspace(0, found.shape[0] - 1, min(COMPARED, found.shape[0])).astype(int)
    bounds = [(found.indptr[row], min(found.indptr[row] + BEST, found.indptr[row + 1])) for row in rows]
    return [set(found.indices[begin:end].tolist()) for begin, end in bounds]


def overlap(one: list[set[int]], other: list[set[int]]) -> float:
    return float(np.mean([len(a & b) / len(b) for a, b in zip(one, other, strict=True) if b]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--interactions", type=int, default=10_000_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--k", type=int, default=50, help="neighbours of an item")
    parser.add_argument("--robots", type=int, default=1)
    parser.add_argument("--sigma", type=float, default=SIGMA, help="of the log-normal sizes of visitors")
    parser.add_argument("--caps", default="3000,1000,300", help="at most so many items a visitor")
    parser.add_argument("--form", default="weighted")
    options = parser.parse_args()
    users = shop(
        options.interactions,
        options.items,
        sigma=options.sigma,
        robots=options.robots,
        robot_items=options.items // 2,
    )
    people = users[: users.shape[0] - options.robots]
    ours(users[-3000:], options.k, options.form, n_cpus())  # compiles
    print(
        ", ".join(f"{name} {value}" for name, value in described(people).items()), f"robots {options.robots}"
    )
    print(
        *(
            f"{name:>18}"
            for name in ("cap", "seconds", "million products", "as uncapped", "as without robots")
        )
    )
    plain = None
    without = best(ours(people, options.k, options.form, n_cpus()))
    for cap in (None, *map(int, options.caps.split(","))):
        begin = time.perf_counter()
        capped = users if cap is None else cap_row_entries(users, cap)
        found = ours(capped, options.k, options.form, n_cpus())
        seconds = time.perf_counter() - begin
        lists = best(found)
        plain = plain or lists
        figures = (
            seconds,
            described(capped)["million_products"],
            overlap(lists, plain),
            overlap(lists, without),
        )
        print(f"{cap or 'none':>18}", *(f"{figure:>18.3f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
