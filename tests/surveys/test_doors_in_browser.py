"""A tablet in a real browser. (tests/e2e/test_every_page.py walks the pages of all doors, on every screen.)"""

import pytest
from django.utils import timezone

from surveys.models import PublicLink, Response
from surveys.services.public_links.making import make_link
from tests.browser import page_of
from tests.factories import surveys as make
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tablet(live_server, transactional_db):
    world, program = build_world(), make.version().program
    link = make_link(program=program, unit=world.harbour, place="Counter", kind="kiosk", at=timezone.now())
    return f"{live_server.url}/a/{link.code}/"


def test_a_tablet_begins_anew_by_itself_and_shows_nothing_of_the_one_before(chromium, tablet):
    page = page_of(chromium, script=False)
    page.goto(tablet)
    page.get_by_label("9", exact=True).check(force=True)
    page.get_by_role("button", name="Confirm my answer").click()
    page.get_by_label("What did we do well?").fill("My secret")
    page.get_by_role("button", name="Send and finish").click()
    page.wait_for_url("**/thanks/")
    PublicLink.objects.update(idle_seconds=1)  # thanks stay for 15 seconds, and never longer than that
    page.reload()
    page.wait_for_url(tablet)
    for _ in range(3):
        page.go_back()
        assert "My secret" not in page.content()
        assert not page.locator(":checked").count()
    assert Response.objects.filter(comment="My secret").count() == 1
