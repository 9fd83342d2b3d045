"""What a data set asks, and reading its files."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.evaluation.queries import Queries

DAY = 86_400.0
T = TypeVar("T")


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
    """No reader knows the files of the folder, or what is in them."""


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file that are not blank, gzipped or not."""
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8")  # noqa: SIM115
    try:
        with opened as file:
            for line in file:
                if line.strip():
                    yield line.rstrip("\n")
    except (gzip.BadGzipFile, EOFError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def parsed(path: Path, parse: Callable[[str], T], *, skip: int = 0) -> Iterator[T]:
    """What `parse` makes of each line but the first `skip`. Raises ValueError naming the line that it cannot read."""
    for number, line in enumerate(lines_of(path), start=1):
        if number > skip:
            try:
                yield parse(line)
            except ValueError as error:
                raise ValueError(f"{path.name}, line {number}: {line[:80]!r}: {error}") from error


def rows_of(path: Path) -> Iterable[dict[str, str]]:
    """The rows of a CSV file."""
    return csv.DictReader(lines_of(path))


def json_of(path: Path) -> Any:
    """What a JSON file holds."""
    try:
        return json.loads("".join(lines_of(path)))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
