"""What went out, to whom, and what the post office said; a message of unknown fate is settled by a person."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone

from common.console import ReadOnlyAdmin, ReadOnlyInline
from crm.searching import HELP, of_customer
from surveys.admin.asking_why import ask_why, why_of
from surveys.admin.programs.steps import step
from surveys.dispositions import LABELS, Disposition
from surveys.models import ClickTally, DeliveryAttempt, Invitation, Message, ProvisionalScore, Settlement
from surveys.models.dispositions import with_disposition
from surveys.services.explaining.leaving import tell_leaving
from surveys.services.explaining.packets import packet_in_words
from surveys.services.reminding.telling import tell_reminders
from surveys.services.settling import leave, resend, settle

PAGE = "admin:surveys_message_change"
FATES: dict[str, tuple[Any, dict[str, bool]]] = {
    Settlement.Said.ARRIVED: (settle, {"arrived": True}),
    Settlement.Said.LOST: (settle, {"arrived": False}),
    Settlement.Said.AGAIN: (resend, {}),
    Settlement.Said.LEFT: (leave, {}),
}


def leaves(message: Message) -> str:
    """When it may first leave, and what for it waits; nothing once it left."""
    return tell_leaving([message], at=timezone.now()).get(message.pk, "")


def told(invitation: Invitation, *, at: datetime) -> dict[str, Any]:
    """What an invitation's page says: what became of it, who was asked about what, and what is stored to the letter."""
    found = with_disposition(Invitation.objects.filter(pk=invitation.pk), at=at)
    disposition = Disposition(found.values_list("disposition", flat=True).get())
    return {
        "became": LABELS[disposition].capitalize(),
        "reminders": " ".join(tell_reminders(invitation, at=at)),
        "items": packet_in_words(invitation),
        "stored": json.dumps(invitation.packet, indent=2, sort_keys=True, ensure_ascii=False),
    }


class MessagesInline(ReadOnlyInline):
    model = Message
    fields = ("kind", "state", "leaves", "handed_off_at", "attempts", "reply")
    show_change_link = True

    @admin.display(description="leaves")
    def leaves(self, message: Message) -> str:
        return leaves(message)


class ClicksInline(ReadOnlyInline):
    """Of programs that keep clicks on scores in the mail."""

    model = ProvisionalScore
    verbose_name_plural = "clicks on a score: evidence, no answers"
    fields = ("at", "score", "agent", "ahead", "head_before", "since_hand_off", "links", "state", "automatic")
    ordering = ("at", "id")


class ClickTallyInline(ReadOnlyInline):
    """What is left of those whose time is over."""

    model = ClickTally
    verbose_name_plural = "earlier clicks on a score, of which only the number is kept"
    fields = ("settled", "automatic")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("created_at", "program", "customer", "unit", "channel", "language", "expires_at")
    list_select_related = ("program", "customer", "unit")
    list_filter = ("program", "unit", "channel", "language")
    search_fields = (*of_customer(), "public_id__exact")
    search_help_text = f"{HELP}, or the whole id of an invitation"
    ordering = ("-id",)
    fields = (
        "public_id", "program", "version", "customer", "interaction", "unit", "employee", "channel", "language",
        "created_at", "expires_at",
    )  # fmt: skip
    inlines = (MessagesInline, ClicksInline, ClickTallyInline)
    change_form_outer_before_template = "admin/surveys/invitation.html"

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        page = told(self.row(request, object_id, action="view"), at=timezone.now())
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})


class AttemptsInline(ReadOnlyInline):
    model = DeliveryAttempt
    fields = ("number", "started_at", "ended_at", "outcome", "reply")
    ordering = ("number",)


class Fate(admin.SimpleListFilter):
    """The duty on the console's first page links to it."""

    title, parameter_name = "fate", "fate"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("undecided", "Nobody knows: waits for a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen: Any = queryset
        return chosen.undecided() if self.value() == "undecided" else queryset


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    scope_through = "invitation"
    grows = True
    list_display = ("created_at", "kind", "program", "unit", "state", "due_at", "handed_off_at", "attempts", "reply")
    list_select_related = ("invitation__program", "invitation__unit")
    list_filter = (Fate, "state", "kind")
    search_fields = of_customer("invitation__customer")
    search_help_text = HELP
    ordering = ("-id",)
    readonly_fields = ("leaves",)
    fields = (
        "invitation",
        "kind",
        "state",
        "leaves",
        "due_at",
        "attempts",
        "handed_off_at",
        "reply",
        "message_id",
        "created_at",
    )
    inlines = (AttemptsInline,)
    actions = ("send_again", "it_arrived", "it_did_not_arrive", "leave_it")
    change_form_outer_before_template = "admin/surveys/message.html"

    @admin.display(description="leaves")
    def leaves(self, message: Message) -> str:
        return leaves(message)

    @admin.display(description="program")
    def program(self, message: Message) -> str:
        return str(message.invitation.program)

    @admin.display(description="unit")
    def unit(self, message: Message) -> str:
        return str(message.invitation.unit)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and self._may(request, "change")  # for the actions; a message itself is never edited

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.fate_view)
        own = path("<int:object_id>/fate/", view, name="surveys_message_fate")
        return [*super().get_urls()[:-1], own, *super().get_urls()[-1:]]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        message = self.row(request, object_id, action="view")
        page = {
            "may_settle": self._may(request, "change", message), "fates": Settlement.Said.choices,
            "settlements": message.settlements.select_related("by").order_by("-pk"),
        }  # fmt: skip
        return super().change_view(request, object_id, form_url, {**page, **(extra_context or {})})

    def fate_view(self, request: HttpRequest, object_id: int) -> Any:
        message = self.row(request, str(object_id), action="change")
        verb, how = FATES.get(request.POST.get("said", ""), (None, {}))
        if verb is None:
            raise BadRequest("what is to be done?")
        why = request.POST.get("why", "")
        return step(request, verb, "Kept.", back=(PAGE, message.pk), message=message, why=why, **how)

    @admin.action(description="Unknown fate: leave it", permissions=["change"])
    def leave_it(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponseBase | None:
        return self._settle(request, queryset, leave)

    @admin.action(description="Unknown fate: send again", permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponseBase | None:
        return self._settle(request, queryset, resend)

    @admin.action(description="Unknown fate: it arrived", permissions=["change"])
    def it_arrived(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponseBase | None:
        return self._settle(request, queryset, settle, arrived=True)

    @admin.action(description="Unknown fate: it did not arrive", permissions=["change"])
    def it_did_not_arrive(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponseBase | None:
        return self._settle(request, queryset, settle, arrived=False)

    def _settle(
        self, request: HttpRequest, queryset: QuerySet[Message], verb: Any, **how: bool
    ) -> HttpResponseBase | None:
        rows: QuerySet[Message] = self.in_sight(queryset, request, self.function("change"))
        if not (why := why_of(request)):
            return ask_why(self, request, rows)
        for message in rows:
            try:
                verb(message=message, at=timezone.now(), by=request.user, why=why, **how)
            except ValidationError as refusal:
                self.message_user(request, f"{message}: {' '.join(refusal.messages)}", messages.ERROR)
            else:
                self.message_user(request, f"{message}.", messages.SUCCESS)
        return None
