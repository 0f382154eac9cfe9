"""The explorer in a real Chromium: from a question about claims to the words and call notes behind a cell."""

import random
from datetime import date, timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from analytics.services.filling import fill
from crm.models import InteractionKind
from tests.analytics.test_explorer import SCHEMA, called_back, claims
from tests.browser import complaints, keep, looks, objections, overflows, page_of, sign_in
from tests.world import NOW, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TYPES = {"home": 1, "motor": -2, "travel": 3, "liability": 0}
WHERE = '{"any": [{"filter": "attribute", "value": {"name": "days", "op": "gte", "value": 4}}]}'
DAYS = "from=2026-08-01&to=2026-11-24"


@pytest.fixture
def desk(live_server, chromium):
    """1,500 claims over four months (seed 6): the longer they took, the lower the score; twelve customers called back;
    few claims of one type."""
    world = build_world()
    InteractionKind.objects.create(code="claim", name="Claim", schema=SCHEMA)
    rng = random.Random(6)
    for _ in range(150):
        kind, days = rng.choices(list(TYPES), [9, 9, 4, 1])[0], rng.randint(0, 14)
        scores = [max(0, min(10, round(rng.gauss(9 + TYPES[kind] / 2 - days / 3, 2)))) for _ in range(10)]
        on, unit = date(2026, 8, 1) + timedelta(days=rng.randint(0, 110)), rng.choice([world.harbour, world.mill])
        claims(unit, scores, on=on, attributes={"claim_type": kind, "days": days}, comment="I heard nothing for weeks.")
    called_back(world, 12)
    fill(at=NOW)
    return live_server.url, world.rosa.user


def test_from_a_question_about_claims_to_the_words_behind_it(chromium, desk):
    url, rosa = desk
    page = page_of(chromium)
    sign_in(page, rosa, url)
    found = objections(page, url)
    page.goto(f"{url}/insights/")
    page.get_by_role("link", name="Explore", exact=True).click()
    page.get_by_label("By", exact=True).select_option(label="Claim type")
    page.get_by_label("And by").select_option(label="Days to process, in steps")
    page.get_by_label("Answered from").fill("2026-08-01")
    page.get_by_role("button", name="Show").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("they differ by more than chance brings")
    row = page.get_by_role("row", name="motor")
    row.get_by_role("link").nth(2).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Behind motor, 8 and more")
    expect(page.get_by_text("I heard nothing for weeks.").first).to_be_visible()
    expect(page.get_by_text("The form was lost.").first).to_be_visible()
    keep(page, "explore-behind-1280-light")
    assert complaints(page) == []
    page.get_by_role("link", name="Back to the table").click()
    expect(page.get_by_role("row", name="motor")).to_be_visible()
    assert found == []


@pytest.mark.parametrize(
    ("name", "asked", "ready"),
    [
        ("heat", "rows=attribute.claim_type&columns=attribute.days:steps", ".tbl--heat"),
        ("trend", "rows=answered_month&columns=attribute.claim_type", ".plot .main-svg"),
        ("dots", "rows=attribute.days:fifths", ".plot .main-svg"),
        ("where", f"rows=unit&where={quote(WHERE)}", ".skc-row"),
    ],
)
def test_the_explorer_on_a_phone_and_at_a_desk(chromium, desk, name, asked, ready):
    url, rosa = desk
    page = page_of(chromium)
    sign_in(page, rosa, url)
    found = objections(page, url)
    address = f"{url}/insights/explore/?{asked}&{DAYS}"
    for look in looks(page, address, f"explore-{name}", again=True, ready=ready):
        assert complaints(page) == [], look
        assert not overflows(page), look
    assert found == []
