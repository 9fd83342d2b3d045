"""The Item mirror: our copy of the shop's catalogue, kept by signals and by `sync_items`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import router, transaction
from django.utils import timezone

from recommendations.adapter import Adapter, get_adapter
from recommendations.datatypes import ItemData
from recommendations.models import Item
from recommendations.progress import NoProgress, Progress
from recommendations.signals import content_changed
from recommendations.tracking.batches import batches_by_pk

_COPIED = [
    "group_key",
    "title",
    "text",
    "categories",
    "brand",
    "supplier",
    "price",
    "cost",
    "stock",
    "available_from",
    "available_until",
    "created_at",
    "minimum_age",
    "customer_groups",
    "attributes",
]
_UPDATED = [
    *_COPIED,
    "is_sensitive",
    "is_limited",
    "previous_price",
    "price_changed_at",
    "restocked_at",
    "content_hash",
    "is_gone",
    "synced_at",
]


@dataclass
class SyncReport:
    """What synchronising the catalogue came to. `content`: scope → keys of the items that say something new."""

    seen: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    content: dict[str, list[str]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many items were seen, new, changed and gone."""
        return {"seen": self.seen, "new": self.new, "changed": self.changed, "gone": self.gone}


def sync_items(progress: Progress | None = None, batch_size: int = 1000) -> SyncReport:
    """Mirror the whole catalogue, in batches; items the shop no longer has are marked gone."""
    progress = progress or NoProgress()
    adapter = get_adapter()
    report = SyncReport()
    started = timezone.now()
    for model in adapter.models():
        products = adapter.catalogue(model)
        progress.start(f"items: {model._meta.verbose_name_plural}", products.count())
        for batch in batches_by_pk(products, batch_size):
            _mirror([(adapter.item(product), adapter.is_sensitive(product)) for product in batch], report)
            progress.advance(len(batch))
    progress.finish()
    _tell(report)
    gone = Item.objects.filter(is_gone=False, synced_at__lt=started)
    report.gone = gone.update(is_gone=True, synced_at=timezone.now())
    return report


def sync_item_keys(keys: Sequence[str], using: str | None = None) -> SyncReport:
    """Mirror these items as they are now; those the catalogue no longer has are marked gone."""
    adapter = get_adapter()
    report = SyncReport()
    found = {data.item_key: (data, sensitive) for data, sensitive in _read_items(adapter, keys, using)}
    _mirror(list(found.values()), report)
    _tell(report)
    missing = [key for key in keys if key not in found]
    if missing:
        report.gone = Item.objects.filter(item_key__in=missing).update(is_gone=True, synced_at=timezone.now())
    return report


def _read_items(adapter: Adapter, keys: Iterable[str], using: str | None) -> Iterable[tuple[ItemData, bool]]:
    """What the shop says of these items, and whether each is sensitive."""
    wanted: dict[Any, list[Any]] = {}
    for key in keys:
        if located := adapter.locate(key):
            wanted.setdefault(located[0], []).append(located[1])
    for model, pks in wanted.items():
        for product in adapter.catalogue(model).using(using).filter(pk__in=pks):
            yield adapter.item(product), adapter.is_sensitive(product)


def _mirror(items: Sequence[tuple[ItemData, bool]], report: SyncReport) -> None:
    """Upsert items, sensitive or not, and note when a price changed and when one came back into stock."""
    if not items:
        return
    alias = router.db_for_write(Item)
    keys = [data.item_key for data, _ in items]
    before = {
        (item.scope, item.item_key): item for item in Item.objects.using(alias).filter(item_key__in=keys)
    }
    rows = []
    now = timezone.now()
    for data, is_sensitive in items:
        old = before.get((data.scope, data.item_key))
        row = to_item(data, old, now)
        row.is_sensitive = is_sensitive
        report.seen += 1
        report.new += old is None
        report.changed += old is not None and any(
            getattr(old, name) != getattr(row, name) for name in _COPIED
        )
        if old is None or old.is_gone or old.content_hash != row.content_hash:
            report.content.setdefault(data.scope, []).append(data.item_key)
        rows.append(row)
    with transaction.atomic(using=alias):
        Item.objects.using(alias).bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["scope", "item_key"],
            update_fields=_UPDATED,
        )


def _tell(report: SyncReport) -> None:
    """Send content_changed once the rows are committed."""
    for scope, keys in report.content.items():
        send = partial(content_changed.send_robust, sender=Item, scope=scope, item_keys=keys)
        transaction.on_commit(send, using=router.db_for_write(Item), robust=True)


def to_item(data: ItemData, old: Item | None, now: datetime) -> Item:
    """The mirror's row of an item."""
    row = Item(
        scope=data.scope,
        item_key=data.item_key,
        group_key=data.group_key or data.item_key,
        title=data.title[:255],
        text=data.text,
        categories=list(data.categories),
        brand=data.brand[:120],
        supplier=data.supplier[:120],
        price=data.price,
        cost=data.cost,
        stock=data.stock,
        available_from=data.available_from,
        available_until=data.available_until,
        created_at=data.created_at,
        minimum_age=data.minimum_age,
        customer_groups=list(data.customer_groups),
        attributes=dict(data.attributes),
        content_hash=content_hash(data),
        synced_at=now,
    )
    row.is_limited = bool(row.minimum_age or row.customer_groups or row.available_from or row.available_until)
    if old is not None:
        price_changed = old.price != row.price
        came_back = (old.stock or 0) <= 0 < (row.stock or 0)
        row.previous_price = old.price if price_changed else old.previous_price
        row.price_changed_at = now if price_changed else old.price_changed_at
        row.restocked_at = now if came_back else old.restocked_at
    return row


def content_hash(data: ItemData) -> str:
    """Changes when what content algorithms read changes."""
    parts = [data.title, data.text, data.brand, *data.categories]
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
