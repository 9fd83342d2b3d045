"""The tables. No foreign key to host models; keys are strings; `scope` is on every table."""

from recommendations.models.entries import PlacementChange, RecommenderChange
from recommendations.models.events import Event, Impression, OrderVisitor, VisitorLink
from recommendations.models.experiments import Experiment, ExperimentResult, Exposure, Variant
from recommendations.models.items import Item
from recommendations.models.jobs import Job
from recommendations.models.overrides import Override, OverrideChange
from recommendations.models.profiles import Profile
from recommendations.models.report_days import ReportDay
from recommendations.models.rules import Rule
from recommendations.models.snapshots import RankedList, Snapshot
from recommendations.models.stats import (
    Counter,
    DailyBreakdown,
    DailyStat,
    ItemStat,
    PositionCurve,
    PositionStat,
    Report,
    SumCheck,
    VisitorDay,
)

__all__ = [
    "Counter",
    "DailyBreakdown",
    "DailyStat",
    "Event",
    "Experiment",
    "ExperimentResult",
    "Exposure",
    "Impression",
    "Item",
    "ItemStat",
    "Job",
    "OrderVisitor",
    "Override",
    "OverrideChange",
    "PlacementChange",
    "PositionCurve",
    "PositionStat",
    "Profile",
    "RankedList",
    "RecommenderChange",
    "Report",
    "ReportDay",
    "Rule",
    "Snapshot",
    "Variant",
    "SumCheck",
    "VisitorDay",
    "VisitorLink",
]
