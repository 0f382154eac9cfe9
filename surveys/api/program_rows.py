"""What the routes answer about programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from surveys.models import Program, ProgramVersion
from surveys.questionnaire.questions import CATEGORIES, KIND_NAMES
from surveys.versions.checking import WORDS
from surveys.versions.kinds import SETTINGS


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}, {"type": "boolean"}]})
class AnswerValue(serializers.JSONField):
    """A number of the scale, a code, or yes and no."""


@extend_schema_field({"type": "object", "additionalProperties": True})
class Tree(serializers.JSONField):
    """A tree of all, any, not and filters; empty: everybody."""


class StratumRow(serializers.Serializer[Any]):
    name = serializers.CharField()
    rate = serializers.FloatField()
    condition = Tree()


class ContactRuleRow(serializers.Serializer[Any]):
    since, per, among, then = (
        serializers.ChoiceField(choices=WORDS[name]) for name in ("since", "per", "among", "then")
    )
    days = serializers.IntegerField()


class ConditionRow(serializers.Serializer[Any]):
    question = serializers.CharField(help_text="Code of a question before this one.")
    any_of = serializers.ListField(child=AnswerValue(), help_text="One of these was answered.")


class AskRow(serializers.Serializer[Any]):
    categories = serializers.ListField(
        child=serializers.ChoiceField(choices=CATEGORIES), default=list, help_text="Whom it is asked; empty: everybody."
    )
    answers = ConditionRow(many=True, default=list)


class QuestionRow(serializers.Serializer[Any]):
    """A question after score and reason; its texts stand in `wording` under `CODE`, `CODE_promoter`, `CODE.OPTION`."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(choices=list(KIND_NAMES.items()))
    options = serializers.ListField(child=serializers.CharField(), default=list)
    ask = AskRow(default=dict)

    def get_fields(self) -> dict[str, Any]:
        """With `required`, which as an attribute would be the serializer's own."""
        return {**super().get_fields(), "required": serializers.BooleanField(default=False)}


class ProgramRow(serializers.ModelSerializer[Program]):
    owner = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    version = serializers.IntegerField(source="in_force", allow_null=True, help_text="Number of the one in force.")

    class Meta:
        model = Program
        fields = (
            "code", "name", "kind", "owner", "active", "active_from", "active_until", "version",
        )  # fmt: skip


class MailRow(serializers.Serializer[Any]):
    """Mails of the program in the last days; `sent` includes reminders."""

    days, sent, reminders, bounced, complained = (serializers.IntegerField() for _ in range(5))


STATES = [(state, state) for state in ("draft", "in_force", "replaced")]


class VersionRow(serializers.ModelSerializer[ProgramVersion]):
    state = serializers.SerializerMethodField()
    interaction_kind, ends_with = (
        serializers.SlugRelatedField[Any](slug_field="code", read_only=True, allow_null=True) for _ in range(2)
    )
    condition = Tree()
    strata = StratumRow(many=True)
    contact_rules = ContactRuleRow(many=True)
    weekdays = serializers.ListField(child=serializers.IntegerField(), help_text="0 is Monday.")
    reminder_days = serializers.ListField(
        child=serializers.IntegerField(), help_text="After so many days who has not answered is reminded."
    )
    wording = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    questions = QuestionRow(many=True)
    series = serializers.CharField(help_text="Scores of versions with the same series are figures of one thing.")

    class Meta:
        model = ProgramVersion
        fields = (
            "number", "state", *(name for name in SETTINGS if name != "seed"), "series", "created_at", "published_at"
        )  # fmt: skip

    @extend_schema_field({"type": "string", "enum": [state for state, _ in STATES]})
    def get_state(self, version: ProgramVersion) -> str:
        if version.published_at is None:
            return "draft"
        return "in_force" if version.number == self.context.get("in_force") else "replaced"
