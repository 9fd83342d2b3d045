"""The merchandiser's pages in the shop's own admin site: one module a topic, registered on import."""

from recommendations.admin import (
    entries,
    events,
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
    "items",
    "jobs",
    "lists",
    "overrides",
    "reports",
    "rules",
    "snapshots",
    "visitors",
]
