"""What became of an offer in a conversation, as whoever proposed it says on the card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localtime

from crm.models import Interaction, Offer, OfferOutcome


class OutcomeForm(forms.Form):
    """`offers` that may be proposed, best first; `meetings` in which it may have been, the last first."""

    offer = forms.ChoiceField()
    outcome = forms.ChoiceField(
        label="What they said", choices=OfferOutcome.Outcome.choices, widget=forms.RadioSelect, initial=None
    )
    meeting = forms.ChoiceField(label="In which conversation")

    def __init__(
        self, *args: Any, offers: Sequence[Offer], meetings: Sequence[Interaction], zone: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offers = {str(offer.pk): offer for offer in offers}
        self.meetings = {str(meeting.pk): meeting for meeting in meetings}
        self._choose("offer", {key: offer.name for key, offer in self.offers.items()})
        self._choose("meeting", {key: _called(row, zone) for key, row in self.meetings.items()})

    def _choose(self, name: str, choices: dict[str, str]) -> None:
        chosen = forms.Select(attrs={"class": "input"})
        self.fields[name] = forms.ChoiceField(
            label=self.fields[name].label, choices=list(choices.items()), widget=chosen
        )

    def clean(self) -> dict[str, Any]:
        """The rows instead of their numbers."""
        said = super().clean() or {}
        if not self.errors:
            said |= {"offer": self.offers[said["offer"]], "meeting": self.meetings[said["meeting"]]}
        return said


def _called(row: Interaction, zone: Any) -> str:
    when = date_format(localtime(row.occurred_at, zone), "j M Y, H:i")
    return f"{row.kind.name}, {when}, {row.unit.name}"
