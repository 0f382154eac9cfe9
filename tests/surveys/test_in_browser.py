"""The survey in a real browser: without JavaScript, by keyboard alone, on a phone and at a desk, in both directions."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route

from surveys.models import Invitation, Response
from surveys.services.answering import record_comment, record_score
from surveys.services.answering_further import record_further
from surveys.services.composing import compose_invitation
from surveys.services.finishing import finish
from surveys.services.permitting import record_consent
from tests.browser import DESK, PHONE, complaints, overflows, page_of
from tests.factories import surveys as make
from tests.surveys.test_further_questions import OPEN_TO_ALL, QUESTIONS, TEXTS
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def invitation(transactional_db):
    now = timezone.now()
    return make.invitation(interaction=build_world().interaction, created_at=now, expires_at=now + timedelta(days=30))


@pytest.fixture
def survey(live_server, invitation):
    return f"{live_server.url}/s/{make.token(invitation)}/"


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_whole_way_without_javascript(chromium, survey, width):
    page = page_of(chromium, width=width, script=False)
    page.goto(survey + "?score=2")
    assert page.get_by_label("2", exact=True).is_checked()
    assert not Response.objects.exists()
    page.get_by_label("3", exact=True).check(force=True)  # the radio lies under its tile
    page.get_by_role("button", name="Confirm my answer").click()
    page.get_by_label("What went wrong for you?").fill("Waited an hour")
    page.get_by_role("button", name="Send and continue").click()
    page.get_by_label("Yes, call me").check()
    page.get_by_label("Best time").select_option("afternoon")
    page.get_by_role("button", name="Save and finish").click()
    assert page.get_by_role("heading", name="Thank you, Ines. Someone will call you.").is_visible()
    response = Response.objects.get()
    assert (response.score, response.comment, response.status) == (3, "Waited an hour", "complete")
    assert (response.callback_phone, response.callback_time) == ("+442079460471", "afternoon")
    assert page.context.cookies() == []


def test_the_whole_way_by_keyboard_alone(chromium, survey):
    page = page_of(chromium)
    page.goto(survey)
    keys = page.keyboard
    for key in ("Tab", "ArrowRight", "ArrowRight", "Enter"):  # into the scale; to 2; confirm
        keys.press(key)
    page.wait_for_url("**/why/")
    keys.press("Tab")
    keys.press("Tab")  # past "Change it", into the words
    keys.type("Slow")
    for key in ("Tab", "Enter"):
        keys.press(key)
    page.wait_for_url("**/callback/")
    for key in ("Tab", "Space", "Tab", "Tab", "Tab", "Tab", "Enter"):
        keys.press(key)
    page.wait_for_url("**/thanks/")
    response = Response.objects.get()
    assert (response.score, response.comment, response.callback) == (2, "Slow", True)


def test_questions_branch_without_a_script_by_keyboard_alone(chromium, live_server, transactional_db):
    now, version = timezone.now(), make.version(questions=QUESTIONS, wording=TEXTS)
    asked = make.invitation(
        interaction=build_world().interaction, version=version, created_at=now, expires_at=now + timedelta(days=30)
    )
    record_score(invitation=asked, score=2, at=now)
    page = page_of(chromium, script=False)
    page.goto(f"{live_server.url}/s/{make.token(asked)}/more/")
    for key in ("Tab", "ArrowRight", "Tab", "Space", "Tab", "Tab", "Enter"):  # 2 of 5; fees; past staff; send
        page.keyboard.press(key)
    page.get_by_role("heading", name="What about them?").wait_for()
    for key in ("Tab", "ArrowDown", "Tab", "Enter"):  # unclear; send
        page.keyboard.press(key)
    page.get_by_label("Tell us more").fill("It varies")
    page.get_by_role("button", name="Send and continue").click()
    page.wait_for_url("**/callback/")
    assert Response.objects.get().further == {"wait": 2, "what": ["fees"], "fees-how": "unclear", "more": "It varies"}


def test_the_back_button_and_a_reload_repeat_nothing(chromium, survey):
    page = page_of(chromium, script=False)
    page.goto(survey + "?score=2")
    page.get_by_role("button", name="Confirm my answer").click()
    page.wait_for_url("**/why/")
    page.reload()
    page.go_back()
    assert page.url == survey + "why/"  # the question is answered: on from where one left off
    page.get_by_role("link", name="Change it").click()
    page.get_by_role("button", name="Confirm my answer").click()
    page.wait_for_url("**/why/")
    assert Response.objects.get().revision == 1


def test_no_number_chosen_is_said_where_one_hears_it(chromium, survey):
    page = page_of(chromium)
    page.goto(survey)
    page.evaluate("document.querySelector('form').noValidate = true")
    page.get_by_role("button", name="Confirm my answer").click()
    assert "No number is chosen yet." in page.get_by_role("alert").inner_text()


def test_another_site_never_learns_the_link(chromium, survey, settings):
    settings.PRIVACY_URL = "https://elsewhere.example/privacy"
    seen: list[str | None] = []

    def elsewhere(route: Route) -> None:
        seen.append(route.request.all_headers().get("referer"))
        route.fulfill(body="ok")

    page = page_of(chromium)
    page.route("https://elsewhere.example/**", elsewhere)
    page.goto(survey)
    page.get_by_role("link", name="Privacy").click()
    page.wait_for_url("https://elsewhere.example/privacy")
    assert seen == [None]


def walk(invitation, at):
    """Each page of a survey in turn, in the state in which a customer meets it."""
    yield ""
    yield "?score=7"
    response = record_score(invitation=invitation, score=3, at=at)
    yield "why/"
    record_comment(response=response, text="Slow", at=at)
    yield "more/"
    record_further(response=response, given={"wait": 2, "what": ["fees"], "ease": None, "heard": "press"}, at=at)
    yield "more/?change=1"
    yield "more/"  # what hangs on fees
    yield "callback/"
    record_consent(response=response, callback=True, phone="", best_time="any", may_quote=True, at=at)
    finish(response=response, at=at)
    yield "thanks/"
    yield "?change=1"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_page_is_accessible_and_fits(chromium, survey, invitation, width, language, dark):
    version = make.version(questions=[*QUESTIONS, *OPEN_TO_ALL], wording=TEXTS)
    Invitation.objects.update(version=version, program=version.program)
    page = page_of(chromium, width=width, dark=dark, bypass_csp=True)  # axe is a script; the pages allow none
    found = [line for step in walk(invitation, timezone.now()) for line in visit(page, survey + step, language)]
    for url in (survey.replace("/s/", "/u/"), survey[:-5] + "/"):  # stop asking; a link that lost its end
        found += visit(page, url, language)
    assert found == []


def visit(page, url, language) -> list[str]:
    page.goto(url + ("&" if "?" in url else "?") + f"lang={language}")
    assert page.locator("html").get_attribute("lang") == language
    return [f"{url}: {line}" for line in complaints(page) + ["scrolls sideways"] * overflows(page)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize("width", [320, PHONE, DESK])
def test_the_mail_is_accessible_and_its_buttons_are_large_enough(chromium, invitation, width, language, dark):
    invitation.language = language
    html = compose_invitation(make.message(invitation=invitation), at=timezone.now()).alternatives[0][0]
    page = page_of(chromium, width=width, dark=dark)
    page.set_content(str(html))
    sizes = [link.bounding_box() or {"height": 0.0, "width": 0.0} for link in page.locator("a[aria-label]").all()]
    assert len(sizes) == 11
    assert min(size["height"] for size in sizes) >= 44
    assert min(size["width"] for size in sizes) >= 40
    assert (complaints(page, best_practice=False), overflows(page)) == ([], False)  # a mail is no page with landmarks
