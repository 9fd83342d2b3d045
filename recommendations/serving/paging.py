"""The next page of a list that was begun before."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest

from recommendations.adapter import get_adapter
from recommendations.datatypes import Candidate, Slate
from recommendations.exceptions import InvalidToken
from recommendations.serving import cursors
from recommendations.serving.engine import never_raising, slate_of
from recommendations.serving.page import Page, Reads
from recommendations.serving.placements import WeightedSource
from recommendations.serving.plan import PagePlan
from recommendations.serving.sources import Lists, Source
from recommendations.serving.tested import layout_for
from recommendations.store import ListRequest


class _Kept(Source):
    """What a cursor holds, in its order."""

    name = "kept"

    def __init__(self, kept: list[Candidate]) -> None:
        super().__init__()
        self._kept = kept

    def requests(self, page: Page) -> list[ListRequest]:
        return []

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        return self._kept


def recommend_after(request: HttpRequest, cursor: str, placement: str, channel: str = "web") -> Slate:
    """What comes next, without what is not sold now and what the filters of the placement leave out by now.

    Rules and rerankers had their say when the list was made. Raises ExpiredToken or InvalidToken for a cursor that is
    too old or wrong; what goes wrong afterwards is logged, and the slate is empty, as with `recommend`.
    """
    rest = cursors.read(cursor)
    context = get_adapter().context(request).with_(channel=channel)
    if (rest.placement, rest.scope) != (placement, context.scope):
        raise InvalidToken(
            f"The cursor is one of the placement {rest.placement!r}, not of {placement!r} here."
        )

    def make() -> Slate:
        planned_by = layout_for(context)
        made = planned_by.placement(placement)
        kept = replace(
            made, sources=(WeightedSource(_Kept(list(rest.candidates))),), rerankers=(), fallback=()
        )
        about = context.with_(page=made.page)
        n_left = len(rest.candidates)
        plan = PagePlan(Page(about, rest.shown, Reads(about)), (kept,), {placement: n_left})
        chosen, _ = plan.choose(placement, n_left)
        return slate_of(
            plan,
            kept,
            chosen,
            rest.size,
            context,
            title=made.title,
            fallback_used=rest.fallback_used,
            arm=planned_by.arms.get(placement),
        )

    return never_raising(placement, make)
