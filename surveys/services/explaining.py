"""Why a customer was, or was not, asked: a stored decision in plain words."""

from __future__ import annotations

from datetime import datetime

from crm.models import Channel, Hold, Suppression
from surveys.models import Decision
from surveys.sampling import RANGE


def explain(decision: Decision) -> str:
    """A sentence or two; needs `decision.version`."""
    sentence: str = getattr(_Telling(decision), decision.reason)()
    return sentence


class _Telling:
    """A method for each `Reason`, under its value."""

    def __init__(self, decision: Decision) -> None:
        self.decision, self.version, self.inputs = decision, decision.version, decision.inputs
        self.channel = str(Channel(decision.version.channel).label)

    def too_old(self) -> str:
        return f"It happened on {self._day('occurred_at')}; the program asks within {_days(self.version.max_age_days)}."

    def not_eligible(self) -> str:
        return f"What happened is outside the condition of version {self.version.number}."

    def erased(self) -> str:
        return "The customer's data were erased."

    def on_hold(self) -> str:
        return f"The customer was on hold: {_label(Hold.Kind, self.inputs.get('hold'))}."

    def no_address(self) -> str:
        return f"No usable address by {self.channel} was known."

    def refused(self) -> str:
        if self.inputs.get("consent") is False:
            return f"The customer does not want to be asked by {self.channel}."
        return f"The program asks only who agreed to it by {self.channel}, and the customer has not said so."

    def suppressed(self) -> str:
        why = _label(Suppression.Reason, self.inputs.get("suppression"))
        return f"The address must not be written to: {why}."

    def quarantined(self) -> str:
        if self.inputs.get("outstanding"):
            return "Another question to the customer was on its way."
        either, own = _days(self.version.quarantine_days), _days(self.version.program_quarantine_days)
        return (
            f"The customer was last asked on {self._day('last_asked_at')}."
            f" The program waits {either} after any question and {own} after one of its own kind."
        )

    def other_occasion(self) -> str:
        return f"The customer had {self.inputs.get('competing')} occasions at the same time; chance chose another."

    def not_drawn(self) -> str:
        return f"Not in the sample of {self.version.sampling_rate:.1%}: the draw was {self._draw()}."

    def asked(self) -> str:
        rate = self.version.sampling_rate
        if rate == 1:
            return "Asked: nothing spoke against it, and the program asks everybody."
        return f"Asked: nothing spoke against it, and the draw, {self._draw()}, is in the sample of {rate:.1%}."

    def _draw(self) -> str:
        return f"{int(self.decision.draw) / RANGE:.1%}"

    def _day(self, name: str) -> str:
        text = self.inputs.get(name)
        return datetime.fromisoformat(text).date().isoformat() if text else "an unknown day"


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


def _label(choices: type[Hold.Kind] | type[Suppression.Reason], value: str | None) -> str:
    return str(dict(choices.choices).get(value or "", value)).lower()
