"""The grocery shop as a source of rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar

import numpy as np

from shop.loading.base import (
    CampaignRow,
    CategoryRow,
    CouponRow,
    CustomerRow,
    DiscountRow,
    LineRow,
    OrderRow,
    ProductRow,
    RedemptionRow,
    Source,
)
from shop.loading.completejourney import assortment, catalogue, promotions, subset, till
from shop.loading.completejourney.catalogue import moment, money, sku_of
from shop.loading.completejourney.tables import Bools, Ints, Tables

#: The columns of the demographics, and the customer attributes that they become.
ATTRIBUTES = {
    "age": "age_band", "income": "income_band", "home_ownership": "home_ownership", "marital_status": "marital_status",
    "household_size": "household_size", "household_comp": "household_type", "kids_count": "children",
}  # fmt: skip
CHUNK = 50_000


class CompleteJourney(Source):
    """Everything with `full`, else the quick demo's subset (see `subset`)."""

    name: ClassVar[str] = "completejourney"
    currency: ClassVar[str] = "USD"

    def __init__(
        self,
        tables: Tables,
        *,
        full: bool = False,
        n_households: int = subset.N_HOUSEHOLDS,
        min_lines: int = subset.MIN_LINES,
    ) -> None:
        super().__init__()
        self.tables = tables
        self.goods, rejected = assortment.goods(tables.products)
        self.goods.sort(key=lambda good: good.product_id)
        lines, habits = self._usable_lines(rejected)
        self.catalogue = catalogue.build(self.goods, habits)
        self.redeemed = promotions.match_redemptions(tables, lines)
        drawn = subset.drawn_households(tables.transactions, n_households)
        self.shopper_key = customer_key(self._shopper(drawn))
        self.lines, self.chosen = self._select(lines, None if full else drawn, min_lines)
        self._code_by_sku = {sku_of(good.product_id): code for code, good in enumerate(self.goods)}
        self._baskets = tables.transactions.basket[self.lines.at]
        self._starts = np.flatnonzero(np.diff(self._baskets, prepend=-1))

    # -- choosing ------------------------------------------------------------------------------------------------

    def _usable_lines(self, rejected: dict[int, str]) -> tuple[till.Lines, till.Habits]:
        """Price the lines of goods; count the others, each under the first reason that applies."""
        sales = self.tables.transactions
        ids = np.array([good.product_id for good in self.goods], dtype=np.int64)
        code = np.minimum(np.searchsorted(ids, sales.product), len(ids) - 1)
        is_good = ids[code] == sales.product
        counted = sales.quantity > 0
        others, counts = np.unique(sales.product[counted & ~is_good], return_counts=True)
        for product, n in zip(others.tolist(), counts.tolist(), strict=True):
            self.report.drop("order lines", rejected.get(product, "product not in the product table"), n)
        for reason, n in Counter(rejected.values()).items():
            self.report.drop("products", reason, n)
        priced = sales.sales + sales.retail_discount + sales.match_discount > 0
        self.report.drop("order lines", "quantity zero", int((~counted).sum()))
        self.report.drop("order lines", "no price", int((counted & is_good & ~priced).sum()))
        lines = till.priced_lines(sales, code, is_good & counted & priced)
        return lines, till.habits(sales, lines, len(ids))

    def _select(self, lines: till.Lines, households: Ints | None, min_lines: int) -> tuple[till.Lines, Bools]:
        """The lines and products to load: all that were sold, or those of the quick demo."""
        n_goods = len(self.goods)
        sold = self.catalogue.habits.n_lines > 0
        self.report.drop("products", "never sold", int((~sold).sum()))
        if households is None:
            return lines, sold
        theirs = np.isin(self.tables.transactions.household[lines.at], households)
        self.report.drop("order lines", "household not in the quick demo", int((~theirs).sum()))
        often = np.bincount(lines.product[theirs], minlength=n_goods) >= min_lines
        kept = theirs & often[lines.product]
        self.report.drop("order lines", "product too rare for the quick demo", int((theirs & ~kept).sum()))
        baskets = self.tables.transactions.basket[lines.at]
        lost = len(np.unique(baskets[theirs])) - len(np.unique(baskets[kept]))
        self.report.drop("orders", "none of the products is in the quick demo", lost)
        parents = self.catalogue.parent[often]
        chosen = often.copy()
        chosen[parents[parents >= 0]] = True
        self.report.drop("products", "not in the quick demo", int((sold & ~chosen).sum()))
        columns = (lines.at, lines.product, lines.unit_price, lines.discount, lines.total)
        return till.Lines(*(column[kept] for column in columns)), chosen

    def _shopper(self, drawn: Ints) -> int:
        described = {row["household_id"] for row in self.tables.demographics}
        addressed = {row["household_id"] for row in self.tables.campaigns}
        return subset.shopper(self.tables.transactions, drawn, described, addressed)

    # -- the interface -------------------------------------------------------------------------------------------

    @property
    def last_order_at(self) -> datetime:
        return moment(int(self.tables.transactions.time.max()))

    def created_at(self, sku: str) -> datetime | None:
        code = self._code_by_sku.get(sku)
        return None if code is None or not self.catalogue.names[code] else self.catalogue.first_week(code)

    def sizes(self) -> dict[str, int]:
        return {"products": int(self.chosen.sum()), "orders": len(self._starts)}

    def categories(self) -> Iterable[CategoryRow]:
        paths = {self.goods[code].path for code in np.flatnonzero(self.chosen).tolist()}
        ancestors = {"/".join(path.split("/")[:depth]) for path in paths for depth in (1, 2, 3)}
        return [CategoryRow(path) for path in sorted(ancestors)]

    def products(self) -> Iterator[ProductRow]:
        return self.catalogue.rows(self.chosen, self.shift)

    def customers(self) -> Iterator[CustomerRow]:
        sales = self.tables.transactions
        described = {row["household_id"]: row for row in self.tables.demographics}
        campaigns: dict[int, list[str]] = defaultdict(list)
        for row in self.tables.campaigns:
            campaigns[row["household_id"]].append(promotions.campaign_key(row["campaign_id"]))
        at = self.lines.at[self._starts]
        households, firsts = np.unique(sales.household[at], return_index=True)
        for household, first in zip(households.tolist(), sales.time[at][firsts].tolist(), strict=True):
            attributes: dict[str, Any] = {
                attribute: described[household][column]
                for column, attribute in ATTRIBUTES.items()
                if household in described and described[household][column] is not None
            }
            if household in campaigns:
                attributes["campaigns"] = campaigns[household]
            key = customer_key(household)
            yield CustomerRow(key, f"{key}@example.invalid", moment(first) + self.shift, attributes)

    def campaigns(self) -> Iterator[CampaignRow]:
        return promotions.campaign_rows(self.tables, self.shift)

    def coupons(self) -> list[CouponRow]:
        rows = list(
            promotions.coupon_rows(self.tables, self.catalogue, self.chosen, self.redeemed, self.shift)
        )
        everything = {(row["coupon_upc"], row["campaign_id"]) for row in self.tables.coupons}
        self.report.drop("coupons", "none of the products is in the shop", len(everything) - len(rows))
        self._coupon_codes = {row.code for row in rows}
        return rows

    def discounts(self) -> Iterator[DiscountRow]:
        return promotions.discount_rows(self.catalogue, self.chosen, self.last_order_at + self.shift)

    def orders(self, skip: frozenset[str] = frozenset()) -> Iterator[OrderRow]:
        """Orders oldest first, cut from the columns a chunk at a time so that memory stays flat."""
        coupons = self._coupon_of_basket()
        skus = [sku_of(good.product_id) for good in self.goods]
        starts = [*self._starts.tolist(), len(self._baskets)]
        place = 0
        while place < len(starts) - 1:
            upto = int(np.searchsorted(self._starts, starts[place] + CHUNK, side="left"))
            yield from self._chunk(starts[place : upto + 1], skus, coupons, skip)
            place = upto

    def _chunk(
        self, starts: list[int], skus: list[str], coupons: dict[int, str], skip: frozenset[str]
    ) -> Iterator[OrderRow]:
        sales, window = self.tables.transactions, slice(starts[0], starts[-1])
        at = self.lines.at[window]
        rows = [
            LineRow(skus[code], quantity, money(price), money(discount), money(total))
            for code, quantity, price, discount, total in zip(
                self.lines.product[window].tolist(),
                sales.quantity[at].tolist(),
                self.lines.unit_price[window].tolist(),
                self.lines.discount[window].tolist(),
                self.lines.total[window].tolist(),
                strict=True,
            )
        ]
        for start, end in zip(starts, starts[1:], strict=False):
            line = int(at[start - starts[0]])
            basket = int(sales.basket[line])
            number = f"CJ-{basket}"
            if number in skip:
                continue
            key = customer_key(int(sales.household[line]))
            yield OrderRow(
                key=str(basket), number=number, customer_key=key, email=f"{key}@example.invalid",
                placed_at=moment(int(sales.time[line])) + self.shift,
                lines=tuple(rows[start - starts[0] : end - starts[0]]), coupon_code=coupons.get(basket, ""),
            )  # fmt: skip

    def _coupon_of_basket(self) -> dict[int, str]:
        """The first coupon redeemed in each basket: an order holds one."""
        found: dict[int, str] = {}
        for redemption in self.redeemed:
            if redemption.basket:
                found.setdefault(redemption.basket, promotions.coupon_code(redemption.coupon))
        return found

    def redemptions(self) -> list[RedemptionRow]:
        sales = self.tables.transactions
        at = self.lines.at[self._starts]
        customers = {
            household: customer_key(household) for household in np.unique(sales.household[at]).tolist()
        }
        rows = list(
            promotions.redemption_rows(
                self.redeemed, self._coupon_codes, customers, set(sales.basket[at].tolist()), self.shift
            )
        )
        reason = "coupon or household not in the shop, or redeemed twice in one order"
        self.report.drop("redemptions", reason, len(self.redeemed) - len(rows))
        return rows


def customer_key(household: int) -> str:
    return f"household-{household}"
