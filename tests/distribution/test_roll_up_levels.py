"""The roll-up by level: what each part brought, who stands apart, one product; read on a phone as a coach would."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
import time_machine
from playwright.sync_api import expect

from analytics.services.filling import fill
from analytics.services.patterns.looking import look_for_patterns
from common.models import Event
from distribution.models.digests import unit_address
from distribution.services.rolling_up import roll_up
from surveys.models import Topic
from surveys.services.classifying.coding import code
from surveys.services.classifying.editing import set_rule
from surveys.services.classifying.reading import read_answers
from tests.browser import DESK, PHONE, complaints, keep, looked_at, overflows, page_of, sign_in
from tests.factories import analytics as tell
from tests.factories import crm as make
from tests.world import FROM, NOW

UPTO = date(2026, 11, 23)
NAMES = ("Quay", "Castle", "Market", "Bridge", "Church", "Forge")
WORDS = "The card was refused at the hotel abroad and nobody could help, very annoying."


@pytest.fixture
def coast(world):
    """Eight branches in the North over 180 days. Quay is poor and Castle good all the time; Mill fell from all
    promoters; in the last week customers of five branches complain that the card is refused abroad."""
    with time_machine.travel(NOW, tick=False):
        world.more = [make.unit(name=name, calendar=world.calendar) for name in NAMES]
        for unit in world.more:
            make.placement(hierarchy=world.hierarchy, unit=unit, parent=world.north, since=FROM)
        world.hierarchy.unitclosure_set.all().delete()
        make.closure(world.hierarchy)
        topic = Topic.objects.create(code="abroad", name="Card refused abroad")
        set_rule(topic=topic, language="en", expression="abroad", by=world.olivia.user, at=NOW)
        for unit in (world.harbour, world.mill, *world.more):
            _live(unit)
        for unit in world.more[:5]:
            tell.answers(unit=unit, scores=[2] * 3, on=UPTO - timedelta(days=2), comment=WORDS, product="card")
        while code(at=NOW) or read_answers(at=NOW) or fill(at=NOW):
            pass
        yield world


def _live(unit):
    usual = {"Quay": [2, 3, 2, 9], "Castle": [10, 10, 10, 9]}.get(unit.name, [9, 8, 2, 10])
    for week in range(26):
        fallen = unit.name == "Mill" and week >= 13
        scores = [9] * 4 if fallen else usual
        tell.answers(unit=unit, scores=scores, on=UPTO - timedelta(days=7 * week), product="account")


def rolled(world, unit=None, **fields):
    return roll_up(principal=world.olivia.user, unit=unit or world.north, at=NOW, **fields)


def test_what_the_parts_brought_adds_up_to_the_change(coast):
    found = rolled(coast)
    assert found.moved.points == pytest.approx(found.card.nps - found.card.previous_nps)
    assert found.moved.moves[0].unit.name == "Mill"
    assert sum(move.brought.share for move in found.moved.moves) == pytest.approx(1)


def test_a_company_is_made_of_its_regions(coast):
    found = rolled(coast, coast.head_office)
    assert (found.level, [part.unit.name for part in found.parts]) == ("regions", ["North", "South"])
    assert [row.unit.name for row in found.moved.moves] == ["North"]


def test_who_is_credibly_below_and_above_their_peers(coast):
    found = rolled(coast).apart
    assert [row.unit.name for row in found["below"]] == ["Quay"]
    assert [row.unit.name for row in found["above"]] == ["Castle"]


def test_one_product_alone(coast):
    whole = rolled(coast)
    assert [(product.name, product.card.n) for product in whole.products] == [("account", 416), ("card", 15)]
    card = rolled(coast, product="card")
    assert (card.card.n, card.card.nps, card.card.response_rate, card.products) == (15, -100.0, None, [])
    assert sum(branch.card.n for branch in card.branches) == 15


def test_a_product_of_elsewhere_is_no_more_than_nothing(coast, client):
    client.force_login(coast.rosa.user)
    page = client.get(f"/region/{unit_address(coast.north)}/?product=yacht")
    assert (page.status_code, "No answers in" in page.text or "no answers" in page.text.lower()) == (200, True)


@pytest.mark.browser
def test_a_regional_coachs_morning(coast, chromium, live_server):
    """On a phone: what is new, what they said, who to coach, whom to praise; then what is known is dismissed."""
    look_for_patterns(at=NOW)
    page = page_of(chromium, width=PHONE)
    sign_in(page, coast.rosa.user, live_server.url)
    page.goto(f"{live_server.url}/region/")
    expect(page.get_by_role("heading", name="Quay needs coaching most")).to_be_visible()
    expect(page.get_by_role("heading", name="Castle does it best")).to_be_visible()
    _looked_at(page, "coach-region")
    page.get_by_role("link", name="Complaints about “Card refused abroad” rose in 5 of").click()
    expect(page.get_by_role("heading", name="Where it rose")).to_be_visible()
    expect(page.locator(".said").first).to_contain_text("refused at the hotel")
    _looked_at(page, "coach-pattern")
    page.get_by_label("Why").fill("Card operations know, limits are lifted on Friday")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("Card operations know")).to_be_visible()
    expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)
    assert Event.objects.filter(what="pattern.dismissed", by=coast.rosa.user).count() == 1
    page.get_by_role("link", name="North").first.click()
    page.get_by_role("link", name="account").click()
    expect(page.get_by_text("answers about account")).to_be_visible()
    _looked_at(page, "coach-product")


def _looked_at(page, name):
    for width, dark in product((PHONE, DESK), (False, True)):
        looked_at(page, width=width, dark=dark)
        keep(page, f"{name}-{width}-{'dark' if dark else 'light'}")
        assert (width, dark, complaints(page), overflows(page)) == (width, dark, [], False)
    looked_at(page, width=PHONE, dark=False)
