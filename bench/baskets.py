"""Data sets of orders and baskets."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from bench.tasks import DAY, Task, Test, UnknownFormat, json_of, rows_of
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.evaluation.queries import HoldOut, without_one


def baskets_of_users(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
    history, future = (json_of(_first(folder, f"*_{part}.json*")) for part in ("history", "future"))
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


def _first(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise UnknownFormat(f"{folder} has no file {pattern}.")
    return found[0]


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


def basket_completion(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
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


def orders_of_customers(folder: Path, cut: str | None, shuffle_ties: bool, seed: int) -> Task:
    if cut is None:
        raise UnknownFormat(f"{folder} has orders: say where to cut them, e.g. --cut 2011-08-01.")
    try:
        at = datetime.fromisoformat(cut).replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise UnknownFormat(f"{folder}: --cut {cut!r} is no day; give one such as 2011-08-01.") from error
    orders = {row["InvoiceNo"]: row for row in rows_of(folder / "orders.csv.gz")}
    lines = [
        (orders[row["InvoiceNo"]], row)
        for row in rows_of(folder / "order_lines.csv.gz")
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
    rows = list(rows_of(folder / "products.csv"))
    return Catalogue.from_columns(
        item_keys=[row["StockCode"] for row in rows],
        titles=[row["name"] for row in rows],
        prices=[float(row["price"]) if row.get("price") else None for row in rows],
    )
