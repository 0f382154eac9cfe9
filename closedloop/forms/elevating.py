"""Raising a case to the outer loop: a step on a ticket, and a page of its own for what is no ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db import models

from closedloop.errors import TicketRefused
from closedloop.forms.learning import cause
from closedloop.forms.step import TicketForm, text
from closedloop.models import ContactAttempt, Elevation, RootCause
from closedloop.services.elevating import elevate
from crm.sight import Principal

WHY = "Why is it more than one case?"
EMPTY_CAUSE = "Not clear yet"


class ElevationForm(TicketForm):
    step, title, button, task = "elevations", "Raise it to the outer loop", "Elevate", "Elevate"
    named: ClassVar[dict[str, str]] = {"elevated_why": "why", "suspected_cause": "proposed_cause"}
    elevated_why = text(WHY, rows=3, hint="Somebody who decides about more than this ticket reads it. You hear of it.")
    suspected_cause = cause("What lies behind it, as you think?", empty=EMPTY_CAUSE)
    elevated_note = forms.ModelChoiceField(
        ContactAttempt.objects.none(), label="What do you raise?", required=False, empty_label="The case as a whole",
        widget=forms.Select(attrs={"class": "input"}),
    )  # fmt: skip

    def choices(self) -> dict[str, models.QuerySet[Any]]:
        return {"elevated_note": self.ticket.attempts.made().exclude(note="").order_by("number")}

    def verb(self, **values: Any) -> object:
        values.pop("expected_version")  # nothing of the ticket changes
        subject = values.pop("elevated_note") or self.ticket
        return elevate(subject=subject, **values)


class RaisingForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """An answer's words, a case or a note, raised in the console: which one the address says."""

    class Meta:
        model = Elevation
        fields = ["response", "ticket", "attempt", "why", "proposed_cause"]
        widgets: ClassVar[dict[str, Any]] = dict.fromkeys(("response", "ticket", "attempt"), forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "proposed_cause" in self.fields:
            offered: Any = self.fields["proposed_cause"]
            offered.queryset = RootCause.objects.offered()

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if sum(said.get(name) is not None for name in ("response", "ticket", "attempt")) != 1:
            raise forms.ValidationError("Begin from a ticket or from an answer: it has a button for this.")
        return said

    def perform(self, *, by: Principal, at: datetime) -> Elevation:
        """Raise it, once the form holds. The elevation that stands, if somebody raised it before."""
        said = self.cleaned_data
        subject = said["response"] or said["ticket"] or said["attempt"]
        return elevate(subject=subject, why=said["why"], proposed_cause=said["proposed_cause"], by=by, at=at)

    def _post_clean(self) -> None:
        """Constraints of the row are the verb's to hold: it seconds what stands there already."""


class OuterLoopForm(forms.Form):
    """What the office decides. `perform` says what was done; None if the form or the verb says no."""

    title = ""
    button = "Save"

    def do(self, *, by: Principal, at: datetime) -> str:
        raise NotImplementedError

    def perform(self, *, by: Principal, at: datetime) -> str | None:
        if not self.is_valid():
            return None
        try:
            return self.do(by=by, at=at)
        except TicketRefused as refusal:
            self.add_error(None, refusal.message)
            return None
