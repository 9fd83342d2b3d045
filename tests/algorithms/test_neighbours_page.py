"""docs/algorithms/neighbours.md says what the code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.item_knn import ItemKNN
from recommendations.algorithms.user_knn import UserKNN, UserKNNConfig
from recommendations.algorithms.weighting import WEIGHTINGS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "neighbours.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_section_has_an_example() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_run(example: str) -> None:
    exec(compile(example, str(PAGE), "exec", dont_inherit=True), {})  # noqa: S102


def test_the_tables_list_every_similarity_and_weighting() -> None:
    listed = re.findall(r"^\| `(\w+)`", section("Similarities"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(["similarity", *UserKNNConfig.similarities()])
    listed = re.findall(r"^\| `(\w+)`", section("Weightings"), flags=re.MULTILINE)
    assert listed == ["weighting", *WEIGHTINGS]


@pytest.mark.parametrize("algorithm", [ItemKNN, UserKNN])
def test_the_tables_list_every_option_with_its_default(algorithm: type[Algorithm]) -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \|", section(algorithm.__name__), flags=re.MULTILINE))
    defaults = {
        f.name: f.default_factory()
        if f.default is MISSING and f.default_factory is not MISSING
        else f.default
        for f in fields(algorithm.Config)
    }
    assert {name: ast.literal_eval(value) for name, value in listed.items()} == {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in defaults.items()
    }
