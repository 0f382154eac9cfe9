"""The work list and a ticket in a real Chromium, as on a phone and at a desk, without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone

from closedloop.models import RootCause, Ticket
from crm.models import FinancialRecord
from tests.browser import complaints, keep, looks, overflows, page_of, sign_in
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "I was told Wednesday without fail, and that somebody would ring me before noon. Nobody did. " * 5
SAID = "I was told Wednesday without fail. It is Friday and I am paying for groceries with coins."


@pytest.fixture
def desk(live_server, chromium):
    """A branch with something overdue, due today and later; Helen who leads it."""
    world, now = build_world(), timezone.now()
    make.set_up_defaults()
    people = [
        ("Grace", "Okafor", 4, SAID),
        ("Samir", "Haddad", 5, ""),
        ("Chloe", "Baker", 6, "Line at lunch, one window."),
    ]
    for given, family, score, words in people:
        who = crm.customer(given_name=given, family_name=family, phone="+442079460142", email=f"{given}@example.org")
        visit = crm.interaction(kind=world.visit, customer=who, unit=world.harbour, employee=world.jonas)
        make.answer(visit, score=9, answered_at=now - timedelta(days=90))
        make.answer(visit, score=score, comment=words, callback=True, callback_time="morning", answered_at=now)
    make.listen(now)
    grace, samir, _ = Ticket.objects.order_by("pk")
    helen = world.helen.user
    grace.record_attempt(outcome="no_answer", note="Rang eight times.", by=helen, at=now)
    grace.record_finding(learned="Nobody rang.", root_cause=RootCause.objects.first(), by=helen, at=now)
    Ticket.objects.filter(pk=grace.pk).update(due_at=now - timedelta(hours=3))
    Ticket.objects.filter(pk=samir.pk).update(due_at=now + timedelta(seconds=30))
    return live_server.url, world.helen.user, grace


def opened(chromium, desk, path, **look):
    url, helen, _ = desk
    page = page_of(chromium, **look)
    sign_in(page, helen, url)
    page.goto(url + path)
    return page


def test_nothing_complains_and_nothing_scrolls_sideways(chromium, desk):
    url, helen, grace = desk
    page = page_of(chromium)
    sign_in(page, helen, url)
    for name, path in (
        ("worklist", "/tickets/?tab=team"),
        ("empty", "/tickets/?tab=closed"),
        ("ticket", f"/tickets/{grace.public_id}/"),
    ):
        for look in looks(page, url + path, name):
            assert not overflows(page), look
            assert complaints(page) == [], look


def test_a_call_is_recorded_on_a_phone_without_javascript(chromium, desk):
    page = opened(chromium, desk, "/tickets/?tab=overdue", width=390, script=False)
    page.get_by_role("link", name="Grace Okafor", exact=True).click()
    page.get_by_label("Reached", exact=True).check()
    page.get_by_label("What did they say?").fill("She was glad we rang.")
    page.get_by_role("button", name="Save attempt").click()
    page.get_by_text("The attempt is recorded.").wait_for()
    page.get_by_label("What came of it?").select_option("resolved")
    page.get_by_role("button", name="Close ticket").click()
    page.get_by_text("The ticket is closed.").wait_for()
    keep(page, "closed-390-light")
    assert desk[2].closures.get().outcome == "resolved"


def test_what_is_wrong_is_in_view_on_a_phone_without_javascript(chromium, desk):
    page = opened(chromium, desk, f"/tickets/{desk[2].public_id}/", width=390, script=False)
    page.get_by_label("What did we do?").fill("Fee back")
    page.get_by_label("Cost").fill("12,5x")
    page.get_by_role("button", name="Save action").click()
    page.get_by_role("alert").wait_for()

    wrong = page.locator("#actions-cost_error").bounding_box()
    keep(page, "refused-390-light")
    assert 0 < wrong["y"] < 900 - wrong["height"]


def test_a_refused_step_complains_of_nothing(chromium, desk):
    page = opened(chromium, desk, f"/tickets/{desk[2].public_id}/", width=390)
    page.get_by_label("What came of it?").select_option("resolved")
    page.get_by_role("button", name="Close ticket").click()
    assert page.get_by_role("alert").bounding_box()["y"] < 400
    assert (complaints(page), overflows(page)) == ([], False)
    keep(page, "refused-closure-390-light")


def test_nothing_complains_in_the_console(chromium, desk):
    url, helen, grace = desk
    page, found = page_of(chromium), []
    sign_in(page, helen, url)
    for name in ("change", "actions"):
        for look in looks(page, f"{url}/admin/closedloop/ticket/{grace.pk}/{name}/", f"console-{name}", again=True):
            found += [f"{look} {complaint}" for complaint in complaints(page, best_practice=False)]
    assert found == []


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_complains_about_who_is_not_to_be_called(chromium, desk, width):
    visit = desk[2].origin.interaction
    now = timezone.now()
    other = crm.customer(given_name="Nora", family_name="Lind", phone="+442079460143")
    quiet = crm.interaction(kind=visit.kind, customer=other, unit=desk[2].unit)
    ticket = make.ticket(make.answer(quiet, score=3, callback=False, answered_at=now), at=now)
    for name, path in (("quiet-list", "/tickets/"), ("quiet-ticket", f"/tickets/{ticket.public_id}/")):
        page = opened(chromium, desk, path, width=width)
        keep(page, f"{name}-{width}-light")
        assert (complaints(page), overflows(page)) == ([], False), name


def test_the_essentials_of_the_brief_stand_on_one_screen_of_a_phone(chromium, desk):
    _, helen, grace = desk
    at = timezone.now()
    for days in range(2, 7):
        who = {"customer": grace.customer, "unit": grace.unit, "kind": grace.origin.interaction.kind}
        crm.interaction(**who, occurred_at=at - timedelta(days=days), product="Home insurance")
    FinancialRecord.objects.create(
        source="books", external_id="grace", customer=grace.customer, starts_on=at.date() - timedelta(days=40),
        ends_before=at.date(), currency="EUR", margin=1240, as_of=at,
    )  # fmt: skip
    grace.promise(what="The card is there by Friday", due_on=at.date() + timedelta(days=3), by=helen, at=at)
    Ticket.objects.filter(pk=grace.pk).update(brief=grace.brief | {"answer": grace.brief["answer"] | {"words": LONG}})
    page = opened(chromium, desk, f"/tickets/{grace.public_id}/", width=390)
    page.set_viewport_size({"width": 390, "height": 844})
    keep(page, "brief-390")
    brief = page.locator(".brief")
    said = brief.inner_text()
    for part in (
        LONG[:40],
        "+44 20 7946 0142",
        "Yes",
        "morning",
        "Branch visit",
        "1,240 EUR",
        "The card is there",
        "Do",
        "Avoid",
    ):
        assert part in said
    assert brief.locator(".brief__lately li").count() == 5
    box = brief.bounding_box()
    assert box["y"] + box["height"] <= 844, f"the brief ends at {box['y'] + box['height']:.0f}"
    assert brief.locator("a[href^='tel:']").bounding_box()["height"] >= 44
