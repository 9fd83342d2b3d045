"""From events to a page by way of real training: a page shows what the ranker was judged by."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from recommendations.defaults import RECOMMENDERS
from recommendations.models import Event, Snapshot
from recommendations.serving.engine import recommend
from recommendations.serving.reranking import learned
from recommendations.training.loading import load
from recommendations.training.recommenders import recommender
from recommendations.training.runner import train
from tests.serving import twelve
from tests.serving.twelve import somebody

pytest.importorskip("lightgbm")

CONTENT = {"algorithm": "recommendations.algorithms.content.ContentTfidf", "options": {}}
RANKER = {
    "algorithm": "recommendations.algorithms.session_ranker.SessionRanker",
    "options": {
        "bases": [{"recommender": "similar_content"}],
        "popularity": {"recommender": "most_viewed"},
        "hold_out": 0.3,
        "tree_counts": [20, 40],
        "min_data": 5,
    },
}
MOST_VIEWED = {"algorithm": "recommendations.algorithms.popular.Popular", "options": {"events": {"view": 1}}}
SETTINGS: dict[str, Any] = {
    **twelve.SETTINGS,
    "TRAINING_FOLDER": "",
    "RECOMMENDERS": {
        **dict.fromkeys(RECOMMENDERS),
        "similar_content": CONTENT,
        "most_viewed": MOST_VIEWED,
        "ranker": RANKER,
    },
    "PLACEMENTS": {
        "plain": {"sources": [{"source": "for_you", "recommenders": ["similar_content"]}], "fallback": []},
        "ranked": {
            "sources": [{"source": "for_you", "recommenders": ["similar_content"]}],
            "rerank": [{"rerank": "learned", "recommender": "ranker"}],
            "fallback": [],
        },
    },
}
SHELVES = "bdt"


def visits(n_visitors: int = 240) -> Any:
    """Everybody looks at dear products of two shelves, then at the cheap ones there, days apart; the first 40 have not
    done so yet. Returns when the last look was."""
    drawn, now = random.Random(5), timezone.now()
    events = []
    for visitor in range(n_visitors):
        begun = now - timedelta(days=10 + 50 * drawn.random())
        shelves = drawn.sample(SHELVES, 2)
        dear = [shelf + drawn.choice("23") for shelf in shelves]
        items = [*dear, *(shelf + "1" for shelf in shelves)][: 2 if visitor < 40 else 4]
        events += [
            Event(
                kind="view",
                visitor_key=f"u:{visitor}",
                item_key=item,
                occurred_at=begun + timedelta(days=3 * step),
            )
            for step, item in enumerate(items)
        ]
    Event.objects.bulk_create(events)
    return max(event.occurred_at for event in events)


@pytest.mark.django_db(transaction=True)
def test_a_page_shows_what_the_ranker_was_judged_by(products: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = SETTINGS
    learned.forget()
    now = visits()
    results = {result.recommender: result for result in train()}
    assert {name: result.status for name, result in results.items()} == dict.fromkeys(
        ("similar_content", "most_viewed", "ranker"), "live"
    ), results
    snapshot = Snapshot.objects.get(recommender="ranker", status="live")
    assert (snapshot.n_lists, snapshot.coverage) == (2, None)
    assert snapshot.metrics["ndcg@10"] > 0
    assert snapshot.metrics["validation: lightgbm"] > snapshot.metrics["validation: linear"]
    assert snapshot.metrics["validation: trees"] in (20, 40)

    entry = recommender("ranker")
    data = load(entry.kinds, scope="", window_days=None)
    fitted = entry.algorithm().fit(data.interactions, data.catalogue)
    assert fitted.ranker_ is not None, fitted.validation_
    judged = dict(fitted.visitor_lists([f"u:{n}" for n in range(40)], 8))
    changed = 0
    for visitor in range(40):
        context = somebody(f"u:{visitor}", moment=now)
        page = [(each.item_key, each.score) for each in recommend("ranked", context)]
        known = judged[f"u:{visitor}"]
        assert [key for key, _ in page] == [key for key, _ in known]
        assert [score for _, score in page] == pytest.approx([score for _, score in known], abs=2e-5)
        plain = [each.item_key for each in recommend("plain", context)]
        changed += plain != [key for key, _ in page]
        # Who looked at two dear products looks at the cheap ones beside them next.
        assert [key[1] for key, _ in page][:2] == ["1", "1"]
    assert changed
