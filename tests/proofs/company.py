"""The company that proofs are about: the named cast, a program that asks at once, and as many customers as wanted."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from closedloop.models import AlertRule
from closedloop.services.starting import set_up_defaults
from common.queue import enqueue
from crm.models import ContactPoint, Customer, Interaction
from crm.models.customers import address_hash
from surveys.models import Invitation, InvitationToken, Program, ProgramVersion, Response, Turn
from surveys.models.invitations import token_hash
from surveys.scoring import category
from tests.factories import surveys as make
from tests.world import World, build_world

ALWAYS = {"SHOPKEEPER_CONTACT_HOURS": "00:00-24:00"}  # a proof must not wait for the morning


@dataclass
class Company:
    world: World
    program: Program
    version: ProgramVersion

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def customers(self, number: int) -> list[Customer]:
        """New ones, each with an address and a telephone of their own."""
        now = timezone.now()
        people = Customer.objects.bulk_create(
            Customer(source="proof", external_id=f"c-{n}", given_name="Ines", language="en", as_of=now)
            for n in itertools.islice(self._numbers, number)
        )
        ContactPoint.objects.bulk_create(
            ContactPoint(
                customer=person, channel=channel, address=address, normalized=address, preferred=True,
                address_hash=address_hash(channel, address),
            )
            for person in people
            for channel, address in (("email", f"{person.external_id}@example.org"), ("phone", f"+44207{person.pk:07}"))
        )  # fmt: skip
        return people

    def visits(self, people: Iterable[Customer]) -> list[Interaction]:
        """They were served at Harbour, and the trigger is nudged as by the API."""
        now = timezone.now()
        with transaction.atomic():
            visits = Interaction.objects.bulk_create(
                Interaction(
                    source="proof", external_id=person.external_id, kind=self.world.visit, customer=person,
                    unit=self.world.harbour, employee=self.world.jonas, product="current account", channel="branch",
                    occurred_at=now - timedelta(hours=1), received_at=now, as_of=now, attributes={"wait_minutes": 12},
                )
                for person in people
            )  # fmt: skip
            enqueue("surveys.tasks.trigger")
        return visits

    def turns(self, wave: ProgramVersion, people: Iterable[Customer]) -> None:
        """Their turn in a relationship program has come, as `surveys.tasks.come_round` finds it."""
        now = timezone.now()
        with transaction.atomic():
            Turn.objects.bulk_create(
                Turn(
                    program=wave.program, key=f"proof:{person.pk}", customer=person, unit=self.world.harbour,
                    occurred_at=now, due_at=now, created_at=now,
                )
                for person in people
            )  # fmt: skip
            enqueue("surveys.tasks.trigger")

    def complaints(self, people: Iterable[Customer]) -> list[Response]:
        """Detractors whose answers came from elsewhere."""
        return self.answers(people, score=2)

    def answers(self, people: Iterable[Customer], *, score: int) -> list[Response]:
        """Answers that came from elsewhere; the closed loop is nudged as by the API."""
        now = timezone.now()
        with transaction.atomic():
            answers = Response.objects.bulk_create(
                Response(
                    source="proof", external_id=person.external_id, program=self.program, customer=person,
                    unit=self.world.harbour, employee=self.world.jonas, channel="email", score=score,
                    category=category(score) or "", comment="I waited an hour.", answered_at=now, updated_at=now,
                )
                for person in people
            )  # fmt: skip
            enqueue("closedloop.tasks.listen")
        return answers

    def links(self, number: int) -> dict[str, Invitation]:
        """Invitations that have been handed off, by the token of their survey link."""
        now, visits = timezone.now(), self.visits(self.customers(number))
        Interaction.objects.filter(triggered_at__isnull=True).update(triggered_at=now)
        invitations = Invitation.objects.bulk_create(
            Invitation(
                program=self.program, version=self.version, interaction=visit, customer=visit.customer,
                unit=visit.unit, employee=visit.employee, channel="email", language="en", created_at=now,
                expires_at=now + timedelta(days=30), packet={"customer": {"given_name": "Ines", "language": "en"}},
            )
            for visit in visits
        )  # fmt: skip
        links = {f"proof-{invitation.public_id.hex}": invitation for invitation in invitations}
        InvitationToken.objects.bulk_create(
            InvitationToken(invitation=invitation, purpose="survey", hash=token_hash(token), issued_at=now)
            for token, invitation in links.items()
        )
        return links


def found(**settings: Any) -> Company:
    """`settings`: of the version that asks after visits."""
    set_up_defaults()
    AlertRule.objects.update(waits=False)  # it may run at night
    world = build_world()
    Interaction.objects.all().delete()  # the cast's own visit is not what is counted
    version = make.version(
        program=make.program(code="branch-visits", name="Branch visits"), interaction_kind=world.visit, delay_minutes=0,
        **settings,
    )  # fmt: skip
    return Company(world, version.program, version)
