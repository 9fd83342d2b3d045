"""System checks: what a shop set wrong, before a shopper meets it. Each id is explained in `docs/settings.md`."""

from recommendations.checks.attributing import check_attribution
from recommendations.checks.behaviours import check_adapter
from recommendations.checks.calling import check_api_authentication
from recommendations.checks.choosing import check_auto_choice
from recommendations.checks.host import check_host
from recommendations.checks.learning import (
    check_placements,
    check_rebuilding,
    check_recommenders,
    check_rules,
    check_segment_rows,
    check_training_folder,
)
from recommendations.checks.storing import check_store

__all__ = [
    "check_adapter",
    "check_api_authentication",
    "check_attribution",
    "check_auto_choice",
    "check_host",
    "check_placements",
    "check_rebuilding",
    "check_recommenders",
    "check_rules",
    "check_segment_rows",
    "check_store",
    "check_training_folder",
]
