"""The pages of mail that came back, and of brakes: who sees them, and what they decide."""

import pytest
import time_machine

from common.models import Event
from surveys.models import Brake, InboundMail, Response
from surveys.services.inbound.return_addresses import Purpose, return_address
from tests.factories import crm as make_crm
from tests.factories.surveys import token
from tests.surveys.inbound.mails import heard, written
from tests.world import NOW

LIST = "/admin/surveys/inboundmail/"


@pytest.fixture(autouse=True)
def that_day():
    """The office looks on the day on which the mail came: later nobody may change the answer."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def reply(message) -> InboundMail:
    heard(written("nobody@back.example", "about nothing"))
    return heard(written(return_address(Purpose.REPLY, message), "9 - kind"))


def act(client, name: str, *rows, on: str = LIST):
    return client.post(on, {"action": name, "_selected_action": [row.pk for row in rows]}, follow=True)


def test_the_office_reads_in_plain_words_what_each_was_and_what_was_done(client, world, reply):
    client.force_login(world.olivia.user)
    page = client.get(LIST).content.decode()
    assert "The customer replied by mail. The words are the comment of the answer. It begins with 9:" in page
    assert "It is not addressed to any of our messages." in page
    assert "9: is it the score?" in page
    assert "reply by mail begins with a number that may be the score" in client.get("/admin/").content.decode()
    detail = client.get(f"{LIST}{reply.pk}/change/").content.decode()
    assert "9 - kind" in detail
    waiting = client.get(f"{LIST}?suggests=yes").content.decode()
    assert "9: is it the score?" in waiting
    assert "It is not addressed to any of our messages." not in waiting


def test_only_who_may_see_raw_words_sees_personal_data_in_a_mail(client, world, message):
    words = "Ring Ines on 020 7946 0471, not AC-7741."
    mail = heard(written(return_address(Purpose.REPLY, message), words))
    auditor = make_crm.employee(name="Aud", unit=world.head_office, role="auditor")
    for person, shown in ((auditor, "Ring [name] on [phone], not AC-7741."), (world.olivia, words)):
        client.force_login(person.user)
        page = client.get(f"{LIST}{mail.pk}/change/").content.decode()
        assert shown in page
        assert ("7946" in page) is (person == world.olivia)


def test_who_does_not_see_the_branch_does_not_see_its_mail(client, world, reply):
    for person in (world.elsa, world.helen, world.jonas):  # no role of theirs has the function
        client.force_login(person.user)
        assert client.get(LIST).status_code in {302, 403}
    assert set(InboundMail.objects.visible_to(world.helen.user)) == {reply}
    assert set(InboundMail.objects.visible_to(world.elsa.user)) == set()
    assert InboundMail.objects.visible_to(world.olivia.user, "surveys.view_inboundmail").count() == 2
    assert InboundMail.objects.visible_to(world.operator).count() == 2


def test_a_person_says_that_the_number_is_the_score(client, world, reply):
    client.force_login(world.olivia.user)
    page = act(client, "it_is_the_score", reply).content.decode()
    assert "9 taken as the score." in page
    response = Response.objects.get()
    assert (response.score, response.category, response.comment, response.revision) == (9, "promoter", "9 - kind", 3)
    reply.refresh_from_db()
    assert reply.settled_by == world.olivia.user
    assert Event.objects.get(what="mail.score_taken").data == {"response": response.pk, "score": 9}
    assert "There is no number to decide about any more." in act(client, "it_is_no_score", reply).content.decode()


def test_a_person_says_that_it_is_none(client, world, reply):
    client.force_login(world.olivia.user)
    act(client, "it_is_no_score", reply)
    assert Response.objects.get().score is None
    assert "There is no number to decide" in act(client, "it_is_the_score", reply).content.decode()
    assert Response.objects.get().score is None


def test_words_that_came_too_late_wait_until_somebody_has_read_them(client, world, message):
    mail = heard(
        written(return_address(Purpose.REPLY, message), "Sorry, I was away."), at=message.invitation.expires_at
    )
    duty = "mail of a customer came too late for the answer, and nobody has read it"
    client.force_login(world.olivia.user)
    assert duty in client.get("/admin/").content.decode()
    assert "The invitation has expired." in client.get(f"{LIST}?suggests=words").content.decode()
    assert "it was read." in act(client, "it_was_read", mail).content.decode()
    mail.refresh_from_db()
    assert (mail.kept_here, mail.settled_by) == (True, world.olivia.user)
    assert Event.objects.get(what="mail.read").subject_id == str(mail.pk)
    assert duty not in client.get("/admin/").content.decode()
    assert "There is nothing that somebody has yet to read." in act(client, "it_was_read", mail).content.decode()


def test_what_a_mail_waits_for_is_said_in_the_list_and_can_be_done_on_its_own_page(client, world, message, reply):
    late = heard(written(return_address(Purpose.REPLY, message), "Away."), at=message.invitation.expires_at)
    auditor = make_crm.employee(name="Aud", unit=world.head_office, role="auditor")
    client.force_login(auditor.user)
    assert 'name="action"' not in client.get(f"{LIST}{late.pk}/change/").content.decode()
    client.force_login(world.olivia.user)
    assert client.get(LIST).content.decode().count("words to be read") == 1
    page = client.get(f"{LIST}{late.pk}/change/").content.decode()
    assert '<button type="submit" name="action" value="it_was_read">I have read it</button>' in page
    page = client.get(f"{LIST}{reply.pk}/change/").content.decode()
    assert [name in page for name in ("it_is_the_score", "it_is_no_score", "it_was_read")] == [True, True, False]
    act(client, "it_was_read", late)
    act(client, "it_is_no_score", reply)
    for settled in (late, reply):
        assert 'name="action"' not in client.get(f"{LIST}{settled.pk}/change/").content.decode()
    assert "words to be read" not in client.get(LIST).content.decode()


def test_a_reply_that_suggests_a_score_or_is_with_the_answer_is_not_put_away_as_read(client, world, reply):
    client.force_login(world.olivia.user)
    assert "There is nothing that somebody has yet to read." in act(client, "it_was_read", reply).content.decode()
    InboundMail.objects.filter(pk=reply.pk).update(kept_here=True)
    assert "Say whether the number is the score." in act(client, "it_was_read", reply).content.decode()
    reply.refresh_from_db()
    assert reply.settled_at is None


def test_a_survey_that_began_by_mail_still_asks_for_the_score(client, reply):
    page = client.get(f"/s/{token(reply.invitation)}/")
    assert page.status_code == 200
    assert b'name="score"' in page.content


def test_a_stopped_program_is_told_of_and_released_by_a_person(client, world, message):
    figures = {"sent": 2_000, "bounced": 81, "complained": 0, "days": 1}
    brake = Brake.objects.create(
        program=message.invitation.program, what="bounces", level="stop", at=NOW, figures=figures
    )
    client.force_login(world.olivia.user)
    assert "program is stopped: too much of its mail bounces" in client.get("/admin/").content.decode()
    page = client.get("/admin/surveys/brake/").content.decode()
    assert "Stopped: too many bounces. Its messages wait." in page
    assert "81 bounces of 2\N{NO-BREAK SPACE}000 mails sent in a day" in page
    act(client, "release", brake, on="/admin/surveys/brake/")
    brake.refresh_from_db()
    assert brake.released_by == world.olivia.user
    assert "not stopped for that any more" in act(client, "release", brake, on="/admin/surveys/brake/").content.decode()
