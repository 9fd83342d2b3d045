"""Where ranked lists are kept: written whole by training, read by serving."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.signals import setting_changed
from django.db.models.signals import post_save
from django.utils.module_loading import import_string

from recommendations.conf import NAME, settings
from recommendations.exceptions import ConfigurationError
from recommendations.models import OverrideChange
from recommendations.store.base import ListRequest, Store, StoredList
from recommendations.store.encoding import Entries, ListRow

__all__ = ["Entries", "ListRequest", "ListRow", "Store", "StoredList", "get_store"]


@cache
def get_store() -> Store:
    """The store that `STORE` names, made once. Raises ConfigurationError when it is no Store."""
    path = settings.STORE
    try:
        store_class = import_string(path)
    except ImportError as error:
        raise ConfigurationError(f'{NAME}["STORE"] is {path!r}, which cannot be imported: {error}') from error
    if not (isinstance(store_class, type) and issubclass(store_class, Store)):
        raise ConfigurationError(
            f'{NAME}["STORE"] is {path!r}, which is no subclass of recommendations.store.base.Store.'
        )
    return store_class()


def _reset(*, setting: str, **kwargs: Any) -> None:
    if setting == NAME:
        get_store.cache_clear()


setting_changed.connect(_reset, dispatch_uid="recommendations.store")


def _tell(*, using: str, **kwargs: Any) -> None:
    get_store().overrides_changed(using)


post_save.connect(_tell, sender=OverrideChange, dispatch_uid="recommendations.store.overrides")
