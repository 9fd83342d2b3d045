"""What a list lacks although a source had it, and why: worked out afterwards, for staff who ask."""

from __future__ import annotations

from collections.abc import Sequence

from recommendations.adapter import get_adapter
from recommendations.datatypes import Candidate
from recommendations.serving.plan import PagePlan, Row

#: Why, where it is no filter of the placement's.
EXCLUDED, NOT_SOLD, LIMITED, SENSITIVE = "excluded", "not_sold", "limits", "sensitive"


def left_out(plan: PagePlan, name: str) -> dict[str, str]:
    """Item key → the filter that left it out; or `excluded` (the caller did), `not_sold` (the shop does not sell it
    now), `limits` (it is not for this visitor, or not now), `sensitive` (not on this page)."""
    row, page = plan.rows[name], plan.page
    why: dict[str, str] = {}

    def note(before: Sequence[Candidate], after: Sequence[Candidate], reason: str) -> list[Candidate]:
        kept = {each.item_key for each in after}
        why.update({each.item_key: reason for each in before if each.item_key not in kept})
        return list(after)

    left = [*row.found, *row.extra]
    left = note(left, [each for each in left if each.item_key not in page.shown.excluded], EXCLUDED)
    for part in row.placement.filters:
        if not part.after_reading:
            left = note(left, part.keep(left, page), part.name)
    not_sold = page.reads.not_sold(each.item_key for each in left)
    left = note(left, [each for each in left if each.item_key not in not_sold], NOT_SOLD)
    left = [each for each in left if each.item_key in plan.products]  # the shop was asked about no others
    left = note(left, [each for each in left if _may_see(plan, each)], LIMITED)
    left = note(left, [each for each in left if _fits_page(plan, row, each)], SENSITIVE)
    for part in row.placement.filters:
        if part.after_reading:
            left = note(left, part.keep(left, page), part.name)
    return why


def _may_see(plan: PagePlan, candidate: Candidate) -> bool:
    page = plan.page
    return not plan.has_limits or page.viewer.may_see(page.facts_of(candidate.item_key))


def _fits_page(plan: PagePlan, row: Row, candidate: Candidate) -> bool:
    return plan.page.viewer.sees_sensitive_on(row.placement.page) or not get_adapter().is_sensitive(
        plan.products[candidate.item_key]
    )
