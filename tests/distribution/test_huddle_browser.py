"""A huddle on a phone, in a real Chromium, without JavaScript's help: opened, held, closed; and how it looks."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from analytics.services.filling import fill
from closedloop.models import Elevation
from distribution.models import Dispatch, Huddle, HuddleAction
from distribution.services.composing import compose
from distribution.services.huddling.opening import open_today
from distribution.services.huddling.planning import call_due, plan
from tests.browser import DESK, PHONE, complaints, keep, looked_at, looks, objections, overflows, page_of, sign_in
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
LAST = MORNING - timedelta(days=5)
HELD = MORNING + timedelta(hours=2, minutes=15)


@pytest.fixture
def furnished():
    """Harbour's team of four before its second huddle: an action and a ticket are late, words hurt and praise."""
    with time_machine.travel(HELD, tick=False):
        world = build_world()
        for name in ("Amara Okafor", "Léa Dubois"):
            make.employee(name=name, unit=world.harbour, role="employee")
        for number in range(90):
            score, at = (2, 8, 10, 9)[number % 4], MORNING - timedelta(days=number % 60 + 1)
            tell.answer(unit=world.harbour, score=score, at=at)
        said = {
            "at": MORNING - timedelta(hours=16), "classified_at": MORNING, "unit": world.harbour,
            "employee": world.jonas,
        }  # fmt: skip
        broken = tell.answer(
            score=1, comment="The machine for coins is broken for the third week, and Jonas only shrugged.",
            customer=world.ines, **said,
        )  # fmt: skip
        tell.ticket(tell.signal(broken), due_at=MORNING - timedelta(hours=1), owner=world.helen)
        tell.answer(score=4, comment="Nobody rang back as promised.", customer=make.customer(), **said)
        tell.answer(score=10, comment="Jonas took the time to explain it all twice.", customer=make.customer(), **said)
        tell.answer(score=9, comment="Quick, friendly.", customer=make.customer(), **said)
        fill(at=MORNING)
        plan(unit=world.harbour, weekdays=[1, 3], starts_at=LAST.time(), by=world.helen.user, at=LAST)
        first = open_today(unit=world.harbour, by=world.helen.user, at=LAST)
        Huddle.objects.filter(pk=first.pk).update(closed_at=LAST, closed_by=world.helen.user)
        HuddleAction.objects.create(
            huddle=first, unit=world.harbour, what="Put the coin machine's hours on the door", owner=world.jonas,
            due_on=(MORNING - timedelta(days=1)).date(), at=LAST, by=world.helen.user,
        )  # fmt: skip
        call_due(at=MORNING)
        yield world


def test_a_team_holds_its_huddle_on_a_phone(furnished, chromium, live_server):
    lead = Huddle.objects.get(day=HELD.date()).lead
    page = page_of(chromium, width=PHONE, script=False)
    sign_in(page, lead.user, live_server.url)
    page.goto(f"{live_server.url}/huddle/")
    page.get_by_role("button", name="Open today’s huddle").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{lead.name} leads")
    expect(page.get_by_text("[a colleague] only shrugged")).to_be_visible()
    for name in ("Jonas", "Amara Okafor"):
        page.get_by_role("group", name=name).get_by_label("Here", exact=True).check()
    page.get_by_role("group", name="Helen").get_by_label("Excused").check()
    page.get_by_role("button", name="Save who is here").click()
    expect(page.get_by_text("2 of 4, 1 excused")).to_be_visible()
    page.get_by_role("button", name="Done “Put the coin machine").click()
    expect(page.get_by_role("listitem").filter(has_text="Put the coin machine").get_by_text("Done")).to_be_visible()
    page.get_by_role("button", name="Elevate “The machine for coins").click()
    expect(page.get_by_text("Raised to the outer loop").first).to_be_visible()
    page.get_by_label("What is to be done?").fill("Ring back every promise by noon")
    page.get_by_label("Who does it?").select_option(label="Jonas")
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="Ring back every promise by noon")).to_be_visible()
    page.get_by_label("What is to be remembered?").fill("Short, honest.")
    page.get_by_role("button", name="Close the huddle").click()
    expect(page.get_by_text("Short, honest.")).to_be_visible()
    held = Huddle.objects.get(day=HELD.date())
    assert (held.state, held.note, held.attendance.count()) == ("closed", "Short, honest.", 3)
    assert held.lead.name in {"Jonas", "Amara Okafor"}
    assert list(HuddleAction.objects.order_by("pk").values_list("outcome", flat=True)) == ["done", ""]
    assert Elevation.objects.get().response.score == 1
    keep(page, "huddle-closed-phone")


def test_its_pages_and_its_mail_are_clean(furnished, chromium, live_server):
    page = page_of(chromium)
    said = objections(page, live_server.url)
    mail = compose(Dispatch.objects.get(kind="huddle"), at=MORNING)
    page.set_content(str(mail.alternatives[0][0]))
    for width, dark in ((PHONE, False), (DESK, True)):
        looked_at(page, width=width, dark=dark)
        keep(page, f"huddle-mail-{width}-{'dark' if dark else 'light'}")
        assert (width, complaints(page), overflows(page)) == (width, [], False)
    sign_in(page, furnished.helen.user, live_server.url)
    team = f"/huddle/crm:{furnished.harbour.external_id}/"
    visits = {"team": team, "empty": f"/huddle/crm:{furnished.mill.external_id}/"}
    visits["huddle"] = open_today(unit=furnished.harbour, by=furnished.helen.user, at=HELD).get_absolute_url()
    for name, address in visits.items():
        if name == "empty":
            sign_in(page, furnished.rosa.user, live_server.url)
        for look in looks(page, live_server.url + address, f"huddle-{name}"):
            assert (look, complaints(page), overflows(page)) == (look, [], False)
    assert said == []
