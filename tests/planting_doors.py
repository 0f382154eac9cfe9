"""Hostile text by the doors that are open to people whom nobody let in: mail that comes back, a public link, what a
customer writes back to a letter; and by files of other systems."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import Client

from closedloop.models import CustomerReply, Letter, Ticket
from common.models import User
from crm.models import Customer, Employee
from surveys.forms import page_nonce
from surveys.models import Invitation, Program, Response
from surveys.models.public_links import PUBLIC
from surveys.services.inbound.return_addresses import Purpose, return_address
from surveys.services.own_page.links import token_for
from surveys.services.public_links.making import make_link
from tests.factories import surveys as make
from tests.forms import forms_in
from tests.hostile import CORPUS, EVERYTHING
from tests.surveys.inbound.mails import bounce_address, delivery_report, heard, written
from tests.world import World

FURTHER: list[dict[str, Any]] = [
    {"code": "what", "kind": "single", "options": ["one", "other"]},
    {"code": "more", "kind": "text"},
]
IN_FILES = CORPUS[::8]


def user_of(employee: Employee) -> User:
    assert employee.user is not None
    return employee.user


def said_further(words: str) -> dict[str, Any]:
    """Answers to the questions of FURTHER, as their page sends them."""
    return {"shown": ["what", "more"], "what": "one", "more": words}


def mail_back(asked: Invitation, gone: Invitation, *, at: datetime) -> None:
    """One customer replies by mail, from the other's provider a report comes back. (Needs settings.INBOUND_DOMAIN.)"""
    question, lost = (make.message(invitation=each, state="handed_off", handed_off_at=at) for each in (asked, gone))
    report = delivery_report(bounce_address(lost), about=f"Subject: {EVERYTHING}")
    bounce = heard(report.replace(b" no\n", f" {EVERYTHING}\n".encode()), at=at)
    reply = heard(written(return_address(Purpose.REPLY, question), f"3 {EVERYTHING}", subject=CORPUS[2]), at=at)
    assert (bounce.verdict, reply.verdict, Response.objects.get(invitation=asked).score) == ("bounce", "reply", None)
    assert "window.__pwned" in reply.text


def pass_by(program: Program, world: World, *, at: datetime) -> None:
    """Somebody answers by a public link, further questions too."""
    link = make_link(program=program, unit=world.harbour, place=CORPUS[2], kind="link", at=at)
    client, start = Client(), f"/a/{link.code}/"
    key = forms_in(client.get(start).content.decode())[0].fields["key"][0]
    why = client.post(start, {"key": key, "score": "2"})["Location"]
    more = client.post(why, {"comment": EVERYTHING})["Location"]
    client.post(more, {"nonce": page_nonce(more.split("/")[3]), **said_further(EVERYTHING)})
    answer = Response.objects.get(source__startswith=PUBLIC)
    assert (answer.score, answer.status, (answer.further or {})["what"]) == (2, "complete", "one")


def correspond(customer: Customer, world: World, *, at: datetime) -> None:
    """The manager writes to the customer, who writes back on their own page; the mail itself is taken as sent."""
    ticket, token, manager = Ticket.objects.get(customer=customer), token_for(customer.pk, at=at), Client()
    manager.force_login(user_of(world.helen), backend="django.contrib.auth.backends.ModelBackend")
    sent = manager.post(f"/tickets/{ticket.public_id}/letters", {"version": ticket.version, "letter": EVERYTHING})
    assert sent.status_code == 302, sent.content[:2000]
    letter = Letter.objects.get(ticket=ticket)
    Letter.objects.filter(pk=letter.pk).update(state="handed_off", handed_off_at=at)
    said = {"what": "reply", "letter": letter.public_id, "words": EVERYTHING}
    Client().post(f"/me/{token}/change/", {"nonce": page_nonce(token), **said})
    assert "window.__pwned" in CustomerReply.objects.get(letter=letter).text


def load_files(world: World, folder: Path, *, at: datetime) -> None:
    """Customers and their visits, a row for each text."""
    unit, when = world.harbour.external_id, (at - timedelta(hours=20)).isoformat()
    names = [f"file {number} {text}"[:120] for number, text in enumerate(IN_FILES)]
    told = list(zip(names, IN_FILES, strict=True))
    people = [
        {"external_id": name, "given_name": text, "family_name": text, "segment": text[:60], "unit": unit,
         "email": f"f{number}@example.org", "attributes.note": text}
        for number, (name, text) in enumerate(told)
    ]  # fmt: skip
    visits = [
        {"external_id": name, "kind": world.visit.code, "customer": name, "unit": unit, "product": text[:80],
         "channel": text[:40], "occurred_at": when, "attributes.topic": text}
        for name, text in told
    ]  # fmt: skip
    for kind, rows in (("customers", people), ("interactions", visits)):
        path = folder / f"{kind} {CORPUS[8]}.csv".replace("/", "")
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        call_command("load", kind, str(path), "--source", "crm", "--new-source", verbosity=0)  # rejects would exit
