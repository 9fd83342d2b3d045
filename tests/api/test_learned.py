"""Staff see what a learned ranker went by."""

from __future__ import annotations

import math
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from recommendations.serving.reranking import learned
from tests.api.test_recommendations import get
from tests.serving import twelve
from tests.serving.rankers import RANKER, publish_ranker, tree


def test_staff_see_what_the_ranker_went_by(client: Client, products: Any, settings: Any) -> None:
    learned.forget()
    settings.RECOMMENDATIONS = {
        **settings.RECOMMENDATIONS,
        "RECOMMENDERS": {"ranker": RANKER},
        "PLACEMENTS": {
            "row": {
                "sources": [{"source": "for_you", "recommenders": ["also_viewed"]}],
                "rerank": [{"rerank": "learned", "recommender": "ranker"}],
            }
        },
    }
    twelve.publish("also_viewed", {"b1": [("t1", 0.9), ("b2", 0.3)]})
    publish_ranker(tree("share of the session of its brand", 0.5, 4.0))
    staff = User.objects.create_user("staff", is_staff=True)
    twelve.happened(f"u:{staff.pk}", "view", "b1")
    client.force_login(staff)
    slate = get(client, "row", explain=1)
    name = "share of the session of its brand"
    assert [(each["item"], each["contributions"]) for each in slate["explained"][:2]] == [
        ("b2", {name: pytest.approx(0.75 * math.log(4), abs=1e-4)}),
        ("t1", {name: pytest.approx(-0.25 * math.log(4), abs=1e-4)}),
    ]
