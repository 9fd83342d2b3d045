"""Tiny data sets in the formats that the benchmarks read: visitors of two tastes, who keep to them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

N_VISITORS, N_ITEMS, LENGTH = 60, 24, 9


def tastes(seed: int = 0) -> list[list[int]]:
    """The items of each visitor in order, none twice: the even ones or the odd ones, mostly."""
    random = np.random.default_rng(seed)
    chosen = []
    for visitor in range(N_VISITORS):
        chance = np.where(np.arange(N_ITEMS) % 2 == visitor % 2, 8.0, 1.0)
        chosen.append(random.choice(N_ITEMS, LENGTH, replace=False, p=chance / chance.sum()).tolist())
    return chosen


def write(path: Path, lines: Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")


def write_csv(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def sequences(folder: Path) -> None:
    write(folder / "sequences.txt", (" ".join(map(str, [u, *items])) for u, items in enumerate(tastes())))
    rows = [[item, f"thing {item % 2}", "Acme", "Home > Tea", 3.5] for item in range(N_ITEMS)]
    write_csv(folder / "items.csv", [["item", "title", "brand", "categories", "price"], *rows])


def sets_as_text(folder: Path) -> None:
    for part, some in (("train", slice(0, 6)), ("test", slice(6, None))):
        write(
            folder / f"{part}.txt",
            (" ".join(map(str, [u, *items[some]])) for u, items in enumerate(tastes())),
        )


def sets_as_matrices(folder: Path) -> None:
    for part, some in (("train", slice(0, 6)), ("test", slice(6, None))):
        dense = np.zeros((N_VISITORS, N_ITEMS))
        for visitor, items in enumerate(tastes()):
            dense[visitor, items[some]] = 1.0
        sparse.save_npz(folder / f"{part}.npz", sparse.csr_matrix(dense))


def sessions(folder: Path) -> None:
    known, later = tastes()[: N_VISITORS * 2 // 3], tastes()[N_VISITORS * 2 // 3 :]
    write(folder / "train_sessions.txt.gz", (" ".join(f"i{item}" for item in items) for items in known))
    prefixes = [
        f"{' '.join(f'i{item}' for item in items[:n])}\ti{items[n]}"
        for items in later
        for n in range(1, len(items))
    ]
    write(folder / "test_prefix_target.txt.gz", [*prefixes, "i0\tnever seen"])


def behaviours(folder: Path) -> None:
    """Six views, of which two became carts and four purchases; two purchases more to foretell, one of them viewed."""
    parts: dict[str, list[tuple[int, int]]] = {}
    for visitor, items in enumerate(tastes()):
        for name, some in {
            "view": items[:7],
            "cart": items[:2],
            "buy_train": items[:3],
            "buy_valid": items[3:4],
            "buy_test": items[6:8],
        }.items():
            parts.setdefault(name, []).extend((visitor, item) for item in some)
    for name, pairs in parts.items():
        write(folder / f"{name}.tsv.gz", ["user\titem", *(f"{user}\t{item}" for user, item in pairs)])


def user_baskets(folder: Path) -> None:
    history, future = {}, {}
    for visitor, items in enumerate(tastes()):
        history[str(visitor)] = [[-1], items[:3], items[2:5], [*items[:2], items[5]], [-1]]
        future[str(visitor)] = [[-1], [items[0], items[6]], [-1]]
    for part, baskets in (("history", history), ("future", future)):
        write(folder / f"tiny_{part}.json.gz", [json.dumps(baskets)])


def plain_baskets(folder: Path) -> None:
    rows = [[basket, f"thing {item}"] for basket, items in enumerate(tastes()) for item in items[:5]]
    write_csv(folder / "baskets.csv", [["basket", "item"], *rows])
    levels = [[f"thing {item}", f"shelf {item % 2}", "shop"] for item in range(N_ITEMS)]
    write_csv(folder / "items.csv", [["item", "level2", "level1"], *levels])


def orders(folder: Path) -> None:
    """Four orders a customer, one a month, May to August; some repeated things in each; a guest's among them."""
    heads, lines = ["InvoiceNo,date,customer,country"], ["InvoiceNo,StockCode,qty,price"]
    for visitor, items in enumerate(tastes()):
        for n, some in enumerate((items[:3], items[2:5], [*items[:2], items[5]], [items[0], items[6]])):
            heads.append(
                f"{visitor}-{n},2011-0{5 + n}-{visitor % 28 + 1:02d} 10:00,{visitor or ''},Elsewhere"
            )
            lines += [f"{visitor}-{n},S{item},{item % 3 + 1},2.5" for item in some]
    write(folder / "orders.csv.gz", heads)
    write(folder / "order_lines.csv.gz", [*lines, "lost,S1,1,1.0"])
    write(
        folder / "products.csv",
        ["StockCode,name,price", *(f"S{n},thing {n % 2},2.5" for n in range(N_ITEMS))],
    )


#: Format → what writes it, the names of its metrics, more arguments.
FORMATS: dict[str, tuple[Callable[[Path], None], list[str], list[str]]] = {
    "sequences": (sequences, ["HR@10", "NDCG@10"], []),
    "sets as text": (sets_as_text, ["Recall@20", "NDCG@20"], []),
    "sets as matrices": (sets_as_matrices, ["Recall@20", "NDCG@20"], []),
    "sessions": (sessions, ["P@20", "MRR@20"], []),
    "behaviours": (behaviours, ["HR@10", "NDCG@10", "HR@10 untouched", "NDCG@10 untouched"], []),
    "user baskets": (user_baskets, ["Recall@20", "NDCG@20"], []),
    "plain baskets": (plain_baskets, ["HR@10", "NDCG@10"], []),
    "orders": (
        orders,
        ["Recall@20", "NDCG@20", "Recall@20 new", "NDCG@20 new"],
        ["--cut", "2011-08-01"],
    ),
}
