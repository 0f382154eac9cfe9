"""Mails as they arrive: every kind the house sends, over real SMTP, with every link that stands anywhere in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from email.message import Message as Mail
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from analytics.models import Pattern
from closedloop.models import Clock, Escalation, Handover, Letter, OutcomeNote, Telling, Ticket
from closedloop.models.tickets import WARNING
from closedloop.services.lettering import compose_letter
from closedloop.services.reckoning import reckon_tickets
from closedloop.services.thanking import compose_note
from common.health import outgoing_models
from common.models import Outgoing, User
from common.periods import local_day
from common.senders import Outcome, hand_over
from crm.models import Hold, OrgUnit
from distribution.models import Dispatch, Huddle, SubscriptionRun, Talk, Thanks, WebhookEndpoint
from distribution.services.acknowledging import tell_employees
from distribution.services.alarming import tell_leaders
from distribution.services.composing import compose
from distribution.services.handing_on import tell_new_owners
from distribution.services.huddling.membership import team_of
from distribution.services.huddling.planning import plan
from distribution.services.seconding import tell_approvers
from distribution.services.urging import tell_escalations
from distribution.services.webhooks.switching_off import switch_off
from surveys.models import Invitation, Message
from surveys.services.composing import compose_invitation
from surveys.services.designing.approving import request_approval
from surveys.services.designing.drafting import draft_version, redraft
from surveys.services.service_mail import SILENT, address_of
from tests.factories import surveys as make
from tests.faults.post_office import PostOffice

_ADDRESS = re.compile(r"https?://[^\s<>\"']+")


def mail_models() -> list[type[Outgoing]]:
    """Every table of mails: of things that leave the house all but those that the systems they go to decide about."""
    return [model for model in outgoing_models() if model.ours]


def send_every_kind(post_office: PostOffice, invitations: list[Invitation]) -> list[Mail]:
    """To customers: each kind about each of `invitations`, composed now; a letter in each of their languages, and a
    note of what came of a matter. To staff: every mail that waits, of every kind (run the walk first). Returns what the
    post office received."""
    known = {Message, Letter, OutcomeNote, Dispatch}
    assert set(mail_models()) == known, "another kind of mail leaves the house: have it sent here too"
    at = timezone.now()
    for invitation in invitations:
        for kind in Message.Kind:
            message = make.message(invitation=invitation, kind=kind, message_id=f"<{kind}.{invitation.pk}@test>")
            _send(compose_invitation(message, at=at))
    _write(dict.fromkeys(invitation.language for invitation in invitations), at)
    switch_off(endpoint=WebhookEndpoint.objects.enabled()[0], why="it said 410", at=at)
    _ask_for_approval(at)
    _run_late(at)
    _tell_of_a_view(at)
    _call_to_a_huddle(at)
    _tell_people(at)
    Telling.objects.update(told_at=None)
    tell_employees(at=at)
    rows = list(Dispatch.objects.order_by("kind", "pk"))
    assert {row.kind for row in rows} == set(Dispatch.Kind.values), "the walk must leave a mail to staff of every kind"
    for row in rows:
        _send(compose(row, at=row.due_at))
    return post_office.received


def _write(languages: Iterable[str], at: datetime) -> None:
    """The first letter and the first note, whatever the hour, and whatever the law keeps from their customers."""
    Hold.objects.filter(kind__in=SILENT).update(released_at=at)
    letter, note = Letter.objects.order_by("pk")[0], OutcomeNote.objects.order_by("pk")[0]
    assert letter.ticket.customer is not None
    letter.contact_point = address_of(letter.ticket.customer)
    with override_settings(CONTACT_HOURS="00:00-24:00"):
        for language in languages:
            letter.language = language
            _send(compose_letter(letter, clock=lambda: at))
        _send(compose_note(note, clock=lambda: at))


def _ask_for_approval(at: datetime) -> None:
    """By the operator, of a draft of theirs: whoever else may approve is told."""
    operator, program = User.objects.get(username="operator"), make.program(name="Of which a version waits")
    draft = draft_version(program=make.version(program=program).program, at=at, by=operator)
    draft.quarantine_days += 1
    redraft(draft=draft, changed=["quarantine_days"], at=at, by=operator)
    request_approval(version=draft, at=at, by=operator, note="A day more.")
    tell_approvers(at=at)


def _run_late(at: datetime) -> None:
    """Some ticket that waits, of which its owner is warned."""
    while reckon_tickets(at=at):
        pass
    clock = Clock.objects.running().filter(due_at__isnull=False, ticket__owner__isnull=False).order_by("pk")[0]
    said = {"employee": clock.ticket.owner, "percent": 75, "due_at": at, "raised_at": at}
    Escalation.objects.update_or_create(clock=clock, step=WARNING, defaults=said)  # by the hour one is planned, or none
    tell_escalations(at=at)


def _tell_of_a_view(at: datetime) -> None:
    """Whoever has a kept view by mail has it now, whatever its days."""
    run = SubscriptionRun.objects.order_by("pk")[0]
    Dispatch.objects.create(
        kind=Dispatch.Kind.VIEW, run=run, employee=run.subscription.employee, due_at=at, created_at=at
    )


def _call_to_a_huddle(at: datetime) -> None:
    """Somebody leads today in a unit that has held none."""
    new = (
        (unit, team_of(unit, on=local_day(at, unit.zone_info))) for unit in OrgUnit.objects.filter(huddle_series=None)
    )
    unit, lead = next((unit, who) for unit, team in new for who in team if who.email)
    plan(unit=unit, weekdays=list(range(7)), starts_at=time(9), by=User.objects.get(username="operator"), at=at)
    huddle = Huddle.objects.create(unit=unit, day=local_day(at, unit.zone_info), lead=lead, planned_at=at)
    Dispatch.objects.create(kind=Dispatch.Kind.HUDDLE, huddle=huddle, employee=lead, due_at=at, created_at=at)


def _tell_people(at: datetime) -> None:
    """Who was praised, with whom a talk was held, to whom a ticket goes, and who leads where a pattern was found."""
    thanks, talk = Thanks.objects.order_by("pk")[0], Talk.objects.order_by("pk")[0]
    said = {"due_at": at, "created_at": at}
    Dispatch.objects.create(kind=Dispatch.Kind.THANKS, thanks=thanks, employee=thanks.employee, **said)
    Dispatch.objects.create(kind=Dispatch.Kind.TALK, talk=talk, employee=talk.employee, **said)
    ticket = Ticket.objects.open().filter(owner__isnull=False).order_by("pk")[0]
    Handover.objects.create(ticket=ticket, to=ticket.owner, why="You know them.", at=at)
    tell_new_owners(at=at)
    Pattern.objects.update(told_at=None)
    tell_leaders(at=at)


def _send(mail: Any) -> None:
    assert hand_over(mail).outcome is Outcome.ACCEPTED


class _Links(HTMLParser):
    """Whatever in a page or a mail leads or loads: the value of any attribute that is an address."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if value and name in {"href", "src", "action", "background"}]


def links_in(html: str) -> list[str]:
    """In the order in which they stand; relative ones as they are written."""
    parser = _Links()
    parser.feed(html)
    return parser.found


def links_of(mail: Mail) -> list[str]:
    """Every http address of a mail: of its headers, its text and its HTML, each once."""
    found = [address for value in mail.values() for address in _ADDRESS.findall(str(value))]
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            found += _of_text(part)
    return list(dict.fromkeys(found))


def kind_of(mail: Mail) -> str:
    """ask, reminder, reminder_2, letter or note; of a mail to staff its subject."""
    if about := mail["Feedback-ID"]:
        return str(about).split(":")[1]
    if "X-Shopkeeper-Letter" in mail:
        return "letter"
    return "note" if "X-Shopkeeper-Note" in mail else str(mail["Subject"])


def _of_text(part: Mail) -> Iterator[str]:
    body = bytes(part.get_payload(decode=True)).decode()
    found = links_in(body) if part.get_content_subtype() == "html" else _ADDRESS.findall(body)
    return (address for address in found if address.startswith("http"))


def ours(links: list[str]) -> list[str]:
    """Those that lead to this house."""
    return [link for link in links if link.startswith(settings.PUBLIC_URL)]
