"""What runs, and what was not recorded."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import ReadOnlyAdmin
from recommendations.models import Counter, Job


def running_jobs() -> QuerySet[Job]:
    """Jobs whose lock somebody holds now."""
    return Job.objects.filter(expires_at__gt=timezone.now()).exclude(holder="").order_by("name")


def progress_bar(job: Job) -> SafeString:
    """How far a job is: a bar when its total is known."""
    if not job.total:
        return format_html("{}", job.done or "")
    label = _("Progress of %(name)s") % {"name": job.name}
    return format_html(
        '<progress max="{}" value="{}" aria-label="{}"></progress> {} / {}',
        job.total, min(job.done, job.total), label, job.done, job.total,
    )  # fmt: skip


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("name", "state_now", "stage", "progress", "started_at", "finished_at", "scope")
    search_fields = ("name",)
    ordering = ("name",)
    readonly_fields = ("progress",)

    @admin.display(description=_("state"))
    def state_now(self, job: Job) -> str:
        if job.holder:
            is_alive = job.expires_at is not None and job.expires_at > timezone.now()
            return str(_("running") if is_alive else _("died"))
        if job.error:
            return str(_("failed"))
        return str(_("finished") if job.finished_at else _("waiting"))

    @admin.display(description=_("progress"))
    def progress(self, job: Job) -> SafeString:
        return progress_bar(job)


@admin.register(Counter)
class CounterAdmin(ReadOnlyAdmin):
    date_hierarchy = "day"
    list_display = ("day", "name", "value", "scope")
    list_filter = ("name",)
    ordering = ("-day", "name")
