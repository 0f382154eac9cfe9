"""Tickets as other systems read them and write on them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from closedloop.models import Action, Closure, ContactAttempt, Finding, RootCause, Ticket
from closedloop.models.tickets import CLOSINGS
from common.api.serializers import CleanLine, CleanText, StrictBoolean, StrictInteger, StrictSerializer
from common.money import amount, currency_code
from common.text import clean_line


class Known(serializers.Serializer[Any]):
    """A row by the id that its source gave it."""

    source = serializers.CharField()
    external_id = serializers.CharField()
    name = serializers.CharField()


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
        fields = ["number", "due_at", "outcome", "made_at", "note"]


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

    class Meta(TicketOut.Meta):
        fields = [*TicketOut.Meta.fields, "brief", "attempts", "findings", "actions", "closure"]


class StepIn(StrictSerializer):
    """`version`: of the ticket as the caller read it. A request that is sent twice is refused the second time, since
    the first has counted the version up."""

    version = StrictInteger(min_value=1)


class AttemptIn(StepIn):
    reached = StrictBoolean()
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
