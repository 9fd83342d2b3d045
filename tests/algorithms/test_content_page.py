"""docs/algorithms/content.md says what the code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.content import ContentTfidf
from recommendations.algorithms.item2vec import Item2Vec
from recommendations.algorithms.sentence import SentenceEncoder
from recommendations.algorithms.word2vec import Word2Vec

PAGE = Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "content.md"
TEXT = PAGE.read_text(encoding="utf-8")
ALGORITHMS: list[type[Algorithm]] = [ContentTfidf, Word2Vec, SentenceEncoder, Item2Vec]


def section(name: str) -> str:
    return TEXT.split(f"\n## {name}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_its_example_runs(algorithm: type[Algorithm]) -> None:
    examples = re.findall(
        r"^```python\n(.*?)^```$", section(algorithm.__name__), flags=re.DOTALL | re.MULTILINE
    )
    assert examples
    for example in examples:
        names: dict[str, Any] = {"__name__": "content_page"}
        exec(compile(example, str(PAGE), "exec", dont_inherit=True), names)  # noqa: S102


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_its_table_lists_every_option_with_its_default(algorithm: type[Algorithm]) -> None:
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
