"""docs/algorithms/evaluation.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from recommendations.evaluation.evaluate import evaluate
from recommendations.evaluation.splits import time_split

PAGE = Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "evaluation.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_examples_run_and_every_figure_is_explained() -> None:
    examples = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)
    assert len(examples) == 8
    shop: dict[str, Any] = {"__name__": "evaluation_page"}
    exec(compile(examples[0], str(PAGE), "exec", dont_inherit=True), shop)  # noqa: S102
    for example in examples[1:]:
        exec(compile(example, str(PAGE), "exec", dont_inherit=True), dict(shop))  # noqa: S102
    split = time_split(shop["interactions"], fraction=0.4)
    found = evaluate({}, split.train, split.test, catalogue=shop["catalogue"])
    counts = {"n_users", "n_lists", "n_items", "k"}
    assert [name for name in found if name not in counts and f"| `{name}` |" not in TEXT] == []
