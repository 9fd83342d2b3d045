"""By trees that training learned from what visitors touched next."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connections, router
from django.db.models import BooleanField, FloatField, Func, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from recommendations.conf import settings
from recommendations.datatypes import EVERYBODY, TREES, Candidate, ListKind, RankerRow
from recommendations.exceptions import ConfigurationError
from recommendations.models import Item
from recommendations.ranking.features import NOTHING, UNKNOWN, About, Session, WeightedList
from recommendations.ranking.model import CANDIDATES, RankerModel
from recommendations.ranking.served import heaviest
from recommendations.serving.facts import Facts
from recommendations.serving.page import Page
from recommendations.serving.prepared import Prepared
from recommendations.serving.reranking.base import Reranker, rescored
from recommendations.store import ListRequest

logger = logging.getLogger("recommendations")

#: What this process knows: (scope, recommender) → the version and the ranker, None for one that it cannot read.
_known: dict[tuple[str, str], tuple[str, RankerModel | None]] = {}

#: What this process knows of items: scope → key → until when, and what. Trees need no fresher prices.
KNOWN_SECONDS = 60.0
MOST_KNOWN = 20_000

#: So many are read by one query, where each is a parameter: the candidates and what the visitor did lately.
AT_ONCE = 64

#: Between keys in a text: no key of a shop has it.
SEPARATOR = "\x1f"

_items: dict[str, dict[str, tuple[float, About]]] = {}


class Learned(Reranker):
    """score · e^(Σ trees): the published trees of a `SessionRanker`, evaluated over the first candidates (40 at most);
    the others stay behind them. Where nothing is known of the visitor, or nothing is published, the order stays."""

    name = "learned"
    needs = frozenset({"history", "facts"})
    options = {"recommender": "ranker"}
    looks_at_most = CANDIDATES
    ranks_early = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.recommender = self.option["recommender"]
        if not isinstance(self.recommender, str) or self.recommender not in settings.recommenders:
            raise ConfigurationError(
                f'"recommender" is {self.recommender!r}, which does not exist. Set it to a recommender whose algorithm '
                "is recommendations.algorithms.session_ranker.SessionRanker."
            )

    def requests(self, page: Page) -> list[ListRequest]:
        if not page.history.weights:
            return []
        kept = _known.get((page.context.scope, self.recommender))
        if kept is None:
            return [self._row(RankerRow.MODEL)]
        model = kept[1]
        wanted = [] if model is None or model.changes_nothing else _lists_of(model, page)
        return [self._row(RankerRow.VERSION), *wanted]

    def looks_at(self, page: Page) -> Iterable[str]:
        return heaviest(page.history.weights)

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        model = self._model(page) if candidates and page.history.weights else None
        if model is None or model.changes_nothing:
            return list(candidates)
        keys = [candidate.item_key for candidate in candidates[: model.candidates]]
        rows = _rows(model, keys, page)
        page.told.update({(self.recommender, key): (model, row) for key, row in zip(keys, rows, strict=True)})
        return rescored(candidates, model.factors(rows, len(candidates)))

    def contributions(self, page: Page, item_key: str) -> Mapping[str, float]:
        """By how much each feature raised the logarithm of the item's score: SHAP values, see `ranking.shap`."""
        model, row = page.told.get((self.recommender, item_key), (None, ()))
        return {} if model is None else model.contributions(row)

    def _row(self, key: RankerRow) -> ListRequest:
        return ListRequest(self.recommender, ListKind.RANKER, key, TREES)

    def _model(self, page: Page) -> RankerModel | None:
        """The ranker of the live snapshot: parsed once a process, and read again when the version is another."""
        place = page.context.scope, self.recommender
        kept = _known.get(place)
        if kept is not None:
            version = self._row(RankerRow.VERSION)
            live = page.reads.lists([version]).get(version)
            if live is not None and live.entries[0][0] == kept[0]:
                return kept[1]
        wanted = self._row(RankerRow.MODEL)
        published = page.reads.lists([wanted]).get(wanted)
        if published is None:
            _known.pop(place, None)
            return None
        text = published.entries[0][0]
        try:
            model: RankerModel | None = RankerModel.from_json(text)
        except ValueError as error:
            logger.warning("The trees of %r are left out: %s", self.recommender, error)
            model = None
        _known[place] = RankerModel.version_of(text), model
        return model


def forget() -> None:
    """Know nothing, as a new process does."""
    _known.clear()
    _items.clear()


def _lists_of(model: RankerModel, page: Page) -> list[ListRequest]:
    """What `for_you` reads of the same recommenders, and the list of everybody."""
    wanted = [request for _, request in _seeded(model, page)]
    if model.popularity:
        wanted.append(ListRequest(model.popularity, ListKind.SEGMENT, EVERYBODY))
    return wanted


def _seeded(model: RankerModel, page: Page) -> list[tuple[tuple[int, float], ListRequest]]:
    """((base, weight of the seed), request) of the lists of the session's items."""
    return [
        ((base, weight), ListRequest(name, ListKind.ITEM, seed))
        for seed, weight in heaviest(page.history.weights).items()
        for base, name in enumerate(model.bases)
    ]


def _rows(model: RankerModel, keys: Sequence[str], page: Page) -> list[list[float]]:
    found = page.reads.lists(_lists_of(model, page))
    lists: list[WeightedList] = [
        (base, weight, request.key, found[request].entries)
        for (base, weight), request in _seeded(model, page)
        if request in found
    ]
    everybody = found.get(ListRequest(model.popularity, ListKind.SEGMENT, EVERYBODY))
    popularity = {} if everybody is None else {key: score for key, score, _ in everybody.entries}
    session = Session(heaviest(page.history.weights), page.history.touches, page.now)
    about = _what_is_known([*keys, *session.weights], page)
    return model.features.rows(keys, session, lists, popularity, about)


def _what_is_known(keys: Sequence[str], page: Page) -> dict[str, About]:
    """What the mirror says of items, as this process knows it for KNOWN_SECONDS; one query for those it does not."""
    now, scope = time.monotonic(), page.context.scope
    found = {key: _about(facts) for key, facts in page.reads.known_facts(keys).items()}
    of_scope = _items.setdefault(scope, {})
    missing = []
    for key in keys:
        if key not in found:
            known = of_scope.get(key)
            if known is None or known[0] < now:
                missing.append(key)
            else:
                found[key] = known[1]
    if missing:
        read = _read(scope, missing)
        found |= read
        if len(of_scope) > MOST_KNOWN:
            of_scope.clear()
        until = now + KNOWN_SECONDS
        for key, about in read.items():
            of_scope[key] = until, about
    return found


def _read(scope: str, keys: Iterable[str]) -> dict[str, About]:
    """From the mirror."""
    found = dict.fromkeys(keys, NOTHING)
    using = router.db_for_read(Item)
    for places in _places(list(found), using):
        for key, category, brand, price, created in _query(using).rows(scope=scope, **places):
            found[key] = About(
                category or "",
                brand,
                UNKNOWN if price is None else price,
                UNKNOWN if created is None else _seconds(created),
            )
    return found


def _about(facts: Facts) -> About:
    return About(
        facts.categories[0] if facts.categories else "",
        facts.brand,
        UNKNOWN if facts.price is None else float(facts.price),
        UNKNOWN if facts.created_at is None else facts.created_at.timestamp(),
    )


def _seconds(text: str) -> float:
    """POSIX seconds of a time as databases write it; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _places(keys: Sequence[str], using: str) -> Iterator[dict[str, str]]:
    """The keys as the query takes them: all as one text by PostgreSQL, whose driver is slow with many parameters."""
    if connections[using].vendor == "postgresql":
        yield {"keys": SEPARATOR.join(keys)}
        return
    for first in range(0, len(keys), AT_ONCE):
        part = keys[first : first + AT_ONCE]
        filled_up = [*part, *[part[0]] * (AT_ONCE - len(part))]
        yield {f"key{n}": key for n, key in enumerate(filled_up)}


@lru_cache(maxsize=8)
def _query(using: str) -> Prepared:
    """What trees look at of items, in forms that drivers read fast."""
    items = Item.objects.using(using).filter(scope="\0scope")
    if connections[using].vendor == "postgresql":
        places = {"keys": "\0keys"}
        array = Func(Value(places["keys"]), Value(SEPARATOR), template="(string_to_array(%(expressions)s))")
        one_of = Func(
            "item_key",
            array,
            template="%(expressions)s",
            arg_joiner=" = ANY",
            output_field=BooleanField(),
        )
        items = items.filter(one_of)
    else:
        places = {f"key{n}": f"\0{n}" for n in range(AT_ONCE)}
        items = items.filter(item_key__in=list(places.values()))
    columns = (
        "item_key",
        KeyTextTransform(0, "categories"),
        "brand",
        Cast("price", FloatField()),
        Cast("created_at", TextField()),
    )
    return Prepared(items.values_list(*columns), {"scope": "\0scope", **places})
