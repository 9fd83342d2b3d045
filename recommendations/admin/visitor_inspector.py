"""A visitor: what we believe, what was done, and what would be shown now, side by side with another snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.adapter import get_adapter
from recommendations.admin.items import items_by_key
from recommendations.admin.previews import side_of
from recommendations.conf import settings
from recommendations.exceptions import RecommendationsError
from recommendations.models import Event, Impression, Profile, Snapshot, VisitorLink
from recommendations.serving.preview import of_now

PERMISSION = "recommendations.view_visitor_inspector"
#: So many of the latest events, and of the latest slates, are in the timeline.
LATEST = 100


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the timeline."""

    at: datetime
    what: str
    items: list[tuple[str, str]]
    where: str
    counts: bool
    url: str


class VisitorForm(forms.Form):
    """Who, about which item, on which placement, and against which snapshot."""

    key = forms.CharField(label=gettext_lazy("visitor key"), required=False)
    scope = forms.CharField(label=gettext_lazy("scope"), required=False)
    placement = forms.ChoiceField(label=gettext_lazy("placement"), required=False)
    item = forms.CharField(label=gettext_lazy("item shown"), required=False)
    snapshot = forms.ChoiceField(label=gettext_lazy("beside it with"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "label_suffix": ""})
        names = [("", _("All")), *((name, name) for name in settings.placements)]
        self.fields["placement"].choices = names  # type: ignore[attr-defined]
        ready = Snapshot.objects.filter(status=Snapshot.Status.READY).order_by("recommender", "-pk")
        choices = [(str(each.pk), f"{each.recommender} #{each.pk}") for each in ready]
        self.fields["snapshot"].choices = [("", _("nothing")), *choices]  # type: ignore[attr-defined]


def context_of(request: HttpRequest) -> dict[str, Any]:
    """What the page shows. Raises PermissionDenied for those who may not look."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form = VisitorForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    key, scope = asked.get("key", "").strip(), asked.get("scope", "").strip()
    found: dict[str, Any] = {"title": _("Visitor"), "form": form, "key": key}
    if not key:
        return found
    link = VisitorLink.objects.filter(scope=scope, anonymous_key=key).first()
    key = link.visitor_key if link else key
    links = list(VisitorLink.objects.filter(scope=scope, visitor_key=key).order_by("-linked_at"))
    keys = [key, *(each.anonymous_key for each in links)]
    return {
        **found,
        "title": _("Visitor %(key)s") % {"key": key},
        "visitor": key,
        "links": links,
        "profile": Profile.objects.filter(scope=scope, visitor_key=key).first(),
        "timeline": timeline(scope, keys),
        "placements": _placements(key, scope, asked),
    }


def timeline(scope: str, keys: list[str]) -> list[Happening]:
    """The latest events and slates of some keys of one visitor, newest first. Three queries."""
    events = Event.objects.filter(scope=scope, visitor_key__in=keys).order_by("-occurred_at")[:LATEST]
    slates = Impression.objects.filter(scope=scope, visitor_key__in=keys).order_by("-occurred_at")[:LATEST]
    shown = [(slate, [slate.items[n][0] for n in slate.seen if n < len(slate.items)]) for slate in slates]
    wanted = {event.item_key for event in events} | {key for _slate, items in shown for key in items}
    titles = {key: item.title for key, item in items_by_key(scope, wanted - {""}).items()}

    def named(items: list[str]) -> list[tuple[str, str]]:
        return [(item, titles.get(item, item)) for item in items if item]

    lines = [
        Happening(
            event.occurred_at, event.kind, named([event.item_key]) or named([event.query]), event.placement,
            event.voided_at is None, reverse("admin:recommendations_event_change", args=[event.pk]),
        )
        for event in events
    ]  # fmt: skip
    lines += [
        Happening(
            slate.occurred_at, _("saw"), named(items), slate.placement, True,
            reverse("admin:recommendations_impression_change", args=[slate.pk]),
        )
        for slate, items in shown
    ]  # fmt: skip
    return sorted(lines, key=lambda line: line.at, reverse=True)[:LATEST]


def _placements(key: str, scope: str, asked: dict[str, str]) -> list[dict[str, Any]]:
    """What the visitor would see on each placement, now and with the other snapshot."""
    context = get_adapter().context(None).with_(scope=scope, visitor_key=key)
    names = [asked["placement"]] if asked.get("placement") else list(settings.placements)
    item = asked.get("item", "").strip() or None
    other = Snapshot.objects.filter(pk=asked["snapshot"]).first() if asked.get("snapshot") else None
    found: list[dict[str, Any]] = []
    for name in names:
        try:
            now = of_now(name, context, item=item)
            sides = [side_of(_("Now"), now, {}, context)]
            if other is not None:
                with_other = of_now(name, context, {other.recommender: other.pk}, item=item)
                was = {each.item_key: each.position for each in now.items}
                sides.append(side_of(f"{other.recommender} #{other.pk}", with_other, was, context))
        except RecommendationsError as error:
            found.append({"name": name, "problem": str(error), "sides": []})
            continue
        found.append({"name": name, "sides": sides, "is_empty": not any(side["rows"] for side in sides)})
    return found
