"""Asked by hand: the outcome mix of asked and not asked per employee, and who agreed before a call."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

from analytics.services.integrity.by_hand import Callers, Report, outcomes, report
from crm.models import Employee, Interaction, OrgUnit
from surveys.models import PreConsent, Program
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

PAGE = "/insights/by-hand/"


def serve(world: World, employee: Employee, number: int, **fields: object) -> list[Interaction]:
    given = {"unit": world.harbour, "kind": world.visit, "customer": world.ines, **fields}
    return [make.interaction(employee=employee, **given) for _ in range(number)]


def wish(rows: list[Interaction]) -> None:
    program = ask.program(kind=Program.Kind.MANUAL)
    for row in rows:
        key = f"wish:interaction:{row.pk}"
        ask.turn(program=program, customer=row.customer, unit=row.unit, interaction=row, key=key)


def told(world: World, unit: OrgUnit | None = None) -> Report:
    return report(
        principal=world.olivia.user,
        unit=unit or world.head_office,
        start=date(2026, 11, 1),
        end=date(2026, 11, 24),
        at=NOW,
    )


@pytest.fixture
def chosen(world: World) -> World:
    """Jonas asked about 20 of 60 visits, all of them pleased; Helen about 12 of 40, as they came."""
    Interaction.objects.all().delete()
    pleased = serve(world, world.jonas, 30, attributes={"topic": "praise"})
    serve(world, world.jonas, 28, attributes={"topic": "complaint"})
    serve(world, world.jonas, 2, attributes={})
    wish(pleased[:20])
    for topic, number in (("praise", 6), ("complaint", 6)):
        rows = serve(world, world.helen, 20, attributes={"topic": topic})
        wish(rows[:number])
    return world


def test_what_nobody_asked_about_is_counted_beside_what_they_did(chosen: World):
    jonas, helen = told(chosen).chosen
    assert (jonas.employee, jonas.asked, jonas.others) == (chosen.jonas, 20, 40)
    assert (jonas.known_asked, jonas.hits_asked, jonas.known_others, jonas.hits_others) == (20, 20, 38, 10)
    assert (helen.asked, helen.others, helen.hits_asked, helen.hits_others) == (12, 28, 6, 14)


def test_the_outcome_is_the_attributes_most_frequent_value(chosen: World):
    outcome = told(chosen).outcome
    assert outcome is not None
    assert (outcome.code, outcome.value) == ("branch-visit.topic", "praise")
    assert [each.code for each in outcomes()] == ["branch-visit.topic"]  # a number is no outcome


def test_who_chose_the_pleased_differs_and_who_did_not_does_not(chosen: World):
    jonas, helen = told(chosen).chosen
    assert (jonas.verdict, helen.verdict) == ("differs", "same")
    assert jonas.difference is not None
    points, (low, high) = jonas.difference
    assert (round(points, 3), round(low, 3), round(high, 3)) == (0.737, 0.512, 0.850)


def test_with_few_on_either_side_nothing_is_said(world: World):
    Interaction.objects.all().delete()
    wish(serve(world, world.jonas, 9, attributes={"topic": "praise"}))
    serve(world, world.jonas, 40, attributes={"topic": "complaint"})
    [jonas] = told(world).chosen
    assert (jonas.difference, jonas.verdict) == (None, "few")


def test_elsewhere_is_not_counted(chosen: World):
    assert told(chosen, chosen.south).chosen == []


@pytest.mark.parametrize(
    ("heard", "granted", "verdict"),
    [(100, 60, "same"), (100, 95, "departs"), (100, 20, "departs"), (100, 50, "same"), (9, 9, "few")],
)
def test_a_share_that_agreed_is_held_against_all_others(heard: int, granted: int, verdict: str):
    callers = Callers(Employee(), heard, granted, 0, heard_by_others=400, granted_by_others=240)
    assert callers.verdict == verdict


def test_who_agreed_before_the_call_is_counted_by_employee_and_late_words_apart(world: World):
    Interaction.objects.all().delete()
    for employee, yes, no in ((world.jonas, 3, 1), (world.helen, 1, 1)):
        for place, row in enumerate(serve(world, employee, yes + no)):
            at = row.received_at - timedelta(minutes=5)
            PreConsent.objects.create(
                source="crm", call=row.external_id, granted=place < yes, asked_at=at, received_at=at
            )
    [late] = serve(world, world.jonas, 1)
    PreConsent.objects.create(source="crm", call=late.external_id, granted=True, asked_at=NOW, received_at=NOW)
    jonas, helen = told(world).callers
    assert (jonas.employee, jonas.heard, jonas.granted, jonas.late) == (world.jonas, 4, 3, 1)
    assert (jonas.heard_by_others, jonas.granted_by_others, jonas.share) == (2, 1, 0.75)
    assert (helen.heard, helen.granted, helen.heard_by_others) == (2, 1, 4)


def test_the_office_reads_the_finding_first(chosen: World, client: Client):
    client.force_login(chosen.olivia.user)
    page = client.get(PAGE, {"from": "2026-11-01", "to": "2026-11-24"}).content.decode()
    assert "1 of 2 employees asked about other interactions than they had" in page
    assert "+74 (+51 to +85)" in page


def test_who_serves_does_not_see_it(chosen: World, client: Client):
    for employee in (chosen.jonas, chosen.helen):
        client.force_login(employee.user)
        assert client.get(PAGE).status_code == 404
