"""Campaigns, coupons, redemptions, and discounts around now that follow what the shop used to do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median_low
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from shop.loading.base import CampaignRow, CouponRow, DiscountRow, RedemptionRow
from shop.loading.completejourney.catalogue import Catalogue, moment, sku_of
from shop.loading.completejourney.tables import Bools, Tables
from shop.loading.completejourney.till import RECENT_WEEKS, Lines
from shop.loading.made_up import scatter

#: Redemptions carry the shops' local date, the till UTC: matched in local time, 15 % more find their basket.
LOCAL = ZoneInfo("America/New_York")
DAY = timedelta(days=1)

CouponKey = tuple[int, int]  # coupon_upc, campaign_id
USUAL_PERCENT = 20
#: A product is discounted around now when the shop discounted it in this share of its recent sales …
MIN_DISCOUNT_SHARE = 0.3
MIN_RECENT_SALES = 6
#: … and it is among this many in a hundred of those.
DISCOUNTED_IN_100 = 25


def coupon_code(key: CouponKey) -> str:
    upc, campaign = key
    return f"C{campaign}-{upc}"


def campaign_key(campaign: int) -> str:
    return f"completejourney:{campaign}"


def campaign_rows(tables: Tables, shift: timedelta) -> Iterator[CampaignRow]:
    for row in tables.campaign_descriptions:
        personal = row["campaign_type"] == "Type A"
        yield CampaignRow(
            key=campaign_key(row["campaign_id"]),
            name=f"Campaign {row['campaign_id']}: {'personal coupons' if personal else 'coupon mailing'}",
            kind=row["campaign_type"],
            starts_at=_midnight(row["start_date"]) + shift,
            ends_at=_midnight(row["end_date"]) + DAY + shift,
        )


@dataclass(frozen=True)
class Redeemed:
    """A redemption and, where it was found, its basket (0 = not found) and what it took off, in per cent."""

    household: int
    coupon: CouponKey
    basket: int
    at: datetime
    percents: tuple[int, ...]


def match_redemptions(tables: Tables, lines: Lines) -> list[Redeemed]:
    """Find each redemption's basket: the household's, that local day, with a coupon's product bought with a coupon."""
    products: dict[CouponKey, set[int]] = defaultdict(set)
    for row in tables.coupons:
        products[row["coupon_upc"], row["campaign_id"]].add(row["product_id"])
    bought = _coupon_lines(tables, lines)
    found = []
    for row in tables.coupon_redemptions:
        key = (row["coupon_upc"], row["campaign_id"])
        day = row["redemption_date"].date()
        mine = [line for line in bought[row["household_id"], day] if line[1] in products[key]]
        basket, at = (
            (mine[0][0], mine[0][3])
            if mine
            else (0, datetime(day.year, day.month, day.day, 12, tzinfo=LOCAL))
        )
        percents = tuple(line[2] for line in mine if line[0] == basket)
        found.append(Redeemed(row["household_id"], key, basket, at.astimezone(UTC), percents))
    return found


def _coupon_lines(
    tables: Tables, lines: Lines
) -> dict[tuple[int, date], list[tuple[int, int, int, datetime]]]:
    """(household, local day) → (basket, product, per cent off, time) of the lines with a coupon."""
    till = tables.transactions
    redeemers = np.array(sorted({row["household_id"] for row in tables.coupon_redemptions}), dtype=np.int64)
    wanted = np.flatnonzero(
        (till.coupon_discount[lines.at] > 0) & np.isin(till.household[lines.at], redeemers)
    )
    at, gross = lines.at[wanted], lines.unit_price[wanted] * till.quantity[lines.at[wanted]]
    percent = 100 * till.coupon_discount[at] // np.maximum(gross, 1)
    bought: dict[tuple[int, date], list[tuple[int, int, int, datetime]]] = defaultdict(list)
    for household, basket, product, off, seconds in zip(
        till.household[at].tolist(), till.basket[at].tolist(), till.product[at].tolist(), percent.tolist(),
        till.time[at].tolist(), strict=True,
    ):  # fmt: skip
        when = moment(seconds)
        bought[household, when.astimezone(LOCAL).date()].append((basket, product, off, when))
    return bought


def coupon_rows(
    tables: Tables, catalogue: Catalogue, chosen: Bools, redeemed: list[Redeemed], shift: timedelta
) -> Iterator[CouponRow]:
    """Coupons for `chosen` products. The data tells no percentage: it is the one seen at the till, else the campaign
    type's."""
    codes = {good.product_id: code for code, good in enumerate(catalogue.goods) if chosen[code]}
    products: dict[CouponKey, set[int]] = defaultdict(set)
    for row in tables.coupons:
        if row["product_id"] in codes:
            products[row["coupon_upc"], row["campaign_id"]].add(codes[row["product_id"]])
    campaigns = {row["campaign_id"]: row for row in tables.campaign_descriptions}
    percents = _percents(redeemed, campaigns)
    for key, members in sorted(products.items()):
        campaign = campaigns[key[1]]
        percent = percents.get(key) or percents.get(campaign["campaign_type"]) or USUAL_PERCENT
        titles = Counter(catalogue.goods[code].path.split("/")[1] for code in sorted(members))
        title = titles.most_common(1)[0][0] + (" and more" if len(titles) > 1 else "")
        yield CouponRow(
            code=coupon_code(key), name=f"{percent}% off {title}", percent=Decimal(percent),
            campaign_key=campaign_key(key[1]), starts_at=_midnight(campaign["start_date"]) + shift,
            ends_at=_midnight(campaign["end_date"]) + DAY + shift,
            skus=tuple(sku_of(catalogue.goods[code].product_id) for code in sorted(members)),
        )  # fmt: skip


def _percents(redeemed: list[Redeemed], campaigns: dict[int, dict[str, Any]]) -> dict[CouponKey | str, int]:
    """The median percentage seen, by coupon and by campaign type, in steps of 5 from 5 to 50."""
    seen: dict[CouponKey | str, list[int]] = defaultdict(list)
    for redemption in redeemed:
        seen[redemption.coupon] += redemption.percents
        campaign = campaigns.get(redemption.coupon[1])
        if campaign:
            seen[campaign["campaign_type"]] += redemption.percents
    return {key: _in_fives(median_low(percents)) for key, percents in seen.items() if percents}


def redemption_rows(
    redeemed: list[Redeemed], codes: set[str], customers: dict[int, str], orders: set[int], shift: timedelta
) -> Iterator[RedemptionRow]:
    """Redemptions of coupons and by customers that are in the shop, each (coupon, customer, time) once."""
    seen = set()
    for redemption in redeemed:
        code = coupon_code(redemption.coupon)
        entry = (code, redemption.household, redemption.at)
        if code in codes and redemption.household in customers and entry not in seen:
            seen.add(entry)
            number = f"CJ-{redemption.basket}" if redemption.basket in orders else ""
            yield RedemptionRow(code, customers[redemption.household], number, redemption.at + shift)


def discount_rows(catalogue: Catalogue, chosen: Bools, last_order: datetime) -> Iterator[DiscountRow]:
    """Discounts near `last_order` (shifted) on products that the shop used to discount, by as much as it used to.

    Seven in ten are in force for the weeks after `last_order`, one in ten is over, two in ten are still to come.
    """
    habits = catalogue.habits
    often = (
        chosen & (catalogue.parent < 0) & (habits.discount_share >= MIN_DISCOUNT_SHARE)
        & (habits.discount_percent >= 4) & (habits.weekly_sales * RECENT_WEEKS >= MIN_RECENT_SALES)
    )  # fmt: skip
    today = last_order.replace(hour=0, minute=0, second=0, microsecond=0)
    for code in np.flatnonzero(often).tolist():
        sku = sku_of(catalogue.goods[code].product_id)
        if scatter(sku, "discounted", 100) >= DISCOUNTED_IN_100:
            continue
        when, spread = scatter(sku, "when", 10), scatter(sku, "spread", 7)
        if when < 7:
            starts, ends = -spread, 12 + 2 * spread
        elif when == 7:
            starts, ends = -35 - spread, -14 - spread
        else:
            starts, ends = 9 + spread, 23 + spread
        yield DiscountRow(
            sku=sku, name="Weekly special", percent=Decimal(_in_fives(int(habits.discount_percent[code]))),
            starts_at=today + starts * DAY, ends_at=today + ends * DAY,
        )  # fmt: skip


def _in_fives(percent: int) -> int:
    return min(50, max(5, 5 * round(percent / 5)))


def _midnight(moment_or_date: datetime) -> datetime:
    return datetime(moment_or_date.year, moment_or_date.month, moment_or_date.day, tzinfo=UTC)
