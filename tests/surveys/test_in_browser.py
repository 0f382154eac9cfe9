"""The survey in a real browser. (tests/e2e/test_every_page.py walks all of it, on every screen and by the keyboard.)"""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route

from surveys.models import Response
from tests.browser import page_of
from tests.factories import surveys as make
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def invitation(transactional_db):
    now = timezone.now()
    return make.invitation(interaction=build_world().interaction, created_at=now, expires_at=now + timedelta(days=30))


@pytest.fixture
def survey(live_server, invitation):
    return f"{live_server.url}/s/{make.token(invitation)}/"


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
