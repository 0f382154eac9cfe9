"""Systems that send: what came is counted by day, and silence is told once and ends by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from common.metrics import gauges
from common.models import Event, Load
from crm.models import ApiKey, Delivery, Feed, FeedDay, FeedState, Silence, Source
from crm.services.feeds.counting import count_in, fold
from crm.services.feeds.minding import mind
from crm.services.ingesting import ingest_interactions
from nps_project.duties import due_for
from tests.world import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


def came(*, at: datetime, rows: int, rejected: int = 0, source: str = "desk", kind: str = "interactions") -> None:
    count_in(kind=kind, source=source, at=at, received=rows, rejected=rejected)
    fold(at=at)


def desk(**fields) -> Feed:
    """The feed of the desk, with what is expected of it."""
    source = Source.objects.create(code="desk", name="Service desk", zone="Europe/London", created_at=NOW - 60 * DAY)
    return Feed.objects.create(**{"source": source, "kind": "interactions", "began_at": NOW - 60 * DAY, **fields})


def learnt(rows: int = 100) -> Feed:
    """A feed that brought as much on each of the last thirty days but yesterday."""
    feed = desk()
    for back in range(2, 31):
        came(at=NOW - back * DAY, rows=rows)
    return feed


def events() -> list[str]:
    return list(Event.objects.filter(what__startswith="feed.").order_by("id").values_list("what", flat=True))


def test_what_comes_by_a_list_is_counted_with_what_was_refused(world):
    item = {"external_id": "v-1", "kind": "branch-visit", "customer": world.ines.external_id}
    item |= {"unit": world.harbour.external_id, "occurred_at": "2026-11-24T09:00:00+00:00"}
    ingest_interactions([item, {**item, "external_id": "v-2", "unit": "nowhere"}], source="crm", at=NOW)
    assert list(Delivery.objects.values_list("source", "kind", "received", "rejected")) == [
        ("crm", "interactions", 2, 1)
    ]


def visit(world, occurred_at: datetime, name: str) -> dict:
    said = {"external_id": name, "kind": "branch-visit", "customer": world.ines.external_id}
    return {**said, "unit": world.harbour.external_id, "occurred_at": occurred_at.isoformat()}


@pytest.mark.parametrize(("hours", "late"), [(None, 1), (24, 2), (72, 0)])
def test_late_in_a_list_is_what_the_feed_calls_late(world, hours, late):
    if hours:
        source = Source.objects.create(code="crm", name="CRM", created_at=NOW)
        Feed.objects.create(source=source, kind="interactions", began_at=NOW, late_hours=hours)
    items = [visit(world, NOW - back * HOUR, f"v-{back}") for back in (23, 25, 49)]
    ingest_interactions(items, source="crm", at=NOW)
    assert Load.objects.get().counts.get("late", 0) == late


def test_deliveries_become_days_on_the_clock_of_the_system():
    desk()
    count_in(kind="interactions", source="desk", at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC), received=3, rejected=0)
    count_in(kind="interactions", source="desk", at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC), received=5, rejected=1)
    assert fold(at=NOW) == 2
    assert [(str(day.day), day.received, day.rejected, day.deliveries) for day in FeedDay.objects.order_by("day")] == [
        ("2026-07-01", 3, 0, 1),
        ("2026-07-02", 5, 1, 1),
    ]
    assert not Delivery.objects.exists()


def test_a_system_that_nobody_described_is_taken_down_once():
    came(at=NOW, rows=1, source="billing", kind="customers")
    came(at=NOW + HOUR, rows=2, source="billing", kind="customers")
    feed = Feed.objects.get()
    assert (feed.source.code, feed.kind, feed.began_at) == ("billing", "customers", NOW)
    assert FeedDay.objects.get().received == 3
    assert Event.objects.filter(what="source.first_heard").count() == 1


def test_a_feed_is_silent_when_nothing_came_for_longer_than_declared():
    feed = desk(every_hours=6)
    came(at=NOW - 5 * HOUR, rows=1)
    assert mind(at=NOW) == 0
    assert mind(at=NOW + 2 * HOUR) == 1
    silence = Silence.objects.get(feed=feed)
    assert (silence.rule, silence.since, silence.ended_at) == ("interval", NOW - 5 * HOUR, None)


def monthly(feed: Feed) -> datetime:
    """Something at the beginning of each of four months; when it came last."""
    months = [datetime(2026, month, 2, 9, tzinfo=UTC) for month in (7, 8, 9, 10)]
    for at in months:
        came(at=at, rows=5_000, source=feed.source.code, kind=feed.kind)
    return months[-1]


def test_a_feed_that_comes_once_a_month_is_silent_after_twice_its_longest_gap():
    last = monthly(desk(kind="financials", began_at=NOW - 200 * DAY))
    assert mind(at=last + 62 * DAY) == 0
    assert mind(at=last + 62 * DAY + HOUR) == 1
    assert (Silence.objects.get().rule, Silence.objects.get().since) == ("gap", last)
    back = last + 90 * DAY
    came(at=back, rows=5_000, kind="financials")
    assert mind(at=back + HOUR) == 0
    assert mind(at=back + 62 * DAY + HOUR) == 1, "the silence itself is no gap to wait for"


@pytest.mark.parametrize("said", [{"every_hours": 24 * 100}, {"learns": False}, {"expected": False}])
def test_what_somebody_said_of_a_feed_goes_before_what_its_gaps_say(said):
    last = monthly(desk(kind="financials", began_at=NOW - 200 * DAY, **said))
    assert mind(at=last + 80 * DAY) == 0


def test_three_deliveries_say_nothing_of_the_next_and_a_long_weekend_nothing_of_any():
    desk(kind="financials", began_at=NOW - 9 * DAY)
    for back in (8, 7, 6):
        came(at=NOW - back * DAY, rows=5, kind="financials")
    assert mind(at=NOW) == 0
    came(at=NOW - 5 * DAY, rows=5, kind="financials")
    assert mind(at=NOW - 2 * DAY) == 0
    assert mind(at=NOW - 2 * DAY + HOUR) == 1


def test_a_silence_is_told_once_and_ends_by_itself():
    desk(every_hours=6)
    came(at=NOW - 8 * HOUR, rows=1)
    mind(at=NOW)
    mind(at=NOW + HOUR)
    assert events() == ["feed.went_silent"]
    came(at=NOW + HOUR, rows=1)
    assert mind(at=NOW + 2 * HOUR) == 0
    assert events() == ["feed.went_silent", "feed.heard_again"]
    assert Silence.objects.get().ended_at == NOW + 2 * HOUR


def test_a_day_that_brings_far_less_than_usual_is_silence_without_anything_declared():
    feed = learnt()
    came(at=NOW - DAY, rows=9)
    assert mind(at=NOW) == 1
    silence = Silence.objects.get(feed=feed)
    assert silence.rule == "volume"
    assert silence.since == datetime(2026, 11, 23, tzinfo=UTC)
    state = FeedState.objects.get(feed=feed)
    assert (state.yesterday, state.usual, state.least) == (9, 100.0, 50)


def test_a_day_whose_rows_are_nearly_all_refused_has_brought_far_less_than_usual():
    learnt()
    came(at=NOW - DAY, rows=100, rejected=95)
    assert mind(at=NOW) == 1
    assert Silence.objects.get().rule == "volume"


def test_a_feed_all_of_whose_rows_are_refused_is_not_well(world, client):
    """Nothing is declared or learned of it: rows come, and none of them reaches anybody."""
    desk(learns=False)
    came(at=NOW - 2 * DAY, rows=500, rejected=499)
    came(at=NOW - HOUR, rows=9, rejected=9)
    assert mind(at=NOW) == 0
    came(at=NOW, rows=1, rejected=1)
    assert mind(at=NOW) == 1
    silence = Silence.objects.get()
    assert (silence.rule, silence.since) == ("refused", datetime(2026, 11, 24, tzinfo=UTC))
    client.force_login(world.olivia.user)
    assert (
        "nothing taken since 24 Nov, 00:00: all that came was refused"
        in client.get("/admin/crm/feed/").content.decode()
    )
    assert "<b>nothing taken</b> since 24 Nov, 00:00" in client.get("/admin/").content.decode()
    came(at=NOW + HOUR, rows=5, rejected=4)
    assert mind(at=NOW + HOUR) == 0
    assert Silence.objects.get().ended_at == NOW + HOUR


def test_silence_by_volume_is_over_when_the_new_day_brought_what_the_last_one_lacked():
    learnt()
    mind(at=NOW)
    came(at=NOW, rows=49)
    assert mind(at=NOW + HOUR) == 1
    came(at=NOW + HOUR, rows=1)
    assert mind(at=NOW + 2 * HOUR) == 0


def told_each_morning(days: int) -> list[int]:
    """How many feeds are silent on each of so many mornings from NOW on."""
    return [mind(at=NOW + ahead * DAY) for ahead in range(days)]


def test_a_feed_that_stays_dead_stays_silent_however_long():
    learnt()
    assert told_each_morning(60) == [1] * 60
    assert events() == ["feed.went_silent"]
    assert Silence.objects.get().ended_at is None


def test_a_silence_lasts_over_days_that_are_always_quiet():
    desk()
    for back in range(2, 31):
        came(at=NOW - back * DAY, rows=0 if (NOW - back * DAY).weekday() > 4 else 100)
    assert told_each_morning(14) == [1] * 14


def test_what_was_not_brought_in_a_silence_does_not_become_usual():
    learnt()
    told_each_morning(21)
    back = NOW + 21 * DAY
    came(at=back, rows=100)
    assert mind(at=back + HOUR) == 0
    assert FeedState.objects.get().usual == 100.0
    assert mind(at=back + 2 * DAY) == 1, "the day after it brought nothing again"
    assert Silence.objects.count() == 2


def test_a_silence_is_over_when_people_tolerate_what_comes():
    feed = learnt()
    came(at=NOW - DAY, rows=30)
    mind(at=NOW)
    Feed.objects.filter(pk=feed.pk).update(tolerance=80)
    assert mind(at=NOW + HOUR) == 0


def test_a_silence_by_volume_is_over_when_volume_is_watched_no_more():
    feed = learnt()
    mind(at=NOW)
    Feed.objects.filter(pk=feed.pk).update(learns=False)
    assert mind(at=NOW + HOUR) == 0


def test_a_day_is_judged_three_hours_after_its_end():
    learnt()
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    came(at=midnight - 22 * HOUR, rows=100)
    assert mind(at=midnight + 2 * HOUR) == 0
    assert mind(at=midnight + 27 * HOUR - timedelta(minutes=1)) == 0
    assert mind(at=midnight + 27 * HOUR) == 1


def test_a_feed_of_which_too_little_is_known_is_not_judged_by_volume():
    desk(began_at=NOW - 15 * DAY)
    for back in range(2, 16):
        came(at=NOW - back * DAY, rows=100)
    assert mind(at=NOW) == 0
    assert FeedState.objects.get().usual is None


def test_nobody_is_warned_of_a_feed_that_is_expected_no_more():
    feed = learnt()
    mind(at=NOW)
    feed.expected = False
    feed.save()
    assert mind(at=NOW + HOUR) == 0
    assert Silence.objects.get().ended_at == NOW + HOUR


def test_a_key_for_interactions_that_is_never_used_is_a_silent_feed(world):
    ApiKey.objects.all().update(created_at=NOW - 4 * DAY)
    assert mind(at=NOW) == 1
    assert Feed.objects.get().source.code == "crm"


def test_a_silent_feed_is_work_due_on_the_first_page(world, client, rf):
    now = timezone.now()
    Feed.objects.create(
        source=Source.objects.create(code="desk", name="Service desk", created_at=now), kind="interactions",
        every_hours=6, began_at=now - DAY,
    )  # fmt: skip
    mind(at=now)
    client.force_login(world.olivia.user)
    page = client.get("/admin/").content.decode()
    assert "feed has gone silent" in page
    assert "interactions from Service desk" in page
    request = rf.get("/admin/")
    request.user = world.olivia.user
    assert due_for(request)["silent"].number == 1


def test_the_list_of_feeds_says_what_came_and_what_is_usual(world, client):
    learnt()
    came(at=NOW - DAY, rows=1204, rejected=4)
    mind(at=NOW)
    client.force_login(world.olivia.user)
    page = client.get("/admin/crm/feed/").content.decode()
    assert "1\xa0200 / 100" in page, "rows that were refused are not what it brought"
    assert "23 Nov, 10:00" in page
    assert "0.2\xa0%" in page


def test_the_list_finds_the_silent_ones(world, client):
    desk(every_hours=1)
    mind(at=NOW)
    client.force_login(world.olivia.user)
    assert "nothing for longer than declared" in client.get("/admin/crm/feed/?silent=yes").content.decode()
    assert "nothing for longer than declared" not in client.get("/admin/crm/feed/?silent=no").content.decode()


def test_a_branch_manager_sees_no_feeds(world, client):
    client.force_login(world.helen.user)
    assert client.get("/admin/crm/feed/").status_code == 403
    assert client.get("/admin/crm/source/").status_code == 403


def test_prometheus_is_told_how_long_a_feed_has_been_silent():
    desk(every_hours=1)
    mind(at=timezone.now())
    line = next(line for line in gauges().decode().splitlines() if line.startswith("shopkeeper_feed_silent_seconds{"))
    assert 'kind="interactions",source="desk"' in line


def test_what_people_change_about_a_feed_is_kept(world, client):
    feed = desk()
    client.force_login(world.olivia.user)
    said = {"expected": "on", "every_hours": "12", "tolerance": "30", "late_hours": "24"}
    said |= {"silences-TOTAL_FORMS": "0", "silences-INITIAL_FORMS": "0"}
    assert client.post(f"/admin/crm/feed/{feed.pk}/change/", said).status_code == 302
    feed.refresh_from_db()
    assert (feed.every_hours, feed.learns, feed.tolerance, feed.late_hours) == (12, False, 30, 24)
    assert "every_hours" in client.get(f"/admin/crm/feed/{feed.pk}/history/").content.decode()
