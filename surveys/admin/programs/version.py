"""A version's page: a draft is edited in sections, a published one read; compared, approved, published."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import slugify

from common.console import ScopedAdmin
from surveys.admin.programs import rehearsals
from surveys.admin.programs.forms import VersionForm, faults_of
from surveys.admin.programs.links import links_of
from surveys.admin.programs.steps import each, step
from surveys.models import Approval, ProgramVersion
from surveys.services.designing.approving import decide, request_approval
from surveys.services.designing.checking import doubts_about
from surveys.services.designing.drafting import redraft
from surveys.services.designing.overseeing import beside, line_of
from surveys.services.designing.publishing import publish
from surveys.versions.kinds import SECTIONS, belongs

PAGE = "admin:surveys_programversion_change"
STEPS = ("comparison", "approval", "decision", "publication", "rehearsals")
ANCHOR = '<span class="sk-anchor" id="{}"></span>{}'


@admin.register(ProgramVersion)
class ProgramVersionAdmin(ScopedAdmin):
    company_wide = True
    form = VersionForm
    list_display = ("program", "number", "interaction_kind", "channel", "sampling_rate", "created_at", "published_at")
    list_display_links = ("program", "number")
    list_select_related = ("program", "interaction_kind")
    list_filter = ("program", "channel", ("published_at", admin.EmptyFieldListFilter))
    search_fields = ("program__name", "program__code")
    ordering = ("program__name", "-number")
    readonly_fields = ("number", "created_at", "by", "published_at")
    actions = ("put_in_force",)
    change_form_outer_before_template = "admin/surveys/programs/version.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # drafted from the program, as a copy of its last version

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        published = isinstance(obj, ProgramVersion) and obj.published_at is not None
        return not published and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        kept: list[Any] = [("Kept with it", {"fields": self.readonly_fields})]
        if not isinstance(obj, ProgramVersion) or not self.has_change_permission(request, obj):
            return kept  # what it says stands above in words
        return [
            (part.title, {"fields": part.names, "description": format_html(ANCHOR, part.anchor, part.text)})
            for part in _parts(obj)
        ] + kept

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except ValidationError as refusal:  # somebody published it while it was written
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            return redirect(PAGE, object_id)

    def save_model(self, request: HttpRequest, obj: ProgramVersion, form: Any, change: bool) -> None:
        by: Any = request.user
        redraft(draft=obj, changed=form.changed_data, at=timezone.now(), by=by)
        if found := doubts_about(obj, at=timezone.now()):
            self.message_user(request, f"Is this meant? {' '.join(found)}", messages.WARNING)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        form = context["adminform"].form
        said = {**context, "faults": faults_of(form) if context.get("errors") else []}
        return super().render_change_form(request, said, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: ProgramVersion) -> HttpResponse:
        if "_continue" in request.POST:
            return super().response_change(request, obj)
        self.message_user(request, "Saved. Above it says in words what the draft would do now.", messages.SUCCESS)
        return redirect(PAGE, obj.pk)

    # --- the page ------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:object_id>/{name}/",
                self.admin_site.admin_view(getattr(self, f"{name}_view")),
                name=f"surveys_programversion_{name}",
            )
            for name in STEPS
        ]
        return [*super().get_urls()[:-1], *own, *super().get_urls()[-1:]]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        version = self.row(request, object_id, action="view")
        line = line_of(version, reader=request.user)
        page = {"line": line, "version": version, "next": links_of(line), "may_see_seed": self._sees_seed(request)}
        page["doubts"] = doubts_about(line.version, at=timezone.now())
        page["may_change"] = self._may(request, "change", version)
        page["parts"] = _parts(version)
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def _sees_seed(self, request: HttpRequest) -> bool:
        """Who knows it can tell before whom the lot will draw; a unit is not to know."""
        shared: Any = ProgramVersion
        return bool(request.user.has_perm("surveys.view_programversion", shared))

    def comparison_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A version beside an earlier one, which the address may name; else the one in force before it."""
        version = self.row(request, str(object_id), action="view")
        others = list(version.program.versions.exclude(pk=version.pk).order_by("number"))
        other = _chosen(request.GET.get("with", ""), version, others)
        found = beside(other, version, reader=request.user) if other else []
        if not self._sees_seed(request):
            found = [change for change in found if change.field != "seed"]
        context = {
            **self.admin_site.each_context(request),
            "title": f"{version} beside {f'v{other.number}' if other else 'nothing'}",
            "version": version,
            "other": other,
            "others": others,
            "breaks": other is not None and other.series != version.series,
            "wording": [change for change in found if change.field == "wording"],
            "changes": [change for change in found if change.field != "wording"],
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/surveys/programs/comparison.html", context)

    def approval_view(self, request: HttpRequest, object_id: int) -> Any:
        version = self.row(request, str(object_id), action="change")
        said = request.POST.get("note", "")
        done = "Asked for. It can be published when another person of the office has agreed."
        return step(request, request_approval, done, back=(PAGE, version.pk), version=version, note=said)

    def decision_view(self, request: HttpRequest, object_id: int) -> Any:
        version = self.row(request, str(object_id), action="change")
        asked = request.POST.get("approval", "")
        approval = get_object_or_404(Approval, version=version, pk=int(asked) if asked.isdecimal() else 0)
        granted, answer = request.POST.get("granted") == "yes", request.POST.get("answer", "")
        done = "Approved. It can be published now." if granted else "Refused."
        about = {"approval": approval, "granted": granted, "answer": answer}
        return step(request, decide, done, back=(PAGE, version.pk), **about)

    def publication_view(self, request: HttpRequest, object_id: int) -> Any:
        version = self.row(request, str(object_id), action="change")
        done = "Published: it is in force, and nobody can change it any more."
        if not version.program.active:
            done += " The program is switched off: switch it on, and it begins to ask."
        return step(request, publish, done, back=("admin:surveys_program_change", version.program_id), version=version)

    def rehearsals_view(self, request: HttpRequest, object_id: int) -> Any:
        version = self.row(request, str(object_id), action="view")
        return rehearsals.page(request, version, {**self.admin_site.each_context(request), "opts": self.opts})

    @admin.action(description="Publish: puts it in force, and nobody can change it any more", permissions=["change"])
    def put_in_force(self, request: HttpRequest, queryset: QuerySet[ProgramVersion]) -> None:
        each(self, request, queryset.select_related("program"), publish, "published.", takes="version")


class Part(NamedTuple):
    """A section of a draft's form: what it is called, what it is about, its fields, and where a link to it leads."""

    title: str
    text: str
    names: list[str]
    anchor: str


def _parts(version: ProgramVersion) -> list[Part]:
    """Those that a program of this kind has."""
    kind = version.program.kind
    known = ((title, text, [name for name in names if belongs(name, kind)]) for title, text, names in SECTIONS)
    return [Part(title, text, names, f"part-{slugify(title)}") for title, text, names in known if names]


def _chosen(number: str, version: ProgramVersion, others: list[ProgramVersion]) -> ProgramVersion | None:
    if number:
        named = [other for other in others if str(other.number) == number]
        if not named:
            raise Http404
        return named[0]
    earlier = [other for other in others if other.number < version.number and other.published_at]
    return earlier[-1] if earlier else None
