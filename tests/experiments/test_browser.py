"""A place that is tested, in a real browser: told as seen whatever it shows, and only when it was in view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recommendations.datatypes import BUCKETS
from recommendations.experiments.changing import Arm, Draft, start, write
from recommendations.models import Impression
from recommendations.overrides.changing import person
from tests.serving.test_browser import address, shop, told  # noqa: F401  (fixtures)

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.serving.urls")]


def begun(*arms: Arm) -> int:
    experiment = write(Draft("test", "product_page", arms), by=person("ann"))
    return start(experiment.pk, by=person("ann")).pk


def test_a_row_that_is_held_out_is_told_as_seen(address: str, page: Page) -> None:  # noqa: F811
    share = 1 / BUCKETS / 10  # nobody's
    pk = begun(Arm("none", 1 - share, is_control=True, holdout=True), Arm("all", share))
    (news, *_others) = told(lambda: page.goto(address))
    assert page.locator(".rec-seen").count() == 1 and page.locator(".rec--product_page").count() == 0
    assert page.locator(".rec-seen").bounding_box()["height"] == 0  # type: ignore[index]
    assert news["seen"] == []
    impression = Impression.objects.get(placement="product_page")
    assert (impression.experiment, impression.variant, impression.items, impression.n_seen) == (
        pk,
        "none",
        [],
        0,
    )


def test_a_row_that_is_shown_is_told_alike(address: str, page: Page) -> None:  # noqa: F811
    share = 1 / BUCKETS / 10
    pk = begun(Arm("all", 1 - share, is_control=True), Arm("none", share, holdout=True))
    told(lambda: page.goto(address))
    impression = Impression.objects.get(placement="product_page")
    assert (impression.experiment, impression.variant) == (pk, "all")
    assert impression.n_seen == len(impression.seen) > 0
