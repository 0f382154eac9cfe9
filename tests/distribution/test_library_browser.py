"""The library on a phone: a story is written from a case, a second person publishes it, a colleague finds it."""

import pytest
import time_machine
from playwright.sync_api import expect

from distribution.models import Story
from distribution.services.library.quoting import choose_quote
from tests.browser import PHONE, complaints, looks, objections, overflows, page_of, sign_in
from tests.distribution.library import TOLD, answer, closed_case
from tests.distribution.test_notices import issue
from tests.world import NOW, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast():
    with time_machine.travel(NOW, tick=False):
        world = build_world()
        world.case = closed_case(world, comment="The papers for our mortgage were lost, and nobody told us")
        type(world.case).objects.filter(pk=world.case.pk).update(owner=world.jonas)
        praise = answer(world, score=10, comment="Jonas explained every line of the contract to us. Twice!")
        choose_quote(response=praise, by=world.olivia.user, at=NOW)
        issue(world)
        yield world


def test_a_story_from_the_case_to_the_colleague_who_finds_it(cast, chromium, live_server):
    author = page_of(chromium, width=PHONE)
    sign_in(author, cast.jonas.user, live_server.url)
    found = objections(author, live_server.url)
    author.goto(f"{live_server.url}/tickets/{cast.case.public_id}/")
    author.get_by_role("link", name="Make a story of this").click()
    for look in looks(author, author.url, "library-form"):
        assert complaints(author) == [], look
        assert not overflows(author), look
    author.get_by_label("Title").fill("Lost papers, found in a day")
    author.get_by_label("What happened").fill(TOLD)
    author.get_by_label("Quote the customer").check()
    author.get_by_label("Helen").check()
    author.get_by_role("button", name="Keep the draft").click()
    expect(author.get_by_text("Draft, not published")).to_be_visible()
    address = Story.objects.get().get_absolute_url()

    second = page_of(chromium, width=PHONE)
    sign_in(second, cast.helen.user, live_server.url)
    second.goto(f"{live_server.url}/library/")
    second.get_by_role("link", name="Lost papers, found in a day").click()
    for look in looks(second, f"{live_server.url}{address}", "library-draft"):
        assert complaints(second) == [], look
    second.get_by_role("button", name="Publish").click()
    expect(second.get_by_text("It is in the library now.")).to_be_visible()

    colleague = page_of(chromium, width=PHONE)
    sign_in(colleague, cast.elsa.user, live_server.url)
    colleague.goto(f"{live_server.url}/library/")
    colleague.get_by_label("Search").fill("mortgage paper")
    colleague.get_by_role("button", name="Search").click()
    expect(colleague.locator("mark").first).to_have_text("papers")
    for look in looks(colleague, colleague.url, "library-search"):
        assert complaints(colleague) == [], look
        assert not overflows(colleague), look
    for look in looks(colleague, f"{live_server.url}/library/", "library"):
        assert complaints(colleague) == [], look
        assert not overflows(colleague), look
    colleague.get_by_role("link", name="Lost papers, found in a day").click()
    for look in looks(colleague, colleague.url, "library-story"):
        assert complaints(colleague) == [], look
    expect(colleague.get_by_text("Thanks to Helen")).to_be_visible()
    assert found == []


def test_the_other_pages_of_the_library(cast, chromium, live_server):
    page = page_of(chromium)
    sign_in(page, cast.olivia.user, live_server.url)
    page.goto(f"{live_server.url}/library/")
    notice = page.get_by_role("link", name="Papers go by courier").first.get_attribute("href")
    for name, address in {"quotes": "/library/quotes/", "notice": notice, "readers": f"{notice}readers/"}.items():
        for look in looks(page, f"{live_server.url}{address}", f"library-{name}"):
            assert complaints(page) == [], look
            assert not overflows(page), look
