"""The library in the console: what is in it, what is shown first, and notices, which are issued here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple, MultipleChoiceField
from django.http import HttpRequest
from django.utils import timezone

from closedloop.models import Initiative, Ticket
from closedloop.models.tickets import TicketOutcome
from common.console import ReadOnlyAdmin, ScopedAdmin
from common.long_lists import TimeRange
from common.panels import Panel, register
from crm.models.employees import Role
from distribution.errors import LibraryRefused
from distribution.models import Entry, PolicyNotice, Story
from distribution.services.library.noticing import issue_notice
from distribution.services.library.preparing import TELL
from distribution.services.library.publishing import FEATURE, feature
from surveys.models import Response


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """What is in the library; the entry itself is behind "View on site"."""

    list_display = ("heading", "kind", "state", "unit", "author", "published_at", "shown_first")
    list_select_related = ("unit", "author")
    list_filter = ("kind", "state", "unit", ("published_at", TimeRange))
    search_fields = ("title",)
    search_help_text = "Words of the title"
    ordering = ("-written_at", "-id")
    actions = ("show_first", "show_no_longer_first")
    fields = (
        "heading", "kind", "state", "unit", "audience", "roles", "product", "words", "said", "author", "written_at",
        "published_at", "published_by", "featured_at", "withdrawn_at", "withdrawn_why",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("tsv")

    @admin.display(description="Title")
    def heading(self, row: Entry) -> str:
        return str(row)

    @admin.display(description="The customer's words")
    def said(self, row: Entry) -> str:
        return row.said or ("Not to be quoted any more." if row.lost_its_quote else "")

    @admin.display(description="Shown first", boolean=True)
    def shown_first(self, row: Entry) -> bool:
        return row.featured_at is not None

    def has_feature_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(FEATURE)

    @admin.action(description="Show first in the library", permissions=["feature"])
    def show_first(self, request: HttpRequest, queryset: QuerySet[Entry]) -> None:
        self._feature(request, queryset, shown_first=True)

    @admin.action(description="No longer show first", permissions=["feature"])
    def show_no_longer_first(self, request: HttpRequest, queryset: QuerySet[Entry]) -> None:
        self._feature(request, queryset, shown_first=False)

    def _feature(self, request: HttpRequest, queryset: QuerySet[Entry], *, shown_first: bool) -> None:
        chosen = self.in_sight(queryset, request, FEATURE)
        done = feature(entries=chosen, shown_first=shown_first, by=request.user, at=timezone.now())
        messages.success(request, f"Changed: {done}.")


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    roles = MultipleChoiceField(
        choices=Role.choices, required=False, widget=CheckboxSelectMultiple,
        help_text="Only these roles read it. None chosen: every role.",
    )  # fmt: skip

    class Meta:
        model = PolicyNotice
        fields = ("title", "words", "unit", "roles", "product", "valid_from", "valid_until", "replaces", "must_read")


@admin.register(PolicyNotice)
class PolicyNoticeAdmin(ScopedAdmin):
    """Issued once and then unchanged: what holds from another day on is another notice that replaces it."""

    form = NoticeForm
    list_display = ("title", "unit", "valid_from", "valid_until", "must_read", "state")
    list_select_related = ("unit",)
    list_filter = ("unit", "must_read", "state")
    search_fields = ("title",)
    search_help_text = "Words of the title"
    ordering = ("-valid_from", "-pk")
    fields = ("title", "words", "unit", "roles", "product", "valid_from", "valid_until", "replaces", "must_read")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("tsv")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.save(commit=False)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        try:
            issue_notice(notice=obj, by=request.user, at=timezone.now())
        except LibraryRefused as refusal:
            messages.error(request, refusal.message)


def stories_of(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """What was told of a case that was put right, and whether a story may be made of it."""
    closure = ticket.closure
    if closure is None or closure.outcome != TicketOutcome.RESOLVED:
        return {}
    seen = Story.objects.visible_to(request.user).filter(ticket=ticket).defer("tsv").order_by("pk")
    return {"ticket": ticket, "stories": list(seen), "may": request.user.has_perm(TELL)}


def of_answer(_: HttpRequest, response: Response) -> dict[str, Any]:
    """A story may be told of words that the customer lets us quote."""
    return {"kind": "answer", "subject": response if response.may_quote and response.comment else None}


def of_initiative(_: HttpRequest, initiative: Initiative) -> dict[str, Any]:
    return {"kind": "initiative", "subject": initiative}


register("answer", Panel("Library", "admin/distribution/panel_library.html", of_answer, TELL))
register("initiative", Panel("Library", "admin/distribution/panel_library.html", of_initiative, TELL))
register("ticket", Panel("Library", "distribution/library/_of_ticket.html", stories_of, TELL))
