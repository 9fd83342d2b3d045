"""Logging never breaks a sale: what goes wrong in here is logged and counted, and the shop goes on."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from recommendations.tracking import counters

logger = logging.getLogger("recommendations")


def never_raises(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: an exception is logged with its traceback, counted as `error`, and None is returned.

    Broad on purpose: a receiver of ours would otherwise raise into the shop's page, since shops send their signals
    with plain `.send()`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except Exception:  # noqa: BLE001
                logger.exception("%s failed; the shop's page goes on without it", what)
                counters.count("error")
                return None

        return guarded

    return decorate
