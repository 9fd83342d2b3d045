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
        ("/recommendations/{placement}/", "get"),
        ("/events/", "post"),
    }


def test_every_operation_tells_what_can_come_back(schema: Any) -> None:
    get = schema["paths"]["/recommendations/{placement}/"]["get"]
    post = schema["paths"]["/events/"]["post"]
    assert list(get["responses"]) == ["200", "400", "403", "404", "429"]
    assert list(post["responses"]) == ["200", "400", "403", "429"]
    assert [parameter["name"] for parameter in get["parameters"]] == [
        *("category", "explain", "item", "items", "placement", "query", "size")
    ]
    for operation in (get, post):
        assert operation["summary"] and operation["description"]
        assert operation["responses"]["200"]["content"]["application/json"]["examples"]
    assert post["requestBody"]["content"]["application/json"]["examples"]
    assert {} in post["security"] and {"cookieAuth": []} in post["security"]


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
