"""Mail that came back: what each was judged to be, what was done, and the scores that somebody has to confirm."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.console import ReadOnlyAdmin
from crm.searching import HELP, of_customer
from surveys.models import InboundMail
from surveys.services.answering import AnswerRefused
from surveys.services.classifying.owning import RAW, own_facts
from surveys.services.inbound.replying import drop_suggestion, note_read, take_suggestion
from surveys.words.masking import mask


class WaitsForAPerson(admin.SimpleListFilter):
    title = "waits for a person"
    parameter_name = "suggests"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Score to confirm"), ("words", "Words to be read")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        waiting: Any = queryset
        chosen: QuerySet[Any] = {"yes": waiting.suggesting, "words": waiting.unheard}.get(
            self.value() or "", waiting.all
        )()
        return chosen


@admin.register(InboundMail)
class InboundMailAdmin(ReadOnlyAdmin):
    grows = True
    list_display = ("received_at", "what", "program", "unit", "why", "suggests", "source")
    list_select_related = ("invitation__program", "invitation__unit", "settled_by")
    list_filter = ("verdict", WaitsForAPerson)
    search_fields = (*of_customer("invitation__customer"), "invitation__public_id__exact")
    search_help_text = f"{HELP}, or the whole id of an invitation"
    ordering = ("-id",)
    actions = ("it_is_the_score", "it_is_no_score", "it_was_read")
    change_form_outer_before_template = "admin/surveys/mail.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        text = "text" if request.user.has_perm(RAW) else "words"
        return (
            "received_at", "source", "verdict", "why", "status", "invitation", "message", text, "suggests", "size",
            "judged_at", "settled_at", "settled_by",
        )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """What the mail waits for can be said on its own page too, by the list's actions."""
        mail: InboundMail = context["original"]
        ways = self._ways(mail)
        page = {"mail": mail, "ways": ways if ways and self._may(request, "change", mail) else ()}
        return super().render_change_form(request, {**context, **page}, *args, **kwargs)

    def _ways(self, mail: InboundMail) -> tuple[tuple[str, str], ...]:
        """(action, what its button says), while the mail waits for a person."""
        if mail.settled_at or not (mail.kept_here or mail.suggested_score is not None):
            return ()
        names = ("it_was_read",) if mail.suggested_score is None else ("it_is_the_score", "it_is_no_score")
        return tuple((name, getattr(self, name).short_description) for name in names)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and self._may(request, "change")  # for the actions; a mail itself is never edited

    @admin.display(description="what it is", ordering="verdict")
    def what(self, mail: InboundMail) -> str:
        return str(mail.get_verdict_display()) if mail.verdict else "not looked at yet"

    @admin.display(description="program")
    def program(self, mail: InboundMail) -> str:
        return str(mail.invitation.program) if mail.invitation else ""

    @admin.display(description="unit")
    def unit(self, mail: InboundMail) -> str:
        return str(mail.invitation.unit) if mail.invitation else ""

    @admin.display(description="text")
    def words(self, mail: InboundMail) -> str:
        """As everybody sees it: personal data hidden."""
        return mask(mail.text, own_facts([mail])[mail.pk])

    @admin.display(description="for a person")
    def suggests(self, mail: InboundMail) -> str:
        if mail.suggested_score is None:
            return "" if mail.settled_at or not mail.kept_here else "words to be read"
        return f"{mail.suggested_score}" if mail.settled_at else f"{mail.suggested_score}: is it the score?"

    @admin.action(description="It is the score", permissions=["change"])
    def it_is_the_score(self, request: HttpRequest, queryset: QuerySet[InboundMail]) -> None:
        self._decide(request, queryset, take_suggestion, "taken as the score")

    @admin.action(description="It is no score", permissions=["change"])
    def it_is_no_score(self, request: HttpRequest, queryset: QuerySet[InboundMail]) -> None:
        self._decide(request, queryset, drop_suggestion, "is no score")

    @admin.action(description="I have read it", permissions=["change"])
    def it_was_read(self, request: HttpRequest, queryset: QuerySet[InboundMail]) -> None:
        self._decide(request, queryset, note_read, "was read")

    def _decide(self, request: HttpRequest, queryset: QuerySet[InboundMail], verb: Any, done: str) -> None:
        for mail in self.in_sight(queryset, request, self.function("change")):
            try:
                verb(mail=mail, at=timezone.now(), by=request.user)
            except ValidationError as refusal:
                self.message_user(request, f"{mail}: {' '.join(refusal.messages)}", messages.ERROR)
            except AnswerRefused as refusal:
                self.message_user(request, f"{mail}: {refusal}", messages.ERROR)
            else:
                about = "it" if mail.suggested_score is None else mail.suggested_score
                self.message_user(request, f"{mail}: {about} {done}.", messages.SUCCESS)
