"""Live capture: thin receivers on the shop's models and signals. They note ids and work after the commit."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.signals import setting_changed
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal
from django.utils.module_loading import import_string

from recommendations.adapter import Behaviour, get_adapter
from recommendations.conf import NAME
from recommendations.datatypes import Hit
from recommendations.exceptions import ConfigurationError
from recommendations.models import OrderVisitor
from recommendations.tracking.items import sync_item_keys
from recommendations.tracking.orders import note_of, save_notes
from recommendations.tracking.recording import record
from recommendations.tracking.safety import never_raises
from recommendations.tracking.sync import sync_pks
from recommendations.tracking.visitors import current_request, link_visitor, rotate

logger = logging.getLogger("recommendations")

_connected: list[tuple[Signal, str]] = []


class Pending(threading.local):
    """What this thread must look at after the commit: behaviour number → row keys, item keys, and
    who created orders; by database."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, dict[Any, None]]] = defaultdict(lambda: defaultdict(dict))
        self.items: dict[str, dict[str, None]] = defaultdict(dict)
        self.notes: dict[str, list[OrderVisitor]] = defaultdict(list)
        self.related: dict[str, list[tuple[int, Callable[[Any], Iterable[Any]], Any]]] = defaultdict(list)


_pending = Pending()


class Watched:
    """Which behaviours and catalogues a model matters to."""

    def __init__(self, model: type[Model]) -> None:
        adapter = get_adapter()
        label = model._meta.label_lower
        labels = {label, *(parent._meta.label_lower for parent in model._meta.all_parents)}
        labels.add((model._meta.concrete_model or model)._meta.label_lower)
        behaviours = list(enumerate(adapter.behaviours))
        self.rows = [n for n, b in behaviours if b.label in labels]
        self.related = [
            (n, rows_of) for n, b in behaviours for name, rows_of in b.watch.items() if name.lower() in labels
        ]
        self.orders = any(b.order_model.lower() in labels for _, b in behaviours if b.order_model)
        self.is_product = any(name.lower() in labels for name in adapter.product_models)

    def __bool__(self) -> bool:
        return bool(self.rows or self.related or self.orders or self.is_product)


@cache
def watched(model: type[Model]) -> Watched | None:
    """What a model matters to; None for most models, so that saving them costs nothing."""
    try:
        found = Watched(model)
    except ConfigurationError:  # the system check says so; the shop works without us
        return None
    return found or None


@never_raises("Noticing a saved row")
def on_saved(sender: Any, instance: Any, created: bool, raw: bool, using: str, **kwargs: Any) -> None:
    """A row was saved: its events are brought in line after the commit. Fixtures (`raw`) are left to reconcile."""
    interest = watched(type(instance))  # type: ignore[arg-type]
    if interest is None or raw:
        return
    if interest.orders and created and (note := note_of(instance)):
        _pending.notes[using].append(note)
    for number in interest.rows:
        _pending.rows[using][number][instance.pk] = None
    for number, rows_of in interest.related:
        _pending.related[using].append((number, rows_of, instance))
    if interest.is_product:
        _pending.items[using][get_adapter().item_key(instance)] = None
    transaction.on_commit(lambda: flush(using), using=using, robust=True)


@never_raises("Noticing a deleted row")
def on_deleted(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """A row was deleted: its event is voided after the commit."""
    interest = watched(type(instance))  # type: ignore[arg-type]
    if interest is None:
        return
    for number in interest.rows:
        _pending.rows[using][number][instance.pk] = None
    if interest.is_product:
        _pending.items[using][get_adapter().item_key(instance)] = None
    transaction.on_commit(lambda: flush(using), using=using, robust=True)


@never_raises("Bringing events in line with saved rows")
def flush(using: str) -> None:
    """Look at all that was noted on a database, once however often it was saved."""
    rows, related = _pending.rows.pop(using, {}), _pending.related.pop(using, [])
    items, notes = _pending.items.pop(using, {}), _pending.notes.pop(using, [])
    if notes:  # before the orders' lines are looked at, which belong to whom the notes say
        save_notes(notes)
    for number, rows_of, instance in related:
        rows.setdefault(number, {}).update((row.pk, None) for row in rows_of(instance))
    behaviours = get_adapter().behaviours
    for number, pks in rows.items():
        sync_pks(behaviours[number], list(pks), using)
    if items:
        sync_item_keys(list(items), using)


def receiver_of(number: int) -> Callable[..., None]:
    """A receiver for the signal that a behaviour names."""

    @never_raises("Receiving the shop's signal")
    def receive(sender: Any = None, signal: Any = None, **arguments: Any) -> None:
        behaviour: Behaviour = get_adapter().behaviours[number]
        assert behaviour.rows is not None
        using = arguments.get("using") or "default"
        for row in behaviour.rows(**arguments):
            if isinstance(row, Hit):
                record_hit(behaviour, row)
            else:
                using = row._state.db or using
                _pending.rows[using][number][row.pk] = None
        if _pending.rows.get(using):
            transaction.on_commit(lambda: flush(using), using=using, robust=True)

    return receive


def record_hit(behaviour: Behaviour, hit: Hit) -> None:
    """Record behaviour that has no row."""
    visitor = hit.visitor
    record(
        behaviour.kind,
        hit.item,
        request=hit.request or current_request.get(),
        user=None if isinstance(visitor, str) else visitor,
        visitor_key=visitor if isinstance(visitor, str) else None,
        quantity=hit.quantity,
        value=hit.value,
        rating=hit.rating,
        query=hit.query,
        order_key=hit.order_key,
        context=hit.context,
    )


@never_raises("Linking a visitor at login")
def on_login(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """The cookie's past belongs to the user now; what comes next gets a cookie of its own."""
    if request is None:
        return
    link_visitor(request, user)
    rotate(request, user)


@never_raises("Rotating the visitor's cookie at logout")
def on_logout(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Who comes next on this computer is somebody else."""
    if request is not None:
        rotate(request, None)


def connect() -> None:
    """Connect to Django's signals, and to those the adapter names. Safe to call again after a change of settings."""
    post_save.connect(on_saved, dispatch_uid="recommendations.saved")
    post_delete.connect(on_deleted, dispatch_uid="recommendations.deleted")
    user_logged_in.connect(on_login, dispatch_uid="recommendations.login")
    user_logged_out.connect(on_logout, dispatch_uid="recommendations.logout")
    connect_shop_signals()


def connect_shop_signals() -> None:
    """Connect to the signals that the behaviours name, without a sender: shops send classes, views and None."""
    while _connected:
        signal, uid = _connected.pop()
        signal.disconnect(dispatch_uid=uid)
    watched.cache_clear()
    try:
        behaviours = list(enumerate(get_adapter().behaviours))
    except ConfigurationError:  # the system check says so
        return
    for number, behaviour in behaviours:
        if not behaviour.signal or behaviour.rows is None:
            continue
        try:
            signal = import_string(behaviour.signal)
        except ImportError:  # the system check says so
            logger.warning("No signal %r to listen to", behaviour.signal)
            continue
        uid = f"recommendations.behaviour.{number}"
        signal.connect(receiver_of(number), weak=False, dispatch_uid=uid)
        _connected.append((signal, uid))


def _reconnect(*, setting: str, **kwargs: Any) -> None:
    if setting == NAME:
        connect_shop_signals()


setting_changed.connect(_reconnect, dispatch_uid="recommendations.receivers")
