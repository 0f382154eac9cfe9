"""Hostile text in every room of the house, brought in through the doors it would come by: API, survey page, ticket page
and file here, mail, public link, letters and other files in planting_doors.py, console, and by hand where a row has no
door of its own."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pgtrigger
from django.core.management import call_command
from django.test import Client

from analytics.models import Launch, ShortfallPhrase
from analytics.services.filling import fill
from closedloop.models import (
    AlertRule,
    Elevation,
    FollowUp,
    Initiative,
    Letter,
    Promise,
    RootCause,
    SavedFilter,
    ServicePolicy,
    Telling,
    Ticket,
)
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.models import Event, Load, User
from crm.models import (
    Account,
    ApiKey,
    BusinessCalendar,
    Consent,
    DuplicateCandidate,
    Employee,
    Hierarchy,
    Hold,
    Interaction,
    Merge,
    OrgUnit,
)
from crm.services.placing import rebuild_closure
from distribution.models import Commitment, Digest, Entry, Remark, Talk, Thanks
from distribution.services.alerting import dispatch_alerts
from distribution.services.digesting import freeze_due
from surveys.forms import page_nonce
from surveys.models import Invitation, Response
from tests.api import Caller
from tests.factories import closedloop
from tests.factories import surveys as make
from tests.hostile import CORPUS, EVERYTHING
from tests.persons import person
from tests.planting_doors import FURTHER, correspond, load_files, mail_back, pass_by, said_further, user_of
from tests.walk import (
    Walk,
    doors,
    elevated,
    launched,
    met,
    owed,
    pattern,
    subscribed,
    talked,
    told_in_the_library,
    told_others,
)
from tests.world import World

ASKED = 8  # customers who answer on the survey page; two more by mail
PAIRS = [" ".join(CORPUS[number : number + 2]) for number in range(0, len(CORPUS), 2)]


def plant(world: World, *, at: datetime, folder: Path) -> Walk:
    """All of it, as of `at`; returns what the routes are about."""
    set_up_defaults()
    visits = send_in(world, at)
    invitations = [ask(visit, at) for visit in visits[: ASKED + 2]]
    for number, invitation in enumerate(invitations[:ASKED]):
        answer(invitation, f"{CORPUS[number]} {EVERYTHING}")
    mail_back(*invitations[ASKED:], at=at)
    load(world, folder)
    load_files(world, folder, at=at)
    pass_by(invitations[0].program, world, at=at)
    rename(world)
    raise_signals(at=at)
    screen(at=at)
    for ticket in Ticket.objects.filter(is_open=True)[:4]:
        work(ticket, world)
    correspond(invitations[0].customer, world, at=at)
    fill(at=at)
    dispatch_alerts(at=at)
    freeze_due(at=datetime.combine(at.date() + timedelta(days=1), time(12), UTC))  # whatever the hour is now
    return _found(invitations[0], world)


def send_in(world: World, at: datetime) -> list[Interaction]:
    """A customer, a visit and an answer of elsewhere for each text, a unit and an employee for some."""
    crm, when = Caller(world.crm_secret), (at - timedelta(hours=20)).isoformat()
    unit = world.harbour.external_id
    units, employees, customers, visits, answers = [], [], [], [], []
    program = make.program(code="elsewhere", name=CORPUS[0], kind="collected")
    for number, text in enumerate(PAIRS):
        own = f"{number} {text}"[:120]
        units.append({"external_id": own, "name": text[:160], "zone": "Europe/London", "parent": unit})
        employees.append({"external_id": own, "name": text[:160], "assignments": [{"unit": unit, "role": "employee"}]})
        customers.append({
            "external_id": own, "given_name": text[:120], "family_name": text[:120], "segment": text[:60], "unit": unit,
            "attributes": {"note": text, text: "x"},
            "contact_points": [{"channel": "email", "address": f"c{number}@example.org"},
                               {"channel": "phone", "address": "+442079460471"}],
        })  # fmt: skip
        visits.append({
            "external_id": own, "kind": world.visit.code, "customer": own, "unit": unit, "employee": own,
            "product": CORPUS[number][:80], "channel": CORPUS[-number][:40], "occurred_at": when,
            "attributes": {"topic": text},
        })  # fmt: skip
        answers.append({
            "external_id": own, "program": program.code, "unit": unit, "score": number % 11, "answered_at": when,
            "channel": text[:20], "comment": f"{text} {EVERYTHING}", "product": CORPUS[number][:80], "customer": own,
            "attributes": {text: text},
        })  # fmt: skip
    sent = [("units", units[:6]), ("employees", employees), ("customers", customers), ("interactions", visits),
            ("responses", answers)]  # fmt: skip
    for name, items in sent:
        results = crm.post(f"/{name}", items).json()["results"]
        assert [entry for entry in results if entry["status"] != "created"] == [], name
    rebuild_closure(hierarchy=world.hierarchy)
    return list(Interaction.objects.filter(source="crm", external_id__in=[v["external_id"] for v in visits]))


def ask(visit: Interaction, at: datetime) -> Invitation:
    texts = ("question", "why_detractor", "subject", "intro", "what", "what.one", "what.other", "more")
    wording = {"en": dict.fromkeys(texts, EVERYTHING[:900])}
    program = make.program(name=f"{visit.pk} {CORPUS[2]}"[:160])
    version = make.version(program=program, wording=wording, questions=FURTHER, seed="x", condition={})
    return make.invitation(interaction=visit, version=version, created_at=at, expires_at=at + timedelta(days=30))


def answer(invitation: Invitation, words: str) -> None:
    """As the customer: score 2, the words, a wish to be called."""
    token, client = make.token(invitation), Client()
    for step, fields in (
        ("", {"score": "2"}), ("why/", {"comment": words}), ("more/", said_further(words)),
        ("callback/", {"call": "yes", "phone": "+442079460471", "best": "any", "quote": "1"}),
    ):  # fmt: skip
        sent = client.post(f"/s/{token}/{step}", {"nonce": page_nonce(token), **fields})
        assert sent.status_code == 303, sent.content


def load(world: World, folder: Path) -> None:
    path = folder / "<img src=x onerror=window.__pwned=1>.csv".replace("/", "")
    rows = ['"' + text.replace('"', '""') + '",3' for text in CORPUS]
    path.write_text("words,rating\n" + "\n".join([*rows, '"<script>",no number']) + "\n")
    with suppress(SystemExit):  # a line is rejected, which the exit code says
        call_command(
            "load", "responses", str(path), "--program", "elsewhere", "--map", "score=rating", "--map", "comment=words",
            "--unit", world.harbour.external_id, "--channel", "<b>x</b>", "--on", "2026-11-20", verbosity=0,
        )  # fmt: skip


def work(ticket: Ticket, world: World) -> None:
    """Half of it on the ticket's page, half over the API."""
    client, crm = Client(), Caller(world.crm_secret)
    client.force_login(user_of(world.helen), backend="django.contrib.auth.backends.ModelBackend")
    place = f"/tickets/{ticket.public_id}"
    steps = [
        (client.post, f"{place}/attempts", {"version": ticket.version, "went": "busy", "note": EVERYTHING}, 302),
        (crm.post, f"{place}/findings", {"version": ticket.version + 1, "learned": EVERYTHING}, 201),
        (crm.post, f"{place}/actions",
         {"version": ticket.version + 2, "done": EVERYTHING, "cost": "1.00", "currency": "EUR"}, 201),
        (client.post, f"{place}/handover",
         {"version": ticket.version + 3, "to": str(world.jonas.pk), "why": EVERYTHING[:300]}, 302),
    ]  # fmt: skip
    for send, address, body, expected in steps:
        sent = send(address, body)
        assert sent.status_code == expected, (address, sent.content[:2000])


def rename(world: World) -> None:
    """What the console's people name, and what only the machine writes."""
    for model, text in ((OrgUnit, CORPUS[2]), (Employee, CORPUS[8]), (Hierarchy, CORPUS[0])):
        row: Any = {OrgUnit: world.harbour, Employee: world.jonas, Hierarchy: world.hierarchy}[model]
        model.objects.filter(pk=row.pk).update(name=text)
    OrgUnit.objects.filter(pk=world.north.pk).update(name=CORPUS[12])
    BusinessCalendar.objects.update(name=CORPUS[1])
    ApiKey.objects.update(name=CORPUS[3])
    AlertRule.objects.update(name=CORPUS[4])
    ServicePolicy.objects.update(name=CORPUS[5])
    with pgtrigger.ignore("closedloop.RootCause:published_causes_stay"):  # named so before it was published
        RootCause.objects.filter(code="mistake").update(name=CORPUS[6])
    Consent.objects.update(evidence=EVERYTHING[:300])
    user = user_of(world.helen)
    User.objects.filter(pk=user.pk).update(first_name=EVERYTHING[:140], username="h<script>window.__pwned=1</script>")
    odd = {"source": CORPUS[0], "name": EVERYTHING[:200], "failure": EVERYTHING}
    Load.objects.create(kind="x", started_at=user.date_joined, **odd)
    Event.objects.record("x.y", subject=world.ines, by=user, at=user.date_joined, text=EVERYTHING, **{CORPUS[0]: 1})


def _found(invitation: Invitation, world: World) -> Walk:
    known, others = person(world), told_others(world)
    Account.objects.update(name=CORPUS[7], segment=CORPUS[0][:60])
    Hold.objects.update(why=EVERYTHING[:300])
    Merge.objects.update(why=EVERYTHING[:300])
    DuplicateCandidate.objects.update(why=EVERYTHING[:300])
    response = Response.objects.get(invitation=invitation)
    ticket = Ticket.objects.get(customer=invitation.customer)
    elsewhere = Response.objects.filter(program__code="elsewhere")[0]
    digest = Digest.objects.get(unit=invitation.unit)
    closedloop.observed(world.interaction, words=EVERYTHING)
    step, initiative = owed(world, ticket), elevated(world, ticket)
    told = ((Promise, "what"), (FollowUp, "what"), (Letter, "text"), (Elevation, "why"), (Telling, "text"))
    for rows, said in (*told, (Initiative, "title"), (Initiative, "statement")):
        rows.objects.update(**{said: EVERYTHING[:160]})
    subscribed(world)
    SavedFilter.objects.update(name=EVERYTHING[:60])
    talk = talked(world, response)
    for rows, said in ((Talk, "to_try"), (Commitment, "words"), (Remark, "words"), (Thanks, "words")):
        rows.objects.update(**{said: EVERYTHING[:160]})
    library = told_in_the_library(world, ticket, elsewhere)
    launch = launched(world, response)
    Launch.objects.update(name=EVERYTHING[:120])
    ShortfallPhrase.objects.update(text=EVERYTHING[:200])
    Entry.objects.exclude(kind="quote").update(title=EVERYTHING[:160], words=EVERYTHING, product=CORPUS[3][:80])
    return Walk(
        invitation,
        response,
        ticket.alerts.all()[0],
        ticket,
        digest,
        make.token(invitation),
        elsewhere,
        *others,
        *known,
        *doors(world, invitation),
        step,
        initiative,
        pattern(world),
        launch,
        *library,
        talk,
        *met(world),
    )
