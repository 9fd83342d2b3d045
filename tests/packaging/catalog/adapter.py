from __future__ import annotations

from recommendations.adapter import Adapter, Behaviour


class ShopAdapter(Adapter):
    product_models = ("catalog.Product",)
    fields = {"title": "name", "text": "description", "price": "price"}
    currency = "EUR"
    behaviours = (
        Behaviour(
            kind="purchase",
            model="catalog.OrderLine",
            item="product",
            visitor="order.user",
            time="order.placed_at",
            quantity="quantity",
            value="total",
            order="order",
            when="order.paid",
        ),
    )

    def sellable(self, model, context):
        return model.objects.filter(is_active=True)
