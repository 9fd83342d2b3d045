"""What a placement shows without and with a rule that does not count yet, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recommendations.adapter import get_adapter
from recommendations.datatypes import Context, SlateItem
from recommendations.models import Override
from recommendations.serving.engine import plan_of_page, shown, slate_items
from recommendations.serving.page import Page
from recommendations.serving.placements import layout
from recommendations.serving.rules import Rule, overridden


@dataclass(frozen=True)
class Preview:
    """The items of a placement; `dropped` names the rule that left out an item that would have been a candidate, with
    the shop's object."""

    items: tuple[SlateItem, ...]
    dropped: Mapping[str, tuple[str, Any]]
    fallback_used: bool


def before_and_after(
    override: Override, placement: str, context: Context, **about: Any
) -> tuple[Preview, Preview]:
    """Without the rule and with it, as if it held now and for everybody.

    `about` as `engine.recommend` takes it: item, items, category, query. Raises ConfigurationError when the rule does
    not fit, UnknownName without such a placement.
    """
    draft = overridden(override)
    present = layout(context.scope).rules
    others = [rule for rule in present if rule.name != override.name]
    before = others if override.state == Override.State.ACTIVE else present
    after = [*others, replace(draft, starts=None, ends=None, visitors={})] if draft else others
    in_order = sorted(after, key=lambda rule: rule.rank)
    return preview(placement, context, before, **about), preview(placement, context, in_order, **about)


def preview(
    name: str,
    context: Context,
    rules: Sequence[Rule],
    *,
    item: Any = None,
    items: Sequence[Any] = (),
    category: str = "",
    query: str = "",
) -> Preview:
    """What a placement shows with these rules."""
    planned_by = layout(context.scope)
    placement = planned_by.placement(name)
    page = Page(context.with_(page=placement.page), shown(item, items, category, query))
    plan = plan_of_page(page, planned_by, placement, rules)
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
