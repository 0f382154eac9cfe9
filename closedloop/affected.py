"""The words in which an initiative says whom its matter concerns: those of alert rules, and what was found later."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q

from closedloop.filters import SignalFilter
from closedloop.models import Finding, RootCause
from common.conditions.describing import Choice, Part
from common.conditions.wording import Called, Said, one_of
from crm.filters import texts_of


class CausesField(forms.Field):
    """Codes of root causes, of any edition."""

    def to_python(self, value: Any) -> list[str]:
        codes = [value] if isinstance(value, str) else value
        if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in codes):
            raise ValidationError('expected a list of root causes, such as ["wait"]')
        known = set(RootCause.objects.filter(code__in=codes).values_list("code", flat=True))
        if unknown := [code for code in codes if code not in known]:
            raise ValidationError(f"no root cause {unknown[0]!r}")
        return codes


class FoundCause(django_filters.Filter):
    """A ticket that the signal belongs to has a finding with one of these causes, by its code in whatever edition."""

    field_class = CausesField

    def __init__(self, *args: Any, verb: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verb = verb

    def q(self, codes: list[str]) -> Q:
        found = Finding.objects.filter(**{f"{self.field_name}__code__in": codes})
        # by whichever revision of the answer the ticket has
        of_ticket = "ticket__ticket_signals__signal"
        same = {f"{of_ticket}__kind": OuterRef("kind"), f"{of_ticket}__source_id": OuterRef("source_id")}
        return Q(Exists(found.filter(**same)))

    def says(self, value: Any, called: Called) -> Said:
        return one_of("the ticket", self.verb, texts_of(value), called)

    def parts(self) -> list[Part]:
        return [Part("choices", choices=[Choice(cause.code, str(cause)) for cause in RootCause.objects.offered()])]

    def named(self, values: list[str], _principal: Any) -> dict[str, str]:
        """As the newest edition that has them calls them."""
        rows = RootCause.objects.filter(code__in=values).order_by("edition__number")
        return {cause.code: cause.name for cause in rows}


class AffectedFilter(SignalFilter):
    """What a customer told us, and what looking into it found."""

    cause = FoundCause(field_name="root_cause", verb="was found to come from", label="root cause, as we judge")
    stated_cause = FoundCause(field_name="stated_cause", verb="came, they say, from", label="root cause, as they say")

    groups = {**SignalFilter.groups, "What lay behind it": ["cause", "stated_cause"]}
    everything = "everybody who told us anything"
    nothing = "nobody"
