"""/insights/recovery/ in a real Chromium: nothing that the content policy or axe objects to, on both screens."""

import random
from datetime import timedelta

import pytest

from analytics.services.filling import fill
from closedloop.models import RecoveryStudy
from crm.models import FinancialRecord
from tests.browser import DESK, PHONE, complaints, keep, looked_at, objections, overflows, page_of, sign_in
from tests.factories import closedloop as make
from tests.world import NOW, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DRAWN = NOW - timedelta(days=230)


@pytest.fixture
def desk(live_server, chromium):
    """A study in North, of which half a year has passed. Seed 5."""
    world, rng = build_world(), random.Random(5)
    study = RecoveryStudy.objects.create(
        code="spring", name="Spring study", agreed_with="the board and the works council", agreed_on=DRAWN.date(),
        share="0.2", seed="s", since=DRAWN - timedelta(days=1), until=NOW, call_cost="4.50",
    )  # fmt: skip
    for number in range(90):
        arm = "held_out" if number % 5 == 0 else "called"
        called = arm == "called"
        lot = make.lot(
            study, kind=world.visit, unit=rng.choice([world.harbour, world.mill]), arm=arm, at=DRAWN,
            score=rng.randint(0, 6), again=rng.choices([9, 8, 4], [3, 3, 2 if called else 7])[0],
            left=rng.random() < (0.06 if called else 0.5), cost=f"{rng.randint(0, 40)}.00" if called else "",
        )  # fmt: skip
        FinancialRecord.objects.create(
            source="crm", external_id=f"f{number}", customer=lot.customer, starts_on=DRAWN.date(), currency="EUR",
            ends_before=(DRAWN + timedelta(days=150)).date(), revenue=rng.randint(50, 400), as_of=NOW,
        )  # fmt: skip
    fill(at=NOW)
    return live_server.url, world.olivia.user


def test_the_page_says_what_the_lot_found_and_nothing_complains(chromium, desk):
    url, olivia = desk
    page = page_of(chromium)
    sign_in(page, olivia, url)
    found = objections(page, url)
    page.goto(f"{url}/insights/recovery/")
    assert "kept customers" in page.inner_text("h1")
    for width in (DESK, PHONE):
        for dark in (False, True):
            looked_at(page, width=width, dark=dark)
            keep(page, f"recovery-{width}-{'dark' if dark else 'light'}")
            assert complaints(page) == []
            assert not overflows(page)
    assert found == []


def test_where_there_is_nothing_the_page_says_what_to_do(chromium, desk):
    url, olivia = desk
    page = page_of(chromium, width=PHONE)
    sign_in(page, olivia, url)
    page.goto(f"{url}/insights/recovery/?study=late&to=2020-01-01&from=2019-01-01")
    keep(page, "recovery-empty")
    assert "agree on a study" in page.inner_text(".empty").lower()
    assert complaints(page) == []
