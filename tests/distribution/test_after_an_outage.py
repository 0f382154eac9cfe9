"""R-13, R-14: nobody worked for three days, then several start at once. Everything is done, and once."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from closedloop.models import Alert, CustomerSignal, Ticket
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from common.senders import Outcome, Reply
from common.timetable import write
from distribution.models import Digest, Dispatch
from distribution.services.alerting import dispatch_alerts
from distribution.services.digesting import freeze_due
from distribution.services.sending import send_due
from nps_project.timetable import TIMETABLE
from surveys.models import Invitation, Message
from surveys.services.dispatching import dispatch_due
from surveys.services.triggering.running import run_trigger
from tests.factories import closedloop as make
from tests.factories import crm, surveys
from tests.surveys.test_answering import in_parallel
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db(transaction=True)


def test_several_schedulers_after_three_days_give_out_each_job_once():
    write(TIMETABLE)
    Schedule.objects.update(next_run=timezone.now() - timedelta(days=3))
    in_parallel(3, lambda _: scheduler())
    assert OrmQ.objects.count() == len(TIMETABLE)
    assert not Schedule.objects.filter(next_run__lt=timezone.now()).exists()


def test_three_workers_at_once_do_three_days_work_once():
    world = build_world()
    set_up_defaults()
    surveys.version(program=surveys.program(name="Visits", code="asked"), interaction_kind=world.visit)
    for number in range(30):
        someone = crm.customer(email=f"c{number}@example.org")
        visit = crm.interaction(
            kind=world.visit, customer=someone, unit=world.harbour, occurred_at=NOW - timedelta(hours=2 * number + 1)
        )
        make.answer(crm.interaction(kind=world.visit, customer=crm.customer(), unit=visit.unit), score=number % 7)
    handed: Counter[str] = Counter()

    def keep(message):
        handed[message.extra_headers["Message-ID"]] += 1
        return Reply(Outcome.ACCEPTED, "250", address_is_bad=False)

    def work(_: int) -> None:
        while run_trigger(at=NOW, limit=20):
            pass
        dispatch_due(at=NOW, limit=100, hand_over=keep)
        while raise_signals(at=NOW, limit=7) + screen(at=NOW, limit=7) + dispatch_alerts(at=NOW, limit=7):
            pass
        freeze_due(at=NOW)
        send_due(at=NOW, hand_over=keep)

    in_parallel(3, work)
    work(0)  # what one left to another that had already gone home
    assert Invitation.objects.count() == Message.objects.filter(state="handed_off").count() == 31  # and Ines
    assert CustomerSignal.objects.count() == Alert.objects.count() == Ticket.objects.count() == 30
    assert Digest.objects.count() == 3  # of today alone, for each branch
    assert set(Digest.objects.values_list("day", flat=True)) == {NOW.date()}
    assert set(handed.values()) == {1}
    assert len(handed) == 31 + Dispatch.objects.count()
    assert not Dispatch.objects.exclude(state="handed_off").exists()
