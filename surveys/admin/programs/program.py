"""A program's own page: what it does in plain words, its versions as a line, what waits, and the next step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from common.console import ScopedAdmin
from crm.sight import Principal, sees_every_unit
from surveys.admin.programs.forms import ProgramForm
from surveys.admin.programs.links import links_of
from surveys.admin.programs.steps import each, step
from surveys.models import Program, SetAside
from surveys.services.designing.drafting import create_program, draft_version
from surveys.services.designing.overseeing import lines_of
from surveys.services.designing.publishing import activate, deactivate
from surveys.services.reminding.counting import mail_of

PAGE = "admin:surveys_program_change"
NEW = (
    "First the program itself. Then its first version says whom it asks, how many, how often, when and in which words;"
    " it asks nobody before that is approved, published and switched on."
)
DRAFTED = "Drafted. Nobody is asked by it before it is published and the program switched on."


class Aside(admin.SimpleListFilter):
    """The duty on the console's first page links to it."""

    title, parameter_name = "set aside", "aside"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Its condition cannot be read")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(Exists(lasting())) if self.value() == "yes" else queryset


def lasting() -> QuerySet[SetAside]:
    """Of the program of the outer row."""
    return SetAside.objects.filter(program=OuterRef("pk"), ended_at=None)


@admin.register(Program)
class ProgramAdmin(ScopedAdmin):
    company_wide = True
    form = ProgramForm
    list_display = ("name", "code", "what_kind", "owner", "switched", "in_force")
    list_select_related = ("owner",)
    list_filter = ("kind", "active", Aside)
    search_fields = ("name", "code")
    fieldsets = (
        (None, {"fields": ("name", "code", "kind", "owner")}),
        ("When it is at work", {"fields": ("active_from", "active_until")}),
    )
    actions = ("draft", "switch_on", "switch_off")
    change_form_outer_before_template = "admin/surveys/programs/program.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("versions")

    @admin.display(description="version in force")
    def in_force(self, program: Program) -> str:
        published = [version.number for version in program.versions.all() if version.published_at]
        return str(max(published)) if published else "none"

    @admin.display(description="kind", ordering="kind")
    def what_kind(self, program: Program) -> str:
        return program.get_kind_display().capitalize()

    @admin.display(description="state", ordering="active")
    def switched(self, program: Program) -> str:
        return "Switched on" if program.active else "Switched off"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first, *more = super().get_fieldsets(request, obj)
        return [first if obj else (None, {**first[1], "description": NEW}), *more]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Sequence[str]]:
        return {} if obj else {"code": ("name",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "kind") if obj else ()

    def save_model(self, request: HttpRequest, obj: Program, form: Any, change: bool) -> None:
        by: Any = request.user
        if change:
            return super().save_model(request, obj, form, change)
        said = {name: value for name, value in form.cleaned_data.items() if value is not None}
        obj.pk = create_program(**said, at=timezone.now(), by=by).pk
        return None

    def response_add(self, request: HttpRequest, obj: Program, post_url_continue: str | None = None) -> HttpResponse:
        return redirect(PAGE, obj.pk)

    # --- the page ------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<int:object_id>/{name}/", self.admin_site.admin_view(view), name=f"surveys_program_{name}")
            for name, view in (("draft", self.draft_view), ("switch", self.switch_view))
        ]
        return [*super().get_urls()[:-1], *own, *super().get_urls()[-1:]]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        program = self.row(request, object_id, action="view")
        page = {**page_of(program, request.user), "may_change": self._may(request, "change", program)}
        page["may_see_versions"] = request.user.has_perm("surveys.view_programversion")
        page["may_see_decisions"] = request.user.has_perm("surveys.view_decision")
        if sees_every_unit(request.user, "surveys.view_brake"):
            page["mail"] = mail_of(program, at=timezone.now())
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def draft_view(self, request: HttpRequest, object_id: int) -> Any:
        program = self.row(request, str(object_id), action="change")
        answer = step(request, draft_version, DRAFTED, back=(PAGE, program.pk), program=program)
        draft = program.versions.filter(published_at__isnull=True).first()
        if request.method == "POST" and draft:
            return redirect("admin:surveys_programversion_change", draft.pk)
        return answer

    def switch_view(self, request: HttpRequest, object_id: int) -> Any:
        """On, or off where the program is on: the button says which, so that a page of yesterday does not surprise."""
        program = self.row(request, str(object_id), action="change")
        on = request.POST.get("on") == "yes"
        verb, done = (activate, "Switched on.") if on else (deactivate, "Switched off: it asks nobody any more.")
        return step(request, verb, done, back=(PAGE, program.pk), program=program)

    # --- actions of the list -------------------------------------------------------------------------------------

    @admin.action(description="Draft a new version", permissions=["change"])
    def draft(self, request: HttpRequest, queryset: QuerySet[Program]) -> None:
        each(self, request, queryset, draft_version, "drafted; find it on the program's page.", takes="program")

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Program]) -> None:
        each(self, request, queryset, activate, "switched on.", takes="program")

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Program]) -> None:
        each(self, request, queryset, deactivate, "switched off.", takes="program")


def page_of(program: Program, reader: Principal) -> dict[str, Any]:
    """What the page shows of a program: all of it from its lines."""
    lines = lines_of(program, reader=reader)
    in_force = next((line for line in lines if line.state == "in force"), None)
    draft = next((line for line in lines if line.state == "draft"), None)
    return {
        "program": program,
        "aside": program.set_aside.filter(ended_at=None).first(),
        "lines": lines,
        "in_force": in_force,
        "draft": draft,
        "shown": in_force or draft,
        "now": timezone.now(),
        "next": links_of(draft or in_force),
        "decisions": f"{reverse('admin:surveys_decision_changelist')}?program__id__exact={program.pk}",
    }
