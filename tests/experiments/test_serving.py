"""Experiments on pages: each visitor sees one variant, at no query more, from the next page on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.template import Context as TemplateContext
from django.template import Template
from django.test.utils import CaptureQueriesContext

from recommendations.datatypes import BUCKETS, bucket_of
from recommendations.experiments.assignment import running
from recommendations.experiments.changing import Arm, Draft, pause, start, stop, write
from recommendations.models import Experiment, Variant
from recommendations.overrides.changing import activate, person, propose
from recommendations.serving import tokens
from recommendations.serving.engine import recommend
from tests.serving.conftest import products  # noqa: F401  (a fixture)
from tests.serving.test_overrides import SETTINGS
from tests.serving.twelve import publish, shown_on, somebody

pytestmark = pytest.mark.django_db

ANN = person("ann")
BOUGHT = {"sources": [{"source": "similar", "recommenders": ["also_bought"]}]}
TWO = (Arm("A", 0.5, is_control=True), Arm("B", 0.5, BOUGHT))


@pytest.fixture
def lists(products: Any, settings: Any) -> None:  # noqa: F811
    settings.RECOMMENDATIONS = SETTINGS
    publish("also_viewed", {"b1": ["b2"]})
    publish("also_bought", {"b1": ["t1"]})
    publish("similar_content", {"b1": ["d1"]})


def begun(arms: Any = TWO, **fields: Any) -> Experiment:
    experiment = write(Draft("test", "product_page", arms, **fields), by=ANN)
    return start(experiment.pk, by=ANN)


def page(cookie: str = "a:ann", **context: Any) -> list[str]:
    return shown_on("product_page", somebody(anonymous_key=cookie, **context), item="b1")


def slate(cookie: str = "a:ann") -> Any:
    return recommend("product_page", somebody(anonymous_key=cookie), item="b1")


def visitor_in(variant: str, experiment: Experiment) -> str:
    """The key of a visitor who sees a variant."""
    return next(key for key in map("a:{}".format, range(1000)) if slate(key).variant == variant)


def queries_of(make: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        make()
    return len(queries)


def test_each_visitor_keeps_one_variant_and_pages_cost_what_they_did(lists: None) -> None:
    assert page() == ["b2", "t1", "d1"]
    before = queries_of(page)
    experiment = begun()
    seen = {key: page(key) for key in map("a:{}".format, range(40))}
    assert set(map(tuple, seen.values())) == {("b2", "t1", "d1"), ("t1",)}
    assert {key: page(key) for key in seen} == seen
    of_a, of_b = visitor_in("A", experiment), visitor_in("B", experiment)
    assert queries_of(lambda: page(of_b)) <= before
    assert queries_of(lambda: page(of_a)) == before
    pause(experiment.pk, by=ANN)
    assert {tuple(page(key)) for key in seen} == {("b2", "t1", "d1")}
    start(experiment.pk, by=ANN)
    assert {key: page(key) for key in seen} == seen
    stop(experiment.pk, by=ANN)
    assert {tuple(page(key)) for key in seen} == {("b2", "t1", "d1")}


def test_the_token_says_the_variant(lists: None) -> None:
    experiment = begun()
    payload = tokens.read(slate(visitor_in("B", experiment)).token)
    assert (payload.experiment, payload.variant) == (experiment.pk, "B")
    stop(experiment.pk, by=ANN)
    assert tokens.read(slate().token).experiment is None


def test_a_holdout_leaves_a_place_that_can_be_told_as_seen(lists: None) -> None:
    experiment = begun((Arm("A", 0.5, is_control=True, holdout=True), Arm("B", 0.5)))
    held = slate(visitor_in("A", experiment))
    assert (len(held), held.variant) == (0, "A")
    assert tokens.read(held.token).variant == "A"
    template = Template("{% load recommendations %}{% recommendations 'product_page' item='b1' %}")
    shown = {}
    for variant in "AB":
        request = somebody(anonymous_key=visitor_in(variant, experiment)).request
        shown[variant] = template.render(TemplateContext({"request": request}))
    assert shown["A"].startswith('<div class="rec-seen" data-slate="') and "<li" not in shown["A"]
    assert "data-place" in shown["A"] and "data-place" in shown["B"]


def test_an_empty_variant_is_marked_too(lists: None) -> None:
    experiment = begun((Arm("A", 0.5, is_control=True), Arm("B", 0.5, {"sources": []})))
    assert slate(visitor_in("B", experiment)).token


def test_variants_lie_over_the_active_override(lists: None) -> None:
    activate(propose("placement", "product_page", {"size": 1}, by=ANN).pk, by=ANN)
    experiment = begun()
    assert page(visitor_in("A", experiment)) == ["b2"]
    assert page(visitor_in("B", experiment)) == ["t1"]


def test_a_segment_and_a_share_of_the_traffic_take_part(lists: None) -> None:
    experiment = begun(segment={"country": ["DE"]}, traffic=0.2)
    keys = [f"a:{n}" for n in range(400)]
    assert {recommend("product_page", somebody(anonymous_key=key), item="b1").variant for key in keys} == {""}
    german = [
        recommend("product_page", somebody(anonymous_key=key, country="DE"), item="b1").variant
        for key in keys
    ]
    assert 0.1 < sum(map(bool, german)) / len(german) < 0.3
    assert experiment.status == "running"


def test_mails_and_those_without_a_cookie_take_part_in_none(lists: None) -> None:
    begun()
    for number in range(20):
        assert recommend("product_page", somebody(), item="b1").variant == ""
        mailed = somebody(anonymous_key=f"a:{number}", channel="email")
        assert recommend("product_page", mailed, item="b1").variant == ""


def test_shares_are_exact() -> None:
    experiment = Experiment(pk=1, placement="home", salt="pepper", traffic=0.5)
    rows = [
        Variant(pk=n, experiment=experiment, position=n, name=name, share=share)
        for n, (name, share) in enumerate([("A", 0.5), ("B", 0.3), ("C", 0.2)])
    ]
    (found,) = running(rows)
    arms = [found.arm_of(bucket) for bucket in range(BUCKETS)]
    names = [arm.name if arm else "" for arm in arms]
    assert [names.count(name) for name in ("A", "B", "C", "")] == [250, 150, 100, 500]
    experiment.salt = "salt"
    (other,) = running(rows)
    both = sum(
        bool(arm and other.arm_of(bucket) and arm.name == "A" and other.arm_of(bucket).name == "A")  # type: ignore[union-attr]
        for bucket, arm in enumerate(arms)
    )
    assert 30 < both < 100  # 62.5 if the two know nothing of each other
    assert bucket_of("a:ann") == bucket_of("a:ann") < BUCKETS
