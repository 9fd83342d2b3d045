"""The OpenAPI document is complete, and is made without a warning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft4Validator

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def schema() -> Any:
    GENERATOR_STATS.reset()
    generator = SchemaGenerator(urlconf="recommendations.api.urls")
    made = generator.get_schema(request=None, public=True)
    assert not GENERATOR_STATS, GENERATOR_STATS._warn_cache
    return made


def test_it_is_valid_and_has_every_address(schema: Any) -> None:
    validate_schema(schema)
    assert {(path, *methods) for path, methods in schema["paths"].items()} == {
        ("/v1/placements/", "get"),
        ("/v1/recommendations/", "get"),
        ("/v1/recommendations/{placement}/", "get"),
        ("/v1/items/{item}/similar/", "get"),
        ("/v1/items/{item}/together/", "get"),
        ("/v1/cart/", "get"),
        ("/v1/for-you/", "get"),
        ("/v1/trending/", "get"),
        ("/v1/segments/", "get"),
        ("/v1/rerank/", "post"),
        ("/v1/events/", "post"),
        ("/v1/feedback/", "post"),
        ("/v1/visitors/", "post"),
    }


def operations(schema: Any) -> dict[str, Any]:
    return {path: next(iter(methods.values())) for path, methods in schema["paths"].items()}


def test_every_operation_tells_what_can_come_back(schema: Any) -> None:
    one = ["200", "304", "400", "401", "403", "404", "410", "429"]
    sent = ["200", "400", "401", "403", "429"]
    assert {path: list(each["responses"]) for path, each in operations(schema).items()} == {
        "/v1/placements/": ["200", "304", "401", "429"],
        "/v1/recommendations/": ["200", "304", "400", "401", "403", "404", "429"],
        "/v1/recommendations/{placement}/": one,
        "/v1/items/{item}/similar/": one,
        "/v1/items/{item}/together/": one,
        "/v1/cart/": one,
        "/v1/for-you/": one,
        "/v1/trending/": one,
        "/v1/segments/": ["200", "304", "400", "401", "429"],
        "/v1/rerank/": ["200", "400", "401", "403", "404", "429"],
        "/v1/events/": sent,
        "/v1/feedback/": sent,
        "/v1/visitors/": ["201", "400", "401", "403", "429"],
    }


def test_every_operation_is_told_in_words_with_examples_of_each_answer(schema: Any) -> None:
    for path, operation in operations(schema).items():
        assert operation["operationId"] and operation["summary"] and operation["description"], path
        assert {} in operation["security"] and {"cookieAuth": []} in operation["security"]
        for status, response in operation["responses"].items():
            assert response["description"], (path, status)
            if status != "304":
                assert response["content"]["application/json"]["examples"], (path, status)
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"], path


def as_json_schema(part: Any) -> Any:
    """What OpenAPI 3.0 says, in the words of JSON Schema: `nullable` there is a type here."""
    if isinstance(part, list):
        return [as_json_schema(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {name: as_json_schema(value) for name, value in part.items() if name != "nullable"}
    if part.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def test_every_example_has_the_shape_that_is_told(schema: Any) -> None:
    components = as_json_schema(schema["components"])
    n_examples = 0
    for path, operation in operations(schema).items():
        for body in [operation.get("requestBody", {}), *operation["responses"].values()]:
            for media in body.get("content", {}).values():
                shape = {**as_json_schema(media["schema"]), "components": components}
                for name, example in media["examples"].items():
                    errors = [error.message for error in Draft4Validator(shape).iter_errors(example["value"])]
                    assert errors == [], (path, name)
                    n_examples += 1
    assert n_examples > 60


def test_the_parameters_of_a_list(schema: Any) -> None:
    get = schema["paths"]["/v1/recommendations/{placement}/"]["get"]
    assert [parameter["name"] for parameter in get["parameters"]] == [
        *("If-None-Match", "X-Personalise", "X-Visitor", "category", "cursor", "exclude", "explain"),
        *("item", "items", "paging", "placement", "query", "size"),
    ]


def test_amounts_are_strings(schema: Any) -> None:
    card = schema["components"]["schemas"]["Card"]["properties"]
    assert card["price"]["type"] == "string" and card["price"]["nullable"]


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("recommendations.api.urls", "numpy"),
        ("recommendations.serving.engine", "rest_framework"),
        ("recommendations.urls", "rest_framework"),
        ("recommendations.templatetags.recommendations", "rest_framework"),
    ],
)
def test_importing_stays_light(module: str, unwanted: str) -> None:
    program = (
        "import sys; from django.conf import settings; settings.configure(RECOMMENDATIONS={}, INSTALLED_APPS="
        "['django.contrib.contenttypes', 'django.contrib.auth', 'recommendations']); import django; django.setup();"
        f"import {module}; sys.exit({unwanted!r} in sys.modules)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
