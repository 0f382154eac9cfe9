"""The console in a real Chromium: it fits and is accessible. (tests/e2e/test_hostile_pages.py opens all of it.)"""

import pytest

from tests.browser import DESK, PHONE, complaints, keep, overflows, page_of, sign_in
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(live_server, chromium):
    """The console of the operator, who sees every row."""
    world = build_world()
    return live_server.url, world.operator


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_first_page_fits_and_axe_finds_nothing(chromium, desk, width, dark):
    url, operator = desk
    page = page_of(chromium, width=width, dark=dark)
    sign_in(page, operator, url)
    page.goto(url + "/admin/")
    keep(page, f"console-{width}-{'dark' if dark else 'light'}")
    assert not overflows(page)
    assert complaints(page, within="#content") == []
