"""/insights/drivers/ in a real Chromium: nothing that the content policy or axe objects to, on both screens."""

import pytest
from playwright.sync_api import expect

from tests.analytics.test_drivers import answers
from tests.browser import complaints, looks, objections, overflows, page_of, sign_in
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUERY = "?from=2026-11-01&to=2026-11-30"


def test_the_page_says_what_goes_with_the_score_and_a_driver_leads_to_its_curve(live_server, chromium):
    world = build_world()
    answers(world, 240)
    answers(world, 30, unit=world.mill, seed=2)
    url, page = live_server.url, page_of(chromium)
    sign_in(page, world.rosa.user, url)
    found = objections(page, url)
    page.goto(f"{url}/insights/drivers/{QUERY}")
    expect(page.locator("h1")).to_contain_text("Waiting time is associated most with the score")
    page.get_by_role("link", name="Waiting time").click()
    expect(page.locator("#h-curve")).to_contain_text("Waiting time: from")
    shown = {"drivers": page.url.split("#")[0], "drivers-empty": f"{url}/insights/drivers/{QUERY}&unit={world.mill.pk}"}
    for name, address in shown.items():
        for look in looks(page, address, name):
            assert complaints(page) == [], look
            assert not overflows(page), look
    assert found == []
