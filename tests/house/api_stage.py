"""The company in which the API's examples run (`<app>/api/examples`): the cast under the ids that examples name.

What an example reads must be sent by an earlier one or be made here: add what yours need.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from analytics.maths.means import moments_of
from analytics.models import WorthCell
from analytics.services.filling import fill
from analytics.services.worth.filling import count_period
from closedloop.api.examples import ASKED, ID, OTHER, PROMISED, WANTED
from closedloop.models import (
    Action,
    ActionKind,
    AuthorityLimit,
    FollowUp,
    Promise,
    RecoveryStudy,
    RootCause,
    Ticket,
)
from closedloop.services.reckoning import reckon_tickets
from closedloop.services.starting import set_up_defaults
from crm.models import ProfileDetail
from crm.services.holding import hold
from crm.stretches import stretch
from distribution.api import examples as told
from surveys.models import Decision, Program, Reason, Refusal
from tests.factories import analytics as make
from tests.factories import closedloop, webhooks
from tests.factories import surveys as asking
from tests.world import World, build_world

NAMES = ("head_office", "north", "south", "harbour", "mill", "station")


def stage() -> World:
    """The named cast with readable ids, scores in October, and an open ticket of Ines."""
    world = build_world()
    for name in NAMES:
        unit = getattr(world, name)
        unit.external_id = name.replace("_", "-")
        unit.save(update_fields=["external_id"])
    world.ines.external_id = "c-1001"
    world.ines.save(update_fields=["external_id"])
    _answers(world)
    asking.version(program=Program.objects.get(code="branch-visits"), interaction_kind=world.visit)
    _decided(world)
    _invited(world)
    _ticket(world)
    _told(world)
    _earned(world)
    _studied(world)
    asking.version(program=asking.program(code="after-care", name="After-care", kind=Program.Kind.MANUAL))
    return world


def _earned(world: World) -> None:
    """A detail worth asking for, and what customers of Harbour brought in October."""
    ProfileDetail.objects.create(
        code="birth-year", label="Year of birth", ask="When were you born?", place="attributes.birth_year"
    )
    hold(customer=world.ines, cause="ticket:1", at=timezone.now() - timedelta(hours=1))
    period = count_period(span=stretch("2026-10"), at=timezone.now())
    for category, n, mean in (("promoter", 40, 103), ("passive", 20, 80), ("detractor", 40, 53)):
        sums = moments_of(Decimal(mean + k % 7 - 3) for k in range(n))
        place = {"period": period, "unit": world.harbour, "category": category, "measure": "revenue", "currency": "EUR"}
        WorthCell.objects.create(**place, n=n, s1=sums.s1, s2=sums.s2, s3=sums.s3)


def _answers(world: World) -> None:
    make.answers(unit=world.harbour, scores=[3] * 20 + [7] * 30 + [10] * 50, on=date(2026, 10, 10))
    make.answers(unit=world.harbour, scores=[3] * 30 + [7] * 35 + [10] * 35, on=date(2026, 9, 10))
    make.answers(unit=world.mill, scores=[10] * 4, on=date(2026, 10, 10))
    fill(at=timezone.now())


def _decided(world: World) -> None:
    """Ines was not asked about her visit."""
    make.decisions(unit=world.harbour, customer=world.ines, reasons={Reason.QUARANTINED: 1}, on=date(2026, 10, 10))
    asked = {"last_asked_at": "2026-10-01T10:00:00+00:00"}
    Decision.objects.update(occasion=f"interaction:{world.interaction.pk}", inputs=asked)


def _invited(world: World) -> None:
    """In August: one silent, one who does not want to be asked, one whose provider refused, one never sent."""
    rows = make.invitations(unit=world.harbour, customer=world.ines, number=4, on=date(2026, 8, 10))
    for row, state in zip(rows, ("handed_off", "handed_off", "failed", "cancelled"), strict=True):
        asking.message(invitation=row, state=state)
    Refusal.objects.create(invitation=rows[1], at=timezone.now(), how=Refusal.How.LINK)


def _ticket(world: World) -> None:
    set_up_defaults()
    RootCause.objects.get(code="mistake")
    at = timezone.now() - timedelta(hours=1)
    ticket = closedloop.ticket(closedloop.answer(world.interaction, comment="An hour.", answered_at=at), at=at)
    Ticket.objects.filter(pk=ticket.pk).update(public_id=ID)
    reckon_tickets(at=at)
    owed = {"ticket": ticket, "at": at, "due_at": at}
    Promise.objects.create(public_id=PROMISED, what="The card is there by Friday.", **owed)
    heard = closedloop.signal(unit=world.station, screened_at=at, at=at)
    place = {"unit": world.station, "policy": ticket.policy, "origin": heard}
    Ticket.objects.create(public_id=OTHER, opened_at=at, due_at=at + timedelta(days=3), **place)
    FollowUp.objects.create(public_id=ASKED, what="Ask the card office why.", to=world.jonas, **owed)
    elsewhere = Ticket.objects.get(public_id=OTHER)
    AuthorityLimit.objects.create(unit=world.station, role="branch", amount=500, currency="EUR")
    wanted = {"public_id": WANTED["id"], "done": WANTED["done"], "recompense": WANTED["recompense"]}
    Action.objects.create(ticket=elsewhere, kind=ActionKind.objects.get(code="recompense"), at=at, **wanted)


def _studied(world: World) -> None:
    """A study at Mill in April: ten detractors called and ten held out, whose half year is over."""
    drawn_on = datetime(2026, 4, 10, 10, tzinfo=UTC)
    study = RecoveryStudy.objects.create(
        code="spring", name="Spring study", agreed_with="Board", agreed_on=date(2026, 3, 1), share="0.5", seed="s",
        since=datetime(2026, 4, 1, tzinfo=UTC), until=datetime(2026, 5, 1, tzinfo=UTC),
    )  # fmt: skip
    place: dict[str, Any] = {"kind": world.visit, "unit": world.mill, "at": drawn_on}
    for number in range(10):
        closedloop.lot(study, arm="called", again=9 if number < 8 else None, left=number == 0, cost="10.00", **place)
        closedloop.lot(study, arm="held_out", again=8 if number < 3 else None, left=number < 4, **place)


def _told(world: World) -> None:
    """An endpoint of Harbour, and a delivery to it that was given up."""
    endpoint = webhooks.endpoint(
        unit=world.harbour, url=told.WANTED["url"], name=told.WANTED["name"], types=told.WANTED["types"],
        public_id=told.ID,
    )  # fmt: skip
    given_up = webhooks.delivery(
        endpoint, message_id=told.WEBHOOK_ID, state="failed", status=500, attempts=10, failures=10,
        reply=told.DELIVERY["reply"],
    )  # fmt: skip
    given_up.tries.create(number=10, at=timezone.now(), status=500, milliseconds=41, reply="500 out of order")
