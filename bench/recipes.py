"""Which algorithms are tried on which kind of data. Nothing here knows a data set: only what is in the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_HERE = "recommendations.algorithms."


def _base(
    name: str, path: str, space: Mapping[str, Sequence[Any]] | None = None, **options: Any
) -> dict[str, Any]:
    return {"name": name, "algorithm": _HERE + path, "options": options, "space": space}


_COSINE = {"visitor_exponent": 0.0, "seed_exponent": 0.5, "target_exponent": 0.5}
_HALF_LIVES = (7.0, 14.0, 30.0, 60.0)
_DECAY = (0.0, 0.1, 0.2, 0.4, 0.7)


def _popularity() -> dict[str, Any]:
    return _base("popularity", "popular.Popular", {}, by=())


def _low_pass(**options: Any) -> dict[str, Any]:
    space = {"popularity_exponent": (0.0, 0.15, 0.3, 0.45), "components": (64, 128, 256, 512)}
    if "history_decay" in options:
        space["history_decay"] = _DECAY
    return _base("low_pass", "spectral.LowPass", space, **options)


def _user_knn(**options: Any) -> dict[str, Any]:
    space = {
        "neighbours": (50, 100, 200, 400, 800),
        "norm_exponent": (0.25, 0.5, 0.75),
        "item_exponent": (0.25, 0.5, 0.75),
    }
    return _base("user_knn", "user_knn.UserKNN", space, **options)


def _content(has_catalogue: bool) -> list[dict[str, Any]]:
    fields = {"title": 1.0, "text": 0.5, "category": 1.0, "brand": 1.0}
    return [_base("content", "content.ContentTfidf", {}, fields=fields)] if has_catalogue else []


def sequences(has_catalogue: bool) -> list[dict[str, Any]]:
    """What visitors chose, in order."""
    return [
        _base("markov", "markov.Markov", seed_exponent=0.35),
        _base(
            "markov_walk", "markov.Markov", {"history_decay": (0.15, 0.3, 0.5, 0.7)}, walk=(1.0, 0.5, 0.25)
        ),
        _base("generalised_knn", "generalised_knn.GeneralisedKNN", history_decay=0.2),
        _base(
            "slim",
            "slim.LocalSLIM",
            {"ridge": (50.0, 100.0, 200.0), "history_decay": _DECAY},
            history_decay=0.2,
        ),
        _base("session_knn", "session_knn.SessionKNN", sessions=False),
        _user_knn(),
        _low_pass(history_decay=0.2),
        *_content(has_catalogue),
        _popularity(),
    ]


def sets(has_catalogue: bool) -> list[dict[str, Any]]:
    """What visitors chose, in no order."""
    found = [
        _base("generalised_knn", "generalised_knn.GeneralisedKNN", _without_decay()),
        _base("slim", "slim.LocalSLIM"),
        _user_knn(),
        _low_pass(),
        _base("ials", "ials.IALS", {"unobserved_weight": (0.003, 0.01, 0.03), "l2": (0.003, 0.01, 0.03)}),
        _base(
            "cosine",
            "generalised_knn.GeneralisedKNN",
            {},
            visitor_exponent=0.0,
            seed_exponent=0.5,
            target_exponent=0.5,
        ),
        _popularity(),
    ]
    return found


def sessions(has_catalogue: bool) -> list[dict[str, Any]]:
    """Short visits of strangers, in order."""
    return [
        _base("markov", "markov.Markov", half_life_days=180.0, repeat=2.0),
        _base(
            "markov_walk",
            "markov.Markov",
            {"history_decay": (0.15, 0.3, 0.5, 0.7)},
            half_life_days=180.0,
            walk=(1.0, 2.0, 1.0),
            repeat=2.0,
        ),
        _base(
            "session_knn", "session_knn.SessionKNN", session_half_life_days=180.0, repeat=2.0, sessions=False
        ),
        _base(
            "session_knn_last",
            "session_knn.SessionKNN",
            {"neighbours": (200, 500, 1500)},
            session_half_life_days=90.0,
            history_decay=0.8,
            repeat=2.0,
            sessions=False,
        ),
        _base("generalised_knn", "generalised_knn.GeneralisedKNN", history_decay=0.3),
        _popularity(),
    ]


def behaviours(has_catalogue: bool) -> list[dict[str, Any]]:
    """Views, carts and purchases, in no order."""
    bought = {"purchase": 1.0}
    return [
        _base("revisit", "revisit.Revisit"),
        _base("generalised_knn", "generalised_knn.GeneralisedKNN", _without_decay(), damping="log"),
        _base("bought_knn", "generalised_knn.GeneralisedKNN", _without_decay(), events=bought),
        _base("slim", "slim.LocalSLIM", {"ridge": (50.0, 100.0, 200.0)}, damping="log"),
        _user_knn(),
        _low_pass(damping="log"),
        _base("popularity", "popular.Popular", {}, by=(), events=bought),
    ]


def next_basket(has_catalogue: bool) -> list[dict[str, Any]]:
    """Orders of customers who come back."""
    return [
        _base("personal_frequency", "tifu_knn.TIFUKNN", {}, personal=1.0, basket_decay=0.0),
        _base("buy_again", "buy_again.BuyAgain", {"horizon_days": (7.0, 30.0, 90.0)}),
        _base("tifu_knn", "tifu_knn.TIFUKNN"),
        _base("generalised_knn", "generalised_knn.GeneralisedKNN", history_decay=0.0, exclude_seen=False),
        _base("slim", "slim.LocalSLIM", {"ridge": (50.0, 100.0, 200.0)}, exclude_seen=False),
        _user_knn(exclude_seen=False),
        _base("association", "association.Association", {"rank_by": ("evidence", "information")}),
        _low_pass(exclude_seen=False),
        *_content(has_catalogue),
        _base("popularity", "popular.Popular", {}, by=()),
        _base(
            "recent_popularity",
            "popular.Popular",
            {"half_life_days": (7.0, 14.0, 30.0, 60.0)},
            by=(),
            half_life_days=30.0,
        ),
    ]


def basket_completion(has_catalogue: bool) -> list[dict[str, Any]]:
    """Baskets of strangers, without one item."""
    return [
        _base(
            "co_counts",
            "generalised_knn.GeneralisedKNN",
            {},
            visitor_exponent=0.0,
            seed_exponent=0.0,
            target_exponent=0.0,
        ),
        _base("association", "association.Association", {"rank_by": ("evidence", "information", "lift")}),
        _base("generalised_knn", "generalised_knn.GeneralisedKNN", _without_decay()),
        _base("slim", "slim.LocalSLIM", {"ridge": (5.0, 20.0, 50.0, 100.0, 200.0)}),
        _user_knn(),
        _low_pass(components=64),
        _popularity(),
    ]


def _without_decay() -> dict[str, Sequence[Any]]:
    return {
        "target_exponent": (0.0, 0.15, 0.25, 0.35, 0.45, 0.55),
        "visitor_exponent": (0.0, 0.15, 0.3, 0.45, 0.6),
        "seed_exponent": (0.2, 0.3, 0.4, 0.5, 0.6),
    }


RECIPES = {
    "sequences": sequences,
    "sets": sets,
    "sessions": sessions,
    "behaviours": behaviours,
    "next basket": next_basket,
    "basket completion": basket_completion,
}
