"""What other systems write on a ticket, step by step."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from closedloop.models import (
    ActionDecision,
    ActionKind,
    FollowUp,
    Observation,
    Pause,
    Promise,
    RootCause,
    ServicePolicy,
)
from closedloop.models.tickets import CLOSINGS, TRIES, WAYS
from common.api.serializers import CleanLine, CleanText, Instant, StrictBoolean, StrictInteger, StrictSerializer
from common.money import amount, currency_code
from common.text import clean_line
from crm.shapes import Reference


class ByCode(serializers.SlugRelatedField[Any]):
    """A row by its code. What no code can hold is looked for without it."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(clean_line(data) if isinstance(data, str) else data)


class TicketIn(StrictSerializer):
    """What a customer told somebody, of which a ticket is opened."""

    customer = Reference()
    unit = Reference(required=False, allow_null=True, default=None, help_text="Left out: the customer's own.")
    reason = CleanLine(max_length=60, help_text="What it is about, in a few words.")
    words = CleanText(required=False, allow_blank=True, default="", help_text="For whoever calls the customer.")
    severity = serializers.ChoiceField(choices=Observation.Severity.choices, default=Observation.Severity.MAJOR)
    policy = ByCode(
        slug_field="code", queryset=ServicePolicy.objects.all(), help_text="How soon they are to be called: the code of"
        " a service policy.",
    )  # fmt: skip


class StepIn(StrictSerializer):
    """`version`: of the ticket as the caller read it. A request that is sent twice is refused the second time, since
    the first has counted the version up."""

    version = StrictInteger(min_value=1)


class AttemptIn(StepIn):
    outcome = serializers.ChoiceField(choices=TRIES)
    way = serializers.ChoiceField(choices=WAYS, required=False, help_text="Left out: as was requested.")
    asked_for = Instant(required=False, allow_null=True, help_text="With `later` alone: when they asked to be called.")
    note = CleanText(required=False, allow_blank=True, default="")


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


class JoiningIn(StepIn):
    into = serializers.UUIDField(help_text="The open ticket in which the work goes on.")
    why = CleanLine(max_length=300, help_text="Why the two are one matter.")


class PauseIn(StepIn):
    reason = serializers.ChoiceField(choices=Pause.Reason.choices)
    until = Instant(help_text="When the clocks go on by themselves, at most 60 days from now.")
    note = CleanLine(max_length=300, required=False, allow_blank=True, default="")
