"""What became of invitations, from the rollup: the same as counting every one of them, whatever happened when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db.models import Q
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.maths.scorecards import Period
from analytics.models import InvitationFact, UnitDayDispositions
from analytics.services.filling import fill_invitations, rebuild
from analytics.services.tallying import MANY_NOTES, Cut, asked_one_by_one, tally
from analytics.services.tallying_dispositions import counted_now, ended
from analytics.services.verifying_dispositions import wrong_dispositions
from common.models.outgoing import State
from crm.viewpoints import View
from surveys.dispositions import Disposition
from surveys.models import (
    ClickTally,
    DispositionNote,
    InboundMail,
    Invitation,
    Message,
    ProgramVersion,
    ProvisionalScore,
    Refusal,
    Response,
)
from surveys.scoring import category
from tests.factories import analytics as make
from tests.factories.crm import NOW

DAY = date(2026, 10, 10)
MONTHS = Period(date(2026, 9, 1), date(2026, 11, 30))
MADE = NOW.replace(year=2026, month=10, day=10)


def figures(found):
    """By unit, program, channel and month, without what adds up to nothing."""
    groups = found.by(lambda row: (row.group, row.channel, row.month))
    return {
        key: ({each.value: n for each, n in counts.items() if n}, clicks) for key, (counts, clicks) in groups.items()
    }


def both(world, *, at, view=None, by="unit"):
    """From the rollup, and counted one by one."""
    units = (world.head_office.pk, world.harbour.pk, world.mill.pk) if by == "unit" else (world.head_office.pk,)
    cut = Cut(units, MONTHS, at.date(), **({"view": view} if view else {}))
    found = type(ended(cut, by, at=at))
    counted = found([*counted_now(cut, by, "channel", "month", at=at, which=Q())])
    return figures(ended(cut, by, "channel", "month", at=at)), figures(counted)


def asked(world, *, by="unit", view=None):
    """How many were invited and answered: as scores are told with, and counted one by one."""
    cut = Cut((world.head_office.pk, world.harbour.pk), MONTHS, NOW.date(), **({"view": view} if view else {}))
    ways = [tally(cut, by), asked_one_by_one(cut, by)]
    return [{key: (one.invited, one.answered) for key, one in way.items() if one.invited} for way in ways]


def cells():
    keys = ("unit", "day", "program", "channel")
    return sorted(UnitDayDispositions.objects.values_list(*keys, *(each.value for each in Disposition)))


def happen(world, step, number):
    """One thing that may happen to one of the invitations there are."""
    rows = list(Invitation.objects.order_by("pk"))
    if step == "ask" or not rows:
        return ask(world, number)
    row = rows[number % len(rows)]
    WHAT[step](row, number)
    return None


def ask(world, number):
    unit = [world.harbour, world.mill, world.station][number % 3]
    on = DAY + timedelta(days=number % 40)
    (row,) = make.invitations(unit=unit, customer=world.ines, number=1, on=on)
    Message.objects.create(invitation=row, created_at=NOW, due_at=NOW)


def send(row, number):
    state = [State.SENDING, State.HANDED_OFF, State.FAILED, State.UNKNOWN, State.CANCELLED, State.PENDING][number % 6]
    Message.objects.filter(invitation=row, kind="ask").update(state=state)


def remind(row, number):
    state = [State.PENDING, State.HANDED_OFF][number % 2]
    Message.objects.update_or_create(
        invitation=row, kind="reminder", defaults={"created_at": NOW, "due_at": NOW, "state": state}
    )


def answer(row, number):
    score, status = (None, 3, 9)[number % 3], ("partial", "complete")[number % 2]
    said = {"score": score, "status": status, "category": category(score) or ""}
    if Response.objects.filter(invitation=row).update(**said) == 0:
        make.answered(row, score, status=status)


def refuse(row, number):
    Refusal.objects.get_or_create(invitation=row, defaults={"at": NOW, "how": "link"})


def come_back(row, number):
    verdict = ("bounce", "reply", "soft_bounce", "")[number % 4]
    about = row.messages.order_by("pk").first() if number % 2 else None
    InboundMail.objects.create(
        invitation=row, message=about, key=f"{number}-{row.pk}-{InboundMail.objects.count()}", size=1, received_at=NOW,
        due_at=NOW, verdict=verdict,
    )  # fmt: skip


def judge(row, number):
    InboundMail.objects.filter(invitation=row).update(verdict=("refused", "reply", "bounce")[number % 3])


def click(row, number):
    kept = {"score": number % 11, "at": NOW, "agent": "browser", "ahead": False, "head_before": False}
    settled = {"settled_at": NOW, "automatic": number % 2 == 0} if number % 3 else {}
    ProvisionalScore.objects.create(invitation=row, **kept, **settled)


def settle(row, number):
    ProvisionalScore.objects.filter(invitation=row).update(settled_at=NOW, automatic=number % 2 == 0)


def forget(row, number):
    """Its settled clicks leave their number."""
    settled = ProvisionalScore.objects.filter(invitation=row, settled_at__isnull=False)
    left = {"settled": settled.count(), "automatic": settled.filter(automatic=True).count()}
    if left["settled"] and not ClickTally.objects.filter(invitation=row).exists():
        ClickTally.objects.create(invitation=row, **left)
        settled.delete()


def withdraw(row, number):
    Response.objects.filter(invitation=row).delete()


def prolong(row, number):
    Invitation.objects.filter(pk=row.pk).update(expires_at=MADE + timedelta(days=number % 60))


WHAT = {
    "send": send, "remind": remind, "answer": answer, "refuse": refuse, "come_back": come_back, "judge": judge,
    "click": click, "settle": settle, "forget": forget, "withdraw": withdraw, "prolong": prolong,
}  # fmt: skip
STEP = st.tuples(st.sampled_from(["ask", "ask", "send", "fill", *WHAT]), st.integers(0, 10**6))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=25), st.integers(0, 80))
def test_whatever_happened_and_was_filled_when_the_report_is_what_counting_each_would_say(world, steps, days):
    for model in (
        Refusal,
        ClickTally,
        ProvisionalScore,
        InboundMail,
        Response,
        Message,
        Invitation,
    ):
        model._base_manager.all()._raw_delete("default")
    at = MADE
    for step, number in steps:
        at += timedelta(days=number % 3)
        if step == "fill":
            fill_invitations(at=at)
        else:
            happen(world, step, number)
    for moment in (at, MADE + timedelta(days=days)):  # also of another moment than that of the last filling
        assert (found := both(world, at=moment))[0] == found[1]
    for by in ("unit", "part"):
        assert (found := asked(world, by=by))[0] == found[1]


def test_without_a_filling_all_are_counted_one_by_one_and_after_it_none(world):
    ask(world, 0)
    assert not UnitDayDispositions.objects.exists()
    before, counted = both(world, at=MADE)
    assert fill_invitations(at=MADE) == 1
    assert not DispositionNote.objects.exists()
    assert both(world, at=MADE)[0] == before == counted
    cell = UnitDayDispositions.objects.get()
    assert (cell.unit, cell.day, cell.waiting, cell.open, cell.complete) == (world.harbour, DAY, 1, 0, 0)


def test_a_link_expires_without_a_note_and_is_counted_so_from_that_moment_on(world):
    ask(world, 0)
    send(Invitation.objects.get(), 1)
    fill_invitations(at=MADE)
    expires = Invitation.objects.get().expires_at
    for at, name in ((expires - timedelta(seconds=1), "open"), (expires, "silent")):
        (row,) = both(world, at=at, by="program")[0].values()
        assert row[0] == {name: 1}
    assert fill_invitations(at=expires) == 1
    assert UnitDayDispositions.objects.values_list("open", "silent").get() == (0, 1)
    assert fill_invitations(at=expires) == 0


def test_what_was_cancelled_is_counted_once_and_then_left_alone(world):
    ask(world, 0)
    send(Invitation.objects.get(), 4)
    assert [fill_invitations(at=MADE), fill_invitations(at=MADE)] == [1, 0]
    assert UnitDayDispositions.objects.get().not_asked == 1


def test_an_invitation_that_is_gone_is_taken_off(world):
    ask(world, 0)
    fill_invitations(at=MADE)
    Message.objects.all().delete()
    Invitation.objects.all().delete()
    assert both(world, at=MADE) == ({}, {})
    assert fill_invitations(at=MADE) == 1
    assert not InvitationFact.objects.exists()
    assert not UnitDayDispositions.objects.exists()


def test_what_was_counted_wrong_comes_out_right_when_all_is_computed_anew_and_is_named_before(world):
    for number in range(7):
        happen(world, "ask", number)
        happen(world, "send", number)
    rebuild(at=MADE)
    right = cells()
    assert wrong_dispositions(at=MADE) == []
    UnitDayDispositions.objects.filter(unit=world.mill).update(silent=7, open=0)
    DispositionNote.objects.all().delete()
    assert "silent: 0 from rows, 7 in the rollup" in " ".join(map(str, wrong_dispositions(at=MADE)))
    call_command("refill_rollups")
    assert wrong_dispositions(at=timezone.now()) == []
    assert [row[:4] for row in cells()] == [row[:4] for row in right]


@pytest.mark.parametrize("view", [View("is"), View("was", known_at=NOW)], ids=["as it is", "as known then"])
def test_any_point_of_view_counts_the_same(world, view):
    for number in range(9):
        happen(world, "ask", number)
        happen(world, "send", number)
    fill_invitations(at=MADE)
    happen(world, "answer", 4)
    rollup, counted = both(world, at=MADE, view=view)
    assert rollup == counted != {}
    rates, counted = asked(world, view=view)
    assert rates == counted != {}


@pytest.mark.parametrize("waiting", [0, MANY_NOTES + 1])
def test_a_response_rate_is_exact_whatever_waits_and_on_whatever_scale_a_program_asked(world, waiting):
    for number in range(6):
        ask(world, number)
    Message.objects.update(state="handed_off")
    fill_invitations(at=MADE)
    asked_otherwise = {
        "unit": world.harbour,
        "customer": world.ines,
        "number": 1,
        "on": DAY,
        "of": make.program("stars"),
    }
    make.invitations(**asked_otherwise)
    stars = ProgramVersion.objects.create(
        program=asked_otherwise["of"], number=2, seed="s", scale_max=5, created_at=MADE, published_at=MADE
    )
    make.invitations(**asked_otherwise, version=stars)  # counts in no response rate of a score
    fill_invitations(at=MADE)
    for number in (2, 5, 8):
        happen(world, "answer", number)
    DispositionNote.objects.bulk_create(DispositionNote(invitation_id=10**9 + number) for number in range(waiting))
    rates, counted = asked(world)
    assert rates == counted
    assert rates[world.head_office.pk] == (7, 3)


def test_a_filling_costs_the_same_statements_for_any_number(world, django_assert_num_queries):
    ask(world, 0)
    fill_invitations(at=MADE)
    for number in (5, 100):
        make.invitations(unit=world.mill, customer=world.ines, number=number, on=DAY)
        with django_assert_num_queries(11):
            assert fill_invitations(at=MADE) == number
