"""The console in a real Chromium: it fits and is accessible. (tests/e2e/test_hostile_pages.py opens all of it.)"""

import pytest

from tests.browser import complaints, looks, overflows, page_of, sign_in
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(live_server, chromium):
    """The console of the operator, who sees every row."""
    world = build_world()
    return live_server.url, world.operator


def test_the_first_page_fits_and_axe_finds_nothing(chromium, desk):
    url, operator = desk
    page = page_of(chromium)
    sign_in(page, operator, url)
    for look in looks(page, url + "/admin/", "console", again=True):
        assert not overflows(page), look
        assert complaints(page, within="#content") == [], look
