"""A reorganization's preview, the tree of a day and reports as of a day in a real Chromium: readable on a phone and at
a desk, light and dark."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from analytics.services.filling import fill
from crm.services.organization.planning import draft
from crm.services.organization.previewing import preview
from tests.browser import complaints, looks, objections, overflows, page_of, sign_in
from tests.factories import analytics as make
from tests.factories import closedloop as make_loop
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(live_server, chromium):
    """A previewed plan with something in every table, and one in conflict."""
    world, at = build_world(), timezone.now()
    make.answers(unit=world.harbour, scores=[10, 9, 9, 2, 7] * 5, on=at.date() - timedelta(days=20))
    make.answers(unit=world.station, scores=[10, 4, 9, 2, 7] * 5, on=at.date() - timedelta(days=20))
    fill(at=at)
    make_loop.ticket(make_loop.answer(world.interaction))
    codes = {name: getattr(world, name).external_id for name in ("harbour", "mill", "station", "south", "north")}
    lines = (
        "step,unit,under,into,name",
        "open,quay,{south},,Quay",
        "move,{harbour},{south},,",
        "merge,{mill},,{harbour},",
    )
    said = {
        "why": "Two regions become one and a half.",
        "effective_on": at.date(),
        "source": "crm",
        "by": None,
        "at": at,
    }
    good = draft(name="Autumn", steps="\n".join(lines).format(**codes), **said)
    bad = draft(
        name="Winter", steps="step,unit,into,share\nsplit,{harbour},{mill},0.5\nclose,{north},,".format(**codes), **said
    )
    return live_server.url, world, [preview(plan=plan, at=at) for plan in (good, bad)]


def test_what_a_plan_would_do_is_readable(chromium, desk):
    url, world, (good, bad) = desk
    page = page_of(chromium)
    sign_in(page, world.olivia.user, url)
    found = objections(page, url)
    rooms = {
        "good": f"/admin/crm/reorganization/{good.pk}/change/",
        "bad": f"/admin/crm/reorganization/{bad.pk}/change/",
        "tree": f"/admin/crm/hierarchy/{world.hierarchy.pk}/tree/",
    }
    for name, path in rooms.items():
        for look in looks(page, url + path, f"org-{name}", again=True):
            assert complaints(page, best_practice=False, within="#content") == [], look
            assert not overflows(page), look
    pages = {
        "insights": f"/insights/?as_of=day&on={date(2026, 3, 1)}",
        "region": f"/region/crm:{world.south.external_id}/?as_of=is",
    }
    for name, path in pages.items():
        for look in looks(page, url + path, f"org-{name}", again=True):
            page.wait_for_load_state("networkidle")
            assert complaints(page) == [], look
            assert not overflows(page), look
    assert found == []
