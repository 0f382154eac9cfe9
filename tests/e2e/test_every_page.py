"""Every page and mail by which customers are asked, and the office's pages about them: at a desk and on 320 pixels, in
light and dark, from left to right and from right to left. axe-core finds nothing, nothing sticks out, the keyboard
alone and no script reach the end, and no page that customers see weighs 15 kB.

SHOPKEEPER_SCREENSHOTS names a folder for what a person should look at.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from itertools import product

import httpx
import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from crm.models import Hold, Suppression
from surveys.models import Brake, InboundMail, Message, Response
from surveys.services.answering import record_comment, record_score
from surveys.services.answering_further import record_further
from surveys.services.clicking import settle_clicks
from surveys.services.composing import compose_invitation
from surveys.services.finishing import finish
from surveys.services.own_page.links import token_for
from surveys.services.permitting import record_consent
from surveys.services.public_links.making import make_link
from tests.browser import (
    DESK,
    NARROW,
    PHONE,
    choose,
    complaints,
    keep,
    looked_at,
    overflows,
    page_of,
    press,
    sign_in,
    tab_to,
)
from tests.factories import surveys as make
from tests.surveys.test_further_questions import OPEN_TO_ALL, QUESTIONS, SPOKEN
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIGHT, DARK = False, True
# each language on both screens and in both color schemes, and each screen in both of each
LOOKS = {"en": [(DESK, LIGHT), (NARROW, DARK)], "ar": [(NARROW, LIGHT), (DESK, DARK)]}
FOR_EYES = [(PHONE, LIGHT), (PHONE, DARK), (DESK, LIGHT), (DESK, DARK)]
WIDTHS = (320, 360, 390, 480, 600, 800)  # of mail programs
WORDS = "Four calls, four different answers. The glass was fitted on a Friday and I still do not know who pays."
HEAVY = 15_000  # bytes of a page and its style, as they are served without compression


@pytest.fixture
def world(transactional_db):
    world = build_world()
    set_up_defaults()
    return world


@pytest.fixture
def asked(world):
    """Ines is asked in a program with every kind of further question; a click on a score is kept."""
    now = timezone.now()
    version = make.version(
        program=make.program(name="After a visit"), questions=[*QUESTIONS, *OPEN_TO_ALL], wording=SPOKEN,
        interaction_kind=world.visit, keep_clicks=True, reminder_days=[3, 7],
    )  # fmt: skip
    return make.invitation(
        interaction=world.interaction, version=version, created_at=now, expires_at=now + timedelta(days=30)
    )


class Eyes:
    """Looks at addresses in every look, and keeps what is wrong with them and what they weigh."""

    def __init__(self, browser, url):
        self.page, self.url = page_of(browser, bypass_csp=True), url  # axe is a script, and customers' pages allow none
        self.wrong, self.weights, self.sheets = [], {}, {}

    def customers(self, name, path):
        """A page that customers see, in both directions."""
        for language, looks in LOOKS.items():
            answer = self.page.goto(f"{self.url}{path}{'&' if '?' in path else '?'}lang={language}")
            self.weights[f"{name}-{language}"] = self._weight(answer)
            self.see(f"{name}-{language}", looks)

    def offices(self, name, path):
        """A page of the office; the console's is judged within its frame, and decides its colors as it loads."""
        self._turn(*LOOKS["en"][0])
        self.page.goto(self.url + path)
        console = self.page.locator("#content").count() > 0
        self.see(name, LOOKS["en"], within="#content" if console else None, again=console)

    def see(self, name, looks, *, within=None, again=False):
        """The page that is open now."""
        for width, dark in looks:
            self._turn(width, dark, again=again and (width, dark) != LOOKS["en"][0])
            found = complaints(self.page, best_practice=not again, within=within)
            # a tablet begins anew by itself, since what it shows is another person's the next minute
            found = [line for line in found if not (name.startswith("tablet") and "http-equiv" in line)]
            self.wrong += [f"{name} {width}: {line}" for line in found + ["sticks out"] * overflows(self.page)]
        for width, dark in FOR_EYES if "SHOPKEEPER_SCREENSHOTS" in os.environ else ():
            self._turn(width, dark, again=again)
            keep(self.page, f"{name}-{width}-{'dark' if dark else 'light'}")

    def _turn(self, width, dark, *, again=False):
        looked_at(self.page, width=width, dark=dark)
        if again:
            self.page.reload()

    def _weight(self, answer):
        body = answer.body()
        return len(body) + sum(self._sheet(path) for path in re.findall(r'href="(/static/[^"]+\.css)"', body.decode()))

    def _sheet(self, path):
        if path not in self.sheets:
            self.sheets[path] = len(httpx.get(self.url + path, headers={"Accept-Encoding": "identity"}).content)
        return self.sheets[path]


def survey_pages(asked):
    """Each page of a survey in turn, in the state in which a customer meets it."""
    at, link = timezone.now(), f"/s/{make.token(asked)}/"
    yield "score", link
    yield "clicked", f"{link}?score=7"
    response = record_score(invitation=asked, score=3, at=at)
    yield "why", f"{link}why/"
    record_comment(response=response, text=WORDS, at=at)
    yield "more", f"{link}more/"
    record_further(response=response, given={"wait": 2, "what": ["fees"], "ease": None, "heard": "press"}, at=at)
    yield "more-changed", f"{link}more/?change=1"
    yield "more-hanging", f"{link}more/"
    yield "callback", f"{link}callback/"
    record_consent(response=response, callback=True, phone="", best_time="any", may_quote=True, at=at)
    finish(response=response, at=at)
    yield "thanks", f"{link}thanks/"
    yield "change", f"{link}?change=1"
    yield "gone", f"{link[:-6]}/"
    yield "stop", f"/u/{make.token(asked)}/"


def take_up(world, at):
    """What the answer set off: a ticket, and somebody who did not reach her."""
    raise_signals(at=at)
    screen(at=at)
    world.ines.tickets.get().record_attempt(outcome="no_answer", note="Rang.", by=world.helen.user, at=at)


def test_customers_pages_are_for_everybody_and_light(chromium, live_server, world, asked):
    eyes, now = Eyes(chromium, live_server.url), timezone.now()
    for name, path in survey_pages(asked):
        eyes.customers(name, path)
    take_up(world, now)
    eyes.customers("own", f"/me/{token_for(world.ines.pk, at=now)}/")
    link, tablet = (
        make_link(program=asked.program, unit=world.harbour, place="Counter", kind=kind, at=now)
        for kind in ("link", "kiosk")
    )
    for name, path in (("public", f"/a/{link.code}/"), ("tablet", f"/a/{tablet.code}/")):
        eyes.customers(name, path)
        eyes.page.goto(f"{eyes.url}{path}")
        eyes.page.get_by_label("2", exact=True).check(force=True)  # the radio lies under its tile
        eyes.page.get_by_role("button", name="Confirm my answer").click()
        eyes.page.wait_for_url("**/why/")
        why = eyes.page.url
        eyes.customers(f"{name}-why", why.removeprefix(eyes.url))
        eyes.page.goto(why)
        eyes.page.get_by_role("textbox").fill(WORDS)
        eyes.page.get_by_role("button", name="Send and continue").click()
        eyes.page.wait_for_url("**/more/")
        eyes.customers(f"{name}-more", eyes.page.url.removeprefix(eyes.url))
        eyes.customers(f"{name}-thanks", f"{path}thanks/")
    for (lang, looks), (name, leave) in product(LOOKS.items(), PRESSED.items()):
        leave(eyes.page, eyes.url, asked, world, lang)
        expect(eyes.page.locator("html")).to_have_attribute("lang", lang)
        eyes.see(f"{name}-{lang}", looks)
    assert eyes.wrong == []
    assert {name: weight for name, weight in eyes.weights.items() if weight >= HEAVY} == {}


def nothing_chosen(page, url, asked, world, lang):
    page.goto(f"{url}/s/{make.token(asked)}/?change=1&lang={lang}")
    page.evaluate("document.querySelectorAll('[name=score]').forEach(radio => radio.checked = false)")
    page.evaluate("document.querySelector('form').noValidate = true")
    page.locator("main form button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()


def a_pause_without_end(page, url, asked, world, lang):
    page.goto(f"{url}/me/{token_for(world.ines.pk, at=timezone.now())}/?lang={lang}")
    page.locator("[name=pause]").select_option("ever")
    page.locator("[name=what][value=pause]").click()
    page.locator("[name=sure]").wait_for(state="attached")


def paused(page, url, asked, world, lang):
    page.locator("[name=what][value=pause]").click()
    page.locator("[name=what][value=resume]").wait_for()


def links_ended(page, url, asked, world, lang):
    page.locator("[name=what][value=end]").click()
    page.locator("[name=sure]").wait_for(state="attached")
    page.locator("[name=what][value=end]").click()
    page.locator("main a[href^=mailto]").wait_for()


def stopped(page, url, asked, world, lang):
    page.goto(f"{url}/u/{make.token(asked)}/?lang={lang}")
    page.locator("main form button").click()
    page.get_by_role("status").wait_for()


PRESSED = {
    "nothing-chosen": nothing_chosen, "own-sure": a_pause_without_end, "own-paused": paused, "own-ended": links_ended,
    "stopped": stopped,
}  # fmt: skip


# --- by the keyboard alone, without a script ------------------------------------------------------------------------


def test_the_keyboard_alone_and_no_script_reach_the_end_of_the_survey(chromium, live_server, asked):
    page = page_of(chromium, width=NARROW, script=False)
    page.goto(f"{live_server.url}/s/{make.token(asked)}/?score=2")
    assert page.get_by_label("2", exact=True).is_checked()
    assert not Response.objects.exists()
    choose(page, "score", "3")
    tab_to(page, page.get_by_role("textbox"))
    page.keyboard.type("Waited an hour")
    press(page, "Confirm my answer")
    page.wait_for_url("**/more/")
    for name, value in (("wait", "2"), ("ease", "6"), ("heard", "press"), ("pass-on", "no")):
        choose(page, name, value)
    tab_to(page, page.get_by_label("Fees"), key="Shift+Tab")  # what was passed over is reached backwards
    page.keyboard.press("Space")
    press(page, "Send and continue")
    page.get_by_role("heading", name="What about them?").wait_for()
    choose(page, "fees-how", "unclear")
    press(page, "Send and continue")
    tab_to(page, page.get_by_label("Tell us more"))
    page.keyboard.type("It varies")
    press(page, "Send and continue")
    page.wait_for_url("**/callback/")
    choose(page, "call", "yes")
    tab_to(page, page.get_by_label("Best time"))
    page.keyboard.type("After")
    press(page, "Save and finish")
    page.get_by_role("heading", name="Thank you, Ines. Someone will call you.").wait_for()
    response = Response.objects.get()
    assert (response.score, response.comment, response.status) == (3, "Waited an hour", "complete")
    assert (response.callback_phone, response.callback_time) == ("+442079460471", "afternoon")
    assert response.further == {
        "wait": 2, "what": ["fees"], "fees-how": "unclear", "more": "It varies", "ease": 6, "heard": "press",
        "pass-on": False,
    }  # fmt: skip
    press(page, "Change my answer")
    choose(page, "score", "9")
    press(page, "Confirm my answer")
    page.wait_for_url("**/why/")
    press(page, "Skip this")
    response.refresh_from_db()
    assert (response.score, response.comment) == (9, "Waited an hour")
    assert page.context.cookies() == []


def test_the_keyboard_alone_and_no_script_do_all_else_that_a_customer_may(chromium, live_server, world, asked):
    page, now = page_of(chromium, width=NARROW, script=False), timezone.now()
    link = make_link(program=asked.program, unit=world.harbour, place="Poster", at=now)
    page.goto(f"{live_server.url}/a/{link.code}/")
    choose(page, "score", "9")
    press(page, "Confirm my answer")
    page.wait_for_url("**/why/")
    tab_to(page, page.get_by_role("textbox"))
    page.keyboard.type("Quick")
    press(page, "Send and continue")
    page.wait_for_url("**/more/")
    choose(page, "wait", "2")
    press(page, "Send and continue")
    page.wait_for_url("**/thanks/")
    assert Response.objects.filter(customer=None, score=9, comment="Quick", status="complete").count() == 1

    page.goto(f"{live_server.url}/me/{token_for(world.ines.pk, at=now)}/")
    tab_to(page, page.get_by_label("Do not ask me"))
    page.keyboard.type("until I")
    press(page, "Pause")
    press(page, "Yes, do it")
    expect(page.locator("#h-ask + .note")).to_contain_text("until you say otherwise")
    assert Hold.objects.get(kind="paused").until is None

    page.goto(f"{live_server.url}/u/{make.token(asked, 'unsubscribe')}/")
    press(page, "Do not ask me again")
    page.get_by_role("heading", name="We shall not ask you again").wait_for()
    assert Suppression.objects.count() == 1
    assert page.context.cookies() == []


# --- mails ----------------------------------------------------------------------------------------------------------


def test_mails_are_for_everybody_in_six_widths_and_both_schemes(chromium, asked):
    page, wrong, now = page_of(chromium), [], timezone.now()
    messages = [make.message(invitation=asked, kind=kind, message_id=f"<{kind}@test>") for kind in Message.Kind]
    for message, (language, _) in product(messages, settings.LANGUAGES):
        asked.language, name = language, f"mail-{message.kind}-{language}"
        mail = compose_invitation(message, at=now)
        page.set_content(str(mail.alternatives[0][0]))
        for width, dark in product(WIDTHS, (LIGHT, DARK)):
            looked_at(page, width=width, dark=dark)
            wrong += [f"{name} {width}: {line}" for line in sizes(page) + ["sticks out"] * overflows(page)]
            if (width, dark) in {(320, DARK), (800, LIGHT)}:  # a mail is no page with landmarks
                wrong += [f"{name} {width}: {line}" for line in complaints(page, best_practice=False)]
            keep(page, f"{name}-{width}-{'dark' if dark else 'light'}")
    assert wrong == []


def sizes(page):
    """What is wrong with the eleven buttons."""
    boxes = page.locator("a[aria-label]").evaluate_all(
        "links => links.map(link => link.getBoundingClientRect()).map(box => [box.width, box.height])"
    )
    small = [f"a button of {width:.0f} by {height:.0f}" for width, height in boxes if width < 40 or height < 44]
    return small + [f"{len(boxes)} buttons"] * (len(boxes) != 11)


# --- the office -----------------------------------------------------------------------------------------------------


def test_the_offices_pages_about_asking_are_for_everybody(chromium, live_server, world, asked):
    now, program = timezone.now(), asked.program
    draft = make.version(
        program=program, published=False, questions=[*QUESTIONS, *OPEN_TO_ALL], wording=SPOKEN,
        interaction_kind=world.visit,
    )  # fmt: skip
    message = make.message(invitation=asked, state="unknown", attempts=1, reply="the line went dead")
    message.settlements.create(said="left", why="The log is gone.", by=world.olivia.user, at=now)
    link = make_link(program=program, unit=world.harbour, place="Counter", kind="kiosk", at=now)
    Brake.objects.create(
        program=program, what="bounces", level="stop", at=now,
        figures={"sent": 2000, "bounced": 81, "complained": 0, "days": 1},
    )  # fmt: skip
    mail = InboundMail.objects.create(
        key="r", source="pipe", size=1, received_at=now, due_at=now, judged_at=now, verdict="reply", invitation=asked,
        text="7, but the wait!", suggested_score=7, why="A person wrote it.",
    )  # fmt: skip
    httpx.get(f"{live_server.url}/s/{make.token(asked)}/?score=7")
    settle_clicks(at=now + timedelta(days=3))
    eyes = Eyes(chromium, live_server.url)
    sign_in(eyes.page, world.olivia.user, live_server.url)
    for name, path in {
        "program": f"/admin/surveys/program/{program.pk}/change/",
        "draft": f"/admin/surveys/programversion/{draft.pk}/change/",
        "invitations": "/admin/surveys/invitation/",
        "invitation": f"/admin/surveys/invitation/{asked.pk}/change/",
        "unknown": f"/admin/surveys/message/{message.pk}/change/",
        "links": "/admin/surveys/publiclink/",
        "link": f"/admin/surveys/publiclink/{link.pk}/change/",
        "brakes": "/admin/surveys/brake/",
        "reply": f"/admin/surveys/inboundmail/{mail.pk}/change/",
        "card": f"/admin/surveys/publiclink/{link.pk}/card/",
        "preview": f"/preview/{draft.pk}/",
        "dispositions": "/insights/dispositions/?from=2026-01-01&to=2027-12-31",
        "own-seen": f"/customers/{world.ines.reference}/own-page/",
    }.items():
        eyes.offices(f"office-{name}", path)
    assert eyes.wrong == []
