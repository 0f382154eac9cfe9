"""Programs and their versions: drafted, published once, never changed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common.conditions import validate_condition, words_of
from common.console import ReadOnlyInline, ScopedAdmin
from crm.admin.forms import Form
from surveys.filters import OccasionFilter
from surveys.models import Program, ProgramVersion
from surveys.services.publishing import activate, check_wording, create_program, deactivate, draft_version, publish

CONDITION = (
    'Whom to ask, as {{"all": [...]}}, {{"any": [...]}}, {{"not": ...}} over {{"filter": NAME, "value": ...}};'
    " empty: everybody. Names: {names}. A text or a list of texts for most;"
    ' attribute takes {{"name": "wait_minutes", "op": "gte", "value": 10}}, previous_score {{"op": "lte", "value": 6}}.'
)


class _Told:
    """Calls verbs for chosen rows and says what came of each; a refusal of one does not stop the others."""

    def each(self, request: HttpRequest, rows: QuerySet[Any], verb: Callable[..., object], done: str) -> None:
        site: Any = self
        for row in site.in_sight(rows, request, site.function("change")):
            try:
                verb(**{site.verb_takes: row}, at=timezone.now(), by=request.user)
            except ValidationError as refusal:
                site.message_user(request, f"{row}: {' '.join(refusal.messages)}", messages.ERROR)
            else:
                site.message_user(request, f"{row} {done}", messages.SUCCESS)


class VersionsInline(ReadOnlyInline):
    model = ProgramVersion
    fields = ("number", "interaction_kind", "channel", "sampling_rate", "quarantine_days", "published_at")
    readonly_fields = ("published_at",)  # not editable, hence unknown to the form
    show_change_link = True
    ordering = ("-number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProgramVersion]:
        rows: QuerySet[ProgramVersion] = super().get_queryset(request)
        return rows.select_related("program", "interaction_kind")


@admin.register(Program)
class ProgramAdmin(_Told, ScopedAdmin):
    company_wide = True
    verb_takes = "program"
    list_display = ("name", "code", "kind", "active", "in_force")
    list_filter = ("kind", "active")
    search_fields = ("name", "code")
    fields = ("name", "code", "kind", "active")
    inlines = (VersionsInline,)
    actions = ("draft", "switch_on", "switch_off")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("versions")

    @admin.display(description="version in force")
    def in_force(self, program: Program) -> str:
        published = [version.number for version in program.versions.all() if version.published_at]
        return str(max(published)) if published else "none"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "kind", "active") if obj else ("active",)

    def save_model(self, request: HttpRequest, obj: Program, form: Any, change: bool) -> None:
        by: Any = request.user
        if change:
            return super().save_model(request, obj, form, change)
        obj.pk = create_program(**form.cleaned_data, at=timezone.now(), by=by).pk
        return None

    @admin.action(description="Draft a new version", permissions=["change"])
    def draft(self, request: HttpRequest, queryset: QuerySet[Program]) -> None:
        self.each(request, queryset, draft_version, "drafted; find it among the program versions.")

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Program]) -> None:
        self.each(request, queryset, activate, "switched on.")

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Program]) -> None:
        self.each(request, queryset, deactivate, "switched off.")


class VersionForm(Form):
    class Meta:
        model = ProgramVersion
        fields = (
            "interaction_kind", "condition", "channel", "sampling_rate", "seed", "consent_required", "quarantine_days",
            "program_quarantine_days", "max_age_days", "delay_minutes", "expiry_days", "edit_days", "scale_min",
            "scale_max", "wording", "default_language",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "condition" in self.fields:
            self.fields["condition"].help_text = CONDITION.format(names=", ".join(words_of(OccasionFilter)))

    def clean_condition(self) -> Any:
        condition = self.cleaned_data["condition"] or {}
        validate_condition(condition, OccasionFilter)
        return condition

    def clean(self) -> dict[str, Any] | None:
        said = super().clean() or {}
        if "wording" in said and "default_language" in said:
            try:
                check_wording(said["wording"], said["default_language"])
            except ValidationError as error:
                self.add_error("wording", error)
        return said


@admin.register(ProgramVersion)
class ProgramVersionAdmin(_Told, ScopedAdmin):
    company_wide = True
    verb_takes = "version"
    form = VersionForm
    list_display = ("program", "number", "interaction_kind", "channel", "sampling_rate", "created_at", "published_at")
    list_display_links = ("program", "number")
    list_select_related = ("program", "interaction_kind")
    list_filter = ("program", "channel", ("published_at", admin.EmptyFieldListFilter))
    search_fields = ("program__name", "program__code")
    ordering = ("program__name", "-number")
    fields = ("program", "number", "preview", *VersionForm.Meta.fields, "created_at", "by", "published_at")
    readonly_fields = ("program", "number", "preview", "created_at", "by", "published_at")
    actions = ("put_in_force",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # drafted from the program, as a copy of its last version

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        published = isinstance(obj, ProgramVersion) and obj.published_at is not None
        return not published and super().has_change_permission(request, obj)

    @admin.display(description="the question")
    def preview(self, version: ProgramVersion) -> SafeString:
        wording = version.wording if isinstance(version.wording, dict) else {}
        texts = [(tag, texts.get("question", "")) for tag, texts in wording.items() if isinstance(texts, dict)]
        asked = format_html_join("", '<p lang="{}"><b>{}</b> {}</p>', [(tag, tag, text) for tag, text in texts])
        return format_html("{}<p>{} to {}</p>", asked, version.scale_min, version.scale_max)

    @admin.action(description="Publish: puts it in force, and nobody can change it any more", permissions=["change"])
    def put_in_force(self, request: HttpRequest, queryset: QuerySet[ProgramVersion]) -> None:
        self.each(request, queryset.select_related("program"), publish, "published.")
