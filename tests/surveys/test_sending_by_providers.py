"""Mail that leaves by a provider's API, against a real server that plays the provider: what becomes of each message,
by which name the provider's notices find it, and how many connections it takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings

from common.mail_providers import KEYS, backend_of
from common.outbox import JITTER
from crm.models import Suppression
from surveys.channels.providers import PROVIDERS
from surveys.models import DeliveryAttempt, InboundMail, Message
from surveys.services.dispatching import dispatch_due
from surveys.services.inbound.judging import hear
from surveys.services.inbound.receiving import receive_notices
from tests.factories import surveys as ask
from tests.faults.provider import Provider, open_provider
from tests.surveys.test_fault_table import AGAIN, FAILED, UNKNOWN, due
from tests.surveys.test_pacing import Clock, run_until_done
from tests.world import NOW, World

MINUTE, TEN = timedelta(minutes=1), timedelta(minutes=10)  # ten: what the server asks for
NOTICE = {
    "id": "e-1", "once": "", "what": "bounced", "reason": "bounced", "token": "", "said": "550 5.1.1 nobody", "at": "",
}  # fmt: skip


def set_up(settings: Any, provider: Provider) -> None:
    """As SHOPKEEPER_EMAIL_PROVIDER and SHOPKEEPER_ANYMAIL do."""
    name = provider.name.upper()
    told = dict.fromkeys(KEYS[provider.name], "secret") | {f"{name}_API_URL": provider.url, "REQUESTS_TIMEOUT": 0.2}
    settings.EMAIL_BACKEND = backend_of(provider.name, told)
    settings.ANYMAIL = {**django_settings.ANYMAIL, **told}


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    with open_provider() as provider:
        set_up(settings, provider)
        yield provider


def sent(world: World, local: str) -> Message:
    """What became of a message to an address that says how the provider behaves."""
    message = due(world, ask.version(), f"{local}@customer.example")
    dispatch_due(at=NOW)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize(
    ("local", "state", "waits"),
    [
        ("ada", "handed_off", None),
        ("refuse-429", AGAIN, MINUTE),  # too fast
        ("refuse-429-wait", AGAIN, TEN),  # and it says how long
        ("refuse-503", AGAIN, MINUTE),
        ("refuse-503-wait", AGAIN, TEN),
        ("refuse-500-wait", AGAIN, TEN),  # it asks to come back: it has not got it
        ("refuse-500", UNKNOWN, None),
        ("refuse-502", UNKNOWN, None),  # a gateway does not know what became of it
        ("refuse-504-wait", UNKNOWN, None),
        ("refuse-401", AGAIN, MINUTE),  # our key
        ("refuse-402", AGAIN, MINUTE),  # our bill
        ("refuse-404", AGAIN, MINUTE),  # our address of the API
        ("refuse-400", FAILED, None),
        ("refuse-422", FAILED, None),
        ("rejected", FAILED, None),  # it has given the address up before
        ("vanish", UNKNOWN, None),  # accepted, and the line drops
        ("stall", UNKNOWN, None),
        ("reset", UNKNOWN, None),
        ("garbled", UNKNOWN, None),  # success, from somebody who is not the provider
    ],
)
def test_what_the_provider_does_decides_what_becomes_of_the_message(
    world: World, provider: Provider, local: str, state: str, waits: timedelta | None
):
    message = sent(world, local)
    assert (message.state, provider.asked) == (state, 1)
    if waits:
        assert waits <= message.due_at - NOW <= waits * (1 + JITTER)
    assert not Suppression.objects.exists()
    assert "@" not in message.reply


def test_a_provider_that_is_not_there_has_nothing_and_it_is_tried_again(world: World, settings: Any):
    set_up(settings, Provider(url="http://127.0.0.1:1/"))
    message = sent(world, "ada")
    assert (message.state, message.reply[:25]) == (AGAIN, "cannot reach the provider")


@pytest.mark.parametrize("local", ["refuse-429", "refuse-503", "refuse-401", "refuse-500", "vanish"])
def test_a_provider_in_trouble_is_asked_once_a_round_and_the_backlog_stays(
    world: World, provider: Provider, local: str
):
    version = ask.version()
    first, *rest = (due(world, version, f"{name}@customer.example") for name in (local, "ben", "cleo"))
    dispatch_due(at=NOW)
    assert provider.asked == 1
    assert Message.objects.filter(pk__in=[row.pk for row in rest], state=AGAIN, attempts=0).count() == 2
    dispatch_due(at=NOW)
    assert Message.objects.filter(state="handed_off").count() == 2
    assert Message.objects.get(pk=first.pk).state in {AGAIN, UNKNOWN}


@pytest.mark.parametrize("name", KEYS)
def test_each_provider_that_is_offered_takes_a_mail_and_its_notice_finds_it_by_its_own_name(
    world: World, settings: Any, name: str
):
    version = ask.version()
    with open_provider(name) as provider:
        set_up(settings, provider)
        first, second = (due(world, version, f"{who}@customer.example") for who in ("ada", "ben"))
        gone = due(world, version, "rejected@customer.example")
        assert dispatch_due(at=NOW) == {"handed_off": 2, FAILED: 1}
    assert (provider.connections, len(provider.bodies)) == (1, 2)
    assert all("List-Unsubscribe" in body for body in provider.bodies)
    names = dict(DeliveryAttempt.objects.values_list("message", "provider_id"))
    assert names[gone.pk] == ""
    assert names[first.pk] != names[second.pk]
    notice = {**NOTICE, "recipient": "ben@customer.example", "message": names[first.pk]}
    receive_notices(notices=[notice], source=name, at=NOW)
    assert hear(at=NOW) == 1
    assert InboundMail.objects.get().message == first
    assert InboundMail.objects.get().verdict == "bounce"


def test_rates_of_channel_and_domain_hold_for_a_provider_too(world: World, provider: Provider, settings: Any):
    settings.CHANNEL_RATES, settings.DOMAIN_RATES = {"email": 60.0}, {"big.customer.example": 30.0}
    clock, version = Clock(), ask.version()
    for number in range(12):
        due(world, version, f"c{number}@{'big.' if number % 2 else ''}customer.example")
    dispatch_due(at=NOW)
    to_big = sum("@big." in body for body in provider.bodies)
    assert (len(provider.bodies), to_big) == (6, 3)  # what the buckets hold
    run_until_done(clock, hand_over=None)
    assert (len(provider.bodies), clock.at - NOW >= timedelta(seconds=6)) == (12, True)


@pytest.mark.parametrize(
    ("provider", "told", "words"),
    [
        ("sendgrid", {}, "mail is not sent through 'sendgrid'; offered are brevo"),
        ("amazon_ses", {}, "mail is not sent through 'amazon_ses'"),
        ("mailjet", {"MAILJET_API_KEY": "k"}, "SHOPKEEPER_ANYMAIL must have MAILJET_SECRET_KEY"),
    ],
)
def test_a_provider_that_is_not_offered_or_lacks_its_key_is_refused_in_words(
    provider: str, told: dict[str, str], words: str
):
    with pytest.raises(ValueError, match=words):
        backend_of(provider, told)


def test_mail_is_sent_only_through_providers_whose_notices_are_taken():
    assert KEYS.keys() == PROVIDERS.keys()
