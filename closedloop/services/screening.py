"""From signals to alerts and tickets: every active rule is held against every new signal.

One transaction a batch, one batch at a time: a signal is screened with all that follows from it, or not at all.
docs/algorithms/closing.md tells what happens to later revisions of an answer.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from closedloop.filters import SignalFilter
from closedloop.models import Alert, AlertRule, CustomerSignal, Ticket
from closedloop.services.editing import can_be_reached, edits_of
from closedloop.services.holding_out import Lots, sort_out
from closedloop.services.opening import Call, Person, Source, attach, open_tickets, open_tickets_of
from closedloop.services.releasing import let_go
from closedloop.services.tracing import AlertKey, Batch, Match, key_of, quiet_among, trace
from common.claims import one_at_a_time, set_mark, take_unmarked, work_off
from common.conditions import compile_condition
from common.models import Event
from common.queue import enqueue
from crm.models import Customer

log = logging.getLogger(__name__)


def screen(*, at: datetime, limit: int = 500) -> int:
    """Screen up to `limit` signals; how many were taken. Leaves alerts and, where a rule says so, tickets."""
    unscreened = CustomerSignal.objects.select_related("customer", "unit__calendar", "response", "interaction")
    return work_off(unscreened, "screened_at", partial(_take_and_screen, at=at), at=at, limit=limit)


def _take_and_screen(unscreened: QuerySet[CustomerSignal], *, at: datetime) -> int:
    one_at_a_time("closedloop.screen")
    signals = take_unmarked(unscreened, "screened_at", limit=None)
    if signals:
        _screen(signals, at)
        set_mark(signals, "screened_at", at)
    return len(signals)


def _screen(signals: list[CustomerSignal], at: datetime) -> None:
    matches = match_rules(signals, at=at)
    alerts = _Alerts(signals, matches, at)
    _lock_customers(signals)
    tickets, opened, lots = _tickets(signals, alerts.calling(matches), at)
    alerts.hold_back(lots.held)
    alerts.save(tickets, at)
    let_go(lots, tickets, at=at)
    trace(matches, alerts.batch(tickets, opened), alerts.standing, at=at)
    if alerts.fresh:
        enqueue("distribution.tasks.alert")


def match_rules(signals: list[CustomerSignal], *, at: datetime) -> list[Match]:
    """Which rules each signal meets: one query a rule, over the ids of the signals."""
    by_id = {signal.pk: signal for signal in signals}
    matches: list[Match] = []
    for rule in AlertRule.objects.filter(active=True).select_related("policy").order_by("pk"):
        try:
            met = CustomerSignal.objects.filter(compile_condition(rule.condition, SignalFilter), pk__in=by_id)
        except ValidationError:
            _stop(rule, at)
            continue
        met = met.filter(program=rule.program_id) if rule.program_id else met
        matches += [(rule, by_id[pk]) for pk in met.order_by("pk").values_list("pk", flat=True)]
    return matches


def _stop(rule: AlertRule, at: datetime) -> None:
    """A rule nobody can read (edited past the console) must not hold up the others; the console shows it is off."""
    log.error("alert rule cannot be read and was switched off", extra={"rule": rule.code})
    AlertRule.objects.filter(pk=rule.pk).update(active=False)
    Event.objects.record("alert_rule.stopped", subject=rule, at=at)


def _lock_customers(signals: list[CustomerSignal]) -> None:
    """Whoever takes up a ticket of these customers waits for us; ids ascending, so that nobody waits in a ring."""
    people = {person for signal in signals if isinstance(person := person_of(signal), int)}
    list(Customer.objects.filter(pk__in=people).order_by("pk").select_for_update(no_key=True).values("pk"))


def person_of(signal: CustomerSignal) -> Person:
    """The canonical customer; somebody unknown is known by the one answer they gave."""
    return signal.customer.canonical_id_or_own if signal.customer else (signal.kind, signal.source_id)


def _tickets(
    signals: list[CustomerSignal], news: list[Match], at: datetime
) -> tuple[dict[Person, Ticket], set[Person], Lots]:
    """The open ticket of each person in the batch who has one afterwards, whose are new, and whom a lot held out."""
    of_person: dict[Person, list[CustomerSignal]] = defaultdict(list)
    for signal in signals:
        of_person[person_of(signal)].append(signal)
    calls = _calls(of_person, news)
    tickets = open_tickets_of(set(of_person))
    attach({ticket: of_person[person] for person, ticket in tickets.items()}, calls, at=at)
    without = {person: said for person, said in of_person.items() if person not in tickets}
    lots = sort_out([call for call in calls if call.person in without], without, at=at)
    new = open_tickets(lots.going, at=at)
    return tickets | new, set(new), lots


def _calls(of_person: dict[Person, list[CustomerSignal]], news: list[Match]) -> list[Call]:
    """One a person to be called: their first signal that met a rule which opens tickets, under the tightest policy."""
    asked: dict[Person, list[Match]] = defaultdict(list)
    for rule, signal in news:
        if rule.opens_ticket:
            asked[person_of(signal)].append((rule, signal))
    calls = []
    for person, matches in asked.items():
        rule = min((rule for rule, _ in matches), key=lambda r: (r.policy.hours_to_contact, r.pk))
        first = min(signal.pk for _, signal in matches)
        calls.append(Call(person, rule, [signal for signal in of_person[person] if signal.pk >= first]))
    return calls


class _Alerts:
    """The alerts of a batch: those that stand already about its answers, and new ones for rules met the first time."""

    def __init__(self, signals: list[CustomerSignal], matches: list[Match], at: datetime) -> None:
        self.newest = {_source(s): s for s in sorted(signals, key=lambda s: s.revision)}
        standing = Alert.objects.filter(source_id__in={source for _, source in self.newest}).select_related("signal")
        self.standing: dict[AlertKey, Alert] = {(a.rule_id, a.kind, a.source_id): a for a in standing}
        self.edits = edits_of(self.newest)
        self.fresh = {
            key
            for key, alert in self.standing.items()
            if key[1:] in self.newest and self._worth_telling(alert.signal, self.newest[key[1:]])
        } | {key_of(match) for match in matches if key_of(match) not in self.standing}
        first = [match for match in matches if key_of(match) not in self.standing]
        self.quiet = quiet_among(first, person_of, at=at)
        self.fresh -= self.quiet
        self.held: set[Source] = set()

    def hold_back(self, held: set[Source]) -> None:
        """Nobody is told of these answers: a lot decided that nobody calls, and whoever knew could."""
        self.held = held
        keys = {key for key in self.fresh if key[1:] in held}
        self.fresh, self.quiet = self.fresh - keys, self.quiet | keys

    def batch(self, tickets: dict[Person, Ticket], opened: set[Person]) -> Batch:
        return Batch(self.newest, self.fresh, self.quiet, self.held, self.edits, tickets, opened, person_of)

    def calling(self, matches: list[Match]) -> list[Match]:
        """Matches for which somebody is to be called: people have not been told of them, there is somebody to reach,
        and if a ticket about the answer was closed, the customer has given a new reason to call."""
        return [match for match in matches if key_of(match) in self.fresh and self._calls(match[1])]

    def _calls(self, signal: CustomerSignal) -> bool:
        newest, edit = self.newest[_source(signal)], self.edits.get(_source(signal))
        return can_be_reached(newest) and not (edit and edit.settled and not edit.asks_again)

    def _worth_telling(self, told: CustomerSignal, now: CustomerSignal) -> bool:
        """Whether a later revision is told again: another category, or another wish to be called."""
        if now.revision <= told.revision:
            return False
        edit = self.edits.get(_source(now))
        return told.news != now.news or bool(edit and edit.wishes_anew)

    def save(self, tickets: dict[Person, Ticket], at: datetime) -> None:
        """Write new alerts, and the newest revision into standing ones; the fresh are to be delivered (again)."""
        again = [alert.pk for key, alert in self.standing.items() if key in self.fresh]
        new = {key: self._new(key, tickets, at) for key in sorted((self.fresh | self.quiet) - set(self.standing))}
        Alert.objects.bulk_create(new.values())
        _record("alert.raised", [alert for key, alert in new.items() if key in self.fresh], at)
        _record("alert.suppressed", [alert for key, alert in new.items() if key in self.quiet], at)
        changed = [alert for key, alert in self.standing.items() if self._update(alert, key, tickets, at)]
        Alert.objects.bulk_update(changed, ["signal", "ticket", "updated_at"])
        Alert.objects.filter(pk__in=again).update(dispatched_at=None)
        self.standing |= new

    def _new(self, key: AlertKey, tickets: dict[Person, Ticket], at: datetime) -> Alert:
        rule, kind, source_id = key
        signal = self.newest[kind, source_id]
        return Alert(
            rule_id=rule,
            kind=kind,
            source_id=source_id,
            signal=signal,
            unit_id=signal.unit_id,
            employee_id=signal.employee_id,
            ticket=None if key in self.quiet else tickets.get(person_of(signal)),
            raised_at=at,
            updated_at=at,
            dispatched_at=at if key in self.quiet else None,  # nobody is to be told
        )

    def _update(self, alert: Alert, key: AlertKey, tickets: dict[Person, Ticket], at: datetime) -> bool:
        signal = self.newest.get(key[1:])
        if signal is None or signal.revision <= alert.signal.revision:
            return False
        alert.signal, alert.updated_at = signal, at
        alert.ticket = tickets.get(person_of(signal)) or alert.ticket
        return True


def _record(what: str, alerts: list[Alert], at: datetime) -> None:
    Event.objects.record_each(what, {alert: {"rule": alert.rule_id} for alert in alerts}, at=at)


def _source(signal: CustomerSignal) -> Source:
    return signal.kind, signal.source_id
