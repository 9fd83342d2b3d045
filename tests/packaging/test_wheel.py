"""The wheel holds the app alone, and makes an empty project recommend with the base install."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

EXTRAS = {
    *("api", "celery", "redis", "postgres", "bots", "demo"),
    *("fast", "ranker", "text", "zh", "tune", "bench", "dev", "all"),
}
BASE = {"django", "numpy", "scipy", "scikit-learn"}

QUICK_START = """
INSTALLED_APPS += ["recommendations", "catalog"]
MIDDLEWARE += ["recommendations.middleware.RecommendationsMiddleware"]
RECOMMENDATIONS = {"ADAPTER": "catalog.adapter.ShopAdapter"}
ALLOWED_HOSTS = ["testserver"]
"""

URLS = """
from django.urls import include, path

urlpatterns = [
    path("recommendations/", include("recommendations.urls")),
    path("", include("catalog.urls")),
]
"""


def run(*args: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Standard output of a command that has to succeed."""
    command = [str(arg) for arg in args]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Interpreter of a new environment with the wheel and its base requirements, and no other package."""
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    interpreter = folder / "bin" / "python"
    packages = Path(
        run(interpreter, "-c", "import site; print(site.getsitepackages()[0])", cwd=folder).strip()
    )
    for found in with_requirements(BASE):
        link_distribution(found, packages)
    run(
        *(sys.executable, "-m", "pip", "--python", interpreter, "--disable-pip-version-check"),
        *("install", "--quiet", "--no-index", "--no-deps", wheel),
        cwd=folder,
    )
    return interpreter


def with_requirements(names: set[str]) -> list[Distribution]:
    """The installed distributions of these names and of all that they require, extras left out."""
    found: dict[str, Distribution] = {}
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = distribution(name)
        wanted = [Requirement(line) for line in requires(name) or ()]
        waiting |= {
            each.name for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})
        }
    return list(found.values())


def link_distribution(found: Distribution, packages: Path) -> None:
    """Put an installed distribution into another environment without copying it."""
    for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
        (packages / top).symlink_to(Path(str(found.locate_file(top))))


def test_the_wheel_holds_the_app_alone(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert tops == {"recommendations", "django_recommendations-0.1.0.dist-info"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".sqlite3")]


def test_the_wheel_holds_every_file_of_the_app(names: list[str]) -> None:
    here = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "recommendations").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert here - set(names) == set()
    for kind in (
        "templates/recommendations/",
        "static/recommendations/",
        "migrations/",
        "locale/zh_Hans/",
        "py.typed",
    ):
        assert any(name.startswith(f"recommendations/{kind}") for name in names), kind


def test_catalogues_are_compiled(names: list[str]) -> None:
    sources = {name.removesuffix(".po") for name in names if name.endswith(".po")}
    compiled = {name.removesuffix(".mo") for name in names if name.endswith(".mo")}
    assert sources <= compiled


def test_the_metadata_says_what_is_needed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read("django_recommendations-0.1.0.dist-info/METADATA").decode()
        archive.read("django_recommendations-0.1.0.dist-info/licenses/LICENSE")
    needed = [Requirement(line) for line in re.findall(r"^Requires-Dist: (.*)$", text, re.MULTILINE)]
    assert {each.name.lower() for each in needed if each.marker is None} == BASE
    assert set(re.findall(r"^Provides-Extra: (.*)$", text, re.MULTILINE)) == EXTRAS
    assert "License-Expression: BSD-3-Clause" in text
    assert "Requires-Python: >=3.11" in text


def test_an_empty_project_recommends(python: Path, tmp_path: Path) -> None:
    run(python, "-m", "django", "startproject", "store", tmp_path, cwd=tmp_path)
    shutil.copytree(HERE / "catalog", tmp_path / "catalog", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "visit.py", tmp_path)
    with (tmp_path / "store" / "settings.py").open("a") as settings:
        settings.write(QUICK_START)
    (tmp_path / "store" / "urls.py").write_text(URLS)
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "store.settings"}

    def manage(*args: str) -> str:
        return run(python, *args, cwd=tmp_path, env=environment)

    manage("manage.py", "makemigrations", "catalog")
    manage("manage.py", "migrate")
    manage("manage.py", "check", "--fail-level", "ERROR")
    manage("visit.py", "learn")
    shown = json.loads(manage("visit.py", "page"))

    assert shown["status"] == 200
    linked = [shown["links"][link] for link in re.findall(r'href="(/products/\d+/)"', shown["html"])]
    first = list(dict.fromkeys(linked))[:3]
    assert set(first) == {"Black tea", "Tea pot", "Tea cup"}, linked
    assert "Green tea" not in linked, "the product itself is never recommended on its own page"
    assert "Honey" not in linked, "what is not sold now is never recommended"
    assert shown["numbers"] == [], "showing a page needs no numerical library"
