"""Talks and praise in the console: read, never written, by whoever reads them on their own pages."""

from __future__ import annotations

from django.contrib import admin

from common.console import ReadOnlyAdmin, ReadOnlyInline
from distribution.models import Commitment, Remark, Talk, Thanks


class CommitmentsInline(ReadOnlyInline):
    model = Commitment
    view_function = "distribution.view_talk"
    fields = ("words", "due_on")
    ordering = ("pk",)


class RemarksInline(ReadOnlyInline):
    model = Remark
    view_function = "distribution.view_talk"
    fields = ("words", "at")
    ordering = ("pk",)


@admin.register(Talk)
class TalkAdmin(ReadOnlyAdmin):
    none_yet = "Talks are written down on the page of whoever leads people: /stream/people/."
    list_display = ("employee", "unit", "held_on", "next_on", "by")
    list_select_related = ("employee", "unit", "by")
    list_filter = ("unit", "held_on")
    search_fields = ("employee__name",)
    ordering = ("-held_on", "-id")
    fields = ("employee", "unit", "by", "held_on", "went_well", "to_try", "next_on", "at")
    inlines = (CommitmentsInline, RemarksInline)


@admin.register(Commitment)
class CommitmentAdmin(ReadOnlyAdmin):
    none_yet = "What is agreed on in a talk stands here until it is settled at the next one."
    list_display = ("words", "employee", "due_on", "outcome")
    list_select_related = ("talk__employee", "settlement")
    list_filter = ("due_on",)
    search_fields = ("talk__employee__name",)
    ordering = ("-id",)
    fields = ("talk", "words", "due_on", "carried_from", "outcome")
    readonly_fields = ("outcome",)

    @admin.display(description="with", ordering="talk__employee__name")
    def employee(self, agreed: Commitment) -> str:
        return agreed.talk.employee.name

    @admin.display(description="became")
    def outcome(self, agreed: Commitment) -> str:
        settled = getattr(agreed, "settlement", None)
        return settled.get_outcome_display() if settled else "open"


@admin.register(Thanks)
class ThanksAdmin(ReadOnlyAdmin):
    none_yet = "Praise is passed on from the digest."
    list_display = ("employee", "by", "at", "read_at")
    list_select_related = ("employee", "by")
    list_filter = (("read_at", admin.EmptyFieldListFilter), "at")
    search_fields = ("employee__name",)
    ordering = ("-id",)
    fields = ("employee", "response", "words", "by", "at", "read_at")
