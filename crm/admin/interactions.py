"""What happened with customers, and which kinds of it there are."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.console import ReadOnly, ScopedAdmin
from common.long_lists import TimeRange
from crm.admin.attributes import ToldAttributes
from crm.admin.panels import PanelledAdmin
from crm.forms import SummaryForm
from crm.models import Interaction, InteractionKind
from crm.searching import HELP, of_customer
from crm.services.summarizing import FUNCTION, summarize


@admin.register(Interaction)
class InteractionAdmin(ToldAttributes, ReadOnly, PanelledAdmin):
    page = "interaction"
    grows = True
    list_display = ("occurred_at", "kind", "customer", "unit", "employee", "product", "channel")
    list_display_links = ("occurred_at", "kind")
    list_select_related = ("kind", "customer", "unit", "employee")
    list_filter = ("kind", "unit", ("occurred_at", TimeRange))
    search_fields = ("external_id__exact", *of_customer())
    search_help_text = f"{HELP}, or the external id of the interaction"
    ordering = ("-id",)


@admin.register(InteractionKind)
class InteractionKindAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("name", "code", "attributes", "counted")
    export_fields = ("name", "code", "attributes")
    search_fields = ("name", "code")
    ordering = ("name",)

    @admin.display(description="declared attributes")
    def attributes(self, kind: InteractionKind) -> str:
        return ", ".join(kind.schema) or "none"

    @admin.display(description="counted by attribute")
    def counted(self, kind: InteractionKind) -> SafeString | str:
        address = reverse("admin:crm_interactionkind_summary", args=[kind.pk])
        return format_html('<a href="{}">Count</a>', address) if kind.schema else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "<int:object_id>/summary/",
            self.admin_site.admin_view(self.summary_view),
            name="crm_interactionkind_summary",
        )
        return [*super().get_urls()[:-1], page, *super().get_urls()[-1:]]

    def summary_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """How many interactions of the kind there are, and how many under each value of an attribute."""
        kind = self.row(request, str(object_id), action="view")
        if not request.user.has_perm(FUNCTION):
            raise PermissionDenied
        form = SummaryForm(request.GET, kind=kind, today=timezone.now().date())
        context = {
            **self.admin_site.each_context(request),
            "title": f"{kind}: counted",
            "kind": kind,
            "form": form,
            "opts": self.opts,
        }
        if form.is_valid():
            context |= _counted(kind, form.cleaned_data, request)
        return TemplateResponse(request, "admin/crm/summary.html", context, status=422 if form.errors else 200)


def _counted(kind: InteractionKind, said: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    name = said["attribute"]
    summary = summarize(kind=kind, attribute=name, principal=request.user, since=said["since"], until=said["until"])
    return {"said": said, "label": kind.schema.get(name, {}).get("label") or name, "summary": summary}
