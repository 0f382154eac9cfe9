"""Which window of a version was open when an occasion was decided about, in words: the first that the trigger looks at
(`judging_sql`, `windows_sql.open_window`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from surveys.contact_rules import ContactRule
from surveys.models import Decision
from surveys.services.triggering.rules import rules_of

WHOSE = {
    "person": "The customer",
    "household": "The customer or somebody of the household",
    "account": "The customer or somebody of the account",
}
OTHERS = {"household": "Somebody else of the household", "account": "Somebody else of the account"}
OWN = {"any": "last_asked_at", "kind": "last_of_kind_at"}  # by `among`: when the customer was last asked
HAPPENED = {
    "asked": ("was last asked", "a question"),
    "answered": ("last answered", "an answer"),
    "bounced": ("had a message that came back", "a message that came back"),
}
AMONG = {"any": " in any program", "kind": " in a program of its kind", "program": " in the program itself"}


class Barring:
    """The windows of a decision; needs `decision.version`. `names` of programs by id."""

    def __init__(self, decision: Decision, names: Mapping[int, str]) -> None:
        self.decision, self.inputs, self.at, self.names = decision, decision.inputs, decision.decided_at, names
        self.rules = rules_of(decision.version)

    def column(self) -> str:
        """Of the two windows that every version has the one that was open, by the date that kept it open; empty if
        neither was."""
        version = self.decision.version
        windows = {
            "any": (version.quarantine_days, self.whose(" by "), "any question"),
            "kind": (version.program_quarantine_days, " by a program of its kind", "one of its own kind"),
        }
        for among, (number, by, after) in windows.items():
            last = self._moment(self.inputs.get(OWN[among]))
            if ContactRule("asked", number).bars(last, self.at):
                waits = f"The program waits {days(number)} after {after}."
                return f"The customer was last asked on {last:%Y-%m-%d}{by}. {waits}"
        return ""

    def whose(self, said: str) -> str:
        """ " by Visits": the program whose question is on its way, else was the last; empty where it is not known."""
        name = self.names.get(self.inputs.get("asked_by", 0))
        return f"{said}{name}" if name else ""

    def further(self, since: str) -> str:
        """Of the contact rule of that sort whose window was open: what blocks before what delays; empty if none was."""
        lasts = [self._moment(last) for last in self.inputs.get("windows") or []]
        pairs = sorted(zip(self.rules.further, lasts, strict=False), key=lambda pair: pair[0].delays)
        for rule, last in pairs:
            if rule.since == since and last and rule.bars(last, self.at):
                return f"{self._of(rule, last)} The program counts {in_words(rule)}."
        return ""

    def _of(self, rule: ContactRule, last: datetime) -> str:
        """A question that had yet to leave counts from the decision on. Where the customer's own last question bars
        by itself, it is told of and nobody else's."""
        own = self._own(rule)
        if rule.bars(own, self.at):
            return f"{WHOSE['person']} {HAPPENED[rule.since][0]} on {own:%Y-%m-%d}."
        on_its_way = rule.since == "asked" and last >= self.at
        alone = rule.since == "asked" and rule.among in OWN and own is None
        whose = OTHERS.get(rule.per, WHOSE[rule.per]) if alone else WHOSE[rule.per]
        if on_its_way:
            return f"Another question to {lower(whose)} was on its way."
        return f"{whose} {HAPPENED[rule.since][0]} on {last.date()}."

    def _own(self, rule: ContactRule) -> datetime | None:
        """When the customer was last asked, where what others share counts; None: never, or it is not stored."""
        known = self.inputs.get(OWN.get(rule.among, "")) if rule.since == "asked" and rule.per in OTHERS else None
        return self._moment(known)

    @staticmethod
    def _moment(text: str | None) -> datetime | None:
        return datetime.fromisoformat(text) if text else None


def in_words(rule: ContactRule) -> str:
    """ "10 days after a question in any program"."""
    of = "" if rule.since == "bounced" else AMONG[rule.among]
    return f"{days(rule.days)} after {HAPPENED[rule.since][1]}{of}"


def lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"
