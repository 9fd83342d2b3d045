"""What the shop tells the world about its shoppers. All are sent with plain `.send(sender=<the view>)`.

| signal | arguments |
|---|---|
| `product_viewed` | `product`, `request` |
| `searched` | `query` (as typed, stripped), `n_results`, `request` |
| `cart_added`, `cart_removed` | `product` (the chosen variant), `quantity` (the change, > 0), `request` |
| `order_placed` | `order`, `request`; once, when order and lines are written, in the same transaction |
"""

from __future__ import annotations

from django.dispatch import Signal

product_viewed = Signal()
searched = Signal()
cart_added = Signal()
cart_removed = Signal()
order_placed = Signal()
