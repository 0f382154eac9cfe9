"""Requests for approval: what waits for a second person, and what was said to earlier ones."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.console import ReadOnlyAdmin
from surveys.models import Approval


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    company_wide = True
    view_function = "surveys.view_programversion"
    list_display = ("version", "requested_by", "requested_at", "state", "decided_by", "decided_at", "page")
    list_select_related = ("version__program", "requested_by", "decided_by")
    list_filter = (("decided_at", admin.EmptyFieldListFilter), "granted")
    ordering = ("-requested_at",)
    change_form_before_template = "admin/surveys/programs/approval.html"
    fields = (
        "version", "requested_by", "requested_at", "note", "state", "decided_by", "decided_at", "answer"
    )  # fmt: skip

    @admin.display(description="state")
    def state(self, approval: Approval) -> str:
        return approval.state

    @admin.display(description="where to answer")
    def page(self, approval: Approval) -> SafeString:
        address = reverse("admin:surveys_programversion_change", args=[approval.version_id])
        return format_html('<a href="{}">Open the version{}</a>', address, "" if approval.decided_at else " to answer")
