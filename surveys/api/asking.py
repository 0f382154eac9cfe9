"""Asking by hand, and what callers allowed before they were served."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError as Refused
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import refuse_unknown_parameters
from common.api.serializers import CleanLine, Instant, StrictSerializer
from common.api.views import PrivateView
from crm.api.lookups import via
from crm.api.permits import person
from crm.api.principal import principal_of
from crm.models import ApiKey, Customer, Interaction
from crm.shapes import Ref, Reference
from surveys.models import Program, Turn
from surveys.services.occasions.pre_consenting import hear
from surveys.services.occasions.wishing import LONGEST_WHY, wish

ASK = "surveys.add_turn"
AHEAD = timedelta(minutes=5)  # clocks of other systems


class TurnIn(StrictSerializer):
    program = CleanLine(max_length=60, help_text="Code of a program in which staff may ask.")
    interaction = Reference(required=False, help_text="What the question is about.")
    customer = Reference(required=False, help_text="Whom to ask, if it is about no interaction.")
    why = CleanLine(max_length=LONGEST_WHY, help_text="Why this customer is asked.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("interaction" in attrs) == ("customer" in attrs):
            raise ValidationError({"interaction": "Name an interaction or a customer."})
        return attrs


class TurnRow(serializers.ModelSerializer[Turn]):
    program = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)

    class Meta:
        model = Turn
        fields = ("key", "program", "why", "due_at", "created_at")


class TurnList(PrivateView):
    """Wishes of staff to have a customer asked."""

    scopes = {"POST": "interactions:write"}
    functions = {"POST": ASK}

    @extend_schema(
        operation_id="ask_by_hand", summary="Ask by hand", request=TurnIn, responses={200: TurnRow, 201: TurnRow}
    )
    def post(self, request: Request) -> Response:
        """Have a customer asked, about an interaction or nothing in particular; 200 with the wish that stands if
        somebody wished it before. The trigger decides within seconds, by the same rules as ever."""
        refuse_unknown_parameters(request)
        said = TurnIn(data=request.data)
        said.is_valid(raise_exception=True)
        values = said.validated_data
        about, program = _about(request, values), _program(values["program"])
        try:
            turn, new = wish(
                program=program, about=about, why=values["why"], at=timezone.now(), by=person(request), via=via(request)
            )
        except Refused as problem:
            raise ValidationError(problem.message_dict) from problem
        return Response(TurnRow(turn).data, status=201 if new else 200)


def _program(code: str) -> Program:
    found = Program.objects.filter(code=code).first()
    if found is None:
        raise ValidationError({"program": f"Unknown program {code!r}."}, code="unknown")
    return found


def _about(request: Request, values: dict[str, Any]) -> Interaction | Customer:
    asked = None if isinstance(request.auth, ApiKey) else ASK
    name = "interaction" if "interaction" in values else "customer"
    rows: QuerySet[Any] = Interaction.objects.all() if name == "interaction" else Customer.objects.all()
    ref: Ref = values[name]
    source = ref.source or getattr(request.auth, "source", "")
    seen: Any = rows
    found: Interaction | Customer | None = (
        seen.visible_to(principal_of(request), asked).filter(source=source, external_id=ref.external_id).first()
    )
    if found is None:
        raise ValidationError({name: f"Unknown {name} {ref.external_id!r}."}, code="unknown")
    return found


class PreConsentIn(StrictSerializer):
    call = CleanLine(max_length=120, help_text="The id under which the call will be sent as an interaction.")
    granted = serializers.BooleanField(help_text="Whether the caller agreed to be asked afterwards.")
    asked_at = Instant(help_text="When the caller was asked, before anybody served them.")

    def validate_asked_at(self, value: datetime) -> datetime:
        if value > timezone.now() + AHEAD:
            raise ValidationError("This lies in the future.", code="future")
        return value


class PreConsentRow(serializers.Serializer[Any]):
    call = serializers.CharField()
    granted = serializers.BooleanField()
    asked_at, received_at = serializers.DateTimeField(), serializers.DateTimeField()


class PreConsentList(PrivateView):
    """What callers said to the machine before they were served."""

    scopes = {"POST": "interactions:write"}

    @extend_schema(
        operation_id="pre_consent",
        summary="Tell what a caller allowed",
        request=PreConsentIn,
        responses={200: PreConsentRow, 201: PreConsentRow},
    )
    def post(self, request: Request) -> Response:
        """Tell it while the call waits, before anybody serves it. The first word about a call stands: 200 with it."""
        refuse_unknown_parameters(request)
        said = PreConsentIn(data=request.data)
        said.is_valid(raise_exception=True)
        key: Any = request.auth  # nobody else may come here
        word, new = hear(source=key.source, at=timezone.now(), **said.validated_data)
        return Response(PreConsentRow(word).data, status=201 if new else 200)
