"""What a placement shows without and with a change that does not count yet, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recommendations.adapter import get_adapter
from recommendations.datatypes import Context, SlateItem
from recommendations.models import Override
from recommendations.overrides import active
from recommendations.serving import placements, rules
from recommendations.serving.engine import plan_of_page, shown, slate_items
from recommendations.serving.page import Page, Reads
from recommendations.serving.placements import Layout, layout
from recommendations.serving.rules import Rule
from recommendations.store import ListRequest, StoredList
from recommendations.store.database import DatabaseStore


@dataclass(frozen=True)
class Preview:
    """The items of a placement; `dropped` names the rule that left out an item that would have been a candidate, with
    the shop's object."""

    items: tuple[SlateItem, ...]
    dropped: Mapping[str, tuple[str, Any]]
    fallback_used: bool


class SnapshotReads(Reads):
    """Reads that find some recommenders' lists in snapshots that need not be live."""

    def __init__(self, context: Context, snapshots: Mapping[str, int]) -> None:
        super().__init__(context)
        self._snapshots = snapshots

    def lists(self, requests: Collection[ListRequest]) -> dict[ListRequest, StoredList]:
        theirs = [request for request in requests if request.recommender in self._snapshots]
        found = super().lists([request for request in requests if request.recommender not in self._snapshots])
        if theirs:
            found |= DatabaseStore().fetch_from(list(self._snapshots.values()), theirs)
        return found


def of_now(name: str, context: Context, snapshots: Mapping[str, int] | None = None, **about: Any) -> Preview:
    """What a placement shows this visitor now; `snapshots` and `about` as `preview` takes them."""
    planned_by = layout(context.scope, context.moment)
    return preview(name, context, planned_by, planned_by.rules, snapshots=snapshots, **about)


def before_and_after(
    override: Override, placement: str, context: Context, **about: Any
) -> tuple[Preview, Preview]:
    """Without an Override of a rule or a placement and with it; a rule as if it held now and for everybody.

    `about` as `engine.recommend` takes it: item, items, category, query. Raises ConfigurationError when the Override
    does not fit, UnknownName without such a placement.
    """
    if override.kind == Override.Kind.PLACEMENT:
        return _of_placement(override, placement, context, about)
    draft = rules.overridden(override)
    planned_by = layout(context.scope, context.moment)
    present = planned_by.rules
    others = [rule for rule in present if rule.name != override.name]
    before = others if _counts(override, context) else present
    after = [*others, replace(draft, starts=None, ends=None, visitors={})] if draft else others
    in_order = sorted(after, key=lambda rule: rule.rank)
    return (
        preview(placement, context, planned_by, before, **about),
        preview(placement, context, planned_by, in_order, **about),
    )


def _of_placement(
    override: Override, placement: str, context: Context, about: dict[str, Any]
) -> tuple[Preview, Preview]:
    """Before one that counts is what the active one beneath it says, or the settings."""
    placements.overridden(override)
    present = layout(context.scope, context.moment)
    before = present
    if _counts(override, context):
        known = active.remembered(context.scope, context.moment).known
        same = [each for each in known if (each.kind, each.name) == (override.kind, override.name)]
        beneath = [each for each in same if each.state == Override.State.ACTIVE and each.pk != override.pk]
        before = present.with_(override.name, beneath[0] if beneath else None)
    after = present.with_(override.name, override)
    return (
        preview(placement, context, before, before.rules, **about),
        preview(placement, context, after, after.rules, **about),
    )


def _counts(override: Override, context: Context) -> bool:
    """Does it count now?"""
    found = active.remembered(context.scope, context.moment).of(override.kind).get(override.name)
    return found is not None and found.pk == override.pk


def preview(
    name: str,
    context: Context,
    planned_by: Layout,
    wishes: Sequence[Rule],
    *,
    item: Any = None,
    items: Sequence[Any] = (),
    category: str = "",
    query: str = "",
    snapshots: Mapping[str, int] | None = None,
) -> Preview:
    """What a placement shows as a layout has it, with these rules.

    `snapshots` are recommender → id of the snapshot whose lists take the place of the live one's.
    """
    placement = planned_by.placement(name)
    context = context.with_(page=placement.page)
    reads = SnapshotReads(context, snapshots) if snapshots else None
    page = Page(context, shown(item, items, category, query), reads)
    plan = plan_of_page(page, planned_by, placement, wishes)
    chosen, fallback_used = plan.choose(name, placement.size)
    places = slate_items(chosen, plan, context)
    on_list = {each.item_key for each in chosen}
    dropped = {
        key: (rule, plan.products[key])
        for key, rule in plan.rows[name].steering.dropped.items()
        if key not in on_list and key in plan.products
    }
    return Preview(places, dropped, fallback_used)


def title_of(product: Any, context: Context) -> str:
    """How the shop calls a product."""
    return get_adapter().card(product, context).title
