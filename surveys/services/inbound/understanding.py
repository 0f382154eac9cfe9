"""What a mail or a notice is: judged from its own words and the token it came back with, without any effect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from surveys.inbound.bounces import Bounce, bounce_of, status_in
from surveys.inbound.complaints import complaint_of
from surveys.inbound.letters import Mail, header, opened, recipients, returned_headers, text_of
from surveys.inbound.machines import Machine, is_report, machine_of
from surveys.inbound.replies import Reply, reply_of
from surveys.models import InboundMail, Invitation
from surveys.services.inbound.return_addresses import WORDS, Purpose, Ticket, read_token, ticket_of

Verdict = InboundMail.Verdict
_OURS = re.compile(r"\b(?:bounce|reply|stop)\+[a-z2-7]{53}\b", re.IGNORECASE)
_MACHINES = {
    Machine.AUTO_REPLY: (Verdict.AUTO_REPLY, "An answer by machine, such as out of office."),
    Machine.CHALLENGE: (Verdict.CHALLENGE, "It asks whether we are human. We do not answer such mail."),
    Machine.BULK: (Verdict.BULK, "Sent to many, not to us."),
}
_REFUSALS = frozenset({"blocked", "spam", "other"})  # of a provider; they say nothing about the address


@dataclass(frozen=True)
class Finding:
    """What it is and in plain words why; `status` and `reply` where there are such."""

    verdict: Verdict
    why: str
    status: str = ""
    reply: Reply | None = None


@dataclass(frozen=True)
class Letter:
    """A stored mail, opened. `ticket`: of the address it came to, else of the mail that it brings along."""

    mail: Mail
    came_to: Ticket | None
    ticket: Ticket | None
    addressed: bool  # to an address of the form that we use

    @classmethod
    def of(cls, row: InboundMail) -> Letter:
        mail = opened(bytes(row.raw))
        named = [row.recipient, *recipients(mail)]
        came_to = ticket_of(named)
        addressed = any("+" in name and name.partition("+")[0].lower() in WORDS for name in named)
        return cls(mail, came_to, came_to or ticket_of(_brought_along(mail)), addressed)


def _brought_along(mail: Mail) -> Iterator[str]:
    """Our own addresses in the headers of the mail that this one returns."""
    inner = returned_headers(mail)
    return (found for value in (inner.values() if inner else ()) for found in _OURS.findall(str(value)[:2_000]))


def understand_mail(letter: Letter, *, invitation: Invitation | None) -> Finding:
    """`invitation`: the one that its ticket names, if there is such."""
    mail, ticket = letter.mail, letter.ticket
    if ticket is None:
        return _unsigned(letter)
    if kind := complaint_of(mail):
        return Finding(Verdict.COMPLAINT, f"The mail provider passes on a complaint ({kind}).")
    if ticket.purpose is Purpose.BOUNCE or letter.came_to is None:
        return _returned(mail)
    if is_report(mail):
        return Finding(Verdict.AUTO_REPLY, "A report that did not come to the return path: it has no effect.")
    if ticket.purpose is Purpose.STOP:
        return Finding(Verdict.UNSUBSCRIBE, "The customer wrote to the address that unsubscribes.")
    return _by_hand(mail, invitation)


def _unsigned(letter: Letter) -> Finding:
    if letter.addressed or is_report(letter.mail):
        return Finding(Verdict.FORGED, "It names no message that we sent, or its signature is wrong: no effect.")
    return Finding(Verdict.UNKNOWN, "It is not addressed to any of our messages.")


def _returned(mail: Mail) -> Finding:
    """What came to the return path."""
    if bounce := bounce_of(mail):
        return of_bounce(bounce)
    machine = machine_of(mail)
    if machine:
        return Finding(*_MACHINES[machine])
    return Finding(Verdict.UNCLEAR, "It came to the return path and is no report that we understand: no effect.")


def of_bounce(bounce: Bounce) -> Finding:
    status = bounce.status
    if bounce.on_its_way:
        return Finding(Verdict.DELAYED, "A notice of delay: the server still tries to deliver it.", status)
    if bounce.for_now:
        return Finding(Verdict.SOFT_BOUNCE, "It could not be delivered for now.", status)
    if bounce.about_address:
        return Finding(Verdict.BOUNCE, "Nobody is reached at the address any more.", status)
    return Finding(Verdict.REFUSED, "Refused, but not because of the address: it stays in use.", status)


def _by_hand(mail: Mail, invitation: Invitation | None) -> Finding:
    machine = machine_of(mail)
    if machine:
        return Finding(*_MACHINES[machine])
    version = invitation.version if invitation else None
    scale = {"lowest": version.scale_min, "highest": version.scale_max} if version else {}
    reply = reply_of(text_of(mail), language=invitation.language if invitation else "en", **scale)
    if reply.stop or (not reply.words and reply_of(header(mail, "Subject")).stop):
        return Finding(Verdict.UNSUBSCRIBE, "The customer replied that they do not want to be asked.")
    return Finding(Verdict.REPLY, "The customer replied by mail.", reply=reply)


# --- notices of providers ---------------------------------------------------------------------------------------------


def notice_of(row: InboundMail) -> dict[str, Any]:
    """What the provider said, as `channels.providers` put it."""
    said: dict[str, Any] = json.loads(bytes(row.raw))
    return said


def ticket_of_notice(notice: dict[str, Any]) -> Ticket | None:
    return read_token(Purpose.BOUNCE, str(notice.get("token", "")))


def understand_notice(notice: dict[str, Any]) -> Finding:
    """A verified notice: bounced, rejected, complained, unsubscribed or autoresponded (anymail's words)."""
    what, reason = notice["what"], notice.get("reason") or ""
    status = status_in(str(notice.get("said", "")))
    if what == "complained":
        return Finding(Verdict.COMPLAINT, "The provider passes on a complaint.")
    if what == "unsubscribed" or (what == "rejected" and reason == "unsubscribed"):
        return Finding(Verdict.UNSUBSCRIBE, "The customer unsubscribed at the provider.")
    if what == "autoresponded":
        return Finding(*_MACHINES[Machine.AUTO_REPLY])
    if status:
        return of_bounce(Bounce(frozenset(), temporary=False, status=status))
    if reason in _REFUSALS:
        return Finding(Verdict.REFUSED, "The provider says it was refused, but not because of the address.")
    return of_bounce(Bounce(frozenset(), temporary=reason == "timed_out"))
