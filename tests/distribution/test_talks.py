"""Talks with somebody one leads: who reads them, and what was agreed on is settled at the next."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import Event
from distribution.models import Commitment, Remark, Talk
from distribution.services.coaching import own_commitments, people_led_by, unit_between
from tests.factories import crm as make
from tests.world import FROM

pytestmark = pytest.mark.django_db
NOTE = "He explains fees so that everybody understands them."
AGREED = "Ask what they came for before typing"


def today():
    return timezone.now().date()


def said(**also):
    return {"key": str(uuid4()), "held_on": str(today()), "went_well": NOTE, "to_try": "", "next_on": ""} | also


def hold(client, by, who, **also):
    client.force_login(by.user)
    return client.post(f"/stream/people/hr:{who.external_id}/", said(**also))


def main(client, person, address):
    client.force_login(person.user)
    answer = client.get(address)
    return answer.text.partition('id="main"')[2].partition("</main>")[0] if answer.status_code == 200 else ""


@pytest.fixture
def talk(world, client):
    """Helen's with Jonas, led from Harbour, with something agreed on."""
    hold(client, world.helen, world.jonas, **{"agreed-1": AGREED, "due-1": str(today() + timedelta(days=7))})
    return Talk.objects.get()


@pytest.fixture
def others(world):
    """Somebody else who works in Harbour, somebody else in charge of it, and an auditor of the whole company."""
    return make.employees(
        ("mara", world.harbour, "employee"), ("hugo", world.harbour, "branch"), ("aud", world.head_office, "auditor"),
        since=FROM,
    )  # fmt: skip


def test_a_talk_is_written_down_with_what_was_agreed_on(world, talk):
    assert (talk.employee, talk.unit, talk.by, talk.held_on) == (world.jonas, world.harbour, world.helen.user, today())
    assert list(talk.commitments.values_list("words", "due_on")) == [(AGREED, today() + timedelta(days=7))]
    event = Event.objects.get(what="talk.held")
    assert event.data == {"employee": world.jonas.pk, "unit": world.harbour.pk, "commitments": 1}


def pages_of(talk):
    agreed = talk.commitments.get()
    return (
        "/stream/", "/stream/talks/", "/stream/people/", "/stream/people/hr:jonas/", "/admin/distribution/talk/",
        f"/admin/distribution/talk/{talk.pk}/change/", f"/admin/distribution/talk/{talk.pk}/history/",
        "/admin/distribution/talk/?q=jonas", "/admin/distribution/commitment/",
        f"/admin/distribution/commitment/{agreed.pk}/change/",
    )  # fmt: skip


def readers(client, talk, people):
    """Who finds the note or what was agreed on, on any page."""
    found = set()
    for person in people:
        client.force_login(person.user)
        texts = [client.get(address, follow=True).text for address in pages_of(talk)]
        export = client.post(
            "/admin/distribution/talk/",
            {"action": "export_csv", "_selected_action": [str(talk.pk)], "select_across": "1"},
        )
        texts.append(b"".join(export).decode() if export.status_code == 200 else "")
        if any(NOTE in text or AGREED in text for text in texts):
            found.add(person.name)
    return found


def test_it_is_read_by_them_by_who_leads_the_unit_and_by_who_leads_the_one_directly_above(world, client, talk, others):
    everybody = [world.jonas, world.helen, world.rosa, world.olivia, world.elsa, *others]
    assert readers(client, talk, everybody) == {"Jonas", "Helen", "Rosa", "Hugo"}
    seen = {who.name for who in everybody if Talk.objects.visible_to(who.user).exists()}
    assert seen == {"Jonas", "Helen", "Rosa", "Hugo"}


def test_a_talk_with_who_leads_the_unit_is_not_read_by_others_there(world, client, others):
    hold(client, world.rosa, world.helen)
    talk = Talk.objects.get()
    assert talk.unit == world.north
    seen = [world.jonas, world.helen, world.rosa, world.olivia, world.elsa, *others]
    assert {who.name for who in seen if Talk.objects.visible_to(who.user).exists()} == {"Helen", "Rosa", "Olivia"}


@pytest.mark.parametrize("role", ["employee", "analyst", "auditor"])
def test_whoever_moved_or_lost_the_charge_reads_it_no_longer(world, client, talk, role):
    assert NOTE in main(client, world.helen, "/stream/people/hr:jonas/")
    world.helen.assignments.update(role=role)
    client.force_login(world.helen.user)
    assert client.get("/stream/people/hr:jonas/").status_code == 404
    assert not Talk.objects.visible_to(world.helen.user).exists()
    world.jonas.assignments.update(unit=world.station)
    assert NOTE not in main(client, world.elsa, "/stream/people/hr:jonas/")  # who leads them now begins anew
    assert NOTE in main(client, world.jonas, "/stream/talks/")


def test_whoever_left_reads_nothing(world, client, talk):
    world.jonas.left_on = today()
    world.jonas.save()
    assert NOTE not in main(client, world.jonas, "/stream/talks/")
    assert AGREED not in main(client, world.jonas, "/stream/")


def test_people_one_leads_are_those_of_the_unit_and_directly_below_never_equals(world, others):
    def led(who):
        return [person.name for person in people_led_by(who.user)]

    assert led(world.helen) == ["Jonas", "Mara"]
    assert led(world.rosa) == ["Helen", "Hugo", "Jonas", "Mara"]
    assert led(world.olivia) == ["Aud", "Rosa"]
    assert led(world.jonas) == led(others[2]) == []
    assert list(people_led_by(world.operator)) == []
    assert unit_between(world.rosa.user, world.jonas) == world.north


def test_the_next_talk_opens_with_what_is_open_and_takes_nothing_before_it_is_settled(world, client, talk):
    seen = main(client, world.helen, "/stream/people/hr:jonas/")
    assert seen.index(AGREED) < seen.index("When did you talk?")
    reply = hold(client, world.helen, world.jonas, went_well="Kept in mind")
    assert reply.status_code == 422
    assert "Kept in mind" in reply.text
    assert Talk.objects.count() == 1


@pytest.mark.parametrize("outcome", ["kept", "partly", "not", "carried"])
def test_what_became_of_it_is_said_at_the_next_talk(world, client, talk, outcome):
    agreed = talk.commitments.get()
    assert hold(client, world.helen, world.jonas, **{f"became-{agreed.pk}": outcome}).status_code == 302
    later = Talk.objects.latest("pk")
    settled = Commitment.objects.get(pk=agreed.pk).settlement
    assert (settled.outcome, settled.talk, settled.by) == (outcome, later, world.helen.user)
    event = Event.objects.get(what="commitment.settled")
    assert (event.subject_id, event.data) == (str(agreed.pk), {"outcome": outcome, "talk": later.pk})
    still = [(each.words, each.carried_from) for each in own_commitments(world.jonas.user)]
    assert still == ([(AGREED, agreed)] if outcome == "carried" else [])


def test_the_same_form_sent_twice_is_one_talk(world, client, talk):
    agreed = talk.commitments.get()
    form = said(**{f"became-{agreed.pk}": "kept", "agreed-1": "Something new"})
    client.force_login(world.helen.user)
    client.post("/stream/people/hr:jonas/", form)
    client.post("/stream/people/hr:jonas/", form)
    assert Talk.objects.count() == 2
    assert Commitment.objects.filter(words="Something new").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"held_on": str(date(2999, 1, 1))}, {"held_on": ""}, {"went_well": "  "}, {"next_on": str(date(2020, 1, 1))},
        {"due-1": "2030-01-01"}, {"agreed-1": "x", "due-1": "2020-01-01"}, {"key": "x"}, {"agreed-1": "x" * 301},
    ],
)  # fmt: skip
def test_what_cannot_be_so_is_said_and_nothing_is_written(world, client, wrong):
    reply = hold(client, world.helen, world.jonas, to_try="", **wrong)
    assert reply.status_code == 422
    assert "Nothing was saved yet" in reply.text
    assert not Talk.objects.exists()
    assert not Event.objects.exists()


def test_nobody_writes_about_whom_they_do_not_lead(world, client, others):
    pairs = [(world.elsa, world.jonas), (world.jonas, others[0]), (world.helen, world.helen), (world.helen, others[1])]
    pairs += [(world.olivia, world.jonas), (others[2], world.jonas), (world.helen, world.rosa)]
    for by, about in pairs:
        assert hold(client, by, about).status_code == 404
    assert not Talk.objects.exists()


def test_the_employee_says_how_it_went_once_and_whoever_leads_them_reads_it(world, client, talk):
    form = {"key": str(uuid4()), "words": "Asking first takes no longer."}
    for person, status in ((world.helen, 404), (world.elsa, 404), (world.jonas, 302), (world.jonas, 302)):
        client.force_login(person.user)
        assert client.post(f"/stream/talks/{talk.public_id}/remarks", form).status_code == status
    assert list(Remark.objects.values_list("words", "by__username")) == [("Asking first takes no longer.", "jonas")]
    assert Event.objects.filter(what="talk.remarked").count() == 1
    assert "Asking first takes no longer." in main(client, world.helen, "/stream/people/hr:jonas/")
    assert AGREED in main(client, world.jonas, "/stream/")


def asked(client, address):
    with CaptureQueriesContext(connection) as ran:
        assert client.get(address).status_code == 200
    return len(ran)


@pytest.mark.parametrize("address", ["/stream/people/", "/stream/people/hr:jonas/"])
def test_pages_of_talks_ask_the_same_for_one_and_for_thirty(world, client, talk, address):
    client.force_login(world.rosa.user)
    few = asked(client, address)
    make.employees(*((f"more{k}", world.harbour, "employee") for k in range(30)), since=FROM)
    for _ in range(9):
        more = Talk.objects.create(
            employee=world.jonas, unit=world.north, held_on=today(), went_well="x", at=timezone.now()
        )
        Commitment.objects.bulk_create(Commitment(talk=more, words="y") for _ in range(3))
    assert asked(client, address) == few
