"""The formats that `bench.accuracy` reads: each becomes a Task."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.evaluation.queries import HoldOut, Queries, hidden_items, without_one

DAY = 86_400.0


@dataclass(frozen=True, eq=False)
class Test:
    """Queries, and what is measured on them: printed name → (metric, k)."""

    queries: Queries
    metrics: Mapping[str, tuple[str, int]]


@dataclass(frozen=True, eq=False)
class Task:
    """What a folder asks. `train` is all that may be learned from; `without_validation` the same without the part
    that papers keep for validation (None: there is none; then the held-out answers are not given back). `hold_out` says
    how answers are held out of `train` to choose and to learn from. `recipe` names the base algorithms."""

    name: str
    split: str
    recipe: str
    train: Interactions
    tests: Sequence[Test]
    hold_out: Mapping[str, Any]
    k: int
    without_validation: Interactions | None = None
    catalogue: Catalogue | None = None
    events: Mapping[str, float] = field(default_factory=lambda: {"view": 1.0})


class UnknownFormat(SystemExit):
    """No reader knows the files of the folder."""


def read(folder: Path, *, cut: str | None = None, shuffle_ties: bool = False, seed: int = 0) -> Task:
    """The task of a folder, by the files that are in it.

    `cut`: a date, for orders. `shuffle_ties`: sequences whose items of one day are stored in the order of their ids
    get such runs in random order. Raises UnknownFormat when there is nothing to read.
    """
    if not folder.is_dir():
        raise UnknownFormat(f"{folder} is no folder.")
    for pattern, reader in _READERS:
        if list(folder.glob(pattern)):
            return reader(folder, cut, shuffle_ties, seed)
    known = ", ".join(pattern for pattern, _ in _READERS)
    raise UnknownFormat(f"{folder} has none of the files that are known: {known}.")


def _sequences(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
    visitor: list[str] = []
    item: list[str] = []
    position: list[float] = []
    rng = np.random.default_rng(seed)
    for line in _lines(folder / "sequences.txt"):
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
    for line in _lines(folder / f"{part}.txt"):
        user, *items = (int(value) for value in line.split())
        found += [(user, item) for item in items]
    return found


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
    sessions = [line.split() for line in _lines(folder / "train_sessions.txt.gz")]
    tests = [line.rstrip("\n").split("\t") for line in _lines(folder / "test_prefix_target.txt.gz")]
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
        for line in list(_lines(path))[1:]:
            user, item = line.split()
            parts.append((user, item, kind, stage))
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


def _baskets_of_users(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
    history, future = (
        _json(next(iter(sorted(folder.glob(f"*_{part}.json*"))))) for part in ("history", "future")
    )
    # Only the order of baskets is known. They are lined up at their end: a week apart, the future is next week.
    rows = [
        (user, str(item), week, f"{user}/{week}")
        for user, baskets in history.items()
        for basket, week in _weeks(_unwrapped(baskets))
        for item in basket
    ]
    rows += [
        (user, str(item), 0, f"{user}/next")
        for user, baskets in future.items()
        for item in sorted({item for basket in _unwrapped(baskets) for item in basket})
    ]
    events = Interactions.from_columns(
        visitor=[user for user, *_ in rows],
        item=[item for _, item, *_ in rows],
        kind="purchase",
        time=np.array([week * 7 * DAY for *_, week, _ in rows], float),
        basket=[basket for *_, basket in rows],
    )
    answers = events.select(since=0.0).matrix(binary=True)
    return _next_basket(folder.name, "given history and future", events.select(until=0.0), answers)


def _weeks(baskets: list[list[int]]) -> Iterator[tuple[list[int], int]]:
    """The baskets with their weeks, the last one in week −1."""
    return zip(baskets, range(-len(baskets), 0), strict=True)


def _unwrapped(baskets: list[list[int]]) -> list[list[int]]:
    return [basket for basket in baskets if basket != [-1]]


def _next_basket(
    name: str,
    split: str,
    train: Interactions,
    answers: sparse.csr_matrix,
    *,
    with_new: bool = False,
    **more: Any,
) -> Task:
    histories = Histories.of(train)
    recall = {"Recall@20": ("recall", 20), "NDCG@20": ("ndcg", 20)}
    tests = [Test(HoldOut(hide=()).queries(histories, answers), recall)]
    if with_new:
        new = HoldOut(hide="all", only_new=True).queries(histories, answers)
        tests.append(Test(new, {f"{metric} new": what for metric, what in recall.items()}))
    return Task(
        name=name,
        split=split,
        recipe="next basket",
        train=train,
        tests=tests,
        hold_out={"method": "basket", "hide": ()},
        k=20,
        events={"purchase": 1.0},
        **more,
    )


def _basket_completion(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
    with open(folder / "baskets.csv", newline="", encoding="utf-8") as file:
        rows = [(row["basket"], row["item"]) for row in csv.DictReader(file)]
    baskets = sorted({basket for basket, _ in rows}, key=lambda b: (len(b), b))
    rng = np.random.default_rng(0)
    tested = set(rng.permutation(baskets)[: len(baskets) // 5].tolist())
    events = Interactions.from_columns(
        visitor=[basket for basket, _ in rows],
        item=[item for _, item in rows],
        kind="purchase",
        time=np.zeros(len(rows)),
        basket=[basket for basket, _ in rows],
    )
    held = np.array([key in tested for key in events.visitor_keys])
    whole = Histories.of(events, np.flatnonzero(held))
    rest, targets = without_one(whole, rng)
    queries = HoldOut().queries(rest, targets)
    return Task(
        name=folder.name,
        split="one item held out of each of a fifth of the baskets",
        recipe="basket completion",
        train=events.select(mask=~held[events.visitor]),
        tests=[Test(queries, {"HR@10": ("hit_rate", 10), "NDCG@10": ("ndcg", 10)})],
        hold_out={"method": "basket_item", "share": 0.25},
        k=10,
        catalogue=_levels(folder),
        events={"purchase": 1.0},
    )


def _levels(folder: Path) -> Catalogue | None:
    if not (folder / "items.csv").exists():
        return None
    with open(folder / "items.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Catalogue.from_columns(
        item_keys=[row["item"] for row in rows],
        titles=[row["item"] for row in rows],
        categories=[[f"{row.get('level1', '')}/{row.get('level2', '')}"] for row in rows],
    )


def _orders(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
    if cut is None:
        raise UnknownFormat(f"{folder} has orders: say where to cut them, e.g. --cut 2011-08-01.")
    at = datetime.fromisoformat(cut).replace(tzinfo=UTC).timestamp()
    orders = {row["InvoiceNo"]: row for row in _rows(folder / "orders.csv.gz")}
    lines = [
        (orders[row["InvoiceNo"]], row)
        for row in _rows(folder / "order_lines.csv.gz")
        if row["InvoiceNo"] in orders
    ]
    moment = {
        key: datetime.fromisoformat(row["date"]).replace(tzinfo=UTC).timestamp()
        for key, row in orders.items()
    }
    events = Interactions.from_columns(
        visitor=[order["customer"] for order, _ in lines],
        item=[line["StockCode"] for _, line in lines],
        kind="purchase",
        time=np.array([moment[order["InvoiceNo"]] for order, _ in lines]),
        quantity=[float(line["qty"]) for _, line in lines],
        basket=[order["InvoiceNo"] for order, _ in lines],
    )
    return _next_basket(
        folder.name,
        f"first order from {cut} on",
        events.select(until=at),
        _first_baskets(events.select(since=at)),
        with_new=True,
        catalogue=_products(folder),
    )


def _first_baskets(events: Interactions) -> sparse.csr_matrix:
    """What was in the first basket of each visitor, (n_visitors, n_items)."""
    first = np.full(events.n_visitors + 1, -2)
    rows = np.flatnonzero(events.visitor >= 0)[::-1]
    first[events.visitor[rows]] = events.basket[rows]  # rows are newest first: the oldest one stays
    return events.select(mask=(events.visitor >= 0) & (events.basket == first[events.visitor])).matrix(
        binary=True
    )


def _products(folder: Path) -> Catalogue | None:
    if not (folder / "products.csv").exists():
        return None
    rows = list(_rows(folder / "products.csv"))
    return Catalogue.from_columns(
        item_keys=[row["StockCode"] for row in rows],
        titles=[row["name"] for row in rows],
        prices=[float(row["price"]) if row.get("price") else None for row in rows],
    )


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8")  # noqa: SIM115
    with opened as file:
        for line in file:
            if line.strip():
                yield line.rstrip("\n")


def _rows(path: Path) -> Iterable[dict[str, str]]:
    return csv.DictReader(_lines(path))


def _json(path: Path) -> Any:
    return json.loads("".join(_lines(path)))


_Reader = Callable[[Path, str | None, bool, int], Task]
_READERS: Sequence[tuple[str, _Reader]] = (
    ("sequences.txt", _sequences),
    ("train_sessions.txt.gz", _sessions),
    ("train.txt", _sets),
    ("train.npz", _sets),
    ("buy_train.tsv.gz", _behaviours),
    ("*_history.json*", _baskets_of_users),
    ("baskets.csv", _basket_completion),
    ("order_lines.csv.gz", _orders),
)

__all__ = ["DAY", "Task", "Test", "UnknownFormat", "hidden_items", "read", "shuffled_ties"]
