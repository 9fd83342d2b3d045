"""The merchandiser's pages in the shop's own admin site: one module a topic, registered on import."""

from recommendations.admin import (
    entries,
    events,
    experiments,
    items,
    jobs,
    lists,
    overrides,
    reports,
    rules,
    snapshots,
    visitors,
)

__all__ = [
    "entries",
    "events",
    "experiments",
    "items",
    "jobs",
    "lists",
    "overrides",
    "reports",
    "rules",
    "snapshots",
    "visitors",
]
