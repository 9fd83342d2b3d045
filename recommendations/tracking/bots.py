"""Who is no shopper: robots by what they call themselves, and by how fast they are."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from functools import cache, lru_cache
from typing import Any

from recommendations.conf import settings

#: What nearly every honest robot, library and checker has in its name. The whole list comes with `[bots]`.
_COMMON = re.compile(
    r"bot\b|bot[/ ;_-]|crawl|spider|slurp|archiver|monitor|preview|headlesschrome|phantomjs|lighthouse|"
    r"curl|wget|python|java/|go-http|libwww|okhttp|axios|node-fetch|scrapy|httpclient|facebookexternalhit",
    re.IGNORECASE,
)


@cache
def _detector() -> Any:
    try:
        from crawlerdetect import CrawlerDetect
    except ImportError:
        return None
    return CrawlerDetect()


@lru_cache(maxsize=4096)
def is_bot(user_agent: str) -> bool:
    """Does this User-Agent belong to a robot? An empty one does.

    The list is that of `crawlerdetect` when it is installed (extra `[bots]`), else a short one of common names.
    """
    if not user_agent.strip():
        return True
    detector = _detector()
    if detector is None:
        return bool(_COMMON.search(user_agent))
    return bool(detector.isCrawler(user_agent))


class RateGuard:
    """Counts events a minute by key in this process; memory is bounded by forgetting the keys unused for longest."""

    def __init__(self, n_keys: int = 10_000) -> None:
        self.n_keys = n_keys
        self._windows: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def too_fast(self, key: str, now: float | None = None) -> bool:
        """Count one event of `key`; True when it had more than MAX_EVENTS_PER_MINUTE this minute."""
        minute = int((time.time() if now is None else now) // 60)
        with self._lock:
            window, count = self._windows.pop(key, (minute, 0))
            count = count + 1 if window == minute else 1
            self._windows[key] = (minute, count)
            if len(self._windows) > self.n_keys:
                self._windows.popitem(last=False)
        return count > settings.MAX_EVENTS_PER_MINUTE


rate_guard = RateGuard()
