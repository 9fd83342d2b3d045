"""Never shown, and why."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.report_content import PERCENT, TEXT, Column, Content, Table, card, ratio
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page, titles_of, window_note, window_of
from recommendations.reports import unshown, windows
from recommendations.reports.written import percent


def build(wanted: ReportFilter) -> Content:
    """Reasons with how many items each keeps out, and the newest of these."""
    now, content, sums, was = window_of(windows.UNSHOWN, wanted)
    if now is None:
        return content
    content.cards = [
        card(_("Items never shown"), sums["n"], was.get("n")),
        card(
            _("Share of the catalogue"), ratio(sums["n"], sums["of"]),
            ratio(was["n"], was["of"]) if was else None, percent,
        ),
    ]  # fmt: skip
    names = _names()
    reasons = [reason for reason in unshown.REASONS if sums["reasons"].get(reason)]
    content.tables = [
        Table(
            "reasons", _("What keeps them out"),
            [
                Column("reason", _("Reason"), TEXT), Column("items", _("Items")),
                Column("share", _("Share"), PERCENT), Column("remedy", _("What to do"), TEXT),
            ],
            [
                [names[reason][0], sums["reasons"][reason], ratio(sums["reasons"][reason], sums["n"]), names[reason][1]]
                for reason in reasons
            ],
            note=_("The first reason that holds. %(window)s") % {"window": window_note(now.day)},
        )
    ]  # fmt: skip
    titles = titles_of(wanted.scope, [key for keys in now.detail.values() for key in keys])
    pairs = [(reason, key) for reason in reasons for key in now.detail.get(reason, ())]
    content.tables.append(
        Table(
            "items", _("The newest of them"),
            [
                Column("item", _("Item"), TEXT), Column("key", _("Key"), TEXT), Column("reason", _("Reason"), TEXT),
            ],
            [[titles.get(key, (key, ""))[0], key, names[reason][0]] for reason, key in pairs],
            links={(n, 0): titles[key][1] for n, (_reason, key) in enumerate(pairs) if key in titles},
        )
    )  # fmt: skip
    return content


def _names() -> dict[str, tuple[str, str]]:
    """Reason → its name, and what to do about it."""
    return {
        unshown.SOLD_OUT: (_("sold out"), _("Nothing: it comes back with its stock.")),
        unshown.NOT_YET: (_("not yet for sale"), _("Nothing: it comes when its time has come.")),
        unshown.OVER: (_("no longer for sale"), _("Take it out of the catalogue.")),
        unshown.SENSITIVE: (_("sensitive"), _("Shown only where the adapter allows it.")),
        unshown.LIMITED: (_("limited to ages, groups or times"), _("Shown only to those it is for.")),
        unshown.IN_NO_LIST: (
            _("in no live list"), _("Train a recommender by content, or let a placement explore new items."),
        ),
        unshown.OUTRANKED: (
            _("in lists, but others are better"), _("Promote it with a rule, or damp what is popular."),
        ),
    }  # fmt: skip


UNSHOWN = Page(
    "unshown",
    gettext_lazy("Never shown, and why"),
    gettext_lazy("Items of the catalogue that no recommendation brought into view in four weeks."),
    build,
)
