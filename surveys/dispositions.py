"""What became of an invitation: exactly one final disposition each, and the rates that follow from them. Pure.

After the AAPOR's Standard Definitions for surveys of named persons; docs/algorithms/dispositions.md. The same rule in
SQL, for any number of rows: `surveys.models.dispositions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Disposition(StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"
    BREAK_OFF = "break_off"
    REFUSED = "refused"
    SILENT = "silent"
    OPEN = "open"
    BOUNCED = "bounced"
    NOT_DELIVERED = "not_delivered"
    UNKNOWN_DELIVERY = "unknown_delivery"
    NOT_ASKED = "not_asked"
    WAITING = "waiting"


class Kind(StrEnum):
    """The classes that the rates are made of."""

    COMPLETE = "I"
    PARTIAL = "P"
    REFUSAL = "R"
    NO_CONTACT = "NC"
    OTHER = "O"
    UNKNOWN = "U"
    NOT_ELIGIBLE = "NE"
    NOT_YET = "not yet"


LABELS: Mapping[Disposition, str] = {
    Disposition.COMPLETE: "answered to the end",
    Disposition.PARTIAL: "gave a score, did not come to the end",
    Disposition.BREAK_OFF: "wrote, but gave no score",
    Disposition.REFUSED: "does not want to be asked",
    Disposition.SILENT: "delivered, no answer",
    Disposition.OPEN: "sent, may still answer",
    Disposition.BOUNCED: "came back",
    Disposition.NOT_DELIVERED: "refused by the provider",
    Disposition.UNKNOWN_DELIVERY: "not known whether it arrived",
    Disposition.NOT_ASKED: "never sent: cancelled before it left",
    Disposition.WAITING: "waits to be sent",
}
KINDS: Mapping[Disposition, Kind] = {
    Disposition.COMPLETE: Kind.COMPLETE,
    Disposition.PARTIAL: Kind.PARTIAL,
    Disposition.BREAK_OFF: Kind.REFUSAL,
    Disposition.REFUSED: Kind.REFUSAL,
    Disposition.SILENT: Kind.NO_CONTACT,
    Disposition.OPEN: Kind.NO_CONTACT,  # so far: rates can only rise by those who still answer
    Disposition.BOUNCED: Kind.UNKNOWN,
    Disposition.NOT_DELIVERED: Kind.UNKNOWN,
    Disposition.UNKNOWN_DELIVERY: Kind.UNKNOWN,
    Disposition.NOT_ASKED: Kind.NOT_ELIGIBLE,
    Disposition.WAITING: Kind.NOT_YET,
}


@dataclass(frozen=True)
class Facts:
    """What the rows of an invitation say. `ask`: state of the message that asks, empty where there is none; `reached`:
    a message of it was handed off and nothing said that it came back; `returned`: one came back; `expired`: the link
    is no longer good."""

    begun: bool = False
    scored: bool = False
    finished: bool = False
    refused: bool = False
    ask: str = ""
    reached: bool = False
    returned: bool = False
    expired: bool = False


def disposition(facts: Facts) -> Disposition:
    """The one that fits. An answer counts before all, then what the customer said, then what became of the mail."""
    if facts.scored:
        return Disposition.COMPLETE if facts.finished else Disposition.PARTIAL
    if facts.refused:
        return Disposition.REFUSED
    if facts.begun:
        return Disposition.BREAK_OFF
    if facts.reached:
        return Disposition.SILENT if facts.expired else Disposition.OPEN
    return _unreached(facts)


def _unreached(facts: Facts) -> Disposition:
    """Of what nobody can say that it arrived."""
    if facts.ask == "cancelled":
        return Disposition.NOT_ASKED
    if facts.ask == "pending":
        return Disposition.NOT_ASKED if facts.expired else Disposition.WAITING
    if facts.returned:
        return Disposition.BOUNCED
    if facts.ask == "failed":
        return Disposition.NOT_DELIVERED
    return Disposition.UNKNOWN_DELIVERY if facts.expired else Disposition.OPEN


@dataclass(frozen=True)
class Rates:
    """How many of each class, and the AAPOR's rates of them, 0 to 1; None where nobody is in the denominator.

    I complete, P partial, R refusal and break-off, NC not contacted, O other, U unknown eligibility; `e`: which part of
    U is taken for eligible in RR3 and RR4.
    """

    i: int = 0
    p: int = 0
    r: int = 0
    nc: int = 0
    o: int = 0
    u: int = 0
    e: float = 1.0

    @property
    def known(self) -> int:
        """Those known to be eligible."""
        return self.i + self.p + self.r + self.nc + self.o

    @property
    def n(self) -> int:
        return self.known + self.u

    @property
    def rr1(self) -> float | None:
        return _part(self.i, self.n)

    @property
    def rr2(self) -> float | None:
        return _part(self.i + self.p, self.n)

    @property
    def rr3(self) -> float | None:
        return _part(self.i, self.known + self.e * self.u)

    @property
    def rr4(self) -> float | None:
        return _part(self.i + self.p, self.known + self.e * self.u)

    @property
    def rr5(self) -> float | None:
        return _part(self.i, self.known)

    @property
    def rr6(self) -> float | None:
        return _part(self.i + self.p, self.known)

    @property
    def coop1(self) -> float | None:
        """Of those contacted, who answered to the end."""
        return _part(self.i, self.i + self.p + self.r + self.o)

    @property
    def coop3(self) -> float | None:
        """The same without those who could not."""
        return _part(self.i, self.i + self.p + self.r)

    @property
    def ref1(self) -> float | None:
        return _part(self.r, self.n)

    @property
    def con1(self) -> float | None:
        return _part(self.i + self.p + self.r + self.o, self.n)


def rates(counts: Mapping[Disposition, int]) -> Rates:
    """The classes that dispositions add up to. `e` is the eligible part of those about whom it is known (the AAPOR's
    proportional allocation): who was cancelled before anything was sent was not eligible."""
    found = dict.fromkeys(Kind, 0)
    for each, number in counts.items():
        found[KINDS[each]] += number
    i, p, r, nc, o, u = (found[kind] for kind in list(Kind)[:6])
    known = i + p + r + nc + o
    return Rates(i, p, r, nc, o, u, e=_part(known, known + found[Kind.NOT_ELIGIBLE]) or 1.0)


def _part(number: float, whole: float) -> float | None:
    return number / whole if whole else None
