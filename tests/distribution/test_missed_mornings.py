"""R-13, R-14 for digests: days that nobody worked, clocks that change meanwhile, two timetables at once."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from crm.models import OrgUnit
from distribution.models import Digest, Dispatch
from distribution.services.digesting import freeze_due
from distribution.services.sending import send_due
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.walk import accept

THURSDAY = datetime(2026, 3, 26, 6, 30, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 31, 5, 30, tzinfo=UTC)  # 06:30 in London, where the clocks went forward on Sunday


def test_after_days_without_work_across_a_clock_change_one_digest_tells_of_all_of_them(world):
    freeze_due(at=THURSDAY)
    for at in (
        datetime(2026, 3, 25, 23, 59, tzinfo=UTC),  # told on Thursday already
        datetime(2026, 3, 26, 0, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 30, 22, 59, tzinfo=UTC),  # the last minute of Monday in London
        datetime(2026, 3, 30, 23, 0, tzinfo=UTC),  # Tuesday there
    ):
        tell.answer(unit=world.harbour, score=9, at=at)
    assert freeze_due(at=TUESDAY - timedelta(minutes=1)) == 0
    assert freeze_due(at=TUESDAY) == 3
    assert freeze_due(at=TUESDAY + timedelta(hours=4)) == 0
    days = Digest.objects.filter(unit=world.harbour).order_by("day")
    assert [digest.day for digest in days] == [date(2026, 3, 26), date(2026, 3, 31)]
    told = days[1].content
    assert (told["since"], told["answers"]["n"]) == ("2026-03-26", 3)


def test_a_mail_that_did_not_leave_on_its_day_never_does_and_todays_goes_once(world):
    freeze_due(at=THURSDAY)
    freeze_due(at=TUESDAY)
    assert send_due(at=TUESDAY, hand_over=accept) == {"handed_off": 3, "cancelled": 3}
    assert send_due(at=TUESDAY + timedelta(minutes=1), hand_over=accept) == {}
    sent = Dispatch.objects.filter(state="handed_off").values_list("digest__unit__name", "digest__day")
    assert sorted(sent) == [(name, TUESDAY.date()) for name in ("Harbour", "Mill", "Station")]


def test_two_timetables_through_days_of_clock_changes_write_each_digest_once_at_its_half_past_six(world):
    """Every quarter of an hour twice, a minute apart, from Saturday to Monday, as New York's clocks go back."""
    week = {day: [["09:00", "17:00"]] for day in ("saturday", "sunday", "monday", "tuesday")}
    calendar = make.calendar(week=week)
    OrgUnit.objects.filter(pk__in=[world.harbour.pk, world.mill.pk, world.station.pk]).update(closed_on="2026-01-01")
    zones = ("America/New_York", "America/St_Johns", "UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham")
    for zone in zones:
        make.unit(name=zone, zone=zone, calendar=calendar)
    start = datetime(2026, 10, 31, 0, 0, tzinfo=UTC)
    freeze_due(at=start - timedelta(minutes=15))  # where Saturday's morning has passed by then
    for quarter in range(48 * 4):
        for minute in (0, 1):
            freeze_due(at=start + timedelta(minutes=15 * quarter + minute))
    frozen = Digest.objects.filter(frozen_at__gte=start).select_related("unit")
    assert Counter(digest.unit.name for digest in frozen) == dict.fromkeys(zones, 2)
    wall = {digest.frozen_at.astimezone(digest.unit.zone_info) for digest in frozen}
    assert {moment.time() for moment in wall} == {time(6, 30)}
    assert {digest.day - digest.frozen_at.astimezone(digest.unit.zone_info).date() for digest in frozen} == {
        timedelta()
    }
