"""Reorganizations: drafted, previewed, applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSingleDateWidget, UnfoldAdminTextareaWidget

from common.console import ScopedAdmin
from common.text import clean
from crm.admin.forms import Form
from crm.models import Hierarchy, OrgUnit, Reorganization
from crm.services.organization.applying import apply_reorganization, changes_since
from crm.services.organization.planning import COLUMNS, draft, read_steps, redraft, written
from crm.services.organization.previewing import preview
from crm.services.placing import primary

LARGEST = 1 << 20  # bytes of a file of steps
TAKES = (
    ("open", "unit, name, under, kind"),
    ("move", "unit, under"),
    ("merge", "unit, into"),
    ("split", "unit, into, share: a line for each heir"),
    ("bind", "unit, into: the heir that gets the API keys and webhooks of a unit that is split"),
    ("revoke", "unit: or they end"),
    ("close", "unit"),
    ("assign, unassign", "employee, role, unit"),
)
HELP = format_html(
    "One step a line, below a line that names the columns ({}). Units and employees by external id.<br>{}",
    ", ".join(COLUMNS),
    format_html_join(SafeString("<br>"), "<b>{}</b> {}", TAKES),
)


class ReorganizationForm(Form):
    """A plan with its steps, typed or as a file."""

    effective_on = forms.DateField(
        widget=UnfoldAdminSingleDateWidget(), help_text="The first day on which it holds: past, today or to come."
    )
    steps = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}), required=False, help_text=HELP
    )
    why = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), required=False, help_text="What it is for; kept with it."
    )
    file = forms.FileField(
        required=False, help_text="The same as a CSV file, instead of the lines above.",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
    )  # fmt: skip

    class Meta:
        model = Reorganization
        fields = ("name", "why", "effective_on", "hierarchy", "source")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "hierarchy" not in self.fields:  # applied: it is only read
            return
        self.fields["hierarchy"].required = False
        self.fields["hierarchy"].help_text = "In which units open and move; empty: the line of management."
        self.fields["source"].help_text = "The system whose external ids the steps name."
        if self.instance.pk:
            self.fields["steps"].initial = written(self.instance)
        else:
            known = OrgUnit.objects.order_by("pk").values_list("source", flat=True).first()
            self.fields["source"].initial = known or ""

    def clean_hierarchy(self) -> Hierarchy:
        chosen: Hierarchy = self.cleaned_data["hierarchy"] or primary()
        return chosen

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        file = said.pop("file", None)
        try:
            text = _text_of(file) if file else clean(said.get("steps", ""), limit=LARGEST).text
            read_steps(text)
        except ValidationError as error:
            self.add_error("file" if file else "steps", error)
        else:
            said["steps"] = text
        return said


def _text_of(file: Any) -> str:
    if file.size > LARGEST:
        raise ValidationError("The file is larger than 1 MB.")
    try:
        return clean(file.read().decode("utf-8-sig"), limit=LARGEST).text
    except UnicodeDecodeError:
        raise ValidationError("The file is not in UTF-8.") from None


@admin.register(Reorganization)
class ReorganizationAdmin(ScopedAdmin):
    """Who may read or change a plan may do so for the whole company: its preview names people and keys everywhere."""

    company_wide = True
    apply_function = "crm.apply_reorganization"
    list_display = ("name", "effective_on", "state", "drafted_by", "drafted_at", "applied_by", "applied_at")
    list_select_related = ("drafted_by", "applied_by")
    list_filter = (("applied_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)
    ordering = ("-drafted_at",)
    form = ReorganizationForm
    fields = ("name", "why", "effective_on", "hierarchy", "source", "steps", "file")
    change_form_outer_before_template = "admin/crm/reorganization.html"

    def _everywhere(self, request: HttpRequest, function: str) -> bool:
        shared: Any = self.model
        return bool(request.user.has_perm(function, shared))  # reading too

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        editable = obj is None or self.has_change_permission(request, obj)
        return self.fields if editable else ("name", "why", "effective_on", "hierarchy", "source")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        applied = isinstance(obj, Reorganization) and obj.applied_at is not None
        return not applied and super().has_change_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:object_id>/preview/",
                self.admin_site.admin_view(self.preview_view),
                name="crm_reorganization_preview",
            ),
            path(
                "<int:object_id>/application/",
                self.admin_site.admin_view(self.apply_view),
                name="crm_reorganization_apply",
            ),
        ]
        return [*super().get_urls()[:-1], *own, *super().get_urls()[-1:]]

    def save_model(self, request: HttpRequest, obj: Reorganization, form: Any, change: bool) -> None:
        by: Any = request.user
        said = {name: value for name, value in form.cleaned_data.items() if name in {*form.Meta.fields, "steps"}}
        if change:
            return redraft(plan=obj, **said, by=by, at=timezone.now())
        obj.pk = draft(**said, by=by, at=timezone.now()).pk
        return None

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, "Drafted. Preview it next.")
        return redirect("admin:crm_reorganization_change", obj.pk)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        plan = self.row(request, object_id, action="view")
        page = {
            "plan": plan,
            "steps": list(plan.steps.all()),
            "changed": changes_since(plan) if plan.previewed_at and not plan.applied_at else [],
            "may_preview": self.has_change_permission(request, plan),
            "may_apply": not plan.applied_at and self._everywhere(request, self.apply_function),
            "addresses": {
                name: reverse(f"admin:crm_reorganization_{name}", args=[plan.pk]) for name in ("preview", "apply")
            },
        }
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def preview_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        plan = self.row(request, str(object_id), action="change")
        answer = self._step(request, plan, preview, "")
        plan.refresh_from_db()
        if plan.previewed_at and plan.conflicts:
            messages.warning(request, "Previewed: it cannot be applied as it is. Nothing has changed.")
        elif plan.previewed_at:
            messages.success(request, "Previewed. Nothing has changed yet.")
        return answer

    def apply_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        plan = self.row(request, str(object_id), action="view")
        if not self._everywhere(request, self.apply_function):
            raise PermissionDenied
        return self._step(request, plan, apply_reorganization, "Applied.")

    def _step(self, request: HttpRequest, plan: Reorganization, verb: Callable[..., Any], done: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            verb(plan=plan, by=request.user, at=timezone.now())
        except ValidationError as refusal:
            for message in refusal.messages:
                messages.error(request, message)
        else:
            if done:
                messages.success(request, done)
        return redirect("admin:crm_reorganization_change", plan.pk)
