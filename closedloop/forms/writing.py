"""What the customer hears."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.translation import get_language_info

from closedloop.errors import LooksCanned
from closedloop.forms.step import TicketForm, text


class LetterForm(TicketForm):
    """`sure` is asked only where the letter is nearly one to somebody else."""

    step, title, button, task = "letters", "Tell them what was done", "Send the letter", "Write to the customer"
    named: ClassVar[dict[str, str]] = {"letter": "text"}
    letter = text("In your own words", rows=6)
    sure = forms.BooleanField(label="Send it all the same", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language_info(self.ticket.letter_language)["name"]
        self.fields[
            "letter"
        ].help_text = (
            f"By mail. Greeting and frame are in {language}; write that language if you can. They can answer you."
        )
        if not self.is_bound:
            del self.fields["sure"]

    def perform(self, *, at: datetime) -> bool:
        done = super().perform(at=at)
        if not done and not self.has_error("__all__", LooksCanned.__name__):
            del self.fields["sure"]
        return done

    def verb(self, **values: Any) -> object:
        return self.ticket.write_letter(**values)
