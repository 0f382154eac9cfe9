"""Mails to staff of a history that is brought in: marked, not sent."""

from datetime import timedelta

from common.models import Event
from distribution.models import Dispatch
from distribution.services.alerting import dispatch_alerts
from distribution.services.backfilling import mail_history
from distribution.services.sending import send_due
from tests.distribution.test_alerting import alert_at
from tests.world import NOW


def test_what_is_due_counts_as_handed_off_then_and_is_not_sent(world, mailoutbox):
    alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    assert mail_history(at=NOW) == 1
    dispatch = Dispatch.objects.get()
    assert (dispatch.state, dispatch.handed_off_at, dispatch.attempts) == ("handed_off", NOW, 1)
    assert (send_due(at=NOW), mailoutbox) == ({}, [])
    assert Event.objects.get(what="load.finished", data__kind="staff mails of history").data["created"] == 1


def test_what_is_due_later_waits_and_nothing_is_noted(world):
    alert_at(world.harbour)
    dispatch_alerts(at=NOW)
    assert mail_history(at=NOW - timedelta(minutes=1)) == 0
    assert Dispatch.objects.get().state == "pending"
    assert not Event.objects.filter(what="load.finished").exists()
