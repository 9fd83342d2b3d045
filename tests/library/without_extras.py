"""Makes this process one where only the base install is there: the extras are not found, as if they were missing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

EXTRAS = (
    "rest_framework",
    "drf_spectacular",
    "celery",
    "redis",
    "sparse_dot_topn",
    "crawlerdetect",
    "tqdm",
    "pandas",
)


class BaseInstallFinder(PathFinder):
    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.split(".")[0] in EXTRAS:
            return None
        return super().find_spec(fullname, path, target)


sys.meta_path[:] = [BaseInstallFinder if finder is PathFinder else finder for finder in sys.meta_path]
