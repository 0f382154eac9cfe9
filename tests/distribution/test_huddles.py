"""A team's huddle: announced to whose turn it is, opened once, kept by the team, closed for good."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.utils import IntegrityError

from closedloop.errors import OuterLoopRefused
from closedloop.models import Elevation
from common.models import Event
from common.outbox import MustNotGo
from common.senders import Outcome, Reply
from crm.models import Absence, Employee, OrgUnit
from distribution.errors import HuddleRefused
from distribution.models import Dispatch, Huddle, HuddleAction, HuddleSeries
from distribution.services.composing import compose
from distribution.services.huddling.keeping import agree, close, note_attendance, raise_item, settle
from distribution.services.huddling.opening import open_today
from distribution.services.huddling.planning import call_due, plan
from distribution.services.sending import send_due
from surveys.models import Passage, PassageTopic, Topic
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.world import build_world

MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # Tuesday
HELD = MORNING + timedelta(hours=2)
LAST = datetime(2026, 11, 19, 8, 45, tzinfo=UTC)  # Thursday
SINCE = datetime(2026, 11, 23, 14, tzinfo=UTC)
TUESDAYS_AND_THURSDAYS = [1, 3]


def planned(world, unit=None, **said):
    told = {"weekdays": TUESDAYS_AND_THURSDAYS, "starts_at": time(8, 45), "by": world.helen.user, "at": LAST, **said}
    return plan(unit=unit or world.harbour, **told)


def opened(world, at=HELD, by=None):
    return open_today(unit=world.harbour, by=by or world.helen.user, at=at)


def said(world, score, words, *, employee=None, at=SINCE, **fields):
    return tell.answer(
        unit=world.harbour, score=score, comment=words, at=at, employee=employee or world.jonas,
        **{"customer": make.customer(), "classified_at": at, **fields},
    )  # fmt: skip


def agreed(world, huddle, what="Ring back the same day", *, owner=None, due_on=date(2026, 11, 27), key=None):
    return agree(
        huddle=huddle, key=key or uuid4(), what=what, owner=owner or world.jonas, due_on=due_on, by=world.helen.user,
        at=HELD,
    )  # fmt: skip


# --- planned and announced -------------------------------------------------------------------------------------------


def test_who_leads_is_told_in_the_morning_once(world):
    planned(world)
    assert call_due(at=MORNING - timedelta(minutes=1)) == 0
    assert [call_due(at=MORNING), call_due(at=MORNING), call_due(at=MORNING + timedelta(hours=9))] == [1, 0, 0]
    huddle = Huddle.objects.get()
    assert (huddle.unit, huddle.day, huddle.lead, huddle.state) == (
        world.harbour, date(2026, 11, 24), world.helen, "planned",
    )  # fmt: skip
    mail = Dispatch.objects.get()
    assert (mail.kind, mail.employee, mail.huddle, mail.due_at) == ("huddle", world.helen, huddle, MORNING)
    event = Event.objects.about(huddle).get()
    assert (event.what, event.data) == ("huddle.called", {"unit": world.harbour.pk, "lead": world.helen.pk})


def test_the_mail_says_when_and_what_is_open(world):
    planned(world)
    first = opened(world, at=LAST)
    HuddleAction.objects.create(
        huddle=first, unit=world.harbour, what="Ring back", owner=world.jonas, due_on=date(2026, 11, 20), at=LAST
    )
    call_due(at=MORNING)
    mail = compose(Dispatch.objects.get(), at=MORNING)
    assert mail.subject == "Harbour: you lead today's huddle at 08:45"
    assert mail.to == ["jonas@example.org"]  # Helen led last
    assert "One action from earlier huddles is open, one late." in mail.body
    assert Huddle.objects.get(lead=world.jonas).get_absolute_url() in mail.body


def test_who_is_not_of_the_team_any_more_gets_no_mail(world):
    planned(world)
    call_due(at=MORNING)
    world.helen.assignments.update(unit=world.station)
    with pytest.raises(MustNotGo, match="not of the team any more"):
        compose(Dispatch.objects.get(), at=MORNING)


@pytest.mark.parametrize("days", [[0], [2], [5]])
def test_on_other_days_nobody_is_told(world, days):
    planned(world, weekdays=days)
    assert call_due(at=MORNING) == 0


def test_on_a_holiday_of_the_unit_nobody_is_told(world):
    planned(world)
    world.calendar.closed_days = ["2026-11-24"]
    world.calendar.save()
    assert call_due(at=MORNING) == 0


def test_each_unit_is_told_at_half_past_six_of_its_own_clock(world):
    OrgUnit.objects.filter(pk=world.station.pk).update(zone="America/New_York")
    planned(world)
    planned(world, world.station)
    assert call_due(at=MORNING) == 1
    assert call_due(at=MORNING + timedelta(hours=4, minutes=59)) == 0
    assert call_due(at=MORNING + timedelta(hours=5)) == 1
    assert Huddle.objects.get(unit=world.station).day == date(2026, 11, 24)


def test_after_three_days_of_outage_only_todays_is_announced(world):
    planned(world, weekdays=[0, 1, 2, 3, 4])
    call_due(at=LAST)
    assert call_due(at=MORNING) == 1
    assert list(Huddle.objects.values_list("day", flat=True).order_by("day")) == [
        date(2026, 11, 19),
        date(2026, 11, 24),
    ]


def test_who_is_away_is_passed_over_and_nobody_twice(world):
    planned(world)
    away = {"source": "hr", "external_id": "a", "first_on": date(2026, 11, 20), "last_on": date(2026, 11, 24)}
    Absence.objects.create(employee=world.helen, **away)
    call_due(at=MORNING)
    assert Huddle.objects.get().lead == world.jonas
    Employee.objects.filter(pk=world.jonas.pk).update(left_on=date(2026, 11, 25))
    call_due(at=MORNING + timedelta(days=2))
    assert Huddle.objects.get(day=date(2026, 11, 26)).lead == world.helen


def test_a_mail_does_not_go_once_the_huddle_is_open_or_its_day_over(world):
    planned(world)
    call_due(at=MORNING)
    mail = Dispatch.objects.select_related("huddle__unit").get()
    with pytest.raises(MustNotGo, match="its day has passed"):
        compose(mail, at=MORNING + timedelta(days=1))
    opened(world)
    with pytest.raises(MustNotGo, match="opened before the mail left"):
        compose(Dispatch.objects.get(), at=HELD)


def test_saying_the_same_again_changes_nothing_and_no_day_ends_it(world):
    series = planned(world)
    planned(world, at=HELD)
    assert Event.objects.about(series).count() == 1
    planned(world, weekdays=[], at=HELD)
    series.refresh_from_db()
    assert (series.active, series.weekdays) == (False, TUESDAYS_AND_THURSDAYS)
    assert call_due(at=MORNING) == 0
    with pytest.raises(HuddleRefused):
        planned(world, world.mill, weekdays=[])
    assert HuddleSeries.objects.count() == 1


# --- opened ----------------------------------------------------------------------------------------------------------


def test_what_hurts_and_what_praises_stand_on_it_and_blame_has_no_name(world):
    rude = said(world, 2, "Jonas was rude, ring me on 020 7946 0471")
    said(world, 6, "Slow")
    said(world, 4, "Closed at noon")
    kind = said(world, 10, "Jonas was so kind")
    said(world, 9, "", employee=world.jonas)
    said(world, 1, "Long ago", at=HELD - timedelta(days=9))
    agenda = opened(world).agenda
    assert [(row["tone"], row["score"], row["words"], row["employee"]) for row in agenda["words"]] == [
        ("hurt", 2, "[a colleague] was rude, ring me on [number]", ""),
        ("hurt", 4, "Closed at noon", ""),
        ("praise", 10, "Jonas was so kind", "Jonas"),
    ]
    assert [row["customer"] for row in agenda["words"][::2]] == [rude.customer_id, kind.customer_id]
    assert agenda["answers"] == {"n": 5, "promoter": 2, "passive": 0, "detractor": 3}


def test_words_that_were_not_read_for_personal_data_are_not_read_out(world):
    said(world, 2, "My account is 4411", classified_at=None)
    assert opened(world).agenda["words"] == []


def test_under_ten_answers_no_score_is_told(world):
    for _ in range(9):
        said(world, 9, "")
    score = opened(world).agenda["score"]
    assert (score["nps"], score["verdict"]) == (None, None)


def test_tickets_and_a_theme_of_three_customers(world):
    topic = Topic.objects.create(code="queue", name="Queue at the counter")
    for score in (3, 4, 5):
        words = said(world, score, "The queue")
        passage = Passage.objects.create(
            kind="answer", source_id=words.pk, response=words, unit=world.harbour, said_at=SINCE, language="en",
            text="The queue", tsv="queue", read_at=SINCE,
        )  # fmt: skip
        PassageTopic.objects.create(passage=passage, topic=topic, at=SINCE)
    late = tell.ticket(tell.signal(words), due_at=HELD - timedelta(hours=1))
    agenda = opened(world).agenda
    assert agenda["theme"] == {"name": "Queue at the counter", "customers": 3}
    assert agenda["tickets"] == {
        "closed": 0, "overdue": 1, "rows": [{"ticket": str(late.public_id), "customer": words.customer_id}],
    }  # fmt: skip


def test_it_stays_as_it_was_opened_and_the_second_phone_gets_the_same(world):
    first = opened(world)
    said(world, 2, "Too late for this one")
    again = opened(world, at=HELD + timedelta(minutes=5), by=world.jonas.user)
    assert (again.pk, again.agenda, again.opened_by) == (first.pk, first.agenda, world.helen.user)
    assert Event.objects.filter(what="huddle.opened").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_phones_at_once_open_one_huddle():
    world = build_world()

    def open_it(_: int) -> int:
        try:
            return opened(world).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as phones:
        assert len(set(phones.map(open_it, range(4)))) == 1
    assert Huddle.objects.count() == Event.objects.filter(what="huddle.opened").count() == 1


def test_where_nobody_works_there_is_none(world):
    with pytest.raises(HuddleRefused, match="Nobody works in this unit"):
        open_today(unit=world.mill, by=world.rosa.user, at=HELD)
    assert not Huddle.objects.exists()


def test_one_that_was_left_open_is_closed_by_the_next(world):
    left = opened(world, at=LAST)
    opened(world)
    left.refresh_from_db()
    assert (left.closed_at, left.closed_by) == (HELD, None)


# --- kept ------------------------------------------------------------------------------------------------------------


def test_who_is_not_there_hands_over_to_whose_turn_it_is(world):
    huddle = opened(world)
    assert huddle.lead == world.helen
    kept = note_attendance(
        huddle=huddle, present=[world.jonas.pk], excused=[world.helen.pk], by=world.jonas.user, at=HELD
    )
    assert kept.lead == world.jonas
    assert dict(kept.attendance.values_list("employee__name", "status")) == {"Jonas": "present", "Helen": "excused"}
    note_attendance(huddle=huddle, present=[world.jonas.pk], excused=[world.helen.pk], by=world.helen.user, at=HELD)
    assert Event.objects.filter(what="huddle.attended").count() == 1


def test_a_list_that_changed_meanwhile_is_not_overwritten(world):
    huddle = opened(world)
    note_attendance(huddle=huddle, present=[world.jonas.pk], seen="", by=world.jonas.user, at=HELD)
    with pytest.raises(HuddleRefused, match="meanwhile"):
        note_attendance(huddle=huddle, present=[world.helen.pk], seen="", by=world.helen.user, at=HELD)
    assert list(huddle.attendance.values_list("employee__name", flat=True)) == ["Jonas"]


def test_nobody_from_elsewhere_is_noted_or_owns_an_action(world):
    huddle = opened(world)
    with pytest.raises(HuddleRefused):
        note_attendance(huddle=huddle, present=[world.elsa.pk], by=world.helen.user, at=HELD)
    with pytest.raises(HuddleRefused, match="does not work here today"):
        agreed(world, huddle, owner=world.elsa)
    assert not huddle.attendance.exists()
    assert not HuddleAction.objects.exists()


def test_an_action_sent_twice_is_one_and_comes_again_until_it_is_settled(world):
    first, key = opened(world), uuid4()
    action = agreed(world, first, key=key)
    assert agreed(world, first, key=key) == action
    following = opened(world, at=HELD + timedelta(days=2))
    assert following.agenda["actions"] == [str(action.public_id)]
    settle(action=action, outcome="done", by=world.jonas.user, at=HELD + timedelta(days=2))
    settle(action=action, outcome="done", by=world.helen.user, at=HELD + timedelta(days=2))
    assert Event.objects.filter(what="huddle_action.settled").count() == 1
    assert opened(world, at=HELD + timedelta(days=3)).agenda["actions"] == []


def test_dropping_needs_a_reason_and_what_is_settled_stays(world):
    action = agreed(world, opened(world))
    with pytest.raises(HuddleRefused, match="Say why"):
        settle(action=action, outcome="dropped", by=world.helen.user, at=HELD)
    settle(action=action, outcome="dropped", why="The counter is rebuilt", by=world.helen.user, at=HELD)
    with pytest.raises(HuddleRefused, match="settled as dropped already"):
        settle(action=action, outcome="done", by=world.helen.user, at=HELD)
    with pytest.raises(IntegrityError):
        HuddleAction.objects.filter(pk=action.pk).update(why="")


def test_what_the_team_raises_is_in_the_outer_loop_once(world):
    words = said(world, 2, "The machine is broken again")
    huddle = opened(world)
    raised = raise_item(huddle=huddle, subject=words, by=world.jonas.user, at=HELD)
    assert raise_item(huddle=huddle, subject=words, by=world.jonas.user, at=HELD) == raised
    assert (raised.response, raised.unit, raised.employee) == (words, world.harbour, world.jonas)
    assert raised.why == "The team raised it in its huddle of 24 November 2026."
    assert list(huddle.elevations.values_list("elevation", flat=True)) == [raised.pk]
    assert Event.objects.filter(what="huddle.raised").count() == 1


def test_only_what_stands_on_the_agenda_is_raised(world):
    huddle = opened(world)
    with pytest.raises(HuddleRefused, match="not on the agenda"):
        raise_item(huddle=huddle, subject=said(world, 2, "Afterwards"), by=world.helen.user, at=HELD)
    assert not Elevation.objects.exists()


def test_words_that_were_taken_back_are_not_raised(world):
    words = said(world, 2, "I take it back")
    huddle = opened(world)
    words.comment = ""
    words.save()
    with pytest.raises(OuterLoopRefused):
        raise_item(huddle=huddle, subject=words, by=world.helen.user, at=HELD)
    assert not huddle.elevations.exists()


def test_what_is_closed_stays_as_it_is(world):
    huddle = opened(world)
    close(huddle=huddle, note="A good round", by=world.helen.user, at=HELD)
    close(huddle=huddle, note="A good round", by=world.helen.user, at=HELD + timedelta(seconds=2))
    with pytest.raises(HuddleRefused, match="was closed by helen on 24 November at 08:30"):
        agreed(world, huddle)
    with pytest.raises(HuddleRefused, match="belongs to the next one"):
        close(huddle=huddle, note="Another word", by=world.jonas.user, at=HELD)
    with pytest.raises(HuddleRefused, match="held and closed"):
        opened(world)
    assert (Huddle.objects.get().note, Event.objects.filter(what="huddle.closed").count()) == ("A good round", 1)


def test_when_its_day_has_passed_it_can_only_be_closed(world):
    huddle, next_day = opened(world), HELD + timedelta(days=1)
    with pytest.raises(HuddleRefused, match="its day has passed"):
        note_attendance(huddle=huddle, present=[world.helen.pk], by=world.helen.user, at=next_day)
    close(huddle=huddle, by=world.helen.user, at=next_day)
    assert Huddle.objects.get().state == "closed"


@pytest.mark.django_db(transaction=True)
def test_three_workers_announce_a_huddle_once_and_its_mail_goes_once():
    world = build_world()
    planned(world)
    planned(world, world.station)
    gone = []

    def keep(message):
        gone.append(message.to[0])
        return Reply(Outcome.ACCEPTED, "250", address_is_bad=False)

    def work(_: int) -> None:
        try:
            call_due(at=MORNING)
            send_due(at=MORNING, hand_over=keep)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as workers:
        list(workers.map(work, range(3)))
    work(0)
    assert sorted(gone) == ["elsa@example.org", "helen@example.org"]
    assert Huddle.objects.count() == 2
