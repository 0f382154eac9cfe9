"""Tickets as other systems read them; what they write is in `steps`."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from closedloop.models import (
    Action,
    ActionDecision,
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
    Ticket,
)


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
    category = serializers.CharField(source="origin.category", allow_blank=True, help_text="Empty: nobody scored.")

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
    why = serializers.CharField(
        source="decided_why", allow_blank=True, help_text="Said by who allowed, refused or withdrew it."
    )

    class Meta:
        model = Action
        fields = ["id", "kind", "done", "cost", "recompense", "currency", "state", "why", "at", "done_at"]


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
    goes_on_in = serializers.UUIDField(
        source="goes_on_in.public_id",
        default=None,
        allow_null=True,
        help_text="The ticket that this one was joined with.",
    )
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
            "goes_on_in",
            "clocks",
            "pauses",
            "elevations",
        ]
