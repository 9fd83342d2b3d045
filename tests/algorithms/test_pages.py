"""docs/algorithms says what the code does."""

from __future__ import annotations

import pytest

from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.generalised_knn import GeneralisedKNN
from recommendations.algorithms.learned_blend import LearnedBlend
from recommendations.algorithms.markov import Markov
from recommendations.algorithms.revisit import Revisit
from recommendations.algorithms.session_knn import SessionKNN
from recommendations.algorithms.session_ranker import SessionRanker
from recommendations.algorithms.slim import LocalSLIM
from recommendations.algorithms.tifu_knn import TIFUKNN
from recommendations.algorithms.viewed_bought import ViewedBought
from tests.algorithms.pages import FOLDER, check_table, run_examples

EXAMPLES = {"kernel.md": 1, "linear.md": 2, "sequences.md": 4, "baskets.md": 3, "blend.md": 2, "ranker.md": 1}
TABLES: list[tuple[str, type[Algorithm]]] = [
    ("linear.md", GeneralisedKNN),
    ("linear.md", LocalSLIM),
    ("sequences.md", Markov),
    ("sequences.md", SessionKNN),
    ("sequences.md", ViewedBought),
    ("baskets.md", TIFUKNN),
    ("baskets.md", Revisit),
    ("blend.md", LearnedBlend),
    ("ranker.md", SessionRanker),
]


@pytest.mark.parametrize("page", sorted(EXAMPLES))
def test_the_examples_run(page: str) -> None:
    assert run_examples(page) == EXAMPLES[page]


@pytest.mark.parametrize(("page", "algorithm"), TABLES)
def test_the_tables_list_every_option_with_its_default(page: str, algorithm: type[Algorithm]) -> None:
    check_table(page, algorithm, frozenset({"bases"}))


def test_the_overview_links_every_page() -> None:
    overview = (FOLDER.parent / "algorithms.md").read_text(encoding="utf-8")
    for page in FOLDER.glob("*.md"):
        assert f"(algorithms/{page.name}" in overview, page.name
