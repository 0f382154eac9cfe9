"""The call brief: one page that holds all the caller needs, frozen on the ticket when it opens or a signal joins it.

Shape: {"made_at", "customer": {"name", "language", "segment", "phone", "email"}, "callback": {"wanted", "phone",
"best_time", "refused_at"}, "noticed": {"kind", "at", "reason", "severity", "confidence", "words", "recording",
"transcript"} or None, "happened": {"kind", "at", "unit", "employee", "product", "channel", "attributes": [{"label",
"value"}]}, "answer": {"program", "channel", "at", "score", "scale_max", "category", "previous_score",
"previous_category", "words", "may_quote"}, "earlier_answers": [...], "earlier_tickets": [...], "say": [...], "avoid":
[...]}. Times are ISO 8601 in UTC; what is not known is None or "". Attributes declared personal stay out. `noticed`:
what another system told us of, and of a case of another system "case": {"source", "number", "attributes"} with it;
`answer` of a ticket that began with it is the first answer that joined, all None until one does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import Coalesce, RowNumber

from closedloop.models import ContactAttempt, CustomerSignal, Observation, Ticket, TicketSignal
from closedloop.models.tickets import UNUSABLE
from closedloop.wording import avoid, say_first
from crm.models import Channel, ContactPoint, Customer, Interaction
from crm.services.profiles import Profile, profiles_of
from surveys.models import Response
from surveys.models.responses import words_shown

EARLIER = 3
SHOWN = ("customer", "response", "program", "unit", "employee", "interaction__kind", "observation")
UNSAID: dict[str, Any] = {
    "program": "", "channel": "", "at": None, "score": None, "scale_max": None, "category": "", "previous_score": None,
    "previous_category": "", "words": "", "may_quote": None,
}  # fmt: skip
WORDS = ("comment", "masked", "classified_at")
Rows = dict[int, list[dict[str, Any]]]


def write_briefs(tickets: list[Ticket], *, at: datetime) -> None:
    """Set `brief` of the tickets (not saved), from what is known now; a fixed number of queries for any number."""
    newest, further = _newest_signals(tickets), _joined(tickets)
    person_of = _people(tickets)
    people = set(person_of.values())
    addresses, answers, done = _addresses(people), _answers(people), _earlier_tickets(people)
    profiles, met = profiles_of(people), _met(tickets)
    for ticket in tickets:
        signal = newest[ticket.origin.kind, ticket.origin.source_id]
        said, noticed = _apart([signal, *further[ticket.pk]])
        person = person_of.get(ticket.customer_id or 0, 0)
        others = [row for row in answers[person] if said is None or row["id"] != said.response_id]
        brief = {
            "made_at": at.isoformat(),
            "customer": _customer(profiles.get(person), addresses[person]),
            "callback": _callback(said, met[ticket.pk]),
            "noticed": _noticed(noticed) if noticed else None,
            "happened": _happened(signal),
            "answer": _answer(said),
            "earlier_answers": others[:EARLIER],
            "earlier_tickets": [row for row in done[person] if row["id"] != ticket.pk][:EARLIER],
        }
        ticket.brief = brief | {"say": say_first(brief), "avoid": avoid(brief)}


def _people(tickets: list[Ticket]) -> dict[int, int]:
    """{customer: the row that stands for them today}: a ticket stays with the row that it was opened for."""
    ids = {ticket.customer_id for ticket in tickets if ticket.customer_id}
    rows = Customer.objects.filter(pk__in=ids).annotate(person=Coalesce("canonical", "pk"))
    return dict(rows.values_list("pk", "person"))


def rows_of(people: Iterable[int]) -> QuerySet[Customer, Any]:
    """Ids of all customer rows, merged ones included, of these canonical people."""
    return Customer.objects.filter(Q(pk__in=people) | Q(canonical__in=people)).values("pk")


def _newest_signals(tickets: list[Ticket]) -> dict[tuple[str, str], CustomerSignal]:
    """The latest revision of the answer each ticket came from."""
    sources = {ticket.origin.source_id for ticket in tickets}
    signals = (
        CustomerSignal.objects.filter(source_id__in=sources)
        .select_related(*SHOWN)
        .order_by("kind", "source_id", "-revision")
        .distinct("kind", "source_id")
    )
    return {(signal.kind, signal.source_id): signal for signal in signals}


def _joined(tickets: list[Ticket]) -> dict[int, list[CustomerSignal]]:
    """By ticket: signals of another kind than the one it began with, the latest first. None of one not saved yet."""
    found: dict[int, list[CustomerSignal]] = defaultdict(list)
    rows = TicketSignal.objects.filter(ticket__in=[ticket.pk for ticket in tickets if ticket.pk])
    other = rows.exclude(signal__kind=F("ticket__origin__kind")).select_related(*(f"signal__{name}" for name in SHOWN))
    for row in other.order_by("-signal__at", "-signal"):
        found[row.ticket_id].append(row.signal)
    return found


def _apart(signals: list[CustomerSignal]) -> tuple[CustomerSignal | None, CustomerSignal | None]:
    """The first that is an answer, and the first that is none: an observation, a silence."""
    answers = (signal for signal in signals if signal.kind == CustomerSignal.Kind.ANSWER)
    return next(answers, None), next((each for each in signals if each.kind != CustomerSignal.Kind.ANSWER), None)


def _addresses(people: set[int]) -> dict[int, dict[str, str]]:
    """{person: {"phone": ..., "email": ...}}: usable addresses, the preferred one first."""
    points = (
        ContactPoint.objects.filter(customer__in=rows_of(people))
        .annotate(person=Coalesce("customer__canonical", "customer"))
        .filter(unusable_since__isnull=True, channel__in=[Channel.PHONE, Channel.SMS, Channel.EMAIL])
        .order_by("preferred", "-pk")
        .values_list("person", "channel", "address")
    )
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for person, channel, address in points:  # the last one written wins: preferred, then the oldest
        found[person][channel] = address
    return found


def _answers(people: set[int]) -> Rows:
    person = Coalesce("customer__canonical", "customer")
    nth = Window(RowNumber(), partition_by=person, order_by=[F("answered_at").desc(), F("pk").desc()])
    rows = (
        Response.objects.filter(customer__in=rows_of(people))
        .annotate(person=person, nth=nth)
        .filter(nth__lte=EARLIER + 1)
        .order_by("person", "nth")
        .values("person", "id", "answered_at", "score", "scale_max", "category", *WORDS, "program__name")
    )
    shown = [_with_words(row) for row in rows]
    return _by_person(shown, {"answered_at": "at", "program__name": "program"})


def _with_words(row: dict[str, Any]) -> dict[str, Any]:
    """Personal data hidden, as everywhere."""
    comment, masked, read_at = (row.pop(name) for name in WORDS)
    return {**row, "words": words_shown(comment, masked, read=read_at is not None)}


def _earlier_tickets(people: set[int]) -> Rows:
    person = Coalesce("customer__canonical", "customer")
    nth = Window(RowNumber(), partition_by=person, order_by=[F("opened_at").desc(), F("pk").desc()])
    rows = (
        Ticket.objects.filter(customer__in=rows_of(people), is_open=False, closures__reopened_at__isnull=True)
        .annotate(person=person, nth=nth)
        .annotate(outcome=F("closures__outcome"), summary=F("closures__summary"), at=F("closures__at"))
        .filter(nth__lte=EARLIER)
        .order_by("person", "nth")
        .values("person", "id", "public_id", "opened_at", "at", "outcome", "summary")
    )
    return _by_person(rows, {})


def _by_person(rows: Iterable[Mapping[str, Any]], names: dict[str, str]) -> Rows:
    found: Rows = defaultdict(list)
    for row in rows:
        found[row["person"]].append({names.get(key, key): _plain(row[key]) for key in row if key != "person"})
    return found


def _customer(person: Profile | None, addresses: dict[str, str]) -> dict[str, Any]:
    return {
        "name": person.name if person else "",
        "language": person.language if person else "",
        "segment": person.segment if person else "",
        "phone": addresses.get(Channel.PHONE) or addresses.get(Channel.SMS, ""),
        "email": addresses.get(Channel.EMAIL, ""),
    }


def _met(tickets: list[Ticket]) -> dict[int | None, dict[str, datetime]]:
    """By ticket: when attempts met a refusal, or a number where the customer is not, the last time of each."""
    found: dict[int | None, dict[str, datetime]] = defaultdict(dict)
    rows = ContactAttempt.objects.filter(ticket__in=[ticket.pk for ticket in tickets if ticket.pk])
    telling = rows.filter(outcome__in=[ContactAttempt.Outcome.REFUSED, *UNUSABLE]).order_by("made_at")
    for ticket, outcome, made_at in telling.values_list("ticket", "outcome", "made_at"):
        if made_at:
            found[ticket]["number" if outcome in UNUSABLE else "refused"] = made_at
    return found


def _callback(signal: CustomerSignal | None, met: Mapping[str, datetime]) -> dict[str, Any]:
    """What the answer says of being called, unless an attempt has shown since that it is otherwise."""
    response = signal.response if signal else None
    since = {what: at for what, at in met.items() if signal is None or at > signal.at}
    return {
        "wanted": False if "refused" in since else signal.callback if signal else None,
        "phone": response.callback_phone if response and "number" not in since else "",
        "best_time": response.callback_time if response else "",
        "refused_at": since["refused"].isoformat() if "refused" in since else None,
    }


def _happened(signal: CustomerSignal) -> dict[str, Any]:
    visit = signal.interaction
    return {
        "kind": visit.kind.name if visit else "",
        "at": visit.occurred_at.isoformat() if visit else None,
        "unit": signal.unit.name,
        "employee": signal.employee.name if signal.employee else "",
        "product": visit.product if visit else "",
        "channel": visit.channel if visit else "",
        "attributes": _attributes(visit) if visit else [],
    }


def _attributes(visit: Interaction) -> list[dict[str, Any]]:
    schema = visit.kind.schema
    return [
        {"label": rule.get("label") or name.replace("_", " ").capitalize(), "value": _said(visit.attributes[name])}
        for name, rule in schema.items()
        if visit.attributes.get(name) is not None and not rule.get("personal")
    ]


def _said(value: Any) -> Any:
    """As one says it on the telephone."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _noticed(signal: CustomerSignal) -> dict[str, Any]:
    row = signal.observation or Observation(kind=signal.kind, reason="no-answer", severity="", occurred_at=signal.at)
    told = ("kind", "reason", "severity", "words", "recording", "transcript")
    sure = None if row.confidence is None else float(row.confidence)
    noticed = {name: getattr(row, name) for name in told} | {"at": row.occurred_at.isoformat(), "confidence": sure}
    return noticed | _elsewhere(row) if row.case else noticed


def _elsewhere(row: Observation) -> dict[str, Any]:
    """Of a case of another system: all its reasons, by which number it is known there, and whatever else it said."""
    case = row.case or {}
    more = [{"label": name.replace("_", " ").capitalize(), "value": _said(said)} for name, said in
            case["attributes"].items() if said not in (None, "")]  # fmt: skip
    return {
        "reason": ", ".join(case["reasons"]) or "No reason told",
        "case": {"source": row.source, "number": row.external_id, "attributes": more},
    }


def _answer(signal: CustomerSignal | None) -> dict[str, Any]:
    if signal is None:
        return UNSAID
    response = signal.response
    return {
        "program": signal.program.name if signal.program else "",
        "channel": response.channel if response else "",
        "at": signal.at.isoformat(),
        "score": signal.score,
        "scale_max": response.scale_max if response else None,
        "category": signal.category,
        "previous_score": signal.previous_score,
        "previous_category": signal.previous_category,
        "words": signal.text,
        "may_quote": response.may_quote if response else None,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
