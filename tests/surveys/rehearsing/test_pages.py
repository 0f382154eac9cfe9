"""The time machine in the console: started on a version's page by the office, read there, closed to everybody else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import Interaction
from surveys.admin.rehearsals import finding
from surveys.models import Program, ProgramVersion, Rehearsal
from surveys.services.rehearsing.requesting import rehearse
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

FIRST, LAST = date(2026, 11, 16), date(2026, 11, 23)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def version(world: World) -> ProgramVersion:
    return ask.version(program=ask.program(name="After a visit"))


def start(version: ProgramVersion) -> str:
    return reverse("admin:surveys_programversion_rehearsals", args=[version.pk])


def page_of(row: Rehearsal) -> str:
    return reverse("admin:surveys_rehearsal_change", args=[row.pk])


def waiting(version: ProgramVersion) -> Rehearsal:
    return Rehearsal.objects.create(version=version, first_day=FIRST, last_day=LAST, requested_at=NOW)


def test_the_office_starts_a_run_and_sees_how_far_it_is(world: World, version: ProgramVersion):
    office = signed_in(world.olivia.user)
    assert "It has not run yet" in office.get(start(version)).content.decode()
    reply = office.post(start(version), {"span": "quarter"})
    row = Rehearsal.objects.get()
    assert (reply.url, row.state, row.by) == (page_of(row), "waiting", world.olivia.user)
    assert "It waits for a worker" in office.get(page_of(row)).content.decode()


def test_the_office_gives_days_of_its_own_and_is_told_which_are_none(world: World, version: ProgramVersion):
    office = signed_in(world.olivia.user)
    for first, last in (("2026-09-23", ""), ("0001-01-01", "0001-01-02"), ("2026-11-02", "2026-11-01")):
        refused = office.post(start(version), {"span": "own", "first": first, "last": last})
        assert refused.url == start(version)
    assert not Rehearsal.objects.exists()
    office.post(start(version), {"span": "own", "first": "2026-09-23", "last": "2026-10-31"})
    row = Rehearsal.objects.get()
    assert (row.first_day, row.last_day) == (date(2026, 9, 23), date(2026, 10, 31))


def test_nothing_of_its_own_is_told_from_what_other_programs_ask(world: World, version: ProgramVersion):
    Interaction.objects.all().delete()
    loyalty = ask.program(code="loyalty", kind=Program.Kind.RELATIONSHIP)
    ask.version(program=loyalty, wave_months=1)
    row = waiting(version)
    Rehearsal.objects.update(
        first_day=date(2026, 10, 1), last_day=date(2026, 10, 31)
    )  # a turn of everybody, whatever their lot
    rehearse(at=NOW, clock=lambda: NOW)
    page = signed_in(world.olivia.user).get(page_of(row))
    assert page.context["title"] == (
        "After a visit v1 would have asked nobody: nothing happened that it could have asked about,"
        " while other programs would have asked 1 time"
    )
    assert "1 person had an occasion, of this program or of any other." in page.content.decode()


def test_the_version_leads_to_it(world: World, version: ProgramVersion):
    page = reverse("admin:surveys_programversion_change", args=[version.pk])
    assert start(version) in signed_in(world.olivia.user).get(page).content.decode()


def test_the_finding_is_the_title_and_the_figures_stand_side_by_side(world: World, version: ProgramVersion):
    Interaction.objects.all().delete()
    for n in range(8):
        who = make.customer(email=f"c{n}@example.org")
        make.interaction(kind=world.visit, customer=who, unit=world.harbour)
    draft = ask.version(program=version.program, published=False, quota=3)
    row = waiting(draft)
    rehearse(at=NOW, clock=lambda: NOW)
    page = signed_in(world.olivia.user).get(page_of(row))
    assert page.context["title"] == (
        "After a visit v2 would have asked 3 times, 5 fewer than what is in force; 0 of 1 units within ±15 points"
    )
    assert page.context["sides"] == ["This version", "In force, run as well", "What happened"]
    assert page.context["reasons"] == [
        ("the unit's quota for the period was full", [("5", 62), ("0", 0), ("0", 0)]),
        ("asked", [("3", 38), ("8", 100), ("0", 0)]),
    ]
    text = page.content.decode()
    assert "There are interactions only from 23 November 2026 on." in text
    assert "It starts cold." in text
    assert page.context["rivals"] == []  # nobody went first
    assert page.context["times"][0] == ("never", [("5", 62), ("0", 0), ("8", 100)])
    assert "What it cannot know" in page.content.decode()
    about = {who.pk: who for who in Interaction.objects.all()}
    drawn = [about[one["interaction"]] for one in Rehearsal.objects.get().result["sample"]]
    assert len(drawn) == 3  # whom it would have asked, and nobody else
    for visit in drawn:
        assert reverse("admin:crm_customer_change", args=[visit.customer_id]) in text
        assert reverse("admin:crm_interaction_change", args=[visit.pk]) in text


def test_which_program_went_first_is_told_by_name_and_its_own_as_its_own(world: World, version: ProgramVersion):
    loyalty = ask.program(code="loyalty", name="Twice a year")
    asked_at = NOW - timedelta(days=20)
    ask.reservation(customer=world.ines, program=loyalty, state="handed_off", handed_off_at=asked_at)
    Interaction.objects.all().delete()
    other = make.customer(email="other@example.org")
    for who, day in ((world.ines, 17), (other, 17), (other, 19)):
        make.interaction(
            kind=world.visit, customer=who, unit=world.harbour, occurred_at=datetime(2026, 11, day, 9, tzinfo=UTC)
        )
    row = waiting(version)
    rehearse(at=NOW, clock=lambda: NOW)
    page = signed_in(world.olivia.user).get(page_of(row))
    assert sorted(page.context["rivals"]) == [
        ("This program itself had asked them", ["1", ""]),
        ("Twice a year had asked them", ["1", ""]),
    ]
    assert "Which program went first" in page.content.decode()


def test_a_run_from_before_rivals_were_counted_is_still_read(world: World, version: ProgramVersion):
    row = waiting(version)
    rehearse(at=NOW, clock=lambda: NOW)
    row.refresh_from_db()
    del row.result["arms"]["proposed"]["rivals"]
    row.save()
    page = signed_in(world.olivia.user).get(page_of(row))
    assert (page.status_code, page.context["rivals"]) == (200, [])


def test_the_title_counts_all_units_and_not_those_alone_that_are_in_the_result(world: World, version: ProgramVersion):
    row = waiting(version)
    rehearse(at=NOW, clock=lambda: NOW)
    row.refresh_from_db()
    proposed = row.result["arms"]["proposed"]
    assert (proposed["number_of_units"], proposed["precise"]) == (1, 0)
    [unit] = proposed["units"]
    units = [{**unit, "half_width": width} for width in (14.9, 15.0, 15.1)]
    proposed |= {"asked": 900, "units": units, "number_of_units": 2500, "precise": 2310}
    precise = "2\N{NO-BREAK SPACE}310 of 2\N{NO-BREAK SPACE}500 units within ±15 points"
    assert finding(row).endswith(f"would have asked 900 times; {precise}")
    del proposed["precise"]  # of a run from before
    assert finding(row).endswith("; 2 of the largest 3 units within ±15 points")


def test_a_run_that_failed_says_so(world: World, version: ProgramVersion):
    row = waiting(version)
    Rehearsal.objects.update(state="failed", failure="Its worker stopped three times.")
    assert "Its worker stopped three times." in signed_in(world.olivia.user).get(page_of(row)).content.decode()


def test_only_the_office_of_the_whole_company_sees_it(world: World, version: ProgramVersion):
    row = waiting(version)
    for person in (world.helen, world.rosa, world.elsa):
        client = signed_in(person.user)
        pages = [client.get(page_of(row)), client.get(start(version)), client.post(start(version))]
        assert {page.status_code for page in pages} <= {403, 404}
    assert Rehearsal.objects.count() == 1
