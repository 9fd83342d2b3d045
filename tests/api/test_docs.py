"""docs/api.md says what the API does."""

from __future__ import annotations

import re
from pathlib import Path

from recommendations.api.described import ShopSchema
from recommendations.api.serializers import CLIENT_KINDS, SlateQuerySerializer
from recommendations.api.throttles import EventsThrottle, RecommendationsThrottle, VisitorsThrottle
from recommendations.api.urls import _VIEWS
from recommendations.serving.cursors import CURSOR_SECONDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs/api.md").read_text()


def test_every_address_is_in_the_table() -> None:
    told = re.findall(r"^\| `(GET|POST) ([\w/<>-]+)(?:\?[^`]*)?` \|", DOCS, re.MULTILINE)
    made = [
        (method.upper(), re.sub(r"<str:(\w+)>", r"<\1>", address).replace("<item>", "<key>"))
        for address, view, _ in _VIEWS
        for method in ("get", "post")
        if hasattr(view, method)
    ]
    assert sorted(told) == sorted(made)
    assert all(isinstance(view.schema, ShopSchema) for _, view, _ in _VIEWS)


def test_every_parameter_and_every_kind_is_explained() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", DOCS, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named >= {*SlateQuerySerializer().fields, *map(str, CLIENT_KINDS)}


def test_the_limits_are_those_of_the_code() -> None:
    for throttle, what in [
        (RecommendationsThrottle, "lists"),
        (EventsThrottle, "batches"),
        (VisitorsThrottle, "tokens"),
    ]:
        assert f"{throttle.default_rate.removesuffix('/min')} {what}" in DOCS
        assert f'"{throttle.scope}"' in DOCS
    assert CURSOR_SECONDS == 3600 and "After an hour a cursor is gone" in DOCS


def test_the_shortcuts_of_the_example_are_there() -> None:
    (line,) = re.findall(r"^from recommendations\.shortcuts import .+$", DOCS, re.MULTILINE)
    exec(line, {})


def test_the_size_of_the_client_is_true() -> None:
    told = re.search(r"An ES module of (\d+) KB", DOCS)
    size = (ROOT / "recommendations/static/recommendations/recommendations.js").stat().st_size
    assert told and abs(int(told[1]) - size / 1000) <= 1
