"""Checking the pages of docs/algorithms: their examples run, their tables list every option with its default."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from recommendations.algorithms.base import Algorithm

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "algorithms"


def run_examples(page: str) -> int:
    """Run all examples of a page, one after the other in one namespace; returns how many there are."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    namespace: dict[str, Any] = {"__name__": page}
    for example in examples:
        exec(compile(example, page, "exec", dont_inherit=True), namespace)  # noqa: S102
    return len(examples)


def check_table(page: str, algorithm: type[Algorithm], prose: frozenset[str] = frozenset()) -> None:
    """The table of the section named after the algorithm lists every option; those in `prose` tell their default in
    words."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    section = text.split(f"\n## {algorithm.__name__}\n")[1].split("\n## ")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, flags=re.MULTILINE))
    assert list(listed) and set(listed) == {f.name for f in fields(algorithm.Config)}
    for f in fields(algorithm.Config):
        if f.name in prose:
            continue
        default = f.default if f.default is not MISSING else f.default_factory()  # type: ignore[misc]
        default = dict(default) if isinstance(default, Mapping) else default
        assert ast.literal_eval(listed[f.name].strip("`")) == default, f.name
