"""The shape of an algorithm: a typed config, `fit`, and ranked lists."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from importlib import import_module
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories, Pairs, as_histories
from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions
from recommendations.algorithms.ranking import Scores, dense
from recommendations.exceptions import ConfigurationError, NotEnoughData, UnknownOption

#: One ranked list: key → [(target key, score in 0..1)], best first.
RankedPairs = tuple[str, list[tuple[str, float]]]

#: Scores are published with so many digits.
SCORE_DIGITS = 5

#: The method of an algorithm that makes the lists of a key kind and a target kind.
_MAKERS = {
    ("item", "item"): "item_lists",
    ("segment", "item"): "segment_lists",
    ("term", "item"): "term_lists",
    ("visitor", "item"): "visitor_lists",
    ("visitor", "segment"): "visitor_segments",
    ("visitor", "visitor"): "visitor_neighbours",
    ("item", "visitor"): "item_visitors",
    ("ranker", "trees"): "ranker_lists",
}


@dataclass(frozen=True, kw_only=True)
class AlgorithmConfig:
    """The options every algorithm has.

    `events`: weight of each kind of event; kinds left out are not used. `half_life_days`: after so long an
    event counts half, None = never. `window_days`: older events are not used, None = all are.
    """

    events: Mapping[str, float] = field(default_factory=lambda: {"purchase": 1.0})
    half_life_days: float | None = None
    window_days: float | None = None

    def __post_init__(self) -> None:
        for kind, weight in self.events.items():
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight):
                raise ConfigurationError(f"events[{kind!r}] must be a finite number, got {weight!r}.")
        self._positive("half_life_days", "window_days")

    def _positive(self, *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float) and value > 0):
                raise ConfigurationError(f"{name} must be above 0 (or None for no limit), got {value!r}.")

    def _between(self, low: float, high: float, *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if not (isinstance(value, int | float) and low <= value <= high):
                raise ConfigurationError(f"{name} must be within {low:g}..{high:g}, got {value!r}.")

    def _one_of(self, name: str, known: Collection[str]) -> None:
        value = getattr(self, name)
        if value not in known:
            raise ConfigurationError(f"{name} must be one of {', '.join(sorted(known))}, got {value!r}.")


class Algorithm(ABC):
    """An estimator: the constructor stores `config`, `fit` learns (names ending in _) and returns self.

    Subclasses set `Config`, `produces` and `accepts`, implement `fit`, and the methods for what `produces`
    declares, see `lists`; those that can score histories implement `_scores`.
    """

    Config: ClassVar[type[AlgorithmConfig]] = AlgorithmConfig
    #: What it makes, as (key kind, target kind), e.g. ("item", "item").
    produces: frozenset[tuple[str, str]] = frozenset()
    #: What it can learn from: explicit (ratings), implicit (events), session, basket, content.
    accepts: ClassVar[frozenset[str]] = frozenset({"implicit"})
    #: Whether it can make lists without a single event.
    needs_events: ClassVar[bool] = True
    #: Whether tomorrow's lists should cover and rank about as well as today's. Where not, as for what is trending, the
    #: quality gate compares nothing, and no lists at all may be the right answer.
    steady: ClassVar[bool] = True

    #: Options worth tuning, the most important first, each with values to try in their order.
    search_space: ClassVar[Mapping[str, Sequence[Any]]] = {}

    #: The keys of the items that `score` has a column for; set by `fit`.
    item_keys_: tuple[str, ...]

    #: What `fit` tried on data that it held out itself, name → figure; for the record beside the metrics.
    validation_: Mapping[str, float] = MappingProxyType({})

    def __init__(self, **options: Any) -> None:
        self.config = self.Config(**self.checked_options(options))

    @classmethod
    def option_names(cls) -> list[str]:
        """The names of the options, sorted."""
        return sorted(f.name for f in fields(cls.Config))

    @classmethod
    def checked_options(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as given; raises UnknownOption naming those that do not exist, with the list of known
        ones."""
        known = cls.option_names()
        unknown = set(options) - set(known)
        if unknown:
            raise UnknownOption(cls.__name__, unknown, known)
        return dict(options)

    def options(self) -> dict[str, Any]:
        """Every option with its value, for the record."""
        return asdict(self.config)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.options().items())})"

    @abstractmethod
    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Learns and returns self. Raises NotEnoughData when nothing can be learned."""

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """For each item that has any: its ≤ `k` best items, never itself or its variants."""
        raise self._does_not_make("item")

    def segment_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """For each segment ("" = everybody): its ≤ `k` best items."""
        raise self._does_not_make("segment")

    def term_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """For each term, as `recommendations.text.tokenise` gives them: the ≤ `k` items it says most about."""
        raise self._does_not_make("term")

    def visitor_lists(
        self, keys: Iterable[str], k: int = 50, exclude: Mapping[str, Collection[str]] | None = None
    ) -> Iterator[RankedPairs]:
        """For each of the visitors: the ≤ `k` best items, without those that `exclude` names for the
        visitor."""
        raise self._does_not_make("visitor")

    def visitor_segments(self, keys: Iterable[str], k: int = 50) -> Iterator[RankedPairs]:
        """For each of the visitors: the ≤ `k` segments that the visitor belongs to most."""
        raise self._does_not_make("visitor → segment")

    def visitor_neighbours(self, keys: Iterable[str], k: int = 50) -> Iterator[RankedPairs]:
        """For each of the visitors: the ≤ `k` visitors most alike, never the visitor."""
        raise self._does_not_make("visitor → visitor")

    def item_visitors(self, k: int = 50) -> Iterator[RankedPairs]:
        """For each item that has any: the ≤ `k` visitors it would please most."""
        raise self._does_not_make("item → visitor")

    def ranker_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """A learned ranker as rows that pages read: see `datatypes.RankerRow`."""
        raise self._does_not_make("ranker")

    def lists(
        self, key_kind: str, target_kind: str, k: int = 50, visitors: Iterable[str] = ()
    ) -> Iterator[RankedPairs]:
        """The lists of one of the pairs of kinds in `produces`, by whichever method makes them: what is published.

        `visitors` are the keys of the visitors who get lists. Raises NotImplementedError for other pairs.
        """
        name = _MAKERS.get((key_kind, target_kind))
        if name is None or (key_kind, target_kind) not in self.produces:
            raise self._does_not_make(f"{key_kind} → {target_kind}")
        make = getattr(self, name)
        made: Iterator[RankedPairs] = make(visitors, k) if key_kind == "visitor" else make(k)
        return made

    def score(self, histories: Histories | Pairs) -> NDArray[np.float32]:
        """Scores of all items for each history: (len(histories), len(item_keys_)), float32.

        A history is what somebody did, oldest first: `Histories`, or plain (item key, weight). Item keys that
        were not learned count for nothing. What is already in a history is not removed.
        """
        return dense(self.scores_of(histories))

    def scores_of(self, histories: Histories | Pairs) -> Scores:
        """The same as `score`, as a sparse matrix where that is how the algorithm makes them."""
        return self._scores(as_histories(histories, self.item_keys_))

    def _scores(self, histories: Histories) -> Scores:
        """What `score` returns, sparse if that is smaller. `histories` has the codes of `item_keys_`."""
        raise self._does_not_make("score")

    def item_weights(self) -> sparse.csr_matrix | None:
        """Items × items: how strongly each item leads to each other; None when the algorithm knows no pairs."""
        return None

    def _does_not_make(self, what: str) -> NotImplementedError:
        makes = ", ".join(f"{key} → {target}" for key, target in sorted(self.produces)) or "nothing"
        return NotImplementedError(f"{type(self).__name__} makes no {what} lists; it makes {makes}.")

    def selected(self, interactions: Interactions) -> Interactions:
        """The events that the config asks for: kinds with a weight, within the window.

        Raises NotEnoughData when there are none.
        """
        config = self.config
        latest = float(interactions.time.max()) if len(interactions) else 0.0
        since = None if config.window_days is None else latest - config.window_days * SECONDS_PER_DAY
        kinds = sorted(kind for kind, weight in config.events.items() if weight)
        chosen = interactions.select(kinds=kinds, since=since)
        if not len(chosen):
            raise NotEnoughData(
                f"{type(self).__name__} needs events of the kinds {', '.join(kinds) or '(none given)'}: "
                f"0 of {len(interactions)} events are."
            )
        return chosen


def load(dotted_path: str, options: Mapping[str, Any] | None = None) -> Algorithm:
    """An algorithm by the dotted path of its class, with its options.

    Raises ConfigurationError when the path leads to no Algorithm, UnknownOption for an option it does not
    have.
    """
    module_name, _, class_name = dotted_path.rpartition(".")
    try:
        found = getattr(import_module(module_name), class_name) if module_name else None
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"Algorithm {dotted_path!r} cannot be imported: {error}.") from error
    if not (isinstance(found, type) and issubclass(found, Algorithm)):
        raise ConfigurationError(
            f"{dotted_path!r} is not a class derived from recommendations.algorithms.base.Algorithm."
        )
    return found(**(options or {}))
