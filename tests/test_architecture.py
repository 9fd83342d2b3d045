"""Who may import whom, held by reading every import; and a web process that loads no numbers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.imports import Import, imports_of, is_standard_library, is_within

ROOT = Path(__file__).resolve().parent.parent
APP = "recommendations"

#: Plain modules that import none of ours but what is named here.
LEAVES: dict[str, set[str]] = {
    "datatypes": set(),
    "defaults": {"datatypes"},
    "exceptions": set(),
    "paths": {"exceptions"},
    "progress": set(),
    "ranking": {"profiles.session"},
    "signals": set(),
    "text": set(),
    "conf": {"defaults", "exceptions"},
}

#: Plumbing without knowledge of the domain, free to all.
COMMON = {"exceptions", "progress", "paths"}

#: Package → what it may import of ours, besides itself and what is common.
LAYERS: dict[str, set[str]] = {
    "algorithms": {"evaluation", "datatypes", "profiles.session", "ranking", "text"},
    "evaluation": {"algorithms", "datatypes", "text"},
    "models": {"datatypes"},
    "adapter": {"conf", "datatypes"},
    "overrides": {"conf", "defaults", "models"},
    "store": {"overrides", "conf", "models", "datatypes"},
    "tracking": {"store", "adapter", "conf", "models", "datatypes", "signals"},
    "profiles": {"adapter", "conf", "models", "datatypes", "signals"},
    "experiments": {"overrides", "conf", "models", "datatypes", "signals"},
    "training": {
        *("algorithms", "evaluation", "profiles", "overrides", "store", "adapter"),
        *("conf", "models", "datatypes", "signals"),
    },
    "serving": {
        *("overrides", "store", "experiments.assignment", "profiles.session", "adapter"),
        *("conf", "defaults", "models", "datatypes", "signals", "text", "ranking"),
    },
    "reports": {"experiments", "overrides", "store", "adapter", "conf", "defaults", "models", "datatypes"},
    "engagement": {
        *("serving", "profiles", "tracking", "experiments", "adapter"),
        *("conf", "models", "datatypes", "signals"),
    },
    "middleware": {"tracking", "conf", "adapter", "datatypes"},
    "shortcuts": {"tracking", "serving", "engagement", "adapter", "conf", "datatypes"},
}

#: Entry points: they may import everything above, and nothing imports them but the ones named.
ENTRANCES: dict[str, set[str]] = {
    "api": set(),
    "views": set(),
    "admin": set(),
    "templatetags": set(),
    "tasks": set(),
    "management": set(),
    "checks": set(),
    "apps": {"checks"},
    "urls": {"views", "api.urls"},
}

#: Arrows that are allowed inside a function only.
INSIDE_FUNCTIONS = {("shortcuts", "engagement")}

#: All that the sample host may know of the app.
HOST_MAY_IMPORT = {"shortcuts", "adapter", "datatypes", "urls", "api.urls", "templatetags"}

FRAMEWORKS = ("django", "rest_framework", "drf_spectacular", "celery")
NUMBERS = ("numpy", "scipy", "sklearn", "pandas", "lightgbm", "torch", "ranx", "numba", "sparse_dot_topn")
BASE_NUMBERS = ("numpy", "scipy", "sklearn")

#: Packages that run in workers, and those that do so in some of their functions.
NUMBERS_AT_THE_TOP = {"algorithms", "evaluation", "training"}
NUMBERS_IN_FUNCTIONS = {"profiles", "experiments", "reports", "engagement", "management", "tasks"}

LONGEST_FILE = 400


def part_of(name: str) -> str:
    """The part of the app that a dotted name belongs to: `recommendations.store.database` → `store`."""
    return name.split(".")[1] if "." in name else ""


def allowed_parts(part: str) -> set[str] | None:
    """What `part` may import; None when the tables do not know it."""
    if part in LEAVES:
        return LEAVES[part]
    if part in LAYERS:
        return LAYERS[part] | COMMON
    if part in ENTRANCES:
        return set(LEAVES) | set(LAYERS) | ENTRANCES[part]
    if part == "contrib":
        return set(LEAVES) | set(LAYERS) | set(ENTRANCES)
    return None


def wrong_arrows(root: Path) -> Iterator[str]:
    """Imports inside the app that the tables do not allow."""
    for arrow in imports_of(root, APP):
        if is_within(arrow.target, "shop") or is_within(arrow.target, "tests"):
            yield f"{arrow} (the app knows no host)"
        if not is_within(arrow.target, APP) or arrow.target == APP:
            continue
        part, target = part_of(arrow.source), part_of(arrow.target)
        allowed = allowed_parts(part)
        if allowed is None:
            yield f"{arrow} ({part!r} is in no table of {Path(__file__).name}: add it there)"
        elif part != target and not any(is_within(arrow.target, f"{APP}.{name}") for name in allowed):
            yield f"{arrow} ({part} may import: {', '.join(sorted(allowed)) or 'nothing of ours'})"
        elif (part, target) in INSIDE_FUNCTIONS and not arrow.inside_function:
            yield f"{arrow} (allowed inside a function only)"


def wrong_host_arrows(root: Path) -> Iterator[str]:
    """Imports of the app by the sample host that go deeper than its public parts."""
    for arrow in imports_of(root, "shop"):
        public = any(is_within(arrow.target, f"{APP}.{name}") for name in HOST_MAY_IMPORT)
        if is_within(arrow.target, APP) and not public:
            yield f"{arrow} (a host may import: {', '.join(sorted(HOST_MAY_IMPORT))})"


def wrong_libraries(root: Path) -> Iterator[str]:
    """Frameworks among the numbers, numbers where requests are answered, libraries in `text`."""
    for arrow in imports_of(root, APP):
        part = part_of(arrow.source)
        if is_within(arrow.target, APP):
            continue
        if part in {"algorithms", "evaluation", "text"} and _is_one_of(arrow, FRAMEWORKS):
            yield f"{arrow} ({part} never imports a web framework)"
        elif part == "text" and not is_standard_library(arrow.target):
            yield f"{arrow} (text is plain Python)"
        elif _is_one_of(arrow, NUMBERS) and not _may_use_numbers(arrow, part):
            yield f"{arrow} (the web process loads no numerical library)"


def _may_use_numbers(arrow: Import, part: str) -> bool:
    if part in NUMBERS_AT_THE_TOP:
        return arrow.inside_function or _is_one_of(arrow, BASE_NUMBERS)
    return part in NUMBERS_IN_FUNCTIONS and arrow.inside_function


def _is_one_of(arrow: Import, libraries: tuple[str, ...]) -> bool:
    return any(is_within(arrow.target, library) for library in libraries)


def test_the_app_imports_only_along_its_arrows() -> None:
    assert list(wrong_arrows(ROOT)) == []


def test_the_host_knows_only_the_public_parts() -> None:
    assert list(wrong_host_arrows(ROOT)) == []


def test_libraries_stay_where_they_belong() -> None:
    assert list(wrong_libraries(ROOT)) == []


PLANTED = [
    ("recommendations/serving/engine.py", "from recommendations.training import runner", wrong_arrows),
    ("recommendations/serving/engine.py", "from ..training import runner", wrong_arrows),
    ("recommendations/serving/engine.py", "from recommendations import algorithms", wrong_arrows),
    (
        "recommendations/serving/engine.py",
        "def late():\n    import recommendations.tracking.record",
        wrong_arrows,
    ),
    ("recommendations/serving/engine.py", "from recommendations.profiles import preferences", wrong_arrows),
    ("recommendations/serving/engine.py", "from shop.models import Product", wrong_arrows),
    ("recommendations/models/events.py", "from recommendations.adapter import get_adapter", wrong_arrows),
    ("recommendations/store/base.py", "from recommendations.api import views", wrong_arrows),
    ("recommendations/api/views.py", "from recommendations.contrib import oscar", wrong_arrows),
    ("recommendations/shortcuts.py", "from recommendations.engagement import offers", wrong_arrows),
    ("recommendations/novelty/new.py", "from recommendations.store import base", wrong_arrows),
    (
        "recommendations/tracking/record.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from recommendations.serving import engine",
        wrong_arrows,
    ),
    ("shop/views.py", "from recommendations.serving.engine import Engine", wrong_host_arrows),
    ("shop/views.py", "import recommendations.models", wrong_host_arrows),
    ("recommendations/algorithms/base.py", "from django.conf import settings", wrong_libraries),
    ("recommendations/algorithms/base.py", "import sparse_dot_topn", wrong_libraries),
    ("recommendations/text.py", "import numpy as np", wrong_libraries),
    ("recommendations/serving/engine.py", "def late():\n    import numpy", wrong_libraries),
    ("recommendations/reports/rollup.py", "import pandas", wrong_libraries),
]

FINE = [
    (
        "recommendations/serving/engine.py",
        "from recommendations.profiles.session import decayed",
        wrong_arrows,
    ),
    (
        "recommendations/serving/engine.py",
        "from recommendations.store.database import DatabaseStore",
        wrong_arrows,
    ),
    (
        "recommendations/shortcuts.py",
        "def offer():\n    from recommendations.engagement import offers",
        wrong_arrows,
    ),
    ("recommendations/api/views.py", "from recommendations.serving import engine", wrong_arrows),
    ("recommendations/contrib/oscar.py", "from recommendations.api import views", wrong_arrows),
    ("shop/adapter.py", "from recommendations.adapter import Adapter", wrong_host_arrows),
    ("recommendations/algorithms/similarity.py", "def f():\n    import sparse_dot_topn", wrong_libraries),
    ("recommendations/algorithms/base.py", "import numpy", wrong_libraries),
]


def plant(root: Path, name: str, source: str) -> None:
    for package in (
        "training",
        "tracking",
        "serving",
        "profiles",
        "engagement",
        "algorithms",
        "api",
        "contrib",
    ):
        (root / "recommendations" / package).mkdir(parents=True, exist_ok=True)
    for module in ("training/runner", "tracking/record", "profiles/preferences", "profiles/session"):
        (root / "recommendations" / f"{module}.py").touch()
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(f"{source}\n")


@pytest.mark.parametrize(("name", "source", "rule"), PLANTED)
def test_a_planted_import_is_reported(tmp_path: Path, name: str, source: str, rule) -> None:
    plant(tmp_path, name, source)
    (report,) = rule(tmp_path)
    assert report.startswith(f"{name}:")


@pytest.mark.parametrize(("name", "source", "rule"), FINE)
def test_a_planted_import_along_an_arrow_is_fine(tmp_path: Path, name: str, source: str, rule) -> None:
    plant(tmp_path, name, source)
    assert list(rule(tmp_path)) == []


def test_no_file_is_long() -> None:
    files = [
        path
        for folder in ("recommendations", "shop", "templates", "tests", "bench", "scripts")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".js", ".css", ".sh"} and "migrations" not in path.parts
    ]
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files
    }
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


WEB_PROCESS = """
import sys
import django
django.setup()
from importlib import import_module
from importlib.util import find_spec
from django.contrib import admin
from django.template import engines
from django.urls import get_resolver
admin.autodiscover()
get_resolver().url_patterns
assert "recommendations" in engines["django"].engine.template_libraries  # imports the tags
for name in ("urls", "views", "middleware", "shortcuts", "tasks", "api.urls", "admin"):
    import_module(f"recommendations.{name}")
heavy = [name for name in %r if name in sys.modules]
sys.exit(f"loaded: {heavy}" if heavy else 0)
"""


def test_the_web_process_loads_no_numbers() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", WEB_PROCESS % (NUMBERS,)],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
