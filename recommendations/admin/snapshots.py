"""Snapshots: how good each is, and which one is live."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.asking import AsksFirst
from recommendations.admin.jobs import progress_bar, running_jobs
from recommendations.datatypes import ListKind
from recommendations.exceptions import RecommendationsError
from recommendations.models import Item, Snapshot
from recommendations.reports.snapshot_diff import difference

NDCG, RECALL = "ndcg@10", "recall@10"


@admin.register(Snapshot)
class SnapshotAdmin(AsksFirst):
    asking_name = "flip"
    change_list_template = "admin/recommendations/snapshot_change_list.html"
    change_form_template = "admin/recommendations/snapshot_change_form.html"
    list_display = ("name", "standing", "ndcg", "recall", "covered", "n_lists", "age")
    list_filter = ("status", "recommender")
    ordering = ("-pk",)
    actions = ("activate_selected", "roll_back_selected")
    fields = (
        "recommender", "status_badge", "reason", "metrics_table", "covered", ("n_lists", "n_items", "n_events"),
        "watermark", ("started_at", "finished_at", "activated_at"), "algorithm", "options", "sources", "scope",
    )  # fmt: skip
    readonly_fields = ("status_badge", "metrics_table", "covered")

    class Media:
        css = {"all": ("recommendations/admin/admin.css",)}

    @admin.display(description=gettext_lazy("recommender"), ordering="recommender")
    def name(self, snapshot: Snapshot) -> str:
        return f"{snapshot.recommender} #{snapshot.pk}"

    @admin.display(description=gettext_lazy("age"), ordering="-watermark")
    def age(self, snapshot: Snapshot) -> str:
        """Since the events that it knows were read."""
        return timesince(snapshot.watermark or snapshot.started_at, depth=1)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def standing(self, snapshot: Snapshot) -> SafeString:
        """The status, and why when it is none to be glad about."""
        badge = self.status_badge(snapshot)
        return (
            format_html('{}<div class="rec-reason">{}</div>', badge, snapshot.reason)
            if snapshot.reason
            else badge
        )

    @admin.display(description=gettext_lazy("status"))
    def status_badge(self, snapshot: Snapshot) -> SafeString:
        return format_html(
            '<span class="rec-badge rec-badge-{}">{}</span>', snapshot.status, snapshot.get_status_display()
        )

    @admin.display(description="NDCG@10")
    def ndcg(self, snapshot: Snapshot) -> str:
        return as_number(snapshot.metrics.get(NDCG))

    @admin.display(description=gettext_lazy("recall@10"))
    def recall(self, snapshot: Snapshot) -> str:
        return as_number(snapshot.metrics.get(RECALL))

    @admin.display(description=gettext_lazy("coverage"), ordering="coverage")
    def covered(self, snapshot: Snapshot) -> str:
        return "" if snapshot.coverage is None else f"{snapshot.coverage:.1%}"

    @admin.display(description=gettext_lazy("metrics"))
    def metrics_table(self, snapshot: Snapshot) -> SafeString | str:
        if not snapshot.metrics:
            return _("Not evaluated: too few events to hold some out.")
        rows = format_html_join(
            "", '<tr><th scope="row">{}</th><td>{}</td></tr>',
            ((name, as_number(value)) for name, value in snapshot.metrics.items()),
        )  # fmt: skip
        return format_html('<table class="rec-figures">{}</table>', rows)

    # --- activate and roll back -----------------------------------------------------------------------------------

    def has_flip_permission(self, request: HttpRequest) -> bool:
        """Who may change which snapshot is live."""
        return bool(request.user.has_perm("recommendations.change_snapshot"))

    @admin.action(description=gettext_lazy("Activate selected snapshots"), permissions=["flip"])
    def activate_selected(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> HttpResponse:
        return self.ask("activate", queryset)

    @admin.action(
        description=gettext_lazy("Roll back the recommenders of selected snapshots"), permissions=["flip"]
    )
    def roll_back_selected(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> HttpResponse:
        return self.ask("rollback", queryset)

    def asking_view(self, request: HttpRequest, what: str) -> HttpResponse:
        """Asks first (GET), then activates or rolls back (POST)."""
        if not self.has_flip_permission(request):
            raise PermissionDenied
        ids = self.asked_ids(request)
        snapshots = list(Snapshot.objects.filter(pk__in=ids).order_by("recommender", "pk"))
        if not snapshots or what not in ("activate", "rollback"):
            raise Http404
        if request.method == "POST":
            self._flip(request, what, snapshots)
            return HttpResponseRedirect(self.url_of("changelist"))
        title = _("Activate snapshots?") if what == "activate" else _("Roll back recommenders?")
        recommenders = sorted({(s.recommender, s.scope) for s in snapshots})
        context = {
            **self.admin_site.each_context(request),
            "title": title, "opts": self.opts, "what": what, "snapshots": snapshots, "recommenders": recommenders,
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/snapshot_confirm.html", context)

    def _flip(self, request: HttpRequest, what: str, snapshots: list[Snapshot]) -> None:
        from recommendations.training.runner import activate, rollback

        targets = (
            snapshots
            if what == "activate"
            else list({(s.recommender, s.scope): s for s in snapshots}.values())
        )
        for snapshot in targets:
            try:
                if what == "activate":
                    activate(snapshot)
                    now_live = snapshot
                else:
                    now_live = rollback(snapshot.recommender, snapshot.scope)
            except RecommendationsError as error:
                self.message_user(request, str(error), messages.ERROR)
                continue
            done = "Activated." if what == "activate" else "Rolled back to."
            self.log_change(request, now_live, done)
            text = _("Snapshot %(id)d of %(recommender)s is live now.")
            self.message_user(
                request, text % {"recommender": now_live.recommender, "id": now_live.pk}, messages.SUCCESS
            )

    # --- what changed ---------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.diff_view)
        return [path("<int:pk>/diff/", view, name="recommendations_snapshot_diff"), *super().get_urls()]

    def diff_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Which lists changed most since another snapshot of the same recommender, `?with=`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        after = get_object_or_404(Snapshot, pk=pk)
        kept = (Snapshot.Status.LIVE, Snapshot.Status.READY)
        others = Snapshot.objects.filter(recommender=after.recommender, scope=after.scope, status__in=kept)
        choices = list(others.exclude(pk=pk).order_by("-pk"))
        asked = request.GET.get("with", "")
        earlier = [each for each in choices if each.pk < pk]
        before = next(
            (each for each in choices if str(each.pk) == asked), next(iter(earlier or choices), None)
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("What changed in %(name)s") % {"name": self.name(after)}, "opts": self.opts,
            "after": after, "before": before, "choices": choices, **(_changes(before, after) if before else {}),
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/snapshot_diff.html", context)

    # --- pages ----------------------------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        jobs = [(job, progress_bar(job)) for job in running_jobs()]
        return super().changelist_view(request, {"running_jobs": jobs, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        extra = {"may_flip": self.has_flip_permission(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra)


def _changes(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    found = difference(before, after)
    keys = {key for change in found.most for key in (*(change.before or ()), *(change.after or ()))}
    keys |= {change.key for change in found.most if change.key_kind == ListKind.ITEM}
    rows = Item.objects.filter(scope=after.scope, item_key__in=keys).values_list("item_key", "title")
    titles = dict(rows)

    def named(targets: tuple[str, ...] | None, others: tuple[str, ...] | None) -> list[tuple[str, bool]]:
        return [(titles.get(key, key), key not in (others or ())) for key in targets or ()]

    most = [
        {
            "name": titles.get(change.key, change.key) or _("everybody"),
            "kind": change.key_kind,
            "kept": f"{change.kept:.0%}",
            "before": named(change.before, change.after),
            "after": named(change.after, change.before),
        }
        for change in found.most
    ]
    return {"difference": found, "kept": "–" if found.kept is None else f"{found.kept:.1%}", "most": most}


def as_number(value: Any) -> str:
    """A metric to four digits, a count as it is, nothing for none."""
    if value is None:
        return ""
    is_count = float(value).is_integer() and value > 1
    return number_format(int(value), force_grouping=True) if is_count else number_format(round(value, 4), 4)
