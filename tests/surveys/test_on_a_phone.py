"""What the trigger says, on a phone: no page and no table on it is wider than the screen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from surveys.models import Program, Rehearsal, Turn
from surveys.services.occasions.wishing import wish
from surveys.services.rehearsing.requesting import rehearse
from surveys.services.triggering.running import run_trigger
from tests.browser import PHONE, complaints, keep, looked_at, overflows, page_of, sign_in
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.surveys.test_filters import leaf
from tests.world import World, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHY = "She waited an hour for a form that we had mislaid, and was very kind about it."
DAY = timedelta(days=1)


@pytest.fixture
def world(transactional_db) -> World:
    return build_world()


def wide_tables(page: Page) -> list[str]:
    return list(
        page.locator(".overflow-x-auto").evaluate_all(
            "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.ariaLabel || '?')"
        )
    )


def asked_about(world: World) -> dict[str, str]:
    """A wish that was decided about, a version run over the last fortnight beside another program, and its draft."""
    now, visits = timezone.now(), ask.program(name="After a visit to one of our branches")
    proposed = ask.version(program=ask.program(name="Proposed by staff", kind=Program.Kind.MANUAL))
    ask.version(program=visits, interaction_kind=world.visit, contact_rules=[])
    ask.version(program=ask.program(name="After a talk about a mortgage"), priority=50, sampling_rate="0.5")
    for number in range(12):
        who = make.customer(email=f"c{number}@example.org", unit=world.harbour)
        for days in (3, 9):
            make.interaction(kind=world.visit, customer=who, unit=world.harbour, occurred_at=now - days * DAY)
    condition = {"all": [leaf("product", ["mortgage"]), {"not": leaf("unit", [world.south.external_id])}]}
    rules = [{"since": "asked", "days": 12, "per": "household", "among": "kind", "then": "delay"}]
    draft = ask.version(program=visits, published=False, condition=condition, contact_rules=rules)
    run = ask.version(program=visits, published=False, interaction_kind=world.visit, quota=5)
    days = {"first_day": (now - 14 * DAY).date(), "last_day": (now - DAY).date()}
    row = Rehearsal.objects.create(version=run, requested_at=now, **days)
    rehearse(at=now, clock=timezone.now)
    wish(program=proposed.program, about=world.interaction, why=WHY, at=now, by=world.helen.user)
    run_trigger(at=now)
    turn = Turn.objects.get(program=proposed.program)
    return {
        "rehearsal": reverse("admin:surveys_rehearsal_change", args=[row.pk]),
        "machine": reverse("admin:surveys_programversion_rehearsals", args=[run.pk]),
        "comparison": reverse("admin:surveys_programversion_comparison", args=[draft.pk]),
        "customer": reverse("admin:crm_customer_change", args=[world.ines.pk]),
        "interaction": reverse("admin:crm_interaction_change", args=[world.interaction.pk]),
        "wish": reverse("admin:surveys_turn_add") + f"?interaction={world.interaction.pk}",
        "outcome": reverse("admin:surveys_turn_change", args=[turn.pk]),
    }


def test_nothing_that_the_trigger_says_is_wider_than_a_phone(chromium, live_server, world):
    page, wrong = page_of(chromium, width=PHONE, bypass_csp=True), []
    sign_in(page, world.olivia.user, live_server.url)
    for name, path in asked_about(world).items():
        page.goto(live_server.url + path)
        for dark in (False, True):
            looked_at(page, width=PHONE, dark=dark)
            keep(page, f"phone-{name}-{'dark' if dark else 'light'}")
        wrong += [f"{name}: {line}" for line in [*wide_tables(page), *(["the page"] * overflows(page))]]
        wrong += [f"{name}: {line}" for line in complaints(page, best_practice=False)]
    assert wrong == []
