"""Reading a shop's CSV files with errors that say where and what to do."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from shop.loading.base import LoadError

CENT = Decimal("0.01")


class Line(NamedTuple):
    """A row of a file, with what an error must name."""

    path: Path
    number: int
    values: dict[str, str]

    def error(self, column: str, wanted: str) -> LoadError:
        return LoadError(
            f"{self.path.name}, line {self.number}: {column} is {self.values[column]!r}, which is not {wanted}."
            f" Correct that line of {self.path}, or delete it."
        )

    def text(self, column: str) -> str:
        value = self.values[column].strip()
        if not value:
            raise self.error(column, "a key: it is empty")
        return value

    def integer(self, column: str) -> int:
        try:
            return int(self.values[column])
        except ValueError:
            raise self.error(column, "a whole number") from None

    def money(self, column: str) -> Decimal:
        """An amount in the currency's main unit, rounded to whole pence (medians have half pence)."""
        try:
            amount = Decimal(self.values[column]).quantize(CENT, rounding=ROUND_HALF_UP)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite():
            raise self.error(column, "an amount such as 2.95")
        return amount

    def moment(self, column: str, pattern: str) -> datetime:
        """A naive time written as `pattern`."""
        try:
            return datetime.strptime(self.values[column], pattern)
        except ValueError:
            example = datetime(2010, 12, 1, 8, 26).strftime(pattern)
            raise self.error(column, f"a time such as {example}") from None


def read_csv(path: Path, columns: tuple[str, ...]) -> Iterator[Line]:
    """The rows of a CSV file (plain, or gzip by its name). Raises LoadError for a missing file or column, a line
    with too few fields, and for text that is not UTF-8 or not gzip."""
    if not path.is_file():
        raise LoadError(
            f"{path}: no such file. Give the folder that holds products.csv, orders.csv.gz and order_lines.csv.gz."
        )
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            found = reader.fieldnames or []
            for column in columns:
                if column not in found:
                    raise LoadError(
                        f"{path.name}, line 1: column {column!r} is missing; found {', '.join(found) or 'nothing'}."
                        f" The first line of {path} must name {', '.join(columns)}."
                    )
            for values in reader:
                line = Line(path, reader.line_num, values)
                if None in values.values() or None in values:
                    raise LoadError(
                        f"{path.name}, line {line.number}: {len(found)} fields are expected. Correct that line of"
                        f" {path}, or delete it."
                    )
                yield line
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise LoadError(f"{path}: cannot be read ({error}). Get the file again.") from None
