"""What became of each meeting of a rule with a signal (`Raising`). Called by screening, in its transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from closedloop.models import Alert, AlertRule, CustomerSignal, Raising, Ticket
from closedloop.services.editing import Edit, can_be_reached
from closedloop.services.opening import Person, Source

State, Why = Raising.State, Raising.Why
Match = tuple[AlertRule, CustomerSignal]
AlertKey = tuple[int, str, str]  # rule, kind and source id: at most one alert
PersonOf = Callable[[CustomerSignal], Person]


def key_of(match: Match) -> AlertKey:
    rule, signal = match
    return rule.pk, signal.kind, signal.source_id


def quiet_among(matches: Iterable[Match], person_of: PersonOf, *, at: datetime) -> set[AlertKey]:
    """Keys of first meetings that their rule keeps quiet: it told of the same customer within its quiet days, or does
    so in this batch. At most one query."""
    careful = [match for match in matches if match[0].quiet_days and isinstance(person_of(match[1]), int)]
    spoken = _spoken(careful, person_of, at)
    quiet: set[AlertKey] = set()
    for match in sorted(careful, key=lambda match: match[1].pk):
        rule, signal = match
        last = spoken.get((rule.pk, person_of(signal)))
        if last and last[1] != (signal.kind, signal.source_id) and last[0] > at - timedelta(days=rule.quiet_days):
            quiet.add(key_of(match))
        else:
            spoken[rule.pk, person_of(signal)] = at, (signal.kind, signal.source_id)
    return quiet


def _spoken(
    careful: Collection[Match], person_of: PersonOf, at: datetime
) -> dict[tuple[int, Person], tuple[datetime, Source]]:
    """By rule and customer: when people last heard of them by it, and of what."""
    if not careful:
        return {}
    longest = max(rule.quiet_days for rule, _ in careful)
    rows = Raising.objects.spoken().filter(
        rule__in={rule.pk for rule, _ in careful}, at__gt=at - timedelta(days=longest),
        signal__customer__in={person_of(signal) for _, signal in careful},
    )  # fmt: skip
    found = rows.order_by("at").values_list("rule", "signal__customer", "at", "signal__kind", "signal__source_id")
    return {(rule, person): (when, (kind, source)) for rule, person, when, kind, source in found}


@dataclass(frozen=True)
class Batch:
    """What screening has decided about a batch: `fresh` keys are told; `quiet` ones their rule keeps to itself;
    answers that are `held` a lot keeps from all; `opened` are people whose ticket is new."""

    newest: dict[Source, CustomerSignal]
    fresh: set[AlertKey]
    quiet: set[AlertKey]
    held: set[Source]
    edits: dict[Source, Edit]
    tickets: dict[Person, Ticket]
    opened: set[Person]
    person_of: PersonOf


def trace(matches: list[Match], batch: Batch, alerts: dict[AlertKey, Alert], *, at: datetime) -> None:
    """Leave one Raising for each match."""
    firsts, leads = _firsts(matches, batch), _leads(matches, batch)
    rows = []
    for match in matches:
        state, why = _became(match, batch, firsts, leads)
        rule, signal = match
        ticket = None if state == State.SUPPRESSED else batch.tickets.get(batch.person_of(signal))
        rows.append(Raising(
            rule=rule, signal=signal, alert=alerts[key_of(match)], ticket=ticket, unit_id=signal.unit_id, state=state,
            why=why, at=at,
        ))  # fmt: skip
    Raising.objects.bulk_create(rows, ignore_conflicts=True)  # a mark that was emptied by hand


def _became(
    match: Match, batch: Batch, firsts: dict[Source, Match], leads: dict[Person, Match]
) -> tuple[Raising.State, Raising.Why]:
    rule, signal = match
    source, person = (signal.kind, signal.source_id), batch.person_of(signal)
    if source in batch.held or key_of(match) in batch.quiet:
        return State.SUPPRESSED, Why.HELD_OUT if source in batch.held else Why.QUIET
    if not _tells(match, batch):
        return State.DOUBLED, Why.NOTHING_NEW
    if firsts[source] != match:
        return State.DOUBLED, Why.SAME_ANSWER
    if person in batch.tickets:
        return (State.OPENED if leads.get(person) == match else State.JOINED), Why.NONE
    if not rule.opens_ticket:
        return State.TOLD, Why.NONE
    edit = batch.edits.get(source)
    return State.TOLD, Why.SETTLED if edit and edit.settled and can_be_reached(signal) else Why.UNREACHABLE


def _tells(match: Match, batch: Batch) -> bool:
    """People hear of it: it is news, and the newest revision of its answer at hand."""
    signal = match[1]
    return key_of(match) in batch.fresh and batch.newest[signal.kind, signal.source_id].pk == signal.pk


def _firsts(matches: list[Match], batch: Batch) -> dict[Source, Match]:
    """Of the rules that tell of an answer, the one that tells: the one whose ticket it is, else one that opens any."""
    found: dict[Source, list[Match]] = defaultdict(list)
    for rule, signal in matches:
        if _tells((rule, signal), batch):
            found[signal.kind, signal.source_id].append((rule, signal))

    def rank(match: Match) -> tuple[bool, bool, int]:
        ticket = batch.tickets.get(batch.person_of(match[1]))
        return not (ticket and ticket.rule_id == match[0].pk), not match[0].opens_ticket, match[0].pk

    return {source: min(told, key=rank) for source, told in found.items()}


def _leads(matches: list[Match], batch: Batch) -> dict[Person, Match]:
    """Of each new ticket, the match that opened it."""
    firsts = _firsts(matches, batch)
    found: dict[Person, Match] = {}
    for match in sorted(firsts.values(), key=lambda match: (not match[0].opens_ticket, match[1].pk)):
        person = batch.person_of(match[1])
        if person in batch.opened:
            found.setdefault(person, match)
    return found
