"""Pages and mails in a real Chromium: nothing that the content policy or axe minds, both widths, light and dark."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from playwright.sync_api import expect

from analytics.models import Goal, Pattern
from analytics.services.filling import fill
from closedloop.models import ContactAttempt
from distribution.models import Digest, Dispatch, News, Thanks
from distribution.services.alarming import tell_leaders
from distribution.services.alerting import dispatch_alerts
from distribution.services.coaching import Agreed, Note, hold_talk
from distribution.services.composing import compose
from distribution.services.digesting import freeze_due
from distribution.services.handing_on import tell_new_owners
from distribution.services.linking import link_to
from distribution.services.thanking import pass_on
from tests.browser import (
    DESK,
    NARROW,
    PHONE,
    complaints,
    keep,
    looked_at,
    looks,
    objections,
    overflows,
    page_of,
)
from tests.factories import distribution as tell
from tests.walk import pattern
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
YESTERDAY = MORNING - timedelta(hours=14)
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">" + "verylongword" * 30


@pytest.fixture
def furnished():
    """A morning with calls, words of all classes, a jump, praise, scores, news, and an alert to mail."""
    with time_machine.travel(MORNING + timedelta(hours=1), tick=False):
        world = build_world()
        for number in range(120):
            tell.answer(
                unit=world.harbour, score=(2, 8, 10)[number % 3], at=YESTERDAY - timedelta(days=number % 60 + 1)
            )
        for score, words in ((2, HOSTILE), (8, "Fine"), (10, "So kind")):
            response = tell.answer(
                unit=world.harbour, score=score, at=YESTERDAY, comment=words, employee=world.jonas, customer=world.ines
            )
            about = tell.signal(response, previous_score=5, previous_category="detractor", callback=True)
            if score == 2:
                ticket = tell.ticket(
                    about, due_at=MORNING - timedelta(hours=1), brief={"callback": {"phone": "020 7946 0471"}}
                )
                tell.alert(about, ticket=ticket)
            if score == 8:
                tell.alert(about)
        News.objects.create(title="<b>New cards</b>", text=HOSTILE, first_on=MORNING.date(), last_on=MORNING.date())
        days = {"first_on": date(2026, 10, 1), "last_on": date(2026, 12, 31)}
        aims = ((world.harbour, 36, "score"), (world.harbour, 90, "calls"), (world.north, -50, "score"))
        for unit, target, measure in aims:
            Goal.objects.create(unit=unit, target=target, measure=measure, **days)
        fill(at=MORNING)
        freeze_due(at=MORNING)
        dispatch_alerts(at=MORNING)
        yield world


def cookie_of(client, person, live_server):
    client.force_login(person.user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies["sessionid"].value, "url": live_server.url}


def test_every_page_is_clean(furnished, chromium, client, live_server):
    digest = Digest.objects.get(unit=furnished.harbour).get_absolute_url()
    visits = [("/", None), ("/login/", None)]
    visits += [(digest, furnished.helen), ("/digest/", furnished.rosa), ("/region/", furnished.rosa)]
    visits += [("/alerts/", furnished.helen), ("/alerts/hours/", furnished.helen)]
    visits = [(link_to(Digest.objects.get(unit=furnished.harbour), furnished.helen), None), *visits]
    page, said = page_of(chromium), []
    page.on("console", lambda message: said.append(message.text))
    for address, person in visits:
        if person:
            page.context.add_cookies([cookie_of(client, person, live_server)])
        for look in looks(page, live_server.url + address, address.strip("/").replace("/", "-")[:40] or "front"):
            assert (look, complaints(page), said, overflows(page)) == (look, [], [], False)
            assert "taken" not in page.title()


def tell_helen_more(world):
    """By mail of each other kind that is about herself or her branch."""
    moved = tell.ticket(tell.signal(tell.answer(unit=world.harbour, score=3)), owner=world.jonas)
    moved.assign(to=world.helen, why=HOSTILE[:300], by=world.rosa.user, at=MORNING)
    tell_new_owners(at=MORNING)
    pattern(world)
    Pattern.objects.update(area=world.harbour)
    tell_leaders(at=MORNING)
    praise = tell.answer(unit=world.harbour, score=10, comment="So kind", employee=world.helen)
    pass_on(praise, words=HOSTILE[:300], by=world.rosa.user, at=MORNING)
    note = Note(uuid4(), MORNING.date(), HOSTILE, "", date(2026, 12, 8), [Agreed(HOSTILE[:200])])
    hold_talk(employee=world.helen, unit=world.north, note=note, became={}, by=world.rosa.user, at=MORNING)


def test_the_mails_are_clean(furnished, chromium):
    tell_helen_more(furnished)
    page, seen = page_of(chromium), []
    theirs = Dispatch.objects.filter(employee=furnished.helen)
    mails = [(row.kind, compose(row, at=MORNING)) for row in theirs]
    first, second = theirs.filter(kind="alert").order_by("pk")  # both wait for nine o'clock
    theirs.filter(pk=second.pk).update(carrier=first)
    for kind, mail in [*mails, ("alerts", compose(first, at=MORNING))]:
        page.set_content(str(mail.alternatives[0][0]))
        assert page.locator("img, picture, [style*='url(']").count() == 0  # nothing is missing where images are blocked
        for width, dark in product((NARROW, PHONE, 600, DESK), (False, True)):
            looked_at(page, width=width, dark=dark)
            keep(page, f"mail-{kind}-{width}-{'dark' if dark else 'light'}")
            assert (kind, width, dark, complaints(page), overflows(page)) == (kind, width, dark, [], False)
            assert "taken" not in page.title()
        seen.append(kind)
    assert sorted(seen) == ["alert", "alert", "alerts", "digest", "handed", "pattern", "talk", "thanks"]


def test_a_managers_morning_on_a_phone(furnished, chromium, live_server):
    """The link in the mail, on the way to work: read, sign in, call, write it down, pass the praise on."""
    digest, page = Digest.objects.get(unit=furnished.harbour), page_of(chromium, width=PHONE)
    minded = objections(page, live_server.url)
    page.goto(live_server.url + link_to(digest, furnished.helen))
    expect(page.get_by_role("heading", level=1)).to_have_text("One customer to call first, overdue")
    expect(page.get_by_role("link", name="Brief for")).to_have_count(0)
    expect(page.get_by_text("020 7946 0471")).to_have_count(0)
    page.get_by_role("link", name="Sign in to act").click()
    page.get_by_label("User name").fill("helen")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Call Ines M.")).to_have_attribute("href", "tel:02079460471")
    page.get_by_role("link", name="Brief for Ines M.").click()
    page.get_by_label("No answer", exact=True).check()
    page.get_by_label("What did they say?").fill("Rang eight times.")
    page.get_by_role("button", name="Save attempt").click()
    expect(page.get_by_text("The attempt is recorded.")).to_be_visible()
    page.goto(live_server.url + digest.get_absolute_url())
    page.get_by_role("button", name="Pass on to Jonas: So kind").click()
    expect(page.get_by_text("Passed on by Helen")).to_be_visible()
    assert (complaints(page), overflows(page), minded) == ([], False, [])
    assert ContactAttempt.objects.made().values_list("outcome", "note").get() == ("no_answer", "Rang eight times.")
    assert Thanks.objects.values_list("by__username", "response__comment").get() == ("helen", "So kind")


def test_a_person_signs_in_reads_the_digest_and_signs_out(furnished, chromium, live_server):
    page = page_of(chromium)
    page.goto(f"{live_server.url}/digest/")
    page.get_by_label("User name").fill("helen")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One customer to call first, overdue")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Know every customer")


def test_on_paper_every_call_has_a_box_and_a_number(furnished, chromium, client, live_server):
    page = page_of(chromium)
    page.context.add_cookies([cookie_of(client, furnished.helen, live_server)])
    page.emulate_media(media="print")
    page.goto(live_server.url + Digest.objects.get(unit=furnished.harbour).get_absolute_url())
    assert page.locator(".row--call .tick").first.is_visible()
    assert page.get_by_text("020 7946 0471").is_visible()
    assert not page.get_by_role("navigation").is_visible()
