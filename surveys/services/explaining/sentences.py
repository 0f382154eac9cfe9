"""Why a customer was, or was not, asked: a stored decision in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm.models import Channel, Hold, Suppression
from surveys.models import Decision, Program
from surveys.sampling import RANGE
from surveys.services.explaining.barring import Barring, days
from surveys.services.explaining.rates import drawn_at


def explain(decision: Decision, names: Mapping[int, str] | None = None) -> str:
    """A sentence or two; needs `decision.version`. `names` of programs by id: those whose questions barred are named
    as far as they are in it."""
    sentence: str = getattr(_Telling(decision, names or {}), decision.reason)()
    return sentence


_SHARED = "a household or an account"


class _Telling:
    """A method for each `Reason`, under its value."""

    def __init__(self, decision: Decision, names: Mapping[int, str]) -> None:
        self.decision, self.version, self.inputs = decision, decision.version, decision.inputs
        self.barring = Barring(decision, names)
        self.channel = str(Channel(decision.version.channel).label)

    def program_over(self) -> str:
        return f"The program's time was over on {self._day('program_until')}, before it was to decide."

    def too_old(self) -> str:
        return f"It happened on {self._day('occurred_at')}; the program asks within {days(self.version.max_age_days)}."

    def not_eligible(self) -> str:
        return f"What happened is outside the condition of version {self.version.number}."

    def erased(self) -> str:
        return "The customer's data were erased."

    def on_hold(self) -> str:
        return f"The customer was on hold: {_label(Hold.Kind, self.inputs.get('hold'))}."

    def no_address(self) -> str:
        return f"No usable address by {self.channel} was known."

    def refused(self) -> str:
        if self.inputs.get("pre_consent") is False:
            return "The caller did not want to be asked, and said so before anybody served them."
        if self.inputs.get("consent") is False:
            return f"The customer does not want to be asked by {self.channel}."
        if self.version.program.kind == Program.Kind.POST_CALL:
            return "The program asks only callers who agreed before anybody served them; this one was not heard to."
        return f"The program asks only who agreed to it by {self.channel}, and the customer has not said so."

    def suppressed(self) -> str:
        why = _label(Suppression.Reason, self.inputs.get("suppression"))
        return f"The address must not be written to: {why}."

    def quarantined(self) -> str:
        if self.inputs.get("outstanding"):
            return f"Another question to the customer was on its way{self.barring.whose(', of ')}."
        return self.barring.column() or self.barring.further("asked") or "The customer had been asked lately."

    def answered_lately(self) -> str:
        return self.barring.further("answered")

    def bounced_lately(self) -> str:
        return self.barring.further("bounced")

    def capped(self) -> str:
        times, cap = self.inputs.get("in_year", 0), self.version.yearly_cap
        return (
            f"The customer was asked {_times(times)} within 365 days; the program asks nobody more than {_times(cap)}."
        )

    def other_program(self) -> str:
        """Names of programs as they are today."""
        if "lots" in self.inputs:
            return self._kept()
        allocation = self.inputs["allocation"]
        names = {wish["program"]: wish["program"] for wish in allocation.get("wishes", allocation.get("lacking"))}
        names |= dict(Program.objects.filter(code__in=names).values_list("code", "name"))
        if "wishes" in allocation:
            return _kept_until_2026(allocation, names)
        own = allocation["own"]
        others = [f"{names[other['program']]}, which has {_has(other)}" for other in allocation["lacking"]]
        return (
            f"The program wants {own['wanted']} answers in this unit for the {self.version.period} and has"
            f" {own['answers']}. It leaves the customers there to {' and '.join(others)}."
        )

    def _kept(self) -> str:
        """By lot."""
        lots = self.inputs["lots"]
        need = next(each for each in lots["needs"] if each["program"] == lots["kept_for"])
        name = Program.objects.filter(code=need["program"]).values_list("name", flat=True).first() or need["program"]
        return (
            f"Kept for {name}, which lacks {need['wanted'] - need['answers']} of {need['wanted']} answers in this unit:"
            f" {need['share']} % of the customers there are kept for it this month, by lot, and this one is among them."
        )

    def other_occasion(self) -> str:
        whose = f"The customer and those who share {_SHARED} had" if "bonds" in self.inputs else "The customer had"
        return f"{whose} {self.inputs.get('competing')} occasions at the same time; chance chose another."

    def not_drawn(self) -> str:
        if "line" in self.inputs:
            return f"Not drawn: {self._line()}."
        return f"Not in the sample of {self._sample()}: the draw was {self._draw()}."

    def over_quota(self) -> str:
        version, room, drawn = self.version, self.inputs.get("room"), self.inputs.get("drawn")
        return (
            f"The unit's quota of {version.quota} {version.quota_counts} for the {version.period} left room for {room}"
            f" of the {drawn} that were drawn; chance gave it to others."
        )

    def asked(self) -> str:
        if "line" in self.inputs:
            return f"Asked: nothing spoke against it, and it was drawn; {self._line()}."
        if drawn_at(self.decision).own == 1:
            return f"Asked: nothing spoke against it, and the program asks everybody{self._stratum()}{self._left()}."
        drawn = f"the draw, {self._draw()}, is in the sample of {self._sample()}"
        return f"Asked: nothing spoke against it, and {drawn}."

    def _line(self) -> str:
        """Of a unit that lacked its minimum: how many of how many chance drew."""
        standing, version = self.inputs["standing"], self.version
        return (
            f"of the unit's {standing['chosen']} occasions chance drew {self.inputs['drawn']}, since it had"
            f" {standing['invited']} of the {version.minimum} invitations that a unit gets each {version.period}"
        )

    def _sample(self) -> str:
        rate = drawn_at(self.decision)
        return f"{rate.drawn:.1%}{self._stratum()}" + (f" ({rate.why_raised})" if rate.why_raised else "")

    def _left(self) -> str:
        return " who is not kept for another program" if drawn_at(self.decision).kept else ""

    def _stratum(self) -> str:
        return f" of {self.decision.stratum}" if self.decision.stratum else ""

    def _draw(self) -> str:
        return f"{int(self.decision.draw) / RANGE:.1%}"

    def _day(self, name: str) -> str:
        text = self.inputs.get(name)
        return datetime.fromisoformat(text).date().isoformat() if text else "an unknown day"


def _times(number: int | None) -> str:
    return "once" if number == 1 else f"{number} times"


def _label(choices: type[Hold.Kind] | type[Suppression.Reason], value: str | None) -> str:
    return str(dict(choices.choices).get(value or "", value)).lower()


def _has(standing: dict[str, Any]) -> str:
    return f"{standing['answers']} of {standing['wanted']}"


def _kept_until_2026(allocation: dict[str, Any], names: dict[str, str]) -> str:
    """By the rule that was in force until November 2026: the person was kept for one program."""
    wish = next(wish for wish in allocation["wishes"] if wish["program"] == allocation["for"])
    when = "wanted to ask the customer too" if wish["now"] else "will soon want to ask the customer"
    why = "it had got less than its share" if wish["starves"] else "an answer is worth more to it in this unit"
    return f"{names[wish['program']]} {when}, and {why}."
