"""Where lists are kept: is there such a cache, and do all processes share it?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

from recommendations.checks.behaviours import TAG
from recommendations.conf import NAME, settings
from recommendations.exceptions import ConfigurationError
from recommendations.store.cached import GENERATION_SECONDS, CachedStore

#: Backends of Django that keep what they are given in one process, or nowhere.
_NOT_SHARED = {
    "django.core.cache.backends.locmem.LocMemCache": "keeps it in each process by itself: the others see a new "
    f"snapshot or a changed Override up to {GENERATION_SECONDS} seconds late",
    "django.core.cache.backends.dummy.DummyCache": "keeps nothing: every list is read from the database",
}


@register(TAG)
def check_store(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E016, E017 and W006: STORE and its cache."""
    try:
        path, alias = settings.STORE, settings.STORE_CACHE
    except ConfigurationError:  # E010 says so
        return []
    return list(_problems(path, alias))


def _problems(path: Any, alias: Any) -> Iterator[CheckMessage]:
    from recommendations.store import Store

    try:
        store = import_string(path)
        if not (isinstance(store, type) and issubclass(store, Store)):
            raise ImportError(f"{path!r} is no subclass of recommendations.store.base.Store")
    except (ImportError, AttributeError, TypeError) as error:
        yield Error(
            f'{NAME}["STORE"] is {path!r}, which is no store: {error}.',
            hint='Give a dotted path, e.g. "recommendations.store.cached.CachedStore".',
            id="recommendations.E016",
        )
        return
    if not issubclass(store, CachedStore):
        return
    if alias not in django_settings.CACHES:
        known = ", ".join(map(repr, sorted(django_settings.CACHES)))
        yield Error(
            f'{NAME}["STORE_CACHE"] is {alias!r}, which CACHES does not have.',
            hint=f"Change it to one of: {known}; or add it to CACHES.",
            id="recommendations.E017",
        )
        return
    backend = django_settings.CACHES[alias].get("BACKEND")
    if backend in _NOT_SHARED:
        yield Warning(
            f"Lists are kept in the cache {alias!r}, whose backend {backend} {_NOT_SHARED[backend]}.",
            hint=f'Name a cache that all processes share in {NAME}["STORE_CACHE"], such as Redis or Memcached.',
            id="recommendations.W006",
        )
