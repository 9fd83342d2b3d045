"""docs/algorithms/popularity.md says what the code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.buy_again import BuyAgain
from recommendations.algorithms.communities import VisitorCommunities
from recommendations.algorithms.high_conversion import HighConversion
from recommendations.algorithms.new_arrivals import NewArrivals
from recommendations.algorithms.on_sale import OnSale
from recommendations.algorithms.price_dropped import PriceDropped
from recommendations.algorithms.trending import Trending

PAGE = Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "popularity.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)


def test_every_section_has_an_example() -> None:
    assert len(EXAMPLES) == TEXT.count("\n## ")


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_run(example: str) -> None:
    exec(compile(example, str(PAGE), "exec", dont_inherit=True), {})  # noqa: S102


DESCRIBED = (Trending, NewArrivals, OnSale, PriceDropped, BuyAgain, HighConversion, VisitorCommunities)


@pytest.mark.parametrize("algorithm", DESCRIBED)
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
