"""Where events go. A third party's sink subclasses `Sink` and is named in the `SINK` setting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import nullcontext
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.signals import setting_changed
from django.db import router, transaction
from django.utils.module_loading import import_string

from recommendations.conf import NAME, settings
from recommendations.datatypes import EventData
from recommendations.exceptions import ConfigurationError
from recommendations.models import Event
from recommendations.signals import events_recorded
from recommendations.tracking.inserting import insert_events

CENT = Decimal("0.01")
MILLI = Decimal("0.001")


class Sink(ABC):
    """Takes events that were checked. May raise: who calls it decides what a lost event means."""

    @abstractmethod
    def write(self, events: Sequence[EventData]) -> None:
        """Store events. One whose `source` is stored already is left out: told twice counts once."""


class DatabaseSink(Sink):
    """Straight into the Event table: one insert for one event or for many."""

    def write(self, events: Sequence[EventData]) -> None:
        if not events:
            return
        alias = router.db_for_write(Event)
        with savepoint_if_needed(alias):
            insert_events([(event, 0) for event in events], alias)
        events_recorded.send_robust(sender=Event, events=list(events))


def savepoint_if_needed(alias: str) -> Any:
    """Inside somebody's transaction, a savepoint: PostgreSQL refuses all that follows an error without one."""
    return (
        transaction.atomic(using=alias)
        if transaction.get_connection(alias).in_atomic_block
        else nullcontext()
    )


@cache
def get_sink() -> Sink:
    """The sink that `SINK` names, made once. ConfigurationError when it is none."""
    path = settings.SINK
    try:
        sink_class = import_string(path)
    except ImportError as error:
        raise ConfigurationError(f'{NAME}["SINK"] is {path!r}, which cannot be imported: {error}') from error
    sink = sink_class()
    if not isinstance(sink, Sink):
        raise ConfigurationError(
            f'{NAME}["SINK"] is {path!r}, which is no subclass of recommendations.tracking.sinks.Sink.'
        )
    return sink


def _reset(*, setting: str, **kwargs: Any) -> None:
    if setting == NAME:
        get_sink.cache_clear()


setting_changed.connect(_reset, dispatch_uid="recommendations.sinks")
