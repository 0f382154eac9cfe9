"""The background entries, and the way from the survey page to them."""

from django.utils import timezone
from django_q.models import OrmQ

from closedloop import tasks
from closedloop.models import Ticket
from closedloop.services.raising import raise_signals
from closedloop.services.starting import set_up_defaults
from nps_project.timetable import TIMETABLE
from surveys.services.answering import record_score
from tests.factories import closedloop as make
from tests.factories import surveys


def asked_for() -> list[str]:
    return [task.task["args"][0] for task in OrmQ.objects.order_by("pk")]


def test_listening_takes_all_that_waits(world):
    set_up_defaults()
    make.answer(world.interaction, answered_at=timezone.now())
    tasks.listen()
    assert Ticket.objects.get().owner == world.helen
    tasks.listen()
    assert Ticket.objects.count() == 1


def test_a_score_given_on_the_page_nudges_us_and_an_alert_nudges_those_who_tell(
    world, django_capture_on_commit_callbacks
):
    set_up_defaults()
    invitation = surveys.invitation(interaction=world.interaction, version=surveys.version())
    with django_capture_on_commit_callbacks(execute=True):
        record_score(invitation=invitation, score=2, at=timezone.now())
    assert "closedloop.tasks.listen" in asked_for()
    raise_signals(at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        tasks.screen()
    assert "distribution.tasks.alert" in asked_for()
    assert Ticket.objects.get().brief["happened"]["kind"] == "Branch visit"


def test_the_sweep_is_in_the_timetable():
    assert "closedloop.tasks.listen" in {job.task for job in TIMETABLE}


def test_setting_up_twice_leaves_what_the_office_changed(db):
    set_up_defaults()
    rule = make.AlertRule.objects.get(code="detractor")
    rule.name, rule.active = "Unhappy", False
    rule.save()
    set_up_defaults()
    rule.refresh_from_db()
    assert (rule.name, rule.active, make.AlertRule.objects.count()) == ("Unhappy", False, 7)
