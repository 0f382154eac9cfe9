"""An employee's stream on a phone, and the talk of whoever leads them, in a real Chromium."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from distribution.crowds import whole_weeks
from distribution.models import Talk, Thanks
from tests.browser import PHONE, complaints, looks, objections, overflows, page_of, sign_in
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.world import FROM, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAID = (
    "She explained the fees twice and did not sigh once.",
    "Quick, friendly, and it worked.",
    "The new card came a day early. Thank you!",
    "I waited twenty minutes although I had an appointment.",
)


@pytest.fixture
def furnished():
    world = build_world()
    _, monday = whole_weeks(timezone.now().date())
    wednesday = datetime(monday.year, monday.month, monday.day, 12, tzinfo=UTC) - timedelta(days=5)
    others = make.employees(*((name, world.harbour, "employee") for name in ("mara", "tariq", "wei")), since=FROM)
    for number, who in enumerate((world.jonas, *others) * 12):
        at = wednesday - timedelta(days=number % 14)
        visit = make.interaction(
            kind=world.visit, customer=world.ines, unit=world.harbour, employee=who, occurred_at=at - timedelta(hours=3)
        )
        tell.answer(
            unit=world.harbour, employee=who, score=(10, 9, 8, 3)[number % 3], at=at, interaction=visit,
            comment=SAID[number % 4] + f" {'verylongword' * 20 if number == 4 else ''}", customer=world.ines,
        )  # fmt: skip
    praised = world.jonas.responses.filter(category="promoter").latest("answered_at")
    Thanks.pass_on(praised, words="This is what we are here for.", by=world.helen.user, at=timezone.now())
    return world


def test_an_employees_stream_and_talk_from_end_to_end_on_a_phone(furnished, chromium, live_server):
    manager, page = page_of(chromium, width=PHONE), page_of(chromium, width=PHONE)
    minded = objections(page, live_server.url) + objections(manager, live_server.url)
    sign_in(manager, furnished.helen.user, live_server.url)
    manager.goto(f"{live_server.url}/stream/")
    manager.get_by_role("link", name="Whom you talk with").click()
    manager.get_by_role("link", name="Jonas").click()
    manager.get_by_label("What goes well").fill("Explains fees so that they are understood.")
    manager.get_by_label("Agreed on, 1").fill("Ask what they came for first")
    manager.get_by_role("button", name="Write it down").click()
    expect(manager.get_by_text("The talk with Jonas is written down.")).to_be_visible()
    expect(manager.get_by_role("group", name="Ask what they came for first")).to_be_visible()

    sign_in(page, furnished.jonas.user, live_server.url)
    page.goto(f"{live_server.url}/stream/")
    expect(page.get_by_role("heading", level=1)).to_have_text("What customers said about you")
    expect(page.get_by_text("This is what we are here for.")).to_be_visible()
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_role("button", name="I have read it")).to_have_count(0)
    expect(page.get_by_text("Too few answers to say: 12 of 20", exact=True)).to_be_visible()
    expect(page.get_by_text("Ask what they came for first")).to_be_visible()
    page.get_by_role("link", name="Your talks").click()
    page.get_by_text("Say how it went").click()
    page.get_by_label("How did it go?").fill("It takes no longer.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It takes no longer.")).to_be_visible()

    manager.reload()
    expect(manager.get_by_text("It takes no longer.")).to_be_visible()
    manager.get_by_role("radio", name="Kept", exact=True).check()
    manager.get_by_label("What to try").fill("The same at the phone.")
    manager.get_by_role("button", name="Write it down").click()
    expect(manager.get_by_text("Nothing agreed on is open.")).to_be_visible()
    assert Talk.objects.count() == 2
    assert minded == []


def test_the_pages_are_clean_on_a_phone_and_at_a_desk(furnished, chromium, live_server):
    talk = Talk.objects.create(
        employee=furnished.jonas, unit=furnished.harbour, by=furnished.helen.user, held_on=timezone.now().date(),
        went_well="Explains fees.", to_try="Ask first.", at=timezone.now(),
    )  # fmt: skip
    talk.commitments.create(words="Ask what they came for first", due_on=timezone.now().date() - timedelta(days=1))
    visits = [("/stream/", furnished.jonas), ("/stream/talks/", furnished.jonas), ("/stream/", furnished.elsa)]
    visits += [("/stream/people/", furnished.helen), ("/stream/people/hr:jonas/", furnished.helen)]
    page = page_of(chromium)
    for number, (address, person) in enumerate(visits):
        sign_in(page, person.user, live_server.url)
        for look in looks(page, live_server.url + address, f"stream-{number}"):
            assert (look, complaints(page), overflows(page)) == (look, [], False)
