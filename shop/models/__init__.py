from __future__ import annotations

from shop.models.catalogue import Category, Product
from shop.models.community import Review, Wish
from shop.models.customers import Customer
from shop.models.orders import Order, OrderLine
from shop.models.promotions import Campaign, Coupon, CouponRedemption, Discount

__all__ = [
    "Campaign",
    "Category",
    "Coupon",
    "CouponRedemption",
    "Customer",
    "Discount",
    "Order",
    "OrderLine",
    "Product",
    "Review",
    "Wish",
]
