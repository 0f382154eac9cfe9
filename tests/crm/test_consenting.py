"""Consent, suppression and holds: crm.services.consenting, crm.services.holding."""

from datetime import timedelta

from common.models import Event
from crm.models import Consent, Customer, Hold, Suppression
from crm.models.customers import address_hash
from crm.services.consenting import grant, refuse, suppress, unsubscribe
from crm.services.holding import hold, release
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


def test_unsubscribing_twice_changes_nothing(world):
    unsubscribe(customer=world.ines, channel="email", at=NOW, evidence="one-click")
    unsubscribe(customer=world.ines, channel="email", at=LATER, evidence="one-click")
    assert Consent.objects.get().at == NOW
    assert events() == ["consent.refused", "address.suppressed"]


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
