"""Which rules touch an item, whoever looks and wherever: for the page of an item in the admin."""

from __future__ import annotations

from recommendations.datatypes import Context
from recommendations.serving.conditions import subject
from recommendations.serving.facts import NOTHING_KNOWN, read_facts
from recommendations.serving.placements import layout
from recommendations.serving.rules import Rule


def rules_touching(item_key: str, context: Context) -> list[Rule]:
    """The rules whose condition holds of the item, in the order of their ranks; what compares it with an item shown
    is compared with nothing. Times and visitors are not looked at. One query."""
    facts = read_facts(context.scope, [item_key]).get(item_key, NOTHING_KNOWN)
    of_item = subject(item_key, facts, NOTHING_KNOWN)
    return [rule for rule in layout(context.scope, context.moment).rules if rule.condition.holds(of_item)]
