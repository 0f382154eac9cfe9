"""Tickets as other systems read them and write on them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from closedloop.models import (
    Action,
    ActionDecision,
    ActionKind,
    Clock,
    Closure,
    ContactAttempt,
    CustomerReply,
    Elevation,
    Escalation,
    Finding,
    FollowUp,
    Letter,
    Pause,
    Priority,
    Promise,
    RootCause,
    Ticket,
)
from closedloop.models.tickets import CLOSINGS, TRIES, WAYS
from common.api.serializers import CleanLine, CleanText, Instant, StrictBoolean, StrictInteger, StrictSerializer
from common.money import amount, currency_code
from common.text import clean_line
from crm.shapes import Reference


class Known(serializers.Serializer[Any]):
    """A row by the id that its source gave it."""

    source = serializers.CharField()
    external_id = serializers.CharField()
    name = serializers.CharField()


class Seconds(serializers.IntegerField):
    """How long, in whole seconds."""

    def to_representation(self, value: Any) -> int:
        return int(value.total_seconds())


class EscalationOut(serializers.ModelSerializer[Escalation]):
    employee = Known(allow_null=True)
    warning = serializers.BooleanField(source="is_warning", help_text="To the owner, before it is due.")

    class Meta:
        model = Escalation
        fields = ["warning", "percent", "employee", "raised_at"]


class ClockOut(serializers.ModelSerializer[Clock]):
    """`took`: seconds on the wall; `took_open`: of open time, without pauses. Both once it has ended."""

    took = Seconds(allow_null=True)
    took_open = Seconds(allow_null=True)
    escalations = EscalationOut(many=True)

    class Meta:
        model = Clock
        fields = [
            "round", "stage", "started_at", "target", "due_at", "outcome", "ended_at", "took", "took_open",
            "escalations",
        ]  # fmt: skip


class PauseOut(serializers.ModelSerializer[Pause]):
    class Meta:
        model = Pause
        fields = ["reason", "note", "at", "ends_at"]


class TicketOut(serializers.ModelSerializer[Ticket]):
    id = serializers.UUIDField(source="public_id")
    customer = Known(allow_null=True)
    unit = Known()
    owner = Known(allow_null=True)
    rule = serializers.CharField(source="rule.code", default=None, allow_null=True)
    source = serializers.CharField(
        allow_blank=True, help_text="The system whose case it was; empty: ours from the first day."
    )
    priority = serializers.ChoiceField(
        source="get_priority_display", choices=Priority.labels, help_text="By the office's bands."
    )
    score = serializers.IntegerField(source="origin.score", allow_null=True)
    category = serializers.CharField(source="origin.category")

    class Meta:
        model = Ticket
        fields = [
            "id", "customer", "unit", "owner", "rule", "source", "priority", "priority_why", "score", "category",
            "opened_at", "due_at", "is_open", "version",
        ]  # fmt: skip


class AttemptOut(serializers.ModelSerializer[ContactAttempt]):
    class Meta:
        model = ContactAttempt
        fields = ["number", "way", "due_at", "outcome", "asked_for", "made_at", "note"]


class FindingOut(serializers.ModelSerializer[Finding]):
    root_cause = serializers.CharField(source="root_cause.code", default=None, allow_null=True)
    stated_cause = serializers.CharField(source="stated_cause.code", default=None, allow_null=True)

    class Meta:
        model = Finding
        fields = ["learned", "root_cause", "stated_cause", "at"]


class ActionOut(serializers.ModelSerializer[Action]):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.CharField(source="kind.code", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=["done", "awaiting approval", *map(str, ActionDecision.Outcome.labels)])

    class Meta:
        model = Action
        fields = ["id", "kind", "done", "cost", "recompense", "currency", "state", "at", "done_at"]


class PromiseOut(serializers.ModelSerializer[Promise]):
    id = serializers.UUIDField(source="public_id")

    class Meta:
        model = Promise
        fields = ["id", "what", "due_at", "outcome", "note", "at", "settled_at"]


class FollowUpOut(serializers.ModelSerializer[FollowUp]):
    id = serializers.UUIDField(source="public_id")
    to = Known()

    class Meta:
        model = FollowUp
        fields = ["id", "to", "what", "due_at", "outcome", "note", "at", "settled_at"]


class ClosureOut(serializers.ModelSerializer[Closure]):
    class Meta:
        model = Closure
        fields = ["outcome", "summary", "alert_was_right", "at"]


class LetterOut(serializers.ModelSerializer[Letter]):
    id = serializers.UUIDField(source="public_id")
    text = serializers.CharField(source="words", help_text="Personal data hidden.")

    class Meta:
        model = Letter
        fields = ["id", "text", "language", "at", "state", "handed_off_at"]


class ReplyOut(serializers.ModelSerializer[CustomerReply]):
    text = serializers.CharField(source="words", help_text="Personal data hidden.")

    class Meta:
        model = CustomerReply
        fields = ["text", "at"]


class ElevationOut(serializers.ModelSerializer[Elevation]):
    id = serializers.UUIDField(source="public_id")
    proposed_cause = serializers.CharField(source="proposed_cause.code", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=["waiting", "taken in", "set aside"])

    class Meta:
        model = Elevation
        fields = ["id", "why", "proposed_cause", "state", "set_aside_why", "at"]


class TicketDetailOut(TicketOut):
    attempts = AttemptOut(many=True)
    findings = FindingOut(many=True)
    actions = ActionOut(many=True)
    promises = PromiseOut(many=True)
    follow_ups = FollowUpOut(source="followups", many=True)
    letters = LetterOut(many=True)
    replies = ReplyOut(many=True)
    closure = ClosureOut(allow_null=True)
    clocks = ClockOut(many=True)
    pauses = PauseOut(many=True)
    elevations = ElevationOut(many=True)

    class Meta(TicketOut.Meta):
        fields = [
            *TicketOut.Meta.fields,
            "brief",
            "attempts",
            "findings",
            "actions",
            "promises",
            "follow_ups",
            "letters",
            "replies",
            "closure",
            "clocks",
            "pauses",
            "elevations",
        ]


class StepIn(StrictSerializer):
    """`version`: of the ticket as the caller read it. A request that is sent twice is refused the second time, since
    the first has counted the version up."""

    version = StrictInteger(min_value=1)


class AttemptIn(StepIn):
    outcome = serializers.ChoiceField(choices=TRIES)
    way = serializers.ChoiceField(choices=WAYS, required=False, help_text="Left out: as was requested.")
    asked_for = Instant(required=False, allow_null=True, help_text="With `later` alone: when they asked to be called.")
    note = CleanText(required=False, allow_blank=True, default="")


class ByCode(serializers.SlugRelatedField[Any]):
    """A row by its code. What no code can hold is looked for without it."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(clean_line(data) if isinstance(data, str) else data)


class FindingIn(StepIn):
    learned = CleanText()
    root_cause = ByCode(
        slug_field="code", queryset=RootCause.objects.offered(), required=False, allow_null=True, default=None,
        help_text="As we judge, by its code in the edition in force.",
    )  # fmt: skip
    stated_cause = ByCode(
        slug_field="code", queryset=RootCause.objects.offered(), required=False, allow_null=True, default=None,
        help_text="What the customer says it was, of the same list.",
    )  # fmt: skip


class Cost(serializers.DecimalField):
    """A decimal string, such as "12.50": a JSON number may have been through a float, and 1e9 is a slip."""

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            raise serializers.ValidationError('Write the cost as a decimal string, such as "12.50".', code="invalid")
        try:
            return super().to_internal_value(amount(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error), code="invalid") from error


class ActionIn(StepIn):
    kind = ByCode(
        slug_field="code",
        queryset=ActionKind.objects.filter(active=True),
        required=False,
        allow_null=True,
        default=None,
    )
    done = CleanText()
    cost = Cost(
        max_digits=12, decimal_places=2, min_value=Decimal(0), required=False, allow_null=True, default=None,
        help_text="What it cost us inside; left out: nobody said.",
    )  # fmt: skip
    recompense = Cost(
        max_digits=12, decimal_places=2, min_value=Decimal(0), required=False, default=Decimal(0),
        help_text="What the customer got.",
    )  # fmt: skip
    currency = CleanLine(max_length=3)

    def validate_currency(self, code: str) -> str:
        try:
            return currency_code(code)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class ActionDecisionIn(StepIn):
    action = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=ActionDecision.Outcome.choices)
    why = CleanLine(
        max_length=300, required=False, allow_blank=True, default="", help_text="Needed when it is refused."
    )


class PromiseIn(StepIn):
    what = CleanLine(max_length=300)
    due_on = serializers.DateField(help_text="By the end of that day's open hours, where the ticket is.")


class PromiseOutcomeIn(StepIn):
    promise = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=Promise.Outcome.choices)
    note = CleanLine(max_length=300, required=False, allow_blank=True, default="")


class FollowUpIn(StepIn):
    to = Reference()
    what = CleanLine(max_length=300)
    due_on = serializers.DateField()


class FollowUpOutcomeIn(StepIn):
    follow_up = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=FollowUp.Outcome.choices)
    to = Reference(required=False, allow_null=True, default=None)
    note = CleanLine(max_length=300, required=False, allow_blank=True, default="")


class LetterIn(StepIn):
    text = CleanText(help_text="What was done, in your own words; the frame comes in the customer's language.")
    sure = StrictBoolean(
        required=False, default=False, help_text="Send it although it is nearly a letter to somebody else."
    )


class ElevationIn(StrictSerializer):
    """Without a version: nothing of the ticket changes, and the same caller's second time changes nothing at all."""

    why = CleanText(help_text="Why it is more than one case.")
    proposed_cause = ByCode(
        slug_field="code", queryset=RootCause.objects.offered(), required=False, allow_null=True, default=None,
        help_text="What lies behind it, as the caller thinks: the code in the edition in force.",
    )  # fmt: skip


class ClosureIn(StepIn):
    outcome = serializers.ChoiceField(choices=CLOSINGS)
    summary = CleanText(required=False, allow_blank=True, default="")
    steps_go_on = StrictBoolean(required=False, default=False)
    alert_was_right = StrictBoolean(
        required=False, allow_null=True, default=None, help_text="Of a ticket that speech analytics opened, or a rule"
        " that goes by words or topics: whether they took the customer rightly.",
    )  # fmt: skip


class ReopeningIn(StepIn):
    why = CleanLine(max_length=300, help_text="The customer is called anew, within the time of a new ticket.")


class PauseIn(StepIn):
    reason = serializers.ChoiceField(choices=Pause.Reason.choices)
    until = Instant(help_text="When the clocks go on by themselves, at most 60 days from now.")
    note = CleanLine(max_length=300, required=False, allow_blank=True, default="")
