"""Keeping a view and having it mailed, by a regional manager on a phone; the pages and both mails in every look."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest
import time_machine
from playwright.sync_api import expect

from analytics.services.filling import fill
from closedloop.models import SavedFilter
from distribution.models import Dispatch, Subscription
from distribution.services.composing import compose
from distribution.services.subscribing import run_due, subscribe
from tests.browser import DESK, NARROW, PHONE, complaints, keep, looked_at, looks, overflows, page_of, sign_in
from tests.factories import analytics as make
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
MAIL_WIDTHS = (NARROW, PHONE, 600, DESK)


@pytest.fixture
def furnished():
    with time_machine.travel(MONDAY - timedelta(days=1), tick=False) as now:
        world = build_world()
        for unit, scores in ((world.harbour, [3] * 20 + [7] * 30 + [10] * 50), (world.mill, [2] * 4 + [10] * 40)):
            make.answers(unit=unit, scores=scores, on=date(2026, 9, 10))
            make.answers(unit=unit, scores=scores[::-2], on=date(2026, 11, 1))
        make.answers(unit=world.harbour, scores=[1] * 60, on=date(2026, 11, 20))
        fill(at=MONDAY)
        yield world, now


def test_a_view_is_kept_and_mailed_from_a_phone(furnished, chromium, live_server):
    world, _ = furnished
    page = page_of(chromium, width=PHONE, script=False)
    sign_in(page, world.rosa.user, live_server.url)
    page.goto(f"{live_server.url}/insights/?days=60")
    page.get_by_role("link", name="Save this view, or have it by mail").click()
    page.get_by_label("Name", exact=True).fill("The north, two months")
    page.get_by_text("Once a month").click()
    page.get_by_label("Day of the month").fill("31")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("On day 31 of the month at 07:30")).to_be_visible()
    expect(page.get_by_text("Next Monday 30 November, 07:30.")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    page.get_by_role("link", name="The north, two months").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Score")


def test_the_pages_and_the_mails_are_clean(furnished, chromium, live_server):
    world, now = furnished
    view = SavedFilter.objects.create(
        by=world.rosa.user, name="The north, two months", page="insights", query=f"unit={world.north.pk}&days=60",
        unit=world.north,
    )  # fmt: skip
    asked = {"employee": world.rosa, "by": world.rosa.user, "local_time": time(7, 30), "zone": "Europe/London"}
    subscribe(view=view, when="days", weekdays=range(5), at=MONDAY - timedelta(days=1), **asked)
    subscribe(view=view, when="change", weekdays=[0], at=MONDAY - timedelta(days=20), **asked)
    ended = subscribe(view=view, when="month", day_of_month=1, at=MONDAY - timedelta(days=2), **asked)
    ended.end(by=None, at=MONDAY, why="by the link in the mail")
    now.shift(timedelta(days=1))
    run_due(at=MONDAY)
    mails = [compose(row, at=MONDAY) for row in Dispatch.objects.filter(kind="view").order_by("pk")]
    assert len(mails) == 2
    page, said = page_of(chromium), []
    page.on("console", lambda message: said.append(message.text))
    sign_in(page, world.rosa.user, live_server.url)
    stop = mails[0].extra_headers["List-Unsubscribe"].partition("/subscriptions/")[2].strip(">")
    keeping = f"keep/insights/?unit={world.north.pk}&from=2026-09-01&to=2026-11-23"
    for name, path in (("own", ""), ("keep", keeping), ("mail", f"views/{view.pk}/mail/"), ("stop", stop)):
        for look in looks(page, f"{live_server.url}/subscriptions/{path}", f"subscriptions-{name}"):
            assert (look, complaints(page), said, overflows(page)) == (look, [], [], False)
    page = page_of(chromium)  # a mail program has no policy of ours
    for number, mail in enumerate(mails):
        page.set_content(str(mail.alternatives[0][0]))
        for width, dark in product(MAIL_WIDTHS, (False, True)):
            looked_at(page, width=width, dark=dark)
            keep(page, f"view-mail-{number}-{width}{'-dark' if dark else ''}")
            assert (number, width, dark, complaints(page), overflows(page)) == (number, width, dark, [], False)
    assert Subscription.objects.filter(ended_at=None).count() == 2
