"""What was promised to the customer, and what others are asked to do."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from closedloop.forms.colleague import ColleagueField
from closedloop.forms.step import TicketForm, day, line, one_of
from closedloop.models import FollowUp, Promise
from closedloop.services.owing import colleagues_of, near_colleagues_of


def became(model: type[Promise | FollowUp]) -> forms.ChoiceField:
    return forms.ChoiceField(label="What became of it?", choices=model.Outcome.choices, widget=forms.RadioSelect)


def offer_colleagues(form: TicketForm, name: str) -> None:
    field: Any = form.fields[name]
    on = timezone.now().date()
    anybody = colleagues_of(form.ticket, form.principal, on=on)
    field.offer(anybody, near_colleagues_of(form.ticket, form.principal, on=on))


class PromiseForm(TicketForm):
    step, title, button, task = "promises", "What was promised", "Save promise", "Record a promise"
    named: ClassVar[dict[str, str]] = {"promised": "what", "promised_by": "due_on"}
    promised = line("What did you promise?")
    promised_by = day("By which day?")

    def verb(self, **values: Any) -> object:
        return self.ticket.promise(**values)


class PromiseOutcomeForm(TicketForm):
    step, title, button, task = "promise-outcomes", "Was it kept?", "Save", "Settle a promise"
    preset = TicketForm.preset | {"promise"}
    named: ClassVar[dict[str, str]] = {"promise_became": "outcome", "promise_note": "note"}
    promise = one_of(Promise, "Which promise?")
    promise_became = became(Promise)
    promise_note = line("Why?", required=False, hint="Needed when it was not kept.")

    def choices(self) -> dict[str, Any]:
        return {"promise": self.ticket.promises.open().order_by("due_at")}

    def verb(self, **values: Any) -> object:
        return self.ticket.settle_promise(**values)


class FollowUpForm(TicketForm):
    step, title, button, task = "follow-ups", "A step for somebody else", "Ask for it", "Ask somebody for a step"
    named: ClassVar[dict[str, str]] = {"step_of": "to", "step_what": "what", "step_by": "due_on"}
    step_of = ColleagueField("Of whom?")
    step_what = line("What is to be done?")
    step_by = day("By which day?")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_colleagues(self, "step_of")

    def verb(self, **values: Any) -> object:
        return self.ticket.ask_follow_up(**values)


class FollowUpOutcomeForm(TicketForm):
    step, title, button, task = "follow-up-outcomes", "Is the step taken?", "Save", "Settle a step"
    preset = TicketForm.preset | {"follow_up"}
    named: ClassVar[dict[str, str]] = {"step_became": "outcome", "step_handed_to": "to", "step_note": "note"}
    follow_up = one_of(FollowUp, "Which step?")
    step_became = became(FollowUp)
    step_handed_to = ColleagueField("Handed on to whom?", required=False)
    step_note = line("In a sentence", required=False, hint="Needed when it is not needed any more.")

    def __init__(self, *args: Any, only: FollowUp | None = None, **kwargs: Any) -> None:
        """`only`: the page is about this step."""
        self.only = only
        super().__init__(*args, **kwargs)
        offer_colleagues(self, "step_handed_to")
        if only:
            self.initial["follow_up"], self.fields["follow_up"].widget = only, forms.HiddenInput()

    def choices(self) -> dict[str, Any]:
        steps = self.ticket.followups.open().order_by("due_at")
        return {"follow_up": steps.filter(pk=self.only.pk) if self.only else steps}

    def verb(self, **values: Any) -> object:
        return self.ticket.settle_follow_up(**values)
