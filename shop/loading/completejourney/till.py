"""What the till lines say about prices and sales.

How the till counts (all amounts are for the whole line):

    sales_value        what the shop received for the line; a maker's coupon is paid back to it, so it counts in
    retail_disc        taken off by the shop (loyalty card); not in sales_value
    coupon_match_disc  taken off by the shop to match a maker's coupon; not in sales_value
    coupon_disc        paid by a maker's coupon; in sales_value, but not paid by the shopper

so the shelf price of the line is sales_value + retail_disc + coupon_match_disc, the shopper paid
sales_value − coupon_disc, and the difference is the line's discount. The shelf price of one piece is rounded up to
a cent where it does not divide, so that the discount is never negative and the line still adds up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shop.loading.completejourney.tables import Bools, Ints, Transactions

WEEK_SECONDS = 7 * 86_400
#: The window in which a price, a discount habit or a speed of sale is "recent".
RECENT_WEEKS = 10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Lines:
    """Till lines worth keeping: `at` are their places in the transactions, `product` codes into the goods."""

    at: Ints
    product: Ints
    unit_price: Ints  # cents
    discount: Ints  # cents, of the line
    total: Ints  # cents, of the line


@dataclass(frozen=True)
class Habits:
    """One entry a product, computed from all its lines."""

    n_lines: Ints
    first_sale: Ints  # POSIX seconds
    price: Ints  # cents: median shelf price, of recent lines where there are any
    weekly_sales: Floats  # pieces
    discount_share: Floats  # share of the recent lines that were discounted by the shop
    discount_percent: Floats  # median percentage of those; 0 where there are none


def priced_lines(till: Transactions, product: Ints, usable: Bools) -> Lines:
    """Prices of the `usable` lines; `product` holds each line's product code."""
    at = np.flatnonzero(usable)
    quantity = till.quantity[at]
    gross = till.sales[at] + till.retail_discount[at] + till.match_discount[at]
    unit_price = -(-gross // quantity)
    total = np.maximum(till.sales[at] - till.coupon_discount[at], 0)
    return Lines(
        at=at, product=product[at], unit_price=unit_price, discount=unit_price * quantity - total, total=total
    )


def habits(till: Transactions, lines: Lines, n_products: int) -> Habits:
    """What each product's lines say; products without lines have n_lines 0 and price 0."""
    time, product = till.time[lines.at], lines.product
    n_lines = np.bincount(product, minlength=n_products)
    first = np.full(n_products, np.iinfo(np.int64).max)
    np.minimum.at(first, product, time)
    recent = time > (time.max(initial=0) - RECENT_WEEKS * WEEK_SECONDS)
    price = group_median(product, lines.unit_price, n_products)
    recent_price = group_median(product[recent], lines.unit_price[recent], n_products)
    sold = np.bincount(product[recent], weights=till.quantity[lines.at][recent], minlength=n_products)
    shop_discount = till.retail_discount[lines.at]
    cut = recent & (shop_discount > 0)
    percent = np.rint(100 * shop_discount / np.maximum(lines.unit_price * till.quantity[lines.at], 1)).astype(
        np.int64
    )
    n_recent = np.bincount(product[recent], minlength=n_products)
    n_cut = np.bincount(product[cut], minlength=n_products)
    return Habits(
        n_lines=n_lines,
        first_sale=first,
        price=np.where(recent_price > 0, recent_price, price),
        weekly_sales=sold / RECENT_WEEKS,
        discount_share=n_cut / np.maximum(n_recent, 1),
        discount_percent=group_median(product[cut], percent[cut], n_products).astype(np.float64),
    )


def group_median(group: Ints, value: Ints, n_groups: int) -> Ints:
    """The lower median of `value` in each group; 0 for a group without values."""
    order = np.lexsort((value, group))
    sizes = np.bincount(group, minlength=n_groups)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    result = np.zeros(n_groups, dtype=np.int64)
    filled = sizes > 0
    result[filled] = value[order][starts[filled] + (sizes[filled] - 1) // 2]
    return result
