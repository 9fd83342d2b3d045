"""The formats that `bench.accuracy` reads: each becomes a Task."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from scipy import sparse

from bench.baskets import basket_completion, baskets_of_users, orders_of_customers
from bench.tasks import DAY, Task, Test, UnknownFormat, lines_of, parsed
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.evaluation.queries import HoldOut, Queries
from recommendations.exceptions import NotEnoughData


def read(folder: Path, *, cut: str | None = None, shuffle_ties: bool = False, seed: int = 0) -> Task:
    """The task of a folder, by the files that are in it.

    `cut`: a date, for orders. `shuffle_ties`: sequences whose items of one day are stored in the order of their ids
    get such runs in random order. Raises UnknownFormat when there is nothing to read.
    """
    if not folder.is_dir():
        raise UnknownFormat(f"{folder} is no folder.")
    for pattern, reader in _READERS:
        if list(folder.glob(pattern)):
            try:
                return reader(folder, cut, shuffle_ties, seed)
            except KeyError as error:
                raise UnknownFormat(f"{folder}: a file has no column {error}.") from error
            except (OSError, EOFError, ValueError, NotEnoughData) as error:
                raise UnknownFormat(f"{folder}: {' '.join(str(error).split())}") from error
    known = ", ".join(pattern for pattern, _ in _READERS)
    raise UnknownFormat(f"{folder} has none of the files that are known: {known}.")


def _sequences(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
    visitor: list[str] = []
    item: list[str] = []
    position: list[float] = []
    rng = np.random.default_rng(seed)
    for line in lines_of(folder / "sequences.txt"):
        user, *items = line.split()
        if shuffle_ties:
            items = shuffled_ties(items, rng)
        visitor += [user] * len(items)
        item += items
        position += range(len(items))
    events = Interactions.from_columns(
        visitor=visitor, item=item, kind="view", time=np.array(position, float)
    )
    held = HoldOut(method="last")(events)
    return Task(
        name=folder.name,
        split="leave last out" + (", ties shuffled" if shuffle_ties else ""),
        recipe="sequences",
        train=held.train,
        tests=[Test(held.queries, {"HR@10": ("hit_rate", 10), "NDCG@10": ("ndcg", 10)})],
        hold_out={"method": "last"},
        k=10,
        without_validation=HoldOut(method="last")(held.train).train,
        catalogue=_catalogue(folder, events.item_keys),
    )


def shuffled_ties(items: list[str], rng: np.random.Generator) -> list[str]:
    """Runs of increasing ids in random order: where days are stored sorted by id, such a run may be one day."""
    codes = [int(i) for i in items]
    out: list[str] = []
    begin = 0
    for n in range(1, len(items) + 1):
        if n == len(items) or codes[n] <= codes[n - 1]:
            out += [items[begin + p] for p in rng.permutation(n - begin).tolist()]
            begin = n
    return out


def _catalogue(folder: Path, item_keys: Sequence[str]) -> Catalogue | None:
    """From items.csv (title, brand, categories, price) or item2attributes.json, when one is there."""
    known = set(item_keys)
    if (folder / "items.csv").exists():
        with open(folder / "items.csv", newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["item"] in known and "title" in row]
        if not rows:
            return None
        return Catalogue.from_columns(
            item_keys=[row["item"] for row in rows],
            titles=[row["title"] for row in rows],
            brands=[row.get("brand", "") for row in rows],
            categories=[
                [row["categories"].replace(" > ", "/")] if row.get("categories") else [] for row in rows
            ],
            prices=[float(row["price"]) if row.get("price") else None for row in rows],
        )
    if (folder / "item2attributes.json").exists():
        attributes = json.loads((folder / "item2attributes.json").read_text())
        kept = {item: values for item, values in attributes.items() if item in known}
        return Catalogue.from_columns(
            item_keys=list(kept),
            categories=[[f"attribute {value}" for value in values] for values in kept.values()],
        )
    return None


def _sets(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
    pairs = [_pairs_of(folder, part) for part in ("train", "test")]
    train_rows, test_rows = pairs
    users = sorted({user for user, _ in chain(*pairs)})
    items = sorted({item for _, item in chain(*pairs)})
    train = _without_order(train_rows, users, items)
    targets = _without_order(test_rows, users, items).matrix(binary=True)
    histories = Histories.of(train)
    queries = HoldOut().queries(histories, targets)
    return Task(
        name=folder.name,
        split="given train and test",
        recipe="sets",
        train=train,
        tests=[Test(queries, {"Recall@20": ("recall", 20), "NDCG@20": ("ndcg", 20)})],
        hold_out={"method": "random", "share": 0.2},
        k=20,
    )


def _pairs_of(folder: Path, part: str) -> list[tuple[int, int]]:
    if (folder / f"{part}.npz").exists():
        matrix = sparse.load_npz(folder / f"{part}.npz").tocoo()
        return list(zip(matrix.row.tolist(), matrix.col.tolist(), strict=True))
    found = []
    for user, *items in parsed(folder / f"{part}.txt", _numbers):
        found += [(user, item) for item in items]
    return found


def _numbers(line: str) -> list[int]:
    return [int(value) for value in line.split()]


def _in_two(line: str, separator: str | None = None) -> tuple[str, str]:
    first, second = line.split(separator)
    return first, second


def _without_order(rows: list[tuple[int, int]], users: list[int], items: list[int]) -> Interactions:
    user_code, item_code = ({key: code for code, key in enumerate(keys)} for keys in (users, items))
    return Interactions.from_codes(
        visitor=np.array([user_code[user] for user, _ in rows], np.int32),
        item=np.array([item_code[item] for _, item in rows], np.int32),
        kind=np.zeros(len(rows), np.int8),
        time=np.zeros(len(rows)),
        visitor_keys=[f"{user:09d}" for user in users],
        item_keys=[f"{item:09d}" for item in items],
        kinds=["view"],
    )


def _sessions(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
    sessions = [line.split() for line in lines_of(folder / "train_sessions.txt.gz")]
    tests = list(parsed(folder / "test_prefix_target.txt.gz", lambda line: _in_two(line, "\t")))
    rows = [(n, item, p) for n, items in enumerate(sessions) for p, item in enumerate(items)]
    # Sessions are in the order of their dates, whose distances are unknown: they are spread over a year.
    spread = 365 * DAY / max(len(sessions), 1)
    train = Interactions.from_columns(
        visitor=[f"{n:09d}" for n, _, _ in rows],
        item=[item for _, item, _ in rows],
        kind="view",
        time=np.array([n * spread + p * 1e-3 for n, _, p in rows]),
    )
    histories = Histories.from_pairs(
        [[(item, 1.0) for item in prefix.split()] for prefix, _ in tests], train.item_keys
    )
    code = {key: n for n, key in enumerate(train.item_keys)}
    wanted = np.array([code.get(target, -1) for _, target in tests])
    known = np.flatnonzero(wanted >= 0)
    targets = sparse.csr_matrix(
        (np.ones(len(known), np.float32), (known, wanted[known])), shape=(len(tests), train.n_items)
    )
    return Task(
        name=folder.name,
        split="every prefix of the later sessions",
        recipe="sessions",
        train=train,
        tests=[Test(Queries(histories, targets), {"P@20": ("hit_rate", 20), "MRR@20": ("mrr", 20)})],
        hold_out={"method": "session", "share": 0.05, "hide": ()},
        k=20,
    )


def _behaviours(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
    files = {path.name.split(".")[0]: path for path in folder.glob("*.tsv.gz")}
    parts: list[tuple[str, str, str, int]] = []
    for name, path in sorted(files.items()):
        kind = {"buy": "purchase"}.get(name.split("_")[0], name.split("_")[0])
        stage = {"valid": 1, "test": 2}.get(name.rpartition("_")[2], 0)
        parts += [(user, item, kind, stage) for user, item in parsed(path, _in_two, skip=1)]
    events = Interactions.from_columns(
        visitor=[user for user, *_ in parts],
        item=[item for _, item, *_ in parts],
        kind=[kind for *_, kind, _ in parts],
        time=np.array([stage for *_, stage in parts], float),
    )
    train = events.select(until=2.0)
    targets = events.select(since=2.0, kinds=["purchase"]).matrix(binary=True)
    histories = Histories.of(train)
    metrics = {"HR@10": ("hit_rate", 10), "NDCG@10": ("ndcg", 10)}
    touched = HoldOut(kinds=("purchase",), hide=("purchase",))
    untouched = HoldOut(kinds=("purchase",), hide="all", only_new=True)
    return Task(
        name=folder.name,
        split="given; items bought before are masked",
        recipe="behaviours",
        train=train,
        tests=[
            Test(touched.queries(histories, targets), metrics),
            Test(
                untouched.queries(histories, targets),
                {f"{name} untouched": what for name, what in metrics.items()},
            ),
        ],
        hold_out={"method": "random", "share": 0.2, "kinds": ("purchase",), "hide": ("purchase",)},
        k=10,
        without_validation=events.select(until=1.0),
        events={"view": 1.0, "cart": 2.0, "purchase": 3.0},
    )


_Reader = Callable[[Path, str | None, bool, int], Task]
_READERS: Sequence[tuple[str, _Reader]] = (
    ("sequences.txt", _sequences),
    ("train_sessions.txt.gz", _sessions),
    ("train.txt", _sets),
    ("train.npz", _sets),
    ("buy_train.tsv.gz", _behaviours),
    ("*_history.json*", baskets_of_users),
    ("baskets.csv", basket_completion),
    ("order_lines.csv.gz", orders_of_customers),
)
