"""The outer loop in a real Chromium: a case raised on a phone without scripts, and what the office makes of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from analytics.models import UnitDayScores
from closedloop.models import Elevation, Initiative, Sizing
from closedloop.services.elevating import elevate, start_initiative
from tests.browser import complaints, keep, overflows, page_of, sign_in
from tests.factories import analytics as say
from tests.factories import closedloop as make
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHY = "The third customer this week who waited for an hour at noon."


@pytest.fixture
def desk(live_server, chromium):
    """A case of Harbour and a customer's words were raised; an initiative began in Harbour a month ago."""
    world, now = build_world(), timezone.now()
    answer = make.answer(world.interaction, comment="I waited an hour.", answered_at=now)
    ticket = make.ticket(answer, at=now)
    raised = elevate(subject=answer, why=WHY, by=world.jonas.user, at=now)
    begun = start_initiative(
        title="Two at the counter at noon", statement="Nobody waits longer than ten minutes.", unit=world.head_office,
        owner=world.rosa, budget=Decimal(12000), elevations=[raised], by=world.olivia.user, at=now,
    )  # fmt: skip
    begun.move("agreed", why="The board agreed.", by=world.olivia.user, at=now)
    day = now.date() - timedelta(days=30)
    begun.plan_stage(number=1, day=day, units=[world.harbour], by=world.olivia.user, at=now)
    later = now.date() + timedelta(days=30)
    begun.plan_stage(number=2, day=later, units=[world.mill, world.south], by=world.olivia.user, at=now)
    begun.move("rolling_out", why="Harbour began.", by=world.olivia.user, at=now)
    for unit, on, low, high in (
        (world.harbour, day - timedelta(days=9), 40, 30), (world.harbour, day, 20, 50),
        (world.mill, day - timedelta(days=9), 35, 35), (world.mill, day, 34, 36),
    ):  # fmt: skip
        said = {"unit": unit, "day": on, "program": say.program(), "channel": "email"}
        UnitDayScores.objects.create(**said, s3=low, s7=30, s9=high)
    Sizing.objects.create(
        initiative=begun, at=now, by=world.olivia.user, since=now - timedelta(days=365), until=now, customers=1809,
        anonymous=3, effect="12.5", effect_source="Trial in Mill, spring 2026", period="2026-10", period_days=31,
        measure="margin", basis="within", currency="EUR", value="83.2701", value_low="41.2", value_high="125.3",
        worth="110842.25", worth_low="54842.1", worth_high="166788.4",
    )  # fmt: skip
    return live_server.url, world, ticket, begun


def test_a_case_is_raised_on_a_phone_without_javascript(chromium, desk):
    url, world, ticket, _ = desk
    page = page_of(chromium, width=390, script=False)
    sign_in(page, world.helen.user, url)
    page.goto(f"{url}/tickets/{ticket.public_id}/")
    page.locator("summary", has_text="Raise it to the outer loop").click()
    page.get_by_label("Why is it more than one case?").fill(WHY)
    keep(page, "elevate-390")
    page.get_by_role("button", name="Elevate").click()
    expect(page.get_by_text("It is raised to the outer loop.", exact=True)).to_be_visible()
    assert Elevation.objects.get(ticket=ticket).employee == world.helen


def test_the_office_makes_an_initiative_of_what_was_raised(chromium, desk):
    url, world, ticket, _ = desk
    elevate(subject=ticket, why=WHY, by=world.helen.user, at=timezone.now())
    page = page_of(chromium, width=1280)
    sign_in(page, world.olivia.user, url)
    page.goto(f"{url}/admin/closedloop/elevation/?state=waiting")
    page.locator(".action-select").first.check()
    page.locator("select[name=action]").select_option("settle")
    page.get_by_role("button", name="Run the selected action").click()
    page.get_by_label("A new initiative begins with them").check()
    page.get_by_label("Title of the new one").fill("Longer hours")
    page.get_by_label("What is to be different, and for whom?").fill("Open until seven on Thursdays.")
    page.get_by_label("For which part of the company?").select_option(label="North")
    keep(page, "settle-1280")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("“Longer hours” is proposed, with 1 elevation.")).to_be_visible()
    assert Initiative.objects.get(title="Longer hours").elevations.get().ticket == ticket


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_complains_and_nothing_scrolls_sideways(chromium, desk, width, dark):
    url, world, ticket, begun = desk
    answer = ticket.origin.response_id
    page = page_of(chromium, width=width, dark=dark)
    sign_in(page, world.olivia.user, url)
    for name, path in (
        ("initiative", f"closedloop/initiative/{begun.pk}/change/"), ("initiatives", "closedloop/initiative/"),
        ("sizing", f"closedloop/initiative/{begun.pk}/sizing/"), ("elevations", "closedloop/elevation/"),
        ("stage", f"closedloop/initiative/{begun.pk}/stage/"), ("answer", f"surveys/response/{answer}/change/"),
        ("raise", f"closedloop/elevation/add/?response={answer}"),
    ):  # fmt: skip
        page.goto(f"{url}/admin/{path}")
        keep(page, f"{name}-{width}-{'dark' if dark else 'light'}")
        assert not overflows(page), name
        assert complaints(page, within="#content", best_practice=False) == [], name
