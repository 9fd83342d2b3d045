"""What every model of the visitors × items matrix must do, beyond the contract of all algorithms."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.algorithms.visitor_matrix import MatrixAlgorithm
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import purchases

Rows = list[tuple[str, str, str, float]]

ITEMS = ["a", "b", "茶", "d'e", "f g", "é", "0", "item/9"]
#: Times are far apart, so that with a half-life some events fade to nothing.
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "u:1", "u:2", "u:3", "u:4", "a:x"]),
        st.sampled_from(ITEMS),
        st.sampled_from(["view", "purchase", "dismiss"]),
        st.floats(-1e9, 4e9, allow_nan=False),
    ),
    max_size=40,
)
bounded = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)


class MatrixContract(AlgorithmContract):
    """Derive, set `algorithm_class` and `options`; `only_scales` says whether twice the visitors change no order."""

    algorithm_class: ClassVar[type[MatrixAlgorithm]]
    only_scales: ClassVar[bool] = True
    #: Scores after a change that only rounding should feel.
    tolerance: ClassVar[float] = 1e-4

    def learn(self, rows: Rows, **options: Any) -> MatrixAlgorithm | None:
        """Fitted to the rows, or None when there is too little to learn from."""
        visitor, item, kind, time = zip(*rows, strict=True) if rows else ((), (), (), ())
        events = Interactions.from_columns(visitor=visitor, item=item, kind=kind, time=time)
        given_options = {"events": {"view": 1.0, "purchase": 3.0}, **self.options, **options}
        try:
            return self.algorithm_class(**given_options).fit(events)
        except NotEnoughData:
            return None

    def table(self, algorithm: MatrixAlgorithm, own: str = "") -> dict[str, NDArray[np.float32]]:
        """The scores of each item alone: {item: scores of all items in the order of ITEMS}."""
        known = {key: code for code, key in enumerate(algorithm.item_keys_)}
        there = [item for item in ITEMS if own + item in known]
        scores = algorithm.score([[(own + item, 1.0)] for item in there])
        order = [known[own + item] for item in there]
        return {item: row[order] for item, row in zip(there, scores, strict=True)}

    def same(self, one: MatrixAlgorithm | None, other: MatrixAlgorithm | None, own: str = "") -> bool:
        if one is None or other is None:
            return one is other
        first, second = self.table(one), self.table(other, own)
        largest = max([1.0, *(float(np.abs(row).max()) for row in first.values())])
        return all(np.abs(first[item] - second[item]).max() <= self.tolerance * largest for item in first)

    @bounded
    @given(
        rows=ROWS, damping=st.sampled_from(["sum", "log", "binary"]), half_life=st.sampled_from([None, 30.0])
    )
    def test_whatever_the_events_lists_are_well_formed(
        self, rows: Rows, damping: str, half_life: float | None
    ) -> None:
        algorithm = self.learn(rows, damping=damping, half_life_days=half_life)
        if algorithm is None:
            return
        assert np.isfinite(algorithm.score([[(item, 2.0), ("a", 0.5)] for item in ITEMS] + [[]])).all()
        seen: dict[str, set[str]] = {}
        for visitor, item, kind, _ in rows:
            if algorithm.config.events.get(kind):
                seen.setdefault(visitor, set()).add(item)
        for key, pairs in algorithm.visitor_lists(["u:1", "u:2", "nobody known"], 5):
            targets = [target for target, _ in pairs]
            assert 0 < len(targets) == len(set(targets)) <= 5
            assert not set(targets) & seen[key]
            assert all(0 <= score <= 1 for _, score in pairs)

    @bounded
    @given(rows=ROWS, data=st.data())
    def test_order_of_events_changes_nothing(self, rows: Rows, data: st.DataObject) -> None:
        shuffled = data.draw(st.permutations(rows))
        one, other = self.learn(rows), self.learn(shuffled)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert (
                one.score([[(item, 1.0)] for item in ITEMS]).tolist()
                == other.score([[(item, 1.0)] for item in ITEMS]).tolist()
            )

    @bounded
    @given(rows=ROWS)
    def test_new_names_of_items_change_only_the_keys(self, rows: Rows) -> None:
        renamed = [(visitor, f"x-{item}", *rest) for visitor, item, *rest in rows]
        assert self.same(self.learn(rows), self.learn(renamed), own="x-")  # type: ignore[arg-type]

    @bounded
    @given(rows=ROWS, data=st.data())
    def test_new_names_of_visitors_change_nothing(self, rows: Rows, data: st.DataObject) -> None:
        names = sorted({visitor for visitor, *_ in rows if visitor})
        renamed = dict(zip(names, data.draw(st.permutations(names)), strict=True)) | {"": ""}
        assert self.same(self.learn(rows), self.learn([(renamed[v], *rest) for v, *rest in rows]))  # type: ignore[misc]

    @bounded
    @given(rows=ROWS)
    def test_a_copy_of_every_visitor_only_scales_the_scores(self, rows: Rows) -> None:
        if not self.only_scales:
            return
        copies = [(f"{visitor}-copy" if visitor else "", *rest) for visitor, *rest in rows]
        once, twice = self.learn(rows), self.learn(rows + copies)  # type: ignore[operator]
        if once is None or twice is None:
            assert once is twice
            return
        first, second = self.table(once), self.table(twice)
        flat = np.concatenate(list(first.values()))
        largest = int(np.abs(flat).argmax())
        factor = np.concatenate(list(second.values()))[largest] / (flat[largest] or 1.0)
        allowed = float(1e-4 * abs(flat[largest] * factor))
        for item, row in first.items():
            assert second[item] == pytest.approx(row * factor, rel=1e-3, abs=allowed)

    def test_anybody_with_the_same_history_gets_the_same_scores(self) -> None:
        algorithm = self.fitted()
        assert isinstance(algorithm, MatrixAlgorithm)
        known = algorithm.histories_[:3]
        pairs = [
            [(known.item_keys[item], float(weight)) for item, weight in zip(h.item, h.weight, strict=True)]
            for h in (known[i : i + 1] for i in range(3))
        ]
        assert algorithm.score(pairs) == pytest.approx(algorithm.score(known), abs=1e-5)

    def test_scores_of_a_history_do_not_depend_on_the_others(self) -> None:
        algorithm = self.fitted()
        assert isinstance(algorithm, MatrixAlgorithm)
        together = algorithm.score(algorithm.histories_)
        alone = np.vstack([algorithm.score(algorithm.histories_[i : i + 1]) for i in range(len(together))])
        assert alone == pytest.approx(together, abs=1e-5)

    def test_the_number_of_threads_changes_nothing(self) -> None:
        with threadpool_limits(1):
            one = self.all_lists(self.fitted())
        with threadpool_limits(2):
            assert self.all_lists(self.fitted()) == one

    def test_what_is_further_back_counts_less(self) -> None:
        algorithm = self.fitted()
        decayed = self.algorithm_class(**{**self.options, "history_decay": 40.0}).fit(
            Interactions.from_columns(**self.columns()), self.catalogue()
        )
        last, other = sorted(set(self.columns()["item"]))[:2]
        assert decayed.score([[(other, 1.0), (last, 1.0)]]) == pytest.approx(
            algorithm.score([[(last, 1.0)]]), abs=1e-5
        )

    def test_bad_weights_of_a_history(self) -> None:
        algorithm = self.fitted()
        some, other = sorted(set(self.columns()["item"]))[:2]
        for weight in (float("nan"), float("inf")):
            with pytest.raises(ValueError, match="histories: a weight is NaN or infinite"):
                algorithm.score([[(some, weight)]])
        assert (
            algorithm.score([[(some, 1.0), (other, -1.0)]]).tolist()
            == algorithm.score([[(some, 1.0)]]).tolist()
        )
        assert not algorithm.score([[(some, -1.0)], [(some, 0.0)], []]).any()

    def test_histories_of_nobody(self) -> None:
        algorithm = self.fitted()
        nobody = Histories.from_pairs([], algorithm.item_keys_)
        assert algorithm.score(nobody).shape == (0, len(algorithm.item_keys_))

    def test_one_visitor_one_item(self) -> None:
        algorithm = self.make().fit(purchases([("u:1", "a")]))
        assert np.isfinite(algorithm.score([[("a", 1.0)], [("b", 1.0)]])).all()
        assert list(algorithm.visitor_lists(["u:1"])) == []

    def test_all_ratings_equal(self) -> None:
        rows = [(f"u:{n}", item) for n in range(4) for item in "abc"]
        rated = self.make().fit(purchases(rows, rating=[3.0] * len(rows)))
        plain = self.make().fit(purchases(rows))
        scores = rated.score([[("a", 1.0)]])
        assert np.isfinite(scores).all()
        assert scores.tolist() == plain.score([[("a", 1.0)]]).tolist()

    def test_guests_alone_are_not_enough(self) -> None:
        with pytest.raises(NotEnoughData) as caught:
            self.make().fit(purchases([("", "a"), ("", "b")]))
        assert str(caught.value) == (
            f"{self.algorithm_class.__name__} needs events of known visitors: "
            "all of them are of nobody or weigh nothing."
        )

    def test_bad_options(self) -> None:
        for option, value in (("damping", "cube"), ("history_decay", -0.1), ("history_decay", float("nan"))):
            with pytest.raises(ConfigurationError, match=option):
                self.algorithm_class(**{option: value})
