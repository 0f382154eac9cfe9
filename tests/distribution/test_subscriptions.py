"""Kept views by mail: kept and shared, mailed at their time or on a real change, and ended by whoever may."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from analytics.services.filling import fill
from closedloop.models import SavedFilter
from common.models import Event
from distribution.models import Dispatch, Subscription, SubscriptionRun
from distribution.services.sending import send_due
from distribution.services.subscribing import run_due, subscribe
from distribution.services.viewing import keep_view
from tests.distribution.test_sending import parts
from tests.factories import analytics as make
from tests.factories import crm
from tests.world import NOW

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(TUESDAY, tick=False):
        yield


@pytest.fixture
def answers(world):
    make.answers(unit=world.harbour, scores=[3] * 20 + [7] * 30 + [10] * 50, on=date(2026, 11, 1))
    make.answers(unit=world.mill, scores=[10] * 40, on=date(2026, 11, 1))
    make.answers(unit=world.station, scores=[0] * 30, on=date(2026, 11, 1))
    fill(at=NOW)


def kept(world, by=None, query=None, page="insights", **fields):
    query = f"unit={world.north.pk}&days=30" if query is None else query
    by = by or world.rosa
    return keep_view(page=page, query=query, name="The north", by=by.user, at=MONDAY, **{"unit": None, **fields})


def subscribed(world, view=None, *, who=None, **fields):
    who = who or world.rosa
    asked = {"when": "days", "weekdays": range(5), "local_time": time(7, 30), "zone": "Europe/London", "at": MONDAY}
    return subscribe(view=view or kept(world), employee=who, by=who.user, **asked | fields)


def form(**said):
    return {"name": "The north", "unit": "", "period": "rolls", "when": "", **said}


# --- keeping ---------------------------------------------------------------------------------------------------------


def test_what_the_page_shows_is_kept_and_opens_again(world, client, answers):
    client.force_login(world.rosa.user)
    query = f"unit={world.harbour.pk}&from=2026-11-01&to=2026-11-24&as_of=is&format="
    page = client.get(f"/insights/?{query}")
    link = re.search(r'href="(/subscriptions/keep/insights/[^"]+)"', page.text)[1].replace("&amp;", "&")
    keeping = client.get(link)
    assert "The last 24 days, moving on" in keeping.text
    assert keeping.context["form"]["period"].initial == "rolls"
    past = client.get(link.replace("to=2026-11-24", "to=2026-11-10"))
    assert past.context["form"]["period"].initial == "fixed"  # what ended is most likely meant as it was
    assert client.post(link, form()).status_code == 302
    view = SavedFilter.objects.get()
    assert (view.page, view.by) == ("insights", world.rosa.user)
    assert view.query == f"as_of=is&unit={world.harbour.pk}&days=24"
    assert f"/insights/?{view.query}".replace("&", "&amp;") in client.get("/subscriptions/").text
    assert client.get(f"/insights/?{view.query}").context["insight"].card.n == 100
    assert Event.objects.get(what="view.kept").data == {"page": "insights"}


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("colour=red", "The page has no filter “colour”."),
        ("days=30&days=60", "A filter is given twice."),
        ("days=30&from=2026-11-01", "Give a number of days, or a first and a last day."),
        ("program=nothing", "There is no program with this code."),
        ("days=0", "Give 1 to 3660 days."),
    ],
)
def test_what_the_page_does_not_know_is_not_kept(world, client, query, why):
    client.force_login(world.rosa.user)
    answer = client.post(f"/subscriptions/keep/insights/?{query}", form())
    assert answer.status_code == 400
    assert why in answer.text
    assert not SavedFilter.objects.exists()


def test_a_view_of_a_unit_out_of_sight_or_of_a_name_one_has_is_not_kept(world, client):
    client.force_login(world.elsa.user)
    answer = client.post(f"/subscriptions/keep/insights/?unit={world.harbour.pk}", form())
    assert "The unit of this view is not in your sight." in answer.text
    client.force_login(world.rosa.user)
    client.post(f"/subscriptions/keep/region/?unit=crm:{world.north.external_id}", form())
    answer = client.post("/subscriptions/keep/insights/", form())
    assert "You have a view of this name already." in answer.text
    assert SavedFilter.objects.count() == 1


def test_a_shared_view_shows_each_reader_what_they_see_and_only_its_author_throws_it_away(world, client, answers):
    view = kept(world, by=world.helen, query="days=30", unit=world.harbour)
    for who, found in ((world.jonas, True), (world.elsa, False), (world.helen, True)):
        client.force_login(who.user)
        assert ("The north" in client.get("/subscriptions/").text) is found
    client.force_login(world.jonas.user)
    assert client.post(f"/subscriptions/views/{view.pk}/discard").status_code == 404
    client.force_login(world.helen.user)
    row = subscribed(world, view, who=world.helen)
    client.post(f"/subscriptions/views/{view.pk}/discard")
    row.refresh_from_db()
    assert (row.view, row.ended_why, SavedFilter.objects.count()) == (None, "the view was thrown away", 0)
    assert "the view was thrown away" in client.get("/subscriptions/").text


def test_the_desk_shows_its_own_filters_only(world, client):
    kept(world, by=world.helen, query="days=30")
    client.force_login(world.helen.user)
    assert list(client.get("/admin/closedloop/ticket/").context["kept"]) == []
    assert "The north" not in client.get("/admin/closedloop/savedfilter/").text


# --- at set times ----------------------------------------------------------------------------------------------------


def test_the_mail_has_the_figures_and_says_what_cannot_be_told_from_noise(world, client, answers, post_office):
    make.answers(unit=world.harbour, scores=[3] * 10 + [7] * 30 + [10] * 60, on=date(2026, 10, 1))
    fill(at=NOW)
    client.force_login(world.rosa.user)
    link = f"/subscriptions/keep/insights/?unit={world.north.pk}&days=40"
    with time_machine.travel(MONDAY, tick=False):
        said = form(when="days", weekdays=["0", "1"], at="07:30", zone="Europe/London")
        assert client.post(link, said).status_code == 302
    assert run_due(at=TUESDAY) == 1
    assert send_due(at=TUESDAY) == {"handed_off": 1}
    (mail,) = post_office.received
    subject, text, html = parts(mail)
    assert mail["To"] == "rosa@example.org"
    assert subject == "The north: Score 50, between 37 and 61; not detectably changed"
    for body in (text, html):
        assert "between" in body
        assert "0 points against the 40 days before" in body
        assert "Harbour" in body
        assert "Mill" in body
        assert "Station" not in body
        assert f"/insights/?unit={world.north.pk}" in body
    assert "on Monday and Tuesday at 07:30" in text
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].strip().startswith("<http")


def test_a_region_is_mailed_with_its_branches(world, answers, post_office):
    subscribed(world, kept(world, page="region", query=f"unit=crm:{world.north.external_id}"))
    run_due(at=TUESDAY)
    send_due(at=TUESDAY)
    _, text, _ = parts(post_office.received[0])
    assert "Harbour: +30, between +14 and +44 (n = 100)" in text
    assert "Mill: +100" in text
    assert f"/region/crm:{world.north.external_id}/" in text


def test_a_time_is_one_row_however_often_and_late_the_job_runs(world, answers, post_office):
    row = subscribed(world)
    for minute in (0, 5, 5):
        run_due(at=TUESDAY + timedelta(minutes=minute))
    assert [run.day for run in row.runs.all()] == [date(2026, 11, 24)]
    outage = TUESDAY + timedelta(days=3, hours=-2)  # down on Wednesday and Thursday, up before Friday's time
    with time_machine.travel(outage, tick=False):
        run_due(at=outage)
        assert list(row.runs.values_list("day", flat=True)) == [date(2026, 11, 24), date(2026, 11, 26)]
        assert send_due(at=outage) == {"handed_off": 1, "cancelled": 1}  # Tuesday's mail had not left
        (mail,) = post_office.received
        assert "This was due on Thursday 26 November and is late." in parts(mail)[1]
    row.refresh_from_db()
    assert (row.next_at, row.state) == (TUESDAY + timedelta(days=3), "running")


def test_a_button_pressed_twice_is_one_subscription(world):
    view = kept(world)
    first, again = subscribed(world, view), subscribed(world, view)
    other = subscribed(world, view, local_time=time(17, 0))
    first.pause(by=world.rosa.user, at=TUESDAY)
    assert (again.pk == first.pk, other.pk == first.pk) == (True, False)
    assert subscribed(world, view).pk not in (first.pk, other.pk)


def test_a_view_with_fixed_days_is_not_mailed(world, client):
    client.force_login(world.rosa.user)
    link = "/subscriptions/keep/insights/?from=2026-11-01&to=2026-11-10"
    answer = client.post(link, form(period="fixed", when="month", day_of_month="1"))
    assert "would always say the same" in answer.text
    assert (SavedFilter.objects.count(), Subscription.objects.count()) == (0, 0)


def test_paused_it_is_silent_and_what_passed_is_not_made_up_for(world, client, answers):
    row, client_of = subscribed(world), client
    client_of.force_login(world.elsa.user)
    assert client.post(f"/subscriptions/{row.public_id}/pause").status_code == 404
    client_of.force_login(world.rosa.user)
    with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
        client.post(f"/subscriptions/{row.public_id}/pause")
    assert run_due(at=TUESDAY) == 0
    with time_machine.travel(TUESDAY + timedelta(hours=1), tick=False):
        client.post(f"/subscriptions/{row.public_id}/resume")
    assert run_due(at=TUESDAY + timedelta(hours=2)) == 0
    row.refresh_from_db()
    assert (row.state, row.next_at) == ("running", TUESDAY + timedelta(days=1))
    for _ in range(2):
        client.post(f"/subscriptions/{row.public_id}/end")
    ended = Event.objects.filter(what__startswith="subscription.").order_by("pk").values_list("what", flat=True)
    assert list(ended) == [
        "subscription.begun", "subscription.paused", "subscription.resumed", "subscription.ended",
    ]  # fmt: skip
    assert "Ended" in client.get("/subscriptions/").text


# --- who may not have it any more ------------------------------------------------------------------------------------


def moved(world):
    world.rosa.assignments.all().delete()
    crm.assignment(world.rosa, unit=world.station, role="branch")


def left(world):
    type(world.rosa).objects.filter(pk=world.rosa.pk).update(left_on=MONDAY.date())


def shut_out(world):
    type(world.rosa.user).objects.filter(pk=world.rosa.user_id).update(is_active=False)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (moved, "its unit is not in your sight any more"),
        (left, "the employee has left or has no address"),
        (shut_out, "the employee has left or has no address"),
    ],
)
@pytest.mark.parametrize("made", [False, True])
def test_who_left_or_lost_sight_gets_nothing_and_it_ends(world, answers, post_office, change, why, made):
    row = subscribed(world)
    if made:  # the mail was made before the change and has not left
        run_due(at=TUESDAY)
    change(world)
    run_due(at=TUESDAY)
    send_due(at=TUESDAY)
    row.refresh_from_db()
    assert (row.state, row.ended_why, post_office.received) == ("ended", why, [])


def test_the_link_in_the_mail_ends_it_by_a_post_only(world, client, answers, post_office):
    row = subscribed(world)
    run_due(at=TUESDAY)
    send_due(at=TUESDAY)
    link = post_office.received[0]["List-Unsubscribe"].strip("<>").partition("/subscriptions/")[2]
    assert "End the mails of “The north”?" in client.get(f"/subscriptions/{link}").text
    row.refresh_from_db()
    assert row.state == "running"
    assert client.post(f"/subscriptions/{link}", {"List-Unsubscribe": "One-Click"}).status_code == 200
    row.refresh_from_db()
    assert (row.state, row.ended_why) == ("ended", "by the link in the mail")
    assert client.post(f"/subscriptions/stop/{row.public_id}:forged/").status_code == 404


# --- on a real change ------------------------------------------------------------------------------------------------


def weeks(world, scores, *, since, number):
    """The same answers in each of so many weeks, from that Monday on."""
    for week in range(number):
        make.answers(unit=world.harbour, scores=scores, on=since + timedelta(days=7 * week))
    fill(at=NOW)


def test_a_real_change_is_told_once_and_noise_never(world, post_office):
    begun = datetime(2026, 7, 6, 6, 0, tzinfo=UTC)
    weeks(world, [3] * 4 + [7] * 6 + [10] * 10, since=date(2026, 6, 1), number=5)  # 30 points of 100 answers
    weeks(world, [3] * 5 + [7] * 6 + [10] * 9, since=date(2026, 7, 6), number=7)  # 20: noise
    weeks(
        world, [3] * 12 + [7] * 4 + [10] * 4, since=date(2026, 8, 24), number=13
    )  # -40, which the days that raise it are only partly
    view = kept(world, query=f"unit={world.harbour.pk}&days=35")
    row = subscribed(world, view, when="change", weekdays=[0], at=begun)
    assert (row.reference_from, row.reference_to) == (date(2026, 6, 1), date(2026, 7, 5))
    at = begun + timedelta(hours=1, minutes=30)
    for _ in range(20):
        at += timedelta(days=7)
        with time_machine.travel(at, tick=False):
            run_due(at=at)
            send_due(at=at)
    told = SubscriptionRun.objects.get(told=True)
    assert (row.runs.count(), told.day) == (20, date(2026, 9, 14))
    (mail,) = post_office.received
    subject, text, _ = parts(mail)
    assert subject == "The north: the score has fallen, +30 to −16"
    assert "In a whole year of looks chance alone raises this at most 5 times in 100" in text
    row.refresh_from_db()
    assert (row.reference_from, row.reference_to) == (date(2026, 9, 14), date(2026, 10, 18))
    assert Dispatch.objects.get().run == told
