"""Every meeting of a rule with a signal is accounted for: told, joined, doubled, or not told, and why."""

from datetime import timedelta

from django.utils import timezone

from closedloop.models import Alert, Raising, Ticket
from common.models import Event
from distribution.services.alerting import dispatch_alerts
from tests.factories import closedloop as make
from tests.factories import crm
from tests.surveys.test_condition_preview import ask
from tests.world import NOW

LOW = {"filter": "score__lte", "value": 6}


def became() -> list[tuple[str, str, str]]:
    rows = Raising.objects.order_by("signal", "rule").select_related("rule")
    return [(row.rule.code, row.state, row.why) for row in rows]


def test_two_rules_about_an_answer_are_one_ticket_and_a_double(world):
    make.rule(code="low", condition=LOW)
    make.rule(code="words", condition={"filter": "has_comment", "value": True}, opens_ticket=False)
    answer = make.answer(world.interaction, comment="Slow.")
    make.listen()
    assert became() == [("low", "opened", ""), ("words", "doubled", "same_answer")]
    make.revise(answer, comment="Slow and rude.", updated_at=NOW)
    make.listen()
    assert became()[2:] == [("low", "doubled", "nothing_new"), ("words", "doubled", "nothing_new")]
    assert {row.ticket for row in Raising.objects.all()} == {Ticket.objects.get()}


def test_a_second_answer_joins_the_open_ticket(world):
    make.rule(code="low", condition=LOW)
    for score in (3, 4):
        make.answer(world.interaction, score=score)
        make.listen()
    assert became() == [("low", "opened", ""), ("low", "joined", "")]


def test_two_answers_at_once_are_one_ticket_and_a_join(world):
    make.rule(code="low", condition=LOW)
    for score in (3, 4):
        make.answer(world.interaction, score=score)
    make.listen()
    assert became() == [("low", "opened", ""), ("low", "joined", "")]


def test_in_its_quiet_days_a_rule_keeps_an_alert_to_itself(world):
    make.rule(code="low", condition=LOW, opens_ticket=False, quiet_days=7)
    for days in (0, 6, 8):
        at = NOW + timedelta(days=days)
        make.answer(world.interaction, answered_at=at)
        make.listen(at)
    assert became() == [("low", "told", ""), ("low", "suppressed", "quiet"), ("low", "told", "")]
    kept = Alert.objects.order_by("pk")[1]
    assert (kept.dispatched_at, kept.ticket) == (NOW + timedelta(days=6), None)
    assert Event.objects.get(what="alert.suppressed").subject_id == str(kept.pk)
    assert Event.objects.filter(what="alert.raised").count() == 2


def test_whom_nobody_can_call_is_told_of_without_a_ticket(world):
    make.rule(code="low", condition=LOW)
    make.answer(world.interaction, customer=None)
    make.listen()
    assert became() == [("low", "told", "unreachable")]


def test_an_alert_that_concerns_nobody_was_not_told(world):
    make.rule(code="low", condition=LOW, opens_ticket=False, audience=["executive"])
    for person in (world.rosa, world.olivia):
        person.assignments.update(recorded=(None, NOW))
    make.answer(crm.interaction(kind=world.visit, customer=world.ines, unit=world.mill))
    make.listen()
    dispatch_alerts(at=NOW)
    assert became() == [("low", "suppressed", "nobody_to_tell")]


def test_the_dry_run_tells_alerts_and_tickets_of_the_last_days(world):
    now = timezone.now()
    for days, score, visitor in (
        (1, 3, world.ines),
        (2, 5, world.ines),
        (3, 9, world.ines),
        (4, 2, None),
        (40, 1, None),
    ):
        answer = make.answer(world.interaction, score=score, customer=visitor, answered_at=now - timedelta(days=days))
    del answer
    make.listen(now)
    said = ask(world.olivia.user, LOW, "/admin/conditions/signals/preview/").json()
    assert said["count"] == 3
    assert "would have raised 3 alerts, and opened 1 ticket at most" in said["html"]


def test_the_page_of_a_rule_counts_what_became_of_it(world, client):
    rule = make.rule(code="low", condition=LOW)
    now = timezone.now()
    for score in (3, 4):
        make.answer(world.interaction, score=score, answered_at=now)
        make.listen(now)
    client.force_login(world.olivia.user)
    text = client.get(f"/admin/closedloop/alertrule/{rule.pk}/change/").content.decode()
    for words in ("opened a ticket", "joined an open ticket", "2 meetings"):
        assert words in text
