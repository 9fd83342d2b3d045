"""What every algorithm must do, as a pytest class to derive from: also for algorithms of other packages.

class TestMine(AlgorithmContract):
    algorithm_class = Mine
    options = {"events": {"purchase": 1.0}}
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from recommendations.algorithms.base import Algorithm, load
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.exceptions import NotEnoughData, UnknownOption
from recommendations.text import tokenise

#: The longest key of a list that can be stored.
KEY_LENGTH = 190

DAY = 86_400.0


def sample_columns(seed: int = 0, n_visitors: int = 40, n_items: int = 24) -> dict[str, list[Any]]:
    """Columns of purchases and views with two tastes, some guests, and baskets: for
    `Interactions.from_columns`."""
    rng = np.random.default_rng(seed)
    columns: dict[str, list[Any]] = {name: [] for name in ("visitor", "item", "kind", "time", "basket")}
    for number in range(n_visitors * 4):
        visitor = number % n_visitors
        liked = np.arange(n_items) % 2 == visitor % 2
        chance = np.where(liked, 6.0, 1.0) / np.arange(2, n_items + 2)
        size = int(rng.integers(1, 6))
        time = float(rng.integers(0, 90 * 24)) * 3600
        for item in rng.choice(n_items, size, replace=False, p=chance / chance.sum()).tolist():
            columns["visitor"].append("" if visitor % 10 == 9 else f"u:{visitor:03d}")
            columns["item"].append(f"item-{item:03d}")
            columns["kind"].append("purchase" if number % 3 else "view")
            columns["time"].append(time)
            columns["basket"].append(f"order-{number}" if number % 3 else "")
    return columns


def sample_catalogue(n_items: int = 26, prefix: str = "item-") -> Catalogue:
    """Items in two categories, the last two without events, the first two variants of one product; every other one is
    cheaper than it was."""
    numbers = range(n_items)
    return Catalogue.from_columns(
        item_keys=[f"{prefix}{n:03d}" for n in numbers],
        titles=[f"{('oak', 'pine', 'elm')[n % 3]} {('chair', 'lamp')[n % 2]} {n // 6}" for n in numbers],
        texts=[
            f"A {('soft', 'bright')[n % 2]} thing for the {('hall', 'attic')[n // 2 % 2]}" for n in numbers
        ],
        categories=[[("Seats/Chairs", "Lights/Lamps")[n % 2]] for n in numbers],
        brands=[("Acme", "Birch & Co")[n // 3 % 2] for n in numbers],
        group_keys=["family" if n < 2 else "" for n in numbers],
        prices=[10.0 + n for n in numbers],
        previous_prices=[20.0 + n if n % 2 else 9.0 for n in numbers],
        price_changed=[3 * n * DAY for n in numbers],
        attributes=[{"regular_price": 20.0 + n if n % 2 else 10.0 + n} for n in numbers],
    )


class AlgorithmContract:
    """Derive, set `algorithm_class` (and `options`), and pytest runs the rest."""

    algorithm_class: ClassVar[type[Algorithm]]
    options: ClassVar[Mapping[str, Any]] = {}
    #: What `fit` does without events: "raise" NotEnoughData, or make "lists" anyway (from the catalogue).
    without_events: ClassVar[str] = "raise"
    k: ClassVar[int] = 7

    # The data; override to test with other data.

    def columns(self) -> dict[str, list[Any]]:
        return sample_columns()

    def catalogue(self) -> Catalogue:
        return sample_catalogue()

    def make(self) -> Algorithm:
        return self.algorithm_class(**self.options)

    def fitted(self, columns: Mapping[str, Sequence[Any]] | None = None) -> Algorithm:
        interactions = Interactions.from_columns(**(self.columns() if columns is None else columns))
        return self.make().fit(interactions, self.catalogue())

    def all_lists(self, algorithm: Algorithm, k: int | None = None) -> dict[tuple[str, str, str], Any]:
        """Every list that the algorithm says it makes: {(key kind, key, target kind): pairs}."""
        k = self.k if k is None else k
        visitors = sorted({key for key in self.columns()["visitor"] if key})
        made: dict[tuple[str, str, str], Any] = {}
        for key_kind, target_kind in sorted(algorithm.produces):
            for key, pairs in algorithm.lists(key_kind, target_kind, k, visitors):
                row = (key_kind, key, target_kind)
                assert row not in made, f"two lists for {row}"
                made[row] = pairs
        return made

    # The contract.

    def test_unknown_options_are_refused_with_the_known_ones(self) -> None:
        try:
            self.algorithm_class(no_such_option=1)
        except UnknownOption as error:
            for name in self.algorithm_class.option_names():
                assert name in str(error)
            assert "no_such_option" in str(error)
        else:
            raise AssertionError("an unknown option was taken")

    def test_common_options_are_there(self) -> None:
        assert {"events", "half_life_days", "window_days"} <= set(self.algorithm_class.option_names())

    def test_loads_by_dotted_path(self) -> None:
        path = f"{self.algorithm_class.__module__}.{self.algorithm_class.__qualname__}"
        assert load(path, self.options).options() == self.make().options()

    def test_fit_returns_self(self) -> None:
        algorithm = self.make()
        interactions = Interactions.from_columns(**self.columns())
        assert algorithm.fit(interactions, self.catalogue()) is algorithm

    def test_declares_what_it_makes_and_makes_it(self) -> None:
        algorithm = self.fitted()
        assert algorithm.produces
        assert algorithm.accepts
        made = self.all_lists(algorithm)
        assert {(key_kind, target_kind) for key_kind, _, target_kind in made} == algorithm.produces

    def test_other_lists_are_refused(self) -> None:
        algorithm = self.fitted()
        for pair in {("item", "item"), ("term", "item"), ("item", "no such kind")} - algorithm.produces:
            try:
                algorithm.lists(*pair)
            except NotImplementedError as error:
                assert str(error).startswith(f"{type(algorithm).__name__} makes no {' → '.join(pair)} lists")
            else:
                raise AssertionError(f"it made lists {pair} that it does not declare")

    def test_lists_are_ranked_scored_and_of_known_targets(self) -> None:
        made = self.all_lists(self.fitted())
        segments = {key for key_kind, key, _ in made if key_kind == "segment"}
        known = {
            "item": set(self.columns()["item"]) | set(self.catalogue().item_keys),
            "visitor": {key for key in self.columns()["visitor"] if key},
        }
        for (key_kind, key, target_kind), pairs in made.items():
            targets = [target for target, _ in pairs]
            scores = [score for _, score in pairs]
            assert 0 < len(pairs) <= self.k
            assert len(set(targets)) == len(targets)
            assert all(type(target) is str for target in targets)
            if target_kind in known:
                assert set(targets) <= known[target_kind]
            elif segments:  # a visitor's segments have lists of their own
                assert set(targets) <= segments
            assert all(type(score) is float and math.isfinite(score) and 0 <= score <= 1 for score in scores)
            assert scores == sorted(scores, reverse=True)
            if key_kind in known:
                assert key in known[key_kind]
            if key_kind == target_kind:
                assert key not in targets

    def test_terms_are_words_as_a_search_has_them(self) -> None:
        for key_kind, key, _ in self.all_lists(self.fitted()):
            if key_kind == "term":
                assert tokenise(key) == [key]
                assert len(key) <= KEY_LENGTH

    def test_variants_are_not_in_each_others_lists(self) -> None:
        catalogue = self.catalogue()
        group = {key: g for key, g in zip(catalogue.item_keys, catalogue.group_keys, strict=True) if g}
        for (key_kind, key, target_kind), pairs in self.all_lists(self.fitted()).items():
            if key_kind == target_kind == "item" and key in group:
                assert group[key] not in [group.get(target) for target, _ in pairs]

    def test_a_shorter_list_is_the_beginning_of_a_longer_one(self) -> None:
        algorithm = self.fitted()
        longer = self.all_lists(algorithm, self.k)
        assert self.all_lists(algorithm, 3) == {key: pairs[:3] for key, pairs in longer.items()}

    def test_same_data_same_lists(self) -> None:
        assert self.all_lists(self.fitted()) == self.all_lists(self.fitted())

    def test_order_of_rows_does_not_matter(self) -> None:
        columns = self.columns()
        order = np.random.default_rng(1).permutation(len(columns["item"])).tolist()
        shuffled = {name: [values[i] for i in order] for name, values in columns.items()}
        assert self.all_lists(self.fitted(shuffled)) == self.all_lists(self.fitted())

    def test_names_of_visitors_and_baskets_do_not_matter(self) -> None:
        columns = self.columns()
        renamed = dict(columns)
        for name in ("visitor", "basket"):
            renamed[name] = [f"new-{value}" if value else "" for value in columns[name]]
        made, again = self.all_lists(self.fitted()), self.all_lists(self.fitted(renamed))
        assert {row: pairs for row, pairs in made.items() if "visitor" not in row[::2]} == {
            row: pairs for row, pairs in again.items() if "visitor" not in row[::2]
        }

    def test_empty_interactions(self) -> None:
        nothing = Interactions.from_columns(visitor=[], item=[], kind=[], time=[])
        algorithm = self.make()
        if self.without_events == "lists":
            assert self.all_lists(algorithm.fit(nothing, self.catalogue()))
            return
        try:
            algorithm.fit(nothing, self.catalogue())
        except NotEnoughData as error:
            assert self.algorithm_class.__name__ in str(error)
        else:
            raise AssertionError("fit learned from nothing")

    def test_score_is_finite_and_as_large_as_promised(self) -> None:
        algorithm = self.fitted()
        some = sorted(set(self.columns()["item"]))[:3]
        try:
            scores = algorithm.score([[(some[0], 1.0), (some[1], 0.5)], [("no such item", 1.0)], []])
        except NotImplementedError:
            return
        assert scores.shape == (3, len(algorithm.item_keys_))
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()
