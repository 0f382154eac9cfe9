"""The customer's own page and the pages of public links in a real browser, without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone

from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from crm.models import Hold
from surveys.models import Response
from surveys.services.answering import record_comment, record_score
from surveys.services.own_page.links import token_for
from surveys.services.permitting import record_consent
from surveys.services.public_links.making import make_link
from tests.browser import DESK, PHONE, complaints, keep, overflows, page_of, sign_in
from tests.factories import surveys as make
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORDS = "Four calls, four different answers. The glass was fitted on a Friday and I still do not know who pays."


@pytest.fixture
def world(transactional_db):
    world, now = build_world(), timezone.now()
    set_up_defaults()
    asked = make.invitation(interaction=world.interaction, created_at=now, expires_at=now + timedelta(days=30))
    response = record_score(invitation=asked, score=3, at=now - timedelta(hours=3))
    response = record_comment(response=response, text=WORDS, at=now - timedelta(hours=3))
    record_consent(
        response=response, callback=True, phone="", best_time="any", may_quote=True, at=now - timedelta(hours=3)
    )
    raise_signals(at=now - timedelta(hours=2))
    screen(at=now - timedelta(hours=2))
    ticket = world.ines.tickets.get()
    ticket.record_attempt(reached=False, note="Rang.", by=world.helen.user, at=now - timedelta(hours=1))
    make.version(program=asked.program)
    return world


@pytest.fixture
def own(live_server, world):
    return f"{live_server.url}/me/{token_for(world.ines.pk, at=timezone.now())}/"


@pytest.fixture
def tablet(live_server, world):
    program = Response.objects.get().program
    link = make_link(program=program, unit=world.harbour, place="Counter", kind="kiosk", at=timezone.now())
    return f"{live_server.url}/a/{link.code}/"


def wrong_with(page, url, name) -> list[str]:
    page.goto(url)
    keep(page, name)
    # a tablet begins anew by itself, since what it shows is another person's the next minute: docs/public-links.md
    wrong = [line for line in complaints(page) if not (name.startswith("tablet") and "http-equiv" in line)]
    return [f"{url}: {line}" for line in wrong + ["scrolls sideways"] * overflows(page)]


@pytest.mark.parametrize(("language", "dark"), [("en", False), ("ar", True)])
@pytest.mark.parametrize("width", [320, PHONE, DESK])
def test_every_page_is_accessible_and_fits(chromium, own, tablet, width, language, dark):
    page = page_of(chromium, width=width, dark=dark, bypass_csp=True)  # axe is a script; the pages allow none
    found = []
    for name, url in (("own", own), ("tablet", tablet), ("tablet-thanks", f"{tablet}thanks/")):
        found += wrong_with(page, f"{url}?lang={language}", f"{name}-{width}-{language}")
    page.goto(tablet)
    page.get_by_label("2", exact=True).check(force=True)
    page.locator("form button").first.click()
    page.wait_for_url("**/why/*")
    found += wrong_with(page, f"{page.url}?lang={language}", f"tablet-why-{width}-{language}")
    assert found == []


def test_a_pause_without_end_by_keyboard_alone_and_without_javascript(chromium, own):
    page = page_of(chromium, width=PHONE, script=False)
    page.goto(own)
    page.get_by_label("Do not ask me").focus()
    page.keyboard.type("until I")
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Yes, do it").focus()
    keep(page, "own-confirm")
    page.keyboard.press("Enter")
    assert "until you say otherwise" in page.locator("#h-ask + .note").inner_text()
    keep(page, "own-paused")
    assert Hold.objects.get(kind="paused").until is None
    assert page.context.cookies() == []


def test_a_tablet_begins_anew_by_itself_and_shows_nothing_of_the_one_before(chromium, tablet):
    page = page_of(chromium, script=False)
    page.goto(tablet)
    page.get_by_label("9", exact=True).check(force=True)
    page.get_by_role("button", name="Confirm my answer").click()
    page.get_by_label("What did we do well?").fill("My secret")
    page.get_by_role("button", name="Send and finish").click()
    page.wait_for_url("**/thanks/")
    page.wait_for_url(tablet, timeout=20_000)
    for _ in range(3):
        page.go_back()
        assert "My secret" not in page.content()
        assert not page.locator(":checked").count()
    assert Response.objects.filter(comment="My secret").count() == 1


def test_the_console_shows_the_link_its_paper_and_the_customers_page(chromium, live_server, world, tablet):
    page = page_of(chromium)
    sign_in(page, world.olivia.user, live_server.url)
    for name, path in (
        ("console-links", "/admin/surveys/publiclink/"),
        ("own-seen", f"/customers/{world.ines.reference}/own-page/"),
        ("landing", "/"),
    ):
        page.goto(live_server.url + path)
        keep(page, name)
    page.goto(live_server.url + "/admin/surveys/publiclink/")
    page.get_by_role("link", name="Counter").click()
    keep(page, "console-link")
    page.get_by_role("link", name="Card to print").click()
    keep(page, "card")
    assert page.locator("svg").is_visible()
