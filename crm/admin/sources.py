"""Systems that send, what they send, and which of it has gone silent."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone

from common.console import ReadOnlyInline, ScopedAdmin
from common.metrics import add
from common.text import grouped
from crm.admin.forms import Form
from crm.metrics import silent_feeds
from crm.models import Feed, FeedState, Silence, Source


def silences() -> QuerySet[Silence]:
    """Of the feed of the outer row, those that last."""
    return Silence.objects.filter(feed=OuterRef("pk"), ended_at=None)


class Quiet(admin.SimpleListFilter):
    title = "silence"
    parameter_name = "silent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Silent"), ("no", "Heard of")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen: dict[str | None, Any] = {"yes": Exists(silences()), "no": ~Exists(silences())}
        return queryset.filter(chosen[self.value()]) if self.value() in chosen else queryset


@admin.register(Source)
class SourceAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("name", "code", "contact", "zone", "feeds_named")
    search_fields = ("name", "code")
    ordering = ("name",)
    fields = ("code", "name", "contact", "zone")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("feeds")

    @admin.display(description="sends")
    def feeds_named(self, source: Source) -> str:
        return ", ".join(feed.kind for feed in source.feeds.all()) or "nothing yet"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        obj.created_at = obj.created_at or timezone.now()
        super().save_model(request, obj, form, change)


class SilenceInline(ReadOnlyInline):
    model = Silence
    fields = ("rule", "since", "noticed_at", "ended_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Silence]:
        rows: QuerySet[Silence] = super().get_queryset(request)
        return rows.order_by("-since")


class FeedForm(Form):
    """What is expected of a feed, and when somebody is warned."""

    class Meta:
        model = Feed
        fields = ("source", "kind", "expected", "every_hours", "learns", "tolerance", "late_hours", "needs_totals")
        labels: ClassVar = {
            "expected": "Rows are expected",
            "every_hours": "At least every (hours)",
            "learns": "Compare with the usual volume",
            "tolerance": "Shortfall that is nothing to speak of (%)",
            "late_hours": "Late after (hours)",
            "needs_totals": "Only with control totals",
        }
        help_texts: ClassVar = {
            "kind": "What the rows are, such as customers or interactions.",
            "expected": "Switch it off when the feed has ended or pauses: nobody is warned that nothing comes.",
            "every_hours": "After more hours than this without a row somebody is warned. Empty: as it is learned.",
            "learns": "A day that brings far less than the last four same weekdays did warns too, and so, where no"
            " hours are given, does nothing for twice the longest gap between its last deliveries.",
            "tolerance": "By how many percent a day may fall short of them.",
            "late_hours": "A row that arrives more hours than this after it happened counts as late.",
        }


@admin.register(Feed)
class FeedAdmin(ScopedAdmin):
    """What a system sends of one kind: how much came, what is usual, and what is expected."""

    company_wide = True
    list_display = ("source", "kind", "health", "last_arrival", "yesterday", "rejected")
    list_display_links = ("source", "kind")
    list_select_related = ("source", "state")
    list_filter = (Quiet, "source")
    search_fields = ("source__name", "source__code", "kind")
    form = FeedForm
    fields = FeedForm.Meta.fields
    inlines = (SilenceInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lasting = silences()
        rows: QuerySet[Any] = super().get_queryset(request)
        silent: QuerySet[Any] = rows.annotate(
            silent_since=Subquery(lasting.values("since")), silent_by=Subquery(lasting.values("rule"))
        )
        return silent

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("source", "kind") if obj else ()

    def save_model(self, request: HttpRequest, obj: Feed, form: Any, change: bool) -> None:
        obj.began_at = obj.began_at or timezone.now()
        super().save_model(request, obj, form, change)

    @admin.display(description="health")
    def health(self, feed: Any) -> str:
        if not feed.expected:
            return "nothing expected"
        if feed.silent_since is None:
            return "well" if _state(feed) else "not looked at yet"
        said = Silence.Rule(feed.silent_by)
        how = "nothing taken" if said == Silence.Rule.REFUSED else "silent"
        return f"{how} since {_moment(feed.silent_since)}: {said.label}"

    @admin.display(description="last arrival (UTC)")
    def last_arrival(self, feed: Feed) -> str:
        state = _state(feed)
        return _moment(state.last_at) if state and state.last_at else "never"

    @admin.display(description="rows taken yesterday / usual")
    def yesterday(self, feed: Feed) -> str:
        state = _state(feed)
        if state is None:
            return ""
        return f"{grouped(state.yesterday)} / {'not known yet' if state.usual is None else grouped(state.usual)}"

    @admin.display(description="rejected in 7 days")
    def rejected(self, feed: Feed) -> str:
        share = state.rejected_share if (state := _state(feed)) else None
        return "" if share is None else f"{share * 100:.1f}\N{NO-BREAK SPACE}%"


def _state(feed: Feed) -> FeedState | None:
    return getattr(feed, "state", None)


def _moment(at: datetime) -> str:
    return f"{at:%-d %b, %H:%M}"


add(silent_feeds)
