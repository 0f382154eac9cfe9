"""Consent, suppression and holds: crm.services.consenting, crm.services.holding."""

from datetime import timedelta

import pytest

from common.models import Event
from crm.models import Consent, Customer, Hold, Suppression
from crm.models.customers import address_hash
from crm.services.bouncing import bounce
from crm.services.consenting import grant, refuse, unsubscribe
from crm.services.evidence import allowed_at
from crm.services.holding import hold, release
from crm.services.suppressing import suppress
from tests.factories import crm as make
from tests.world import NOW

LATER = NOW + timedelta(hours=1)


def events():
    return list(Event.objects.order_by("id").values_list("what", flat=True))


def test_unsubscribing_refuses_surveys_and_suppresses_the_address_by_its_hash(world):
    unsubscribe(customer=world.ines, channel="email", at=NOW, evidence="one-click")
    assert Consent.objects.get(customer=world.ines, channel="email", purpose="survey").granted is False
    row = Suppression.objects.get()
    assert (row.reason, row.address_hash) == ("unsubscribed", address_hash("email", "ines@example.org"))
    assert events() == ["consent.refused", "address.suppressed"]


def test_unsubscribing_twice_is_no_news(world):
    unsubscribe(customer=world.ines, channel="email", at=NOW, evidence="one-click")
    unsubscribe(customer=world.ines, channel="email", at=LATER, evidence="one-click")
    assert events() == ["consent.refused", "address.suppressed"]


def test_a_refusal_said_again_is_the_last_word_of_a_merged_person(world):
    twin = make.customer(canonical=world.ines)
    refuse(customer=twin, channel="email", purpose="survey", at=NOW)
    grant(customer=world.ines, channel="email", purpose="survey", at=NOW + timedelta(minutes=1))
    refuse(customer=twin, channel="email", purpose="survey", at=LATER)
    assert Consent.objects.latest("at").granted is False
    assert events() == ["consent.refused", "consent.granted"]


@pytest.mark.parametrize("reason", ["complained", "bounced"])
def test_who_unsubscribes_and_then_complains_or_bounces_is_not_written_to_after_asking_for_it(world, reason):
    address = world.ines.contact_points.get(channel="email")
    unsubscribe(customer=world.ines, channel="email", at=NOW)
    if reason == "bounced":
        bounce(address=address, why="550 5.1.1", at=LATER)
    else:
        suppress(channel="email", normalized=address.normalized, reason=reason, at=LATER)
    grant(customer=world.ines, channel="email", purpose="survey", at=LATER)
    assert Suppression.objects.get().reason == reason
    assert events()[:3] == ["consent.refused", "address.suppressed", "address.suppressed"]


def test_an_unsubscription_does_not_soften_a_complaint(world):
    suppress(channel="email", normalized="ines@example.org", reason="complained", at=NOW)
    unsubscribe(customer=world.ines, channel="email", at=LATER)
    assert Suppression.objects.get().reason == "complained"


def test_unsubscribing_from_mail_leaves_the_telephone_alone(world):
    unsubscribe(customer=world.ines, channel="email", at=NOW, evidence="one-click")
    assert not Suppression.objects.filter(channel="phone").exists()


def test_a_merged_person_is_unsubscribed_as_the_person_too(world):
    person = Customer.objects.create(source="crm", external_id="c-one", as_of=NOW)
    world.ines.canonical = person
    world.ines.save()
    unsubscribe(customer=world.ines, channel="email", at=NOW, evidence="one-click")
    assert not Consent.objects.get(customer=person).granted


def test_the_latest_word_counts_whatever_the_order(world):
    grant(customer=world.ines, channel="email", purpose="survey", at=LATER)
    refuse(customer=world.ines, channel="email", purpose="survey", at=NOW)
    assert Consent.objects.get().granted


@pytest.mark.parametrize("order", [(grant, refuse), (refuse, grant)])
def test_of_two_words_of_one_moment_the_no_counts_whichever_comes_first(world, order):
    for say in order:
        say(customer=world.ines, channel="email", purpose="survey", at=NOW)
    assert Consent.objects.get(customer=world.ines).granted is False
    assert allowed_at(customer=world.ines, at=NOW)["email", "survey"].granted is False
    assert events()[-1] == "consent.refused"


def test_a_yes_of_the_very_moment_of_the_unsubscription_does_not_lift_it(world):
    unsubscribe(customer=world.ines, channel="email", at=NOW)
    grant(customer=world.ines, channel="email", purpose="survey", at=NOW)
    assert Suppression.objects.get().reason == "unsubscribed"
    assert Consent.objects.get(customer=world.ines).granted is False


def test_to_be_asked_again_lifts_the_unsubscription_and_not_a_bounce(world):
    unsubscribe(customer=world.ines, channel="email", at=NOW, evidence="one-click")
    suppress(channel="phone", normalized="+442079460471", reason="bounced", at=NOW)
    grant(customer=world.ines, channel="email", purpose="survey", at=LATER)
    grant(customer=world.ines, channel="phone", purpose="survey", at=LATER)
    assert Suppression.objects.get().reason == "bounced"


def test_a_hold_is_set_once_per_cause_and_released_by_it(world):
    first = hold(customer=world.ines, cause="ticket:12", at=NOW)
    assert hold(customer=world.ines, cause="ticket:12", at=LATER) == first
    assert release(cause="ticket:12", at=LATER) == 1
    assert release(cause="ticket:12", at=LATER) == 0
    assert Hold.objects.get().released_at == LATER
    assert events() == ["customer.held", "customer.released"]


def test_releasing_one_cause_leaves_the_others(world):
    hold(customer=world.ines, cause="ticket:12", at=NOW)
    hold(customer=world.ines, cause="", kind="bereavement", at=NOW)
    release(cause="ticket:12", at=LATER)
    assert Hold.objects.get(released_at=None).kind == "bereavement"


def test_unsubscribing_covers_every_address_of_the_merged_person(world):
    twin = make.customer(given_name="Ines", email="ines@work.example.org", canonical=world.ines)
    unsubscribe(customer=world.ines, channel="email", at=NOW)
    hashes = {address_hash("email", address) for address in ("ines@example.org", "ines@work.example.org")}
    assert set(Suppression.objects.values_list("address_hash", flat=True)) == hashes
    assert twin.canonical == world.ines
