"""Replaying a selection: would the stored inputs lead to the stored decisions again? docs/algorithms/selecting.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

from surveys.deciding import bar
from surveys.models import Decision, ProgramVersion, TriggerRun
from surveys.reserving import Lots, number_of, opened, shares
from surveys.sampling import adapted, choice, draw, drawn, lot, mark, marked, probability, room
from surveys.services.triggering.rules import rate_of, rules_of, shared_by, wanted_of

STEP = 2000  # decisions after which it is said how far it is
TOLERANCE = Decimal("0.000001")  # of a rate or a probability: the last place of what is stored

BY_SEAT = {"asked", "over_quota"}


class Difference(NamedTuple):
    """A decision that does not follow from what is stored with it."""

    decision: int
    occasion: str
    field: str  # draw, reason, probability, rate, room, line, shares, kept_for or open
    stored: str
    found: str


def replay(*, run: TriggerRun, passed: Callable[[int], None] | None = None) -> Iterator[Difference]:
    """Differences between the decisions of a run and what seed, rules and inputs give; none in an honest ledger.
    `passed` is told now and then how many decisions were read.

    Streams the run's decisions grouped by program and person, since a choice among occasions needs them together. What
    the draw gave is kept until the program's end, to see who of a unit had a place in its quota.
    """
    decisions = Decision.objects.filter(run=run).order_by("program_id", "customer_id", "occasion").iterator()
    told = _telling(decisions, passed) if passed else decisions
    for (_, version_id), of_program in groupby(told, key=lambda d: (d.program_id, d.version_id)):
        version = ProgramVersion.objects.select_related("program").get(pk=version_id)
        yield from _Replay(version).differences(of_program)


def _telling(decisions: Iterator[Decision], passed: Callable[[int], None]) -> Iterator[Decision]:
    for number, decision in enumerate(decisions, start=1):
        if number % STEP == 0:
            passed(number)
        yield decision


class _Drawn(NamedTuple):
    order: Fraction
    occasion: str
    pk: int
    stored: str
    room: int


class _InLine(NamedTuple):
    """Of a unit that lacks its minimum."""

    draw: int
    occasion: str
    rate: Decimal
    decision: Decision


@dataclass
class _Replay:
    version: ProgramVersion
    lines: dict[int, list[_InLine]] = field(default_factory=lambda: defaultdict(list))
    by_unit: dict[int, list[_Drawn]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.rules, self.wanted = rules_of(self.version), wanted_of(self.version)
        self.key = self.version.seed, self.version.program.code
        self.rates = {part["name"]: rate_of(part) for part in self.version.strata} | {"": self.version.sampling_rate}

    def differences(self, decisions: Iterator[Decision]) -> Iterator[Difference]:
        together: Iterable[list[Decision]] = (list(g) for _, g in groupby(decisions, key=lambda d: d.customer_id))
        if shared_by(self.rules):  # persons compete as well
            together = _competing([d for group in together for d in group])
        for group in together:
            yield from self._of_rivals(group)
        for line in self.lines.values():
            yield from self._of_line(sorted(line, key=lambda each: each[:2]))
        for drawn_ in self.by_unit.values():
            yield from _of_quota(drawn_)

    def _of_rivals(self, decisions: list[Decision]) -> Iterator[Difference]:
        bars = {d.occasion: bar(d.inputs, self.rules, d.decided_at) for d in decisions}
        frame = [d for d in decisions if bars[d.occasion] is None]
        choices = {d.occasion: (choice(*self.key, d.occasion), d.occasion) for d in frame}
        for d in decisions:
            if why := bars[d.occasion]:
                yield from _compare(d, draw(*self.key, d.occasion), why, Decimal(0))
                continue
            rivals = [choices[other.occasion] for other in frame if _compete(d, other)]
            yield from self._of_chance(d, len(rivals), is_chosen=choices[d.occasion] == min(rivals))

    def _of_chance(self, d: Decision, competing: int, *, is_chosen: bool) -> Iterator[Difference]:
        number, rate = draw(*self.key, d.occasion), self.rates.get(d.stratum, Decimal(0))
        seats = d.inputs.get("room")
        if "standing" in d.inputs:
            standing = {name: Decimal(str(figure)) for name, figure in d.inputs["standing"].items()}
            yield from _differ(d, "room", seats, room(self.wanted, standing))
            rate = adapted(rate, self.wanted, standing)
        if "rate" in d.inputs:
            stored = Decimal(str(d.inputs["rate"]))
            yield from _close(d, "rate", stored, rate)
            rate = stored
        lots = Lots.stored(d.inputs["lots"], self.version.program.code) if "lots" in d.inputs else None
        if lots:
            yield from _of_lots(d, lots)
            rate = opened(rate, lots.open)
        chance = probability(rate, competing=competing, room=seats, drawn=d.inputs.get("drawn", 0))
        if lots:
            chance *= lots.open
        if is_chosen and lots and lots.leaves:
            yield from _compare(d, number, "other_program", chance)
            return
        if is_chosen and "line" in d.inputs:
            self.lines[d.unit_id].append(_InLine(number, d.occasion, rate, d))
            yield from _compare(d, number, d.reason, chance)  # whether it was drawn shows below
            return
        reason = "other_occasion" if not is_chosen else "asked" if drawn(number, rate) else "not_drawn"
        if reason == "asked":
            reason = self._seated(d, Fraction(number) / Fraction(rate))
        yield from _compare(d, number, reason, chance)

    def _of_line(self, line: list[_InLine]) -> Iterator[Difference]:
        """Of a unit that lacks its minimum, those in whose stretch of the line a mark lies are drawn."""
        start, upto = mark(*self.key, line[0].occasion), Decimal(0)
        for each in line:
            d, upto = each.decision, upto + each.rate
            yield from _close(d, "line", Decimal(str(d.inputs["line"])), upto)
            is_drawn = marked(upto, each.rate, start)
            reason = self._seated(d, Fraction(lot(*self.key, d.occasion))) if is_drawn else "not_drawn"
            yield from _differ(d, "reason", d.reason, reason)

    def _seated(self, d: Decision, order: Fraction) -> str:
        """The reason of who was drawn; where there is a quota, whether there was room shows at the end."""
        if (seats := d.inputs.get("room")) is None:
            return "asked"
        self.by_unit[d.unit_id].append(_Drawn(order, d.occasion, d.pk, d.reason, seats))
        return d.reason if d.reason in BY_SEAT else "asked"


def _of_lots(d: Decision, lots: Lots) -> Iterator[Difference]:
    """Whether the shares follow from the needs, and for whom the person is kept from the shares."""
    number = number_of(unit=d.unit_id, person=d.customer_id, month=f"{d.decided_at.astimezone(UTC):%Y-%m}")
    yield from _differ(d, "shares", list(lots.shares), shares(lots.needs, lots.least))
    yield from _differ(d, "kept_for", lots.kept_for, lots.drawn_for(number))
    yield from _differ(d, "open", lots.open, lots.left_open())


def _of_quota(drawn_: list[_Drawn]) -> Iterator[Difference]:
    """Of those of a unit whom the draw gave, the first as far as there is room are asked."""
    for seat, d in enumerate(sorted(drawn_), start=1):
        expected = "asked" if seat <= d.room else "over_quota"
        if d.stored in BY_SEAT and d.stored != expected:
            yield Difference(d.pk, d.occasion, "reason", d.stored, expected)


def _competing(decisions: list[Decision]) -> Iterator[list[Decision]]:
    """Groups within which persons may share an account, directly or through others."""
    leader: dict[Any, Any] = {}

    def find(key: Any) -> Any:
        while leader.setdefault(key, key) != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for d in decisions:
        for account in d.inputs.get("bonds", []):
            leader[find(("account", account))] = find(("person", d.customer_id))
    groups: dict[Any, list[Decision]] = defaultdict(list)
    for d in decisions:
        groups[find(("person", d.customer_id))].append(d)
    yield from groups.values()


def _compete(one: Decision, other: Decision) -> bool:
    shared = set(one.inputs.get("bonds", [])) & set(other.inputs.get("bonds", []))
    return one.customer_id == other.customer_id or bool(shared)


def _compare(d: Decision, number: int, reason: str, chance: Decimal) -> Iterator[Difference]:
    yield from _differ(d, "draw", int(d.draw), number)
    yield from _differ(d, "reason", d.reason, reason)
    yield from _close(d, "probability", d.probability, round(chance, 6))


def _differ(d: Decision, name: str, stored: object, found: object) -> Iterator[Difference]:
    if stored != found:
        yield Difference(d.pk, d.occasion, name, str(stored), str(found))


def _close(d: Decision, name: str, stored: Decimal, found: Decimal) -> Iterator[Difference]:
    if abs(stored - found) > TOLERANCE:
        yield Difference(d.pk, d.occasion, name, str(stored), str(found))
