"""Tickets as other systems read them and write on them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from closedloop.models import Action, Clock, Closure, ContactAttempt, Escalation, Finding, Pause, RootCause, Ticket
from closedloop.models.tickets import CLOSINGS, TRIES
from common.api.serializers import CleanLine, CleanText, Instant, StrictInteger, StrictSerializer
from common.money import amount, currency_code
from common.text import clean_line


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
    score = serializers.IntegerField(source="origin.score", allow_null=True)
    category = serializers.CharField(source="origin.category")

    class Meta:
        model = Ticket
        fields = [
            "id", "customer", "unit", "owner", "rule", "score", "category", "opened_at", "due_at", "is_open", "version",
        ]  # fmt: skip


class AttemptOut(serializers.ModelSerializer[ContactAttempt]):
    class Meta:
        model = ContactAttempt
        fields = ["number", "way", "due_at", "outcome", "asked_for", "made_at", "note"]


class FindingOut(serializers.ModelSerializer[Finding]):
    root_cause = serializers.CharField(source="root_cause.code", default=None, allow_null=True)

    class Meta:
        model = Finding
        fields = ["learned", "root_cause", "at"]


class ActionOut(serializers.ModelSerializer[Action]):
    class Meta:
        model = Action
        fields = ["done", "cost", "currency", "at"]


class ClosureOut(serializers.ModelSerializer[Closure]):
    class Meta:
        model = Closure
        fields = ["outcome", "summary", "at"]


class TicketDetailOut(TicketOut):
    attempts = AttemptOut(many=True)
    findings = FindingOut(many=True)
    actions = ActionOut(many=True)
    closure = ClosureOut(allow_null=True)
    clocks = ClockOut(many=True)
    pauses = PauseOut(many=True)

    class Meta(TicketOut.Meta):
        fields = [
            *TicketOut.Meta.fields, "brief", "attempts", "findings", "actions", "closure", "clocks", "pauses",
        ]  # fmt: skip


class StepIn(StrictSerializer):
    """`version`: of the ticket as the caller read it. A request that is sent twice is refused the second time, since
    the first has counted the version up."""

    version = StrictInteger(min_value=1)


class AttemptIn(StepIn):
    outcome = serializers.ChoiceField(choices=TRIES)
    way = serializers.ChoiceField(
        choices=ContactAttempt.Way.choices, required=False, help_text="Left out: as was requested."
    )
    asked_for = Instant(required=False, allow_null=True, help_text="With `later` alone: when they asked to be called.")
    note = CleanText(required=False, allow_blank=True, default="")


class ByCode(serializers.SlugRelatedField[Any]):
    """A row by its code. What no code can hold is looked for without it."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(clean_line(data) if isinstance(data, str) else data)


class FindingIn(StepIn):
    learned = CleanText()
    root_cause = ByCode(
        slug_field="code", queryset=RootCause.objects.filter(active=True), required=False, allow_null=True, default=None
    )


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
    done = CleanText()
    cost = Cost(max_digits=12, decimal_places=2, min_value=Decimal(0), required=False, default=Decimal(0))
    currency = CleanLine(max_length=3)

    def validate_currency(self, code: str) -> str:
        try:
            return currency_code(code)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class ClosureIn(StepIn):
    outcome = serializers.ChoiceField(choices=CLOSINGS)
    summary = CleanText(required=False, allow_blank=True, default="")


class PauseIn(StepIn):
    reason = serializers.ChoiceField(choices=Pause.Reason.choices)
    until = Instant(help_text="When the clocks go on by themselves, at most 60 days from now.")
    note = CleanLine(max_length=300, required=False, allow_blank=True, default="")
