from __future__ import annotations

from typing import Any

import pytest

from tests.test_checks import messages, only


@pytest.mark.parametrize(
    ("name", "value", "said", "hint"),
    [
        (
            "ATTRIBUTION_MODEL",
            "last",
            "'last': there is no such model.",
            "one of last_click, first_click, linear, ",
        ),
        (
            "CLICK_WINDOW_HOURS",
            0,
            "0: that is no number of hours in a year.",
            "to a number above 0, e.g. 24.",
        ),
        (
            "VIEW_WINDOW_HOURS",
            "1",
            "'1': that is no number of hours in a year.",
            "to a number above 0, e.g. 24.",
        ),
    ],
)
def test_e022_an_attribution_that_cannot_be(name: str, value: Any, said: str, hint: str) -> None:
    found = only(messages(**{name: value}), "E022")
    assert found.msg == f'RECOMMENDATIONS["{name}"] is {said}'
    assert hint in str(found.hint)
