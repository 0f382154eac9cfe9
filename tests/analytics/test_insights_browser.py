"""/insights/ in a real Chromium: nothing that the content policy or axe objects to, at both widths, light and dark."""

import os
import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from analytics.services.filling import fill
from surveys.models import Reason
from tests.factories import analytics as make
from tests.world import NOW, build_world

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium"),
]
SAID = ["Two desks shut and a sign that says how much they value me.", "Friendly, quick, done.", "The silence was not."]
QUERY = "?from=2026-05-01&to=2026-11-24"


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
    for invitation in make.invitations(unit=world.harbour, customer=world.ines, number=40, on=day)[:11]:
        make.answered(invitation, rng.randint(0, 10))
    fill(at=NOW)


@pytest.fixture
def address(live_server, monkeypatch):
    """The page's address and a session cookie of Rosa, who leads the region North."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs a loop in this thread
    world = build_world()
    furnish(world)
    session = SessionStore()
    session[SESSION_KEY] = str(world.rosa.user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = world.rosa.user.get_session_auth_hash()
    session.save()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": live_server.url}
    return f"{live_server.url}/insights/", cookie


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_draws_its_chart_and_nothing_complains(address, width, scheme):
    sync_api = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    url, cookie = address
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.add_cookies([cookie])
        page, complaints = context.new_page(), []
        page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith((url[:16], "data:")) else None)
        page.goto(url + QUERY)
        page.wait_for_selector(".plot .main-svg")
        if folder := os.environ.get("SHOPKEEPER_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/insights-{width}-{scheme}.png", full_page=True)
        found = axe.Axe().run(page).response["violations"]
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        browser.close()
    assert complaints == []
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
    assert overflow <= 0
