"""/insights/ in a real Chromium: nothing that the content policy or axe objects to, at both widths, light and dark."""

import random
from datetime import date, timedelta

import pytest

from analytics.services.filling import fill
from surveys.models import Message, ProvisionalScore, Reason, Refusal
from tests.analytics.chances import asked
from tests.browser import complaints, looks, objections, overflows, page_of, sign_in
from tests.factories import analytics as make
from tests.world import NOW, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAID = ["Two desks shut and a sign that says how much they value me.", "Friendly, quick, done.", "The silence was not."]
QUERY = "?from=2026-05-01&to=2026-11-24"
LEAST, MOST = 0.1, 0.5  # chances of being asked


def furnish(world):
    """Seven months of answers: a firm branch, a thin one, a tiny one; a gap in September. Seed 5."""
    rng = random.Random(5)
    for week in range(29):
        day = date(2026, 5, 4) + timedelta(weeks=week)
        for unit, number in ((world.harbour, 9), (world.mill, 2 if week % 3 == 0 else 0), (world.station, week % 2)):
            if day.month != 9:
                scores = rng.choices([10, 9, 8, 7, 5, 2], [30, 20, 15, 12, 13, 10], k=number)
                comment = rng.choice(SAID)
                make.answers(unit=unit, scores=scores, on=day, comment=comment, channel=rng.choice(["email", "link"]))
    day = date(2026, 10, 10)
    reasons = {Reason.ASKED: 40, Reason.QUARANTINED: 9, Reason.NOT_DRAWN: 30, Reason.NO_ADDRESS: 4}
    make.decisions(unit=world.harbour, customer=world.ines, reasons=reasons, on=day)
    asked(world, world.mill, rng.choices([10, 9, 7, 4], k=30), chance=LEAST, silent=60, on=day)
    asked(world, world.mill, rng.choices([10, 8, 5, 2], k=30), chance=MOST, hours=40, silent=90, on=day)
    sent = make.invitations(unit=world.harbour, customer=world.ines, number=40, on=day)
    for number, invitation in enumerate(sent[:11]):
        make.answered(invitation, rng.randint(0, 10), status="complete" if number % 4 else "partial")
    end(sent[11:], rng)
    fill(at=NOW)


def end(invitations, rng):
    """One of each way to end, the others delivered and silent; and clicks, of which a third are a machine's."""
    states = dict(enumerate(("failed", "unknown", "cancelled", "pending")))
    Message.objects.bulk_create(
        Message(invitation=row, state=states.get(number, "handed_off"), created_at=NOW, due_at=NOW)
        for number, row in enumerate(invitations)
    )
    Refusal.objects.create(invitation=invitations[4], at=NOW, how="link")
    clicks = {
        "at": NOW,
        "agent": "browser",
        "ahead": False,
        "head_before": False,
        "state": "expired",
        "settled_at": NOW,
    }
    ProvisionalScore.objects.bulk_create(
        ProvisionalScore(invitation=rng.choice(invitations), score=number, automatic=number % 3 == 0, **clicks)
        for number in range(11)
    )


@pytest.fixture
def desk(live_server, chromium):
    """Seven months of answers in North, and Rosa who leads it."""
    world = build_world()
    furnish(world)
    return live_server.url, world.rosa.user


def test_the_page_draws_its_chart_and_nothing_complains(chromium, desk):
    url, rosa = desk
    page = page_of(chromium)
    sign_in(page, rosa, url)
    found = objections(page, url)
    for look in looks(page, f"{url}/insights/{QUERY}&target=40", "insights", again=True, ready=".plot .main-svg"):
        assert complaints(page) == [], look
        assert not overflows(page), look
    for look in looks(page, f"{url}/insights/dispositions/{QUERY}", "dispositions"):
        assert complaints(page) == [], look
        assert not overflows(page), look
    assert found == []
