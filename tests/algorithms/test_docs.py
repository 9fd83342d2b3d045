"""docs/algorithms.md says what the code does."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import ModuleType

import pytest

from recommendations.algorithms.association import Association
from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.popular import Popular

PAGE = Path(__file__).resolve().parents[2] / "docs" / "algorithms.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)
    assert len(examples) == 5
    module = ModuleType("algorithms_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for example in examples:
        exec(compile(example, str(PAGE), "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    contract = module.__dict__["TestNewest"]()
    for name in dir(contract):
        if name.startswith("test_"):
            getattr(contract, name)()


@pytest.mark.parametrize("algorithm", [Popular, Association])
def test_the_tables_list_every_option_with_its_default(algorithm: type[Algorithm]) -> None:
    section = TEXT.split(f"\n## {algorithm.__name__}\n")[1].split("\n## ")[0]
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
