"""Placement × recommender × variant × device × stage."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.report_content import PERCENT, TEXT, Column, Content, Table, ratio
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page
from recommendations.admin.report_rows import rows_url
from recommendations.models import Experiment
from recommendations.reports.attribution import Model
from recommendations.reports.breakdown import Broken, breakdown, interval
from recommendations.reports.figures import ALL_PLACEMENTS
from recommendations.reports.written import NONE, money, percent

#: So many combinations are shown; exports have them too.
MOST_ROWS = 500
#: Column, after those of the dimensions → the figure whose rows it leads to.
LINKED = {0: "slates", 2: "items_seen", 3: "clicks", 9: "orders", 10: "revenue"}


def build(wanted: ReportFilter) -> Content:
    """A row a combination of what was chosen."""
    model = Model(wanted.model) if wanted.model else None
    where = {name: value for name, value in wanted.where.items() if value}
    rows = breakdown(wanted.start, wanted.end, wanted.scope, wanted.simulated, wanted.by, where, model)
    content = Content()
    if not rows:
        return content
    names = dimension_titles()
    columns = [Column(name, names[name], TEXT) for name in wanted.by]
    columns += [
        Column("slates_seen", _("Slates seen")), Column("viewability", _("Viewability"), PERCENT),
        Column("items_seen", _("Items seen")), Column("clicks", _("Clicks")),
        Column("ctr", _("Clicks an item seen"), PERCENT), Column("ctr_interval", _("95 % interval"), TEXT),
        Column("cart_rate", _("Carts an item seen"), PERCENT),
        Column("conversion", _("Purchases an item seen"), PERCENT),
        Column("conversion_interval", _("95 % interval"), TEXT),
        Column("orders", _("Attributed orders")), Column("revenue", _("Attributed revenue"), as_text=str),
    ]  # fmt: skip
    note = _(
        "Viewability is the share of the items offered in slates seen that were in view themselves. A slate or an"
        " order of several recommenders is in the row of each, so these do not add up over recommenders. Intervals are"
        " Wilson's."
    )
    called = {"experiment": _experiments()} if "experiment" in wanted.by else {}
    table = [
        [
            *(
                called.get(name, {}).get(part, part) or "–"
                for name, part in zip(wanted.by, row.key, strict=True)
            ),
            *_figures(row),
        ]
        for row in rows[:MOST_ROWS]
    ]
    links = {
        (n, len(wanted.by) + column): _rows_of(wanted, figure, row, where)
        for n, row in enumerate(rows[:MOST_ROWS])
        for column, figure in LINKED.items()
        if table[n][len(wanted.by) + column] not in (0, NONE)
    }
    content.tables = [Table("breakdown", _("Breakdown"), columns, table, note=note, links=links)]
    return content


def _rows_of(wanted: ReportFilter, figure: str, row: Broken, where: dict[str, str]) -> str:
    parts = {**where, **dict(zip(wanted.by, row.key, strict=True))}
    return rows_url(figure, wanted, parts.pop("placement", ALL_PLACEMENTS), parts)


def _experiments() -> dict[str, str]:
    """Id → name."""
    return {str(pk): name for pk, name in Experiment.objects.values_list("pk", "name")}


def dimension_titles() -> dict[str, str]:
    """What figures can be broken down by, as it is called."""
    return {
        "placement": _("Placement"), "recommender": _("Recommender"), "experiment": _("Experiment"),
        "variant": _("Variant"), "device": _("Device"), "segment": _("Lifecycle stage"),
    }  # fmt: skip


def _figures(row: Broken) -> list[object]:
    return [
        row.slates, ratio(row.items_seen, row.items_offered), row.items_seen, row.clicks,
        ratio(row.clicks, row.items_seen), _written(interval(row.clicks, row.items_seen)),
        ratio(row.carts, row.items_seen), ratio(row.conversions, row.items_seen),
        _written(interval(row.conversions, row.items_seen)), row.orders, money(row.revenue),
    ]  # fmt: skip


def _written(bounds: tuple[float, float] | None) -> str:
    return "–" if bounds is None else f"{percent(bounds[0])} – {percent(bounds[1])}"


BREAKDOWN = Page(
    "breakdown",
    gettext_lazy("Breakdown"),
    gettext_lazy("What each placement, recommender, variant, device and lifecycle stage brought."),
    build,
    fields=("placement", "recommender", "device", "segment", "model", "by"),
    needs="recommendations.view_dailybreakdown",
)
