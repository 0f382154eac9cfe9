"""Praise passed on: by whoever is in charge, once, to whoever earned it; read by them."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from common.models import Event
from distribution.models import Digest, Thanks
from distribution.services.digesting import freeze_due
from tests.factories import distribution as tell
from tests.world import NOW

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=NOW.tzinfo)


@pytest.fixture
def answer(world):
    return tell.answer(
        unit=world.harbour, employee=world.jonas, customer=world.ines, score=10, at=MORNING - timedelta(hours=14),
        comment="Ines Moreau says: so kind", masked="[name] says: so kind", classified_at=MORNING,
    )  # fmt: skip


def passed(client, person, answer, **also):
    client.force_login(person.user)
    return client.post("/stream/thanks", {"answer": answer.public_id, "back": "/digest/", **also})


def main(client, person, address):
    client.force_login(person.user)
    return client.get(address).text.partition('id="main"')[2].partition("</main>")[0]


def test_one_tap_in_the_digest_passes_it_on_and_says_so_after(world, client, answer):
    freeze_due(at=MORNING)
    address = Digest.objects.get(unit=world.harbour).get_absolute_url()
    assert f'name="answer" value="{answer.public_id}"' in main(client, world.helen, address)
    reply = passed(client, world.helen, answer, back=address)
    assert (reply.status_code, reply.url) == (302, address)
    seen = main(client, world.helen, address)
    assert "Passed on by Helen" in seen
    assert 'name="answer"' not in seen
    told = Thanks.objects.get()
    assert (told.employee, told.by, told.response, told.read_at) == (world.jonas, world.helen.user, answer, None)
    event = Event.objects.get(what="thanks.passed_on")
    assert (event.subject_id, event.by, event.data) == (str(told.pk), world.helen.user, {"employee": world.jonas.pk})


def test_sent_twice_or_by_another_it_stays_as_it_was(world, client, answer):
    passed(client, world.helen, answer, words="Well done")
    passed(client, world.helen, answer, words="Again")
    passed(client, world.rosa, answer, words="And I")
    assert list(Thanks.objects.values_list("words", "by__username")) == [("Well done", "helen")]
    assert Event.objects.filter(what="thanks.passed_on").count() == 1


def test_whoever_was_praised_reads_it_masked_and_says_so(world, client, answer):
    passed(client, world.helen, answer, words="Well done")
    seen = main(client, world.jonas, "/stream/")
    assert "Passed on to you" in seen
    assert "[name] says: so kind" in seen
    assert "Well done" in seen
    assert "Moreau" not in seen
    told = Thanks.objects.get()
    for other in (world.elsa, world.helen):
        client.force_login(other.user)
        assert client.post("/stream/reading", {"newest": told.pk}).status_code == 404
    client.force_login(world.jonas.user)
    for _ in range(2):
        client.post("/stream/reading", {"newest": told.pk})
    told.refresh_from_db()
    assert told.read_at is not None
    assert Event.objects.filter(what="thanks.read").count() == 1


def test_nobody_without_charge_of_the_unit_passes_anything_on(world, client, answer):
    for person in (world.elsa, world.jonas):
        assert passed(client, person, answer).status_code == 404
    client.force_login(world.helen.user)
    assert client.post("/stream/thanks", {"answer": "x"}).status_code == 404
    client.logout()
    assert client.post("/stream/thanks", {"answer": answer.public_id}).url.startswith("/login/")
    assert not Thanks.objects.exists()
    assert not Event.objects.filter(what="thanks.passed_on").exists()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"score": 8, "category": "passive"}, "Only a promoter’s words are passed on."),
        ({"comment": ""}, "Only a promoter’s words are passed on."),
        ({"employee": None}, "There is nobody else whom the customer praised."),
    ],
)
def test_what_is_no_praise_of_anybody_is_not_passed_on(world, client, answer, fields, why):
    type(answer).objects.filter(pk=answer.pk).update(**fields)
    passed(client, world.helen, answer)
    assert why in client.get("/alerts/").text
    assert not Thanks.objects.exists()


def test_nobody_passes_praise_on_to_themselves_nor_to_whoever_left(world, client, answer):
    type(answer).objects.update(employee=world.helen)
    passed(client, world.helen, answer)
    type(answer).objects.update(employee=world.jonas)
    world.jonas.left_on = timezone.now().date()
    world.jonas.save()
    passed(client, world.helen, answer)
    assert not Thanks.objects.exists()


@pytest.mark.parametrize("back", ["https://evil.example.org/", "//evil.example.org/", "/\\evil.example.org", "x"])
def test_back_leads_nowhere_outside(world, client, answer, back):
    assert passed(client, world.helen, answer, back=back).url == "/digest/"
