"""Answers as plain dicts, made by plain functions: a serializer a place costs more than all the rest of an answer.

`recommendations.api.serializers` says what shape they have; a test holds both equal.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from recommendations.datatypes import Card, Slate, SlateItem
from recommendations.serving.engine import titled
from recommendations.serving.placements import Placement
from recommendations.serving.segments import Segment

Answer = dict[str, Any]

#: What of a page a caller can tell; who the visitor is and what is in the cart are known.
TAKEN = frozenset({"item", "items", "category", "query"})


def slate_answer(slate: Slate) -> Answer:
    """As SlateSerializer says."""
    return {
        "placement": slate.placement,
        "title": slate.title,
        "token": slate.token,
        "tested": slate.tested,
        "fallback_used": slate.fallback_used,
        "next": slate.next,
        "items": [_place(item) for item in slate.items],
    }


def explained_answer(slate: Slate) -> Answer:
    """As ExplainedSlateSerializer says: for staff."""
    return {
        **slate_answer(slate),
        "explained": [
            {
                "item": item.item_key,
                "score": item.score,
                "source": item.source,
                "recommender": item.recommender,
                "rules": list(item.rules),
                "propensity": item.propensity,
                "contributions": {name: round(amount, 4) for name, amount in item.contributions().items()},
            }
            for item in slate.items
        ],
        "left_out": left_out_answer(slate),
    }


def left_out_answer(slate: Slate) -> list[Answer]:
    """As LeftOutSerializer says, each."""
    by_rule = [{"item": key, "rule": rule, "filter": ""} for key, rule in slate.dropped.items()]
    by_filter = [{"item": key, "rule": "", "filter": name} for key, name in slate.left_out().items()]
    return sorted([*by_rule, *by_filter], key=lambda each: (each["item"], each["rule"]))


def placement_answer(placement: Placement) -> Answer:
    """As PlacementSerializer says."""
    links = (*placement.sources, *placement.fallback)
    return {
        "name": placement.name,
        "title": titled(placement.title),
        "page": placement.page,
        "size": placement.size,
        "takes": sorted({need for link in links for need in link.source.needs} & TAKEN),
    }


def segment_answer(segment: Segment, kind: str) -> Answer:
    """As SegmentSerializer says."""
    name = segment.key.rpartition("/")[2] if kind == "category" else segment.key
    return {"kind": kind, "key": segment.key, "name": name, "score": segment.score}


def _place(item: SlateItem) -> Answer:
    return {
        "position": item.position,
        "item": item.item_key,
        "source": item.source,
        "seed": item.seed_key,
        "reason": item.reason,
        "card": _card(item.card),
    }


def _card(card: Card) -> Answer:
    return {
        "title": str(card.title),
        "url": str(card.url),
        "image": str(card.image),
        "price": _amount(card.price),
        "old_price": _amount(card.old_price),
        "currency": str(card.currency),
        "badge": str(card.badge),
        "price_text": str(card.price_text),
        "old_price_text": str(card.old_price_text),
    }


def _amount(amount: Any) -> str | None:
    """A decimal string, never in powers of ten; None for no price."""
    if amount is None:
        return None
    return format(amount if isinstance(amount, Decimal) else Decimal(str(amount)), "f")
