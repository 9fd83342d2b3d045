from __future__ import annotations

import time
from typing import Any

import pytest
from django.core import signing

from recommendations.datatypes import Candidate
from recommendations.exceptions import InvalidToken
from recommendations.serving import tokens

ITEMS = [
    Candidate("b1", 0.9, "similar", "also_viewed", 7),
    Candidate("b2", 0.8, "similar", "also_bought", 8),
    Candidate("茶", 0.7, "similar", "also_viewed", 7),
    Candidate("d1", 0.6, "own"),
]


def make(**options: Any) -> str:
    return tokens.make("slate-1", "product_page", "north", ITEMS, **options)


def test_it_says_what_was_offered_and_what_produced_it() -> None:
    before = int(time.time())
    payload = tokens.read(make())
    assert payload.items == (
        ("b1", "similar", "also_viewed"),
        ("b2", "similar", "also_bought"),
        ("茶", "similar", "also_viewed"),
        ("d1", "own", ""),
    )
    assert (payload.slate_id, payload.placement, payload.scope) == ("slate-1", "product_page", "north")
    assert payload.snapshots == {"also_viewed": 7, "also_bought": 8}
    assert before <= payload.issued_at <= time.time()
    assert payload.position("茶") == 2 and payload.position("t1") is None


def test_it_is_short() -> None:
    items = [Candidate(str(10_000 + n), 0.5, "similar", "also_viewed", 123) for n in range(8)]
    assert len(tokens.make("a" * 16, "product_page", "", items)) < 260


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (None, "A slate token is a text, not NoneType."),
        (17, "A slate token is a text, not int."),
        ("", "The slate token was not made here, or was damaged on its way."),
        ("nonsense", "The slate token was not made here, or was damaged on its way."),
        (make()[:-1], "The slate token was not made here, or was damaged on its way."),
        (signing.dumps([1, "forged"]), "The slate token was not made here, or was damaged on its way."),
        (
            signing.Signer(salt=tokens.SALT).sign_object([99]),
            "The slate token has version 99; this release reads version 2.",
        ),
    ],
    ids=["none", "number", "empty", "nonsense", "cut", "forged", "version"],  # tokens differ from run to run
)
def test_what_is_not_ours_is_refused(token: Any, message: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        tokens.read(token)
    assert str(caught.value) == message


def test_it_expires(settings: Any) -> None:
    token = make(issued_at=int(time.time()) - 90)
    assert tokens.read(token).slate_id == "slate-1"
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "TOKEN_SECONDS": 60}
    with pytest.raises(
        InvalidToken, match=r"^The slate token expired: it is 9\d s old, and 60 s are allowed\.$"
    ):
        tokens.read(token)


def test_one_from_the_future_is_refused() -> None:
    now = int(time.time())
    tokens.read(make(issued_at=now + 30))
    with pytest.raises(InvalidToken, match="was issued"):
        tokens.read(make(issued_at=now + 3600))


def test_a_change_of_the_secret_key_keeps_old_tokens_when_told(settings: Any) -> None:
    token = make()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert tokens.read(token).slate_id == "slate-1"


def test_it_says_which_variant_of_an_experiment_it_is_of() -> None:
    payload = tokens.read(make(experiment=3, variant="B"))
    assert (payload.experiment, payload.variant) == (3, "B")
    assert payload.items[0] == ("b1", "similar", "also_viewed")
    assert (tokens.read(make()).experiment, tokens.read(make()).variant) == (None, "")


def test_those_of_the_release_before_are_still_read() -> None:
    data = [1, "slate-1", "home", "", int(time.time()), [["b1", 0]], [["similar", "also_viewed"]], {}]
    payload = tokens.read(signing.Signer(salt=tokens.SALT).sign_object(data, compress=True))
    assert payload.items == (("b1", "similar", "also_viewed"),)
    assert payload.experiment is None
