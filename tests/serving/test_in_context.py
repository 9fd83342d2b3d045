"""Some items on some occasions: at an hour, in a season, on a device, in a country."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import RequestFactory
from django.utils import timezone

from recommendations.datatypes import Context
from recommendations.exceptions import ConfigurationError
from recommendations.serving.reranking.occasions import InContext, device_of
from tests.serving.twelve import publish_popular, shown_on

Use = Callable[..., None]

TEA = {"brand": "Leaf"}

#: A Saturday in December, 9:30 in the morning, in Berlin.
MORNING = datetime(2026, 12, 5, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))

PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


@pytest.fixture
def shown(products: Any, placements: Use, settings: Any) -> Callable[..., str]:
    """What is shown of b1 (1.0), t1 (0.95) and d1 (0.9) where a reranker acts on tea."""
    settings.TIME_ZONE = "Europe/Berlin"
    publish_popular(everybody=["b1", "t1", "d1"])

    def show(when: dict[str, Any], context: Context, factor: float = 2.0) -> str:
        entry = {"rerank": "in_context", "where": TEA, "when": when, "factor": factor}
        placements(row={"sources": ["popular"], "rerank": [entry]})
        return " ".join(shown_on("row", context))

    return show


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"hours": {"from": 6, "below": 11}}, True),
        ({"hours": {"from": 9.5, "below": 9.6}}, True),
        ({"hours": {"from": 11, "below": 24}}, False),
        ({"hours": {"below": 9}}, False),
        ({"hours": {"from": 22, "below": 10}}, True),  # over midnight
        ({"hours": {"from": 22, "below": 6}}, False),
        ({"months": [11, 12]}, True),
        ({"months": [6, 7, 8]}, False),
        ({"weekdays": ["saturday", "sunday"]}, True),
        ({"weekdays": "monday"}, False),
        ({"country": "DE"}, True),
        ({"country": ["AT", "CH"]}, False),
        ({"channel": "web", "language": "de", "customer_group": ["gold", "silver"]}, True),
        ({"months": [12], "country": "AT"}, False),
        ({"device": "mobile"}, False),  # there is no request
        ({"device": ["mobile", "desktop"]}, False),
    ],
)
def test_all_of_when_must_hold(shown: Callable[..., str], when: dict[str, Any], holds: bool) -> None:
    context = Context(moment=MORNING, country="DE", language="de", customer_group="gold")
    assert shown(when, context) == ("t1 b1 d1" if holds else "b1 t1 d1")


def test_hours_are_those_of_the_shop(shown: Callable[..., str]) -> None:
    with timezone.override("Asia/Shanghai"):  # where the visitor is, perhaps
        assert shown({"hours": {"from": 0, "below": 1}}, Context(moment=MORNING)) == "b1 t1 d1"
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    assert shown({"hours": {"from": 0, "below": 1}}, Context(moment=new_year)) == "t1 b1 d1"
    assert shown({"months": [1], "weekdays": "friday"}, Context(moment=new_year)) == "t1 b1 d1"


def test_without_a_moment_it_is_now(shown: Callable[..., str]) -> None:
    months = list(range(1, 13))
    assert shown({"months": months}, Context()) == "t1 b1 d1"


@pytest.mark.parametrize(
    ("factor", "order"),
    [(1.05, "b1 t1 d1"), (1.06, "t1 b1 d1"), (0.95, "b1 t1 d1"), (0.9, "b1 d1 t1"), (1, "b1 t1 d1")],
)
def test_the_factor_decides(shown: Callable[..., str], factor: float, order: str) -> None:
    assert shown({"months": [12]}, Context(moment=MORNING), factor) == order


@pytest.mark.parametrize(
    ("headers", "device"),
    [
        ({"user-agent": PHONE}, "mobile"),
        ({"user-agent": LAPTOP}, "desktop"),
        ({"user-agent": PHONE, "sec-ch-ua-mobile": "?0"}, "desktop"),
        ({"user-agent": LAPTOP, "sec-ch-ua-mobile": "?1"}, "mobile"),
        ({"user-agent": LAPTOP, "sec-ch-ua-mobile": "yes"}, "desktop"),
        ({}, ""),
    ],
)
def test_the_device(shown: Callable[..., str], headers: dict[str, str], device: str) -> None:
    request = RequestFactory().get("/", headers=headers)
    assert device_of(request) == device
    order = shown({"device": "mobile"}, Context(request=request))
    assert order == ("t1 b1 d1" if device == "mobile" else "b1 t1 d1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"when": {}}, '"when" is {}. Write it as {"months": [11, 12]}; known: device, hours, weekdays, '),
        ({"when": {"season": "winter"}}, "\"when\" names 'season'. Known: device, hours, "),
        (
            {"when": {"device": "fridge"}},
            "\"device\" is 'fridge'. Set it to one or several of: mobile",
        ),
        (
            {"when": {"hours": [6, 11]}},
            '"hours" is [6, 11]. Write it as {"from": 6, "below": 11}, from',
        ),
        ({"when": {"hours": {"from": 25}}}, "\"hours\" is {'from': 25}. Write it as "),
        ({"when": {"months": [13]}}, '"months" is [13]. Set it to a list of numbers from 1 to 12.'),
        (
            {"when": {"weekdays": ["sat"]}},
            "\"weekdays\" is ['sat']. Set it to one or several of: mon",
        ),
        ({"when": {"country": 49}}, '"country" is 49. Set it to a text or a list of texts.'),
        ({"when": {"months": 12}, "factor": 0}, '"factor" is 0. Set it above 0, at most 100; below 1 puts'),
        ({"when": {"months": 12}, "where": {}}, '"where" is {}, which means every item.'),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        InContext(**{"where": TEA} | options)
    assert str(error.value).startswith(message)
