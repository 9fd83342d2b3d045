"""docs/algorithms/factors.md says what the code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path

from recommendations.algorithms.base import Algorithm

PAGE = Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "factors.md"


def check(algorithm: type[Algorithm]) -> None:
    """Runs the examples of the algorithm's section and compares its table with the options there are."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {algorithm.__name__}\n")[1].split("\n## ")[0]
    examples = re.findall(r"^```python\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE)
    assert examples
    for example in examples:
        exec(compile(example, str(PAGE), "exec", dont_inherit=True), {})  # noqa: S102
    listed = dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \|", section, flags=re.MULTILINE))
    defaults = {
        f.name: f.default_factory()
        if f.default is MISSING and f.default_factory is not MISSING
        else f.default
        for f in fields(algorithm.Config)
    }
    assert {name: ast.literal_eval(value) for name, value in listed.items()} == {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in defaults.items()
    }
