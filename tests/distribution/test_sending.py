"""The mails to staff: what stands in them, when they must not go, and that a crash loses none."""

from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header

import pytest
from django.utils import timezone

from common.models import Event, State
from crm.models import Employee
from distribution.models import Dispatch
from distribution.services.alerting import dispatch_alerts
from distribution.services.digesting import freeze_due
from distribution.services.seconding import tell_approvers
from distribution.services.sending import send_due
from surveys.services.designing.approving import decide, request_approval
from surveys.services.designing.drafting import draft_version, redraft
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.factories import surveys as ask
from tests.world import NOW

MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
HOSTILE = '<script>alert(1)</script> "\u202e{{ 7 }}&'


def alert(world, *, audience=("branch",), words="Nobody called back", ticket=True, **fields):
    response = tell.answer(
        unit=world.harbour, score=3, comment=words, customer=world.ines, employee=world.jonas,
        interaction=world.interaction, **fields,
    )  # fmt: skip
    about = tell.signal(response, previous_score=8, previous_category="passive")
    opened = tell.ticket(about, owner=world.helen, due_at=NOW + timedelta(days=1)) if ticket else None
    made = tell.alert(about, rule=tell.rule(audience=list(audience)), ticket=opened)
    dispatch_alerts(at=NOW)
    return made


def parts(mail):
    text, html = (part.get_payload(decode=True).decode() for part in mail.get_payload())
    subject = str(make_header(decode_header(mail["Subject"])))
    return " ".join(subject.split()), text, html  # long ones are folded


def test_an_alert_says_who_what_and_by_when(world, post_office):
    made = alert(world)
    assert send_due(at=NOW) == {"handed_off": 1}
    (mail,) = post_office.received
    subject, text, html = parts(mail)
    assert mail["To"] == "helen@example.org"
    assert subject == "Ines gave 3: call by Wednesday 25 November, 10:00"
    for body in (text, html):
        assert "Nobody called back" in body
        assert f"/alerts/{made.ticket.public_id}/" in body
        assert "The answer went from passive to detractor, and fell by 5 points" in body


def test_a_mail_holds_the_first_name_and_no_number(world, post_office):
    alert(world, words="Ring +44 20 7946 0471 or write to ines@example.org, I am Moreau's daughter")
    send_due(at=NOW)
    whole = "".join(parts(post_office.received[0]))
    assert "Ines" in whole
    for hidden in ("7946", "ines@example.org", "Ines Moreau"):
        assert hidden not in whole


def test_the_details_are_mailed_where_the_setting_says_so(world, post_office, settings):
    settings.MAIL_DETAILS = True
    alert(world)
    send_due(at=NOW)
    assert parts(post_office.received[0])[0].startswith("Ines Moreau gave 3")


def test_the_one_who_served_gets_no_link_to_a_ticket_that_is_not_theirs(world, post_office):
    made = alert(world, audience=["employee"])
    send_due(at=NOW)
    _, text, html = parts(post_office.received[0])
    assert str(made.ticket.public_id) not in text + html
    assert "The ticket is with Helen." in text


def test_an_alert_without_a_ticket_asks_for_no_call(world, post_office):
    alert(world, ticket=False)
    send_due(at=NOW)
    subject, text, _ = parts(post_office.received[0])
    assert subject == "Ines gave 3 at Harbour"
    assert "Please call" not in text


def test_hostile_words_are_escaped_in_the_mail(world, post_office):
    alert(world, words=HOSTILE)
    send_due(at=NOW)
    _, text, html = parts(post_office.received[0])
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert HOSTILE in text


def test_a_line_break_in_a_name_makes_no_header(world, post_office):
    type(world.ines).objects.filter(pk=world.ines.pk).update(given_name="Ines\nBcc: all@example.org\n")
    alert(world)
    assert send_due(at=NOW) == {"handed_off": 1}
    assert post_office.received[0]["Bcc"] is None


def test_after_a_crash_while_sending_the_mail_goes_again_under_the_same_message_id(world, post_office):
    alert(world)
    send_due(at=NOW)
    past = timezone.now() - timedelta(minutes=1)
    Dispatch.objects.update(state=State.SENDING, leased_until=past)  # what a killed sender leaves
    assert send_due(at=NOW)["handed_off"] == 1
    first, second = post_office.received
    assert first["Message-ID"] == second["Message-ID"]


def test_a_lost_answer_of_the_mail_server_is_sent_again_under_the_same_message_id(world, post_office):
    Employee.objects.filter(pk=world.helen.pk).update(email="vanish@example.org")
    alert(world)
    send_due(at=NOW)
    Employee.objects.filter(pk=world.helen.pk).update(email="helen@example.org")
    send_due(at=NOW + timedelta(hours=1))
    first, second = post_office.received
    assert first["Message-ID"] == second["Message-ID"]
    assert Dispatch.objects.get().state == State.HANDED_OFF


def test_a_refused_mail_fails_and_can_be_sent_again_by_a_person(world, post_office):
    Employee.objects.filter(pk=world.helen.pk).update(email="refuse-550-5.1.1@example.org")
    alert(world)
    assert send_due(at=NOW) == {"failed": 1}
    Employee.objects.filter(pk=world.helen.pk).update(email="helen@example.org")
    row = Dispatch.objects.get()
    assert row.resend(by=world.olivia.user, at=NOW)
    assert send_due(at=NOW) == {"handed_off": 1}
    assert Event.objects.about(row).get().what == "dispatch.resent"


def test_a_mail_that_arrived_is_not_sent_again(world, post_office):
    alert(world)
    send_due(at=NOW)
    assert not Dispatch.objects.get().resend(by=world.olivia.user, at=NOW)
    assert send_due(at=NOW) == {}


def test_nobody_is_told_of_a_ticket_that_is_closed_by_now(world, post_office):
    made = alert(world)
    type(made.ticket).objects.update(is_open=False)
    assert send_due(at=NOW) == {"cancelled": 1}
    assert (post_office.received, Dispatch.objects.get().reply) == ([], "the ticket was closed before the mail left")


def test_a_reader_who_left_meanwhile_gets_nothing(world, post_office):
    alert(world)
    Employee.objects.filter(pk=world.helen.pk).update(left_on=NOW.date())
    assert send_due(at=NOW) == {"cancelled": 1}


def test_an_alert_goes_before_the_digests_that_were_due_before_it(world, post_office):
    freeze_due(at=MORNING)
    response = tell.answer(unit=world.harbour, score=0, comment="Stolen", customer=world.ines, at=MORNING)
    tell.alert(tell.signal(response), rule=tell.rule(waits=False))
    dispatch_alerts(at=MORNING + timedelta(minutes=1))
    assert send_due(at=MORNING + timedelta(minutes=1)) == {"handed_off": 4}
    assert parts(post_office.received[0])[0] == "Ines gave 0 at Harbour"


def leaves_harbour(world):
    world.helen.assignments.update(unit=world.station)


def is_demoted(world):
    world.helen.assignments.update(role="employee")


@pytest.mark.parametrize("meanwhile", [leaves_harbour, is_demoted])
def test_whose_alert_it_no_longer_is_gets_nothing_and_whoever_is_in_charge_now_does(world, post_office, meanwhile):
    alert(world, ticket=False)
    meanwhile(world)
    assert send_due(at=NOW) == {"cancelled": 1}
    dispatch_alerts(at=NOW)
    assert send_due(at=NOW) == {"handed_off": 1}
    assert [mail["To"] for mail in post_office.received] == ["rosa@example.org"]


@pytest.mark.parametrize("meanwhile", [leaves_harbour, is_demoted])
def test_a_digest_goes_to_nobody_whose_branch_it_no_longer_is_not_even_again(world, post_office, meanwhile):
    freeze_due(at=MORNING)
    meanwhile(world)
    send_due(at=MORNING)
    row = Dispatch.objects.get(employee=world.helen)
    assert (row.state, row.reply) == ("cancelled", "it is no longer the employee's to act on")
    assert row.resend(by=world.olivia.user, at=MORNING)
    assert send_due(at=MORNING) == {"cancelled": 1}
    assert {mail["To"] for mail in post_office.received} == {"elsa@example.org", "rosa@example.org"}


def test_an_answer_that_changed_sides_is_told_once_as_it_is_now(world, post_office):
    made = alert(world)
    now = tell.signal(made.signal.response, score=9, category="promoter")
    type(made).objects.update(signal=now, dispatched_at=None)
    dispatch_alerts(at=NOW)
    assert send_due(at=NOW) == {"cancelled": 1, "handed_off": 1}
    assert parts(post_office.received[0])[0].startswith("Ines gave 9")


def wish(made, wanted):
    """The customer says whether they want to be called, and screening passes it on."""
    now = tell.signal(made.signal.response, callback=wanted)
    made.ticket.brief = {"callback": {"wanted": wanted}}
    made.ticket.save()
    type(made).objects.update(signal=now, dispatched_at=None)
    dispatch_alerts(at=NOW)


def test_who_asked_not_to_be_called_before_the_mail_left_is_to_be_settled_without_a_call(world, post_office):
    wish(alert(world), False)
    assert send_due(at=NOW) == {"cancelled": 1, "handed_off": 1}
    subject, text, html = parts(post_office.received[0])
    assert subject == "Ines gave 3: settle by Wednesday 25 November, 10:00, without a call"
    for body in (text, html):
        assert "Please settle it without a call by Wednesday 25 November, 10:00." in body
        assert "call by" not in body.replace("without a call by", "")


def test_a_mail_that_asked_for_a_call_is_put_right_when_the_customer_refuses(world, post_office):
    made = alert(world)
    send_due(at=NOW)
    wish(made, False)
    send_due(at=NOW)
    subject, text, _ = parts(post_office.received[1])
    assert subject == "Do not call Ines, who gave 3: settle by Wednesday 25 November, 10:00"
    assert "Please settle it without a call" in text


def test_a_wish_to_be_called_that_came_after_the_mail_is_told_as_such(world, post_office):
    made = alert(world)
    send_due(at=NOW)
    wish(made, True)
    send_due(at=NOW)
    subject = parts(post_office.received[1])[0]
    assert subject == "Ines, who gave 3, now asks to be called: call by Wednesday 25 November, 10:00"


def test_the_digest_is_mailed_with_counts_and_first_names(world, post_office):
    response = tell.answer(
        unit=world.harbour, score=2, at=MORNING - timedelta(hours=12), comment="Still waiting", customer=world.ines
    )
    tell.ticket(tell.signal(response), due_at=MORNING + timedelta(hours=5), owner=world.helen)
    tell.answer(unit=world.harbour, score=10, at=MORNING - timedelta(hours=11), comment="Lovely people")
    freeze_due(at=MORNING)
    send_due(at=MORNING)
    mail = next(m for m in post_office.received if m["To"] == "helen@example.org")
    subject, text, html = parts(mail)
    assert subject == "Harbour: 1 to call, 2 answers"
    for body in (text, html):
        assert "Still waiting" in body
        assert "Lovely people" in body
        assert "/read/crm:" in body
        assert "Ines" in body
        assert "Moreau" not in body
        assert "Ines M." not in body


def test_an_empty_day_is_said_plainly(world, post_office):
    freeze_due(at=MORNING)
    send_due(at=MORNING)
    subject, text, _ = parts(post_office.received[0])
    assert subject.endswith("nobody to call, 0 answers")
    assert "No question went out on Monday, and nobody answered." in text


def test_yesterdays_digest_is_not_mailed_today(world, post_office):
    freeze_due(at=MORNING)
    assert send_due(at=MORNING + timedelta(days=1)) == {"cancelled": 3}
    assert post_office.received == []


@pytest.mark.parametrize(("words", "mailed"), [("word " * 300, "word …"), ("x" * 3000, "x" * 600 + " …")])
def test_long_words_are_cut_in_the_mail(world, post_office, words, mailed):
    alert(world, words=words)
    send_due(at=NOW)
    assert mailed in parts(post_office.received[0])[1]


def test_one_mail_server_refusal_stops_no_other(world, post_office):
    make.employee(name="Hana", unit=world.harbour, role="branch", email="late-451-4.2.2@example.org")
    alert(world)
    assert send_due(at=NOW) == {"handed_off": 1, "pending": 1}


def waiting_version(world):
    olivia, otto = world.olivia.user, make.employee(name="Otto", unit=world.head_office, role="office")
    make.employee(name="Otis", unit=world.harbour, role="office")  # of a branch: may not approve
    program = ask.version(program=ask.program(name="Visits")).program
    draft = draft_version(program=program, at=NOW, by=olivia)
    draft.quarantine_days = 10
    redraft(draft=draft, changed=["quarantine_days"], at=NOW, by=olivia)
    return request_approval(version=draft, at=NOW, by=world.operator, note="Fewer <days>."), otto


def test_who_may_approve_a_version_is_told_once_and_its_author_is_not(world, post_office):
    asked, otto = waiting_version(world)
    assert (tell_approvers(at=NOW), tell_approvers(at=NOW)) == (1, 0)
    assert send_due(at=NOW) == {"handed_off": 1}
    (mail,) = post_office.received
    subject, text, html = parts(mail)
    assert (mail["To"], subject) == (otto.email, "Visits: version 2 waits for a second person")
    for body in (text, html):
        assert "Days since any question" in body
        assert f"/admin/surveys/programversion/{asked.version_id}/change/" in body
    assert ("Fewer <days>." in text, "Fewer &lt;days&gt;." in html) == (True, True)


def test_a_request_that_was_answered_meanwhile_is_told_to_nobody(world, post_office):
    asked, otto = waiting_version(world)
    tell_approvers(at=NOW)
    decide(approval=asked, granted=True, at=NOW, by=otto.user)
    assert send_due(at=NOW) == {"cancelled": 1}
    assert not post_office.received
