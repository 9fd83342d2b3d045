"""Experiments: written in a form, started and stopped with a question first, judged by figures that a task stored."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.asking import AsksFirst
from recommendations.admin.experiment_figures import page_of
from recommendations.admin.experiment_form import ExperimentForm
from recommendations.admin.overrides import checked
from recommendations.admin.scopes import asked_scope, scope_choices, scopes_in_use
from recommendations.conf import settings
from recommendations.exceptions import RecommendationsError
from recommendations.experiments import changing
from recommendations.experiments.planning import detectable_on
from recommendations.models import Experiment, Override, Variant
from recommendations.overrides import active
from recommendations.overrides import changing as overriding

Status = Experiment.Status

#: What can be done with an experiment → the status that it gets, what the button says, and the question.
DECISIONS = {
    "start": (Status.RUNNING, gettext_lazy("Start"), gettext_lazy("Start the experiment?")),
    "pause": (Status.PAUSED, gettext_lazy("Pause"), gettext_lazy("Pause the experiment?")),
    "stop": (Status.STOPPED, gettext_lazy("Stop"), gettext_lazy("Stop the experiment for good?")),
    "ship": (Status.FINISHED, gettext_lazy("Ship a variant"), gettext_lazy("Ship a variant to everybody?")),
}


@admin.register(Experiment)
class ExperimentAdmin(AsksFirst):
    asking_name = "decide"
    list_display = ("name", "placement", "status", "metric", "first_started_at", "stopped_at", "winner")
    list_filter = ("status", "placement")
    ordering = ("-pk",)
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("recommendations.add_experiment"))

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Who may start, pause, stop and ship."""
        return bool(request.user.has_perm("recommendations.run_experiment"))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, and what an experiment on the placement asked for (`?placement=`) could find."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        scopes = scopes_in_use()
        scope = asked_scope(request, scopes)
        placement = request.GET.get("placement", "")
        if placement and placement not in settings.placements:
            raise Http404
        form = ExperimentForm(request.POST or None, scope=scope, initial={"placement": placement})
        if request.method == "POST" and form.is_valid():
            by = overriding.person(request.user.get_username())
            try:
                experiment = changing.write(form.draft(), by=by, scope=scope)
            except RecommendationsError as error:
                form.add_error(None, str(error))
            else:
                self.log_addition(request, experiment, str(experiment))
                return HttpResponseRedirect(self.url_of("change", experiment.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Write an experiment"), "opts": self.opts, "form": form, "scope": scope,
            "fields": [form[name] for name in form.fields if not name.startswith("guard_")],
            "guards": [form[name] for name in form.fields if name.startswith("guard_")],
            "scopes": scope_choices(scopes), "placement": placement,
            "detectable": detectable_on(placement, scope) if placement else [],
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/experiment_form.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """How it stands."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        experiment = get_object_or_404(Experiment, pk=object_id) if object_id.isdecimal() else None
        if experiment is None:
            raise Http404
        can = changing.MOVES[experiment.status] if self.has_run_permission(request) else frozenset()
        context = {
            **self.admin_site.each_context(request),
            "title": experiment.name, "opts": self.opts, "experiment": experiment,
            "variants": list(experiment.variants.all()), "page": page_of(experiment),
            "decisions": [(what, label) for what, (status, label, _question) in DECISIONS.items() if status in can],
            "changes": experiment.changes.order_by("pk"),
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/experiment_results.html", context)

    def asking_view(self, request: HttpRequest, what: str) -> HttpResponse:
        """Asks first (GET), then does it (POST)."""
        if not self.has_run_permission(request):
            raise PermissionDenied
        ids = self.asked_ids(request)
        experiment = Experiment.objects.filter(pk__in=ids).first()
        if experiment is None or what not in DECISIONS:
            raise Http404
        if request.method == "POST":
            self._decide(request, what, experiment)
            return HttpResponseRedirect(self.url_of("change", experiment.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": DECISIONS[what][2], "opts": self.opts, "what": what, "experiment": experiment,
            "variants": list(experiment.variants.filter(holdout=False)), "page": page_of(experiment),
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/experiment_confirm.html", context)

    def _decide(self, request: HttpRequest, what: str, experiment: Experiment) -> None:
        by = overriding.person(request.user.get_username())
        note = request.POST.get("note", "")
        try:
            if what == "ship":
                self._ship(request, experiment, by)
            else:
                {"start": changing.start, "pause": changing.pause, "stop": changing.stop}[what](
                    experiment.pk, by=by, note=note
                )
        except RecommendationsError as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        experiment.refresh_from_db()
        label = experiment.get_status_display()
        self.log_change(request, experiment, str(label))
        self.message_user(
            request, _("%(name)s: %(status)s.") % {"name": experiment.name, "status": label}, messages.SUCCESS
        )

    def _ship(self, request: HttpRequest, experiment: Experiment, by: overriding.Somebody) -> None:
        """The variant's changes become the placement's active Override, over what one says that is active now."""
        if not request.user.has_perm("recommendations.activate_override"):
            raise PermissionDenied
        variant = get_object_or_404(
            Variant, experiment=experiment, name=request.POST.get("variant", ""), holdout=False
        )
        if Status.FINISHED not in changing.MOVES[experiment.status]:
            raise RecommendationsError(_("Stop the experiment before you ship a variant."))
        if variant.changes:
            present = active.read(experiment.scope).of(Override.Kind.PLACEMENT).get(experiment.placement)
            override = overriding.propose(
                Override.Kind.PLACEMENT,
                experiment.placement,
                {**(present.value if present else {}), **variant.changes},
                by=by,
                scope=experiment.scope,
                reason=_("Variant %(variant)s of the experiment %(name)s")
                % {"variant": variant.name, "name": experiment.name},
            )
            overriding.activate(override.pk, by=by, check=checked)
        changing.finish(experiment.pk, variant.name, by=by)
