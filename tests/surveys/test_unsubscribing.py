"""One click to be left alone; RFC 8058."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client

from common.models import Event
from crm.models import Consent, ContactPoint, Suppression
from crm.models.customers import address_hash
from surveys.models import InvitationToken, LinkVisit, Message
from tests.factories import surveys as make
from tests.world import NOW


@pytest.fixture
def invitation(world):
    return make.invitation(interaction=world.interaction, expires_at=NOW - timedelta(days=400))  # long expired


@pytest.fixture
def link(invitation):
    return f"/u/{make.token(invitation, InvitationToken.Purpose.UNSUBSCRIBE)}/"


@pytest.fixture
def stranger():
    """A mail provider: no cookies, no page before it, and Django's CSRF check in force."""
    return Client(enforce_csrf_checks=True)


def one_click(client, link):
    return client.post(link, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_link_changes_nothing(stranger, link, method):
    assert getattr(stranger, method)(link).status_code == 200
    assert [kind.objects.count() for kind in (Consent, Suppression, LinkVisit)] == [0, 0, 0]


def test_the_page_has_a_button_and_no_name(stranger, link):
    page = stranger.get(link).content.decode()
    assert '<button class="btn">Do not ask me again</button>' in page
    assert "Ines" not in page
    assert "ines@example.org" not in page


def test_one_click_takes_effect_at_once(stranger, link, world):
    answer = one_click(stranger, link)
    assert (answer.status_code, answer.cookies) == (200, {})
    consent = Consent.objects.get()
    assert (consent.customer, consent.channel, consent.purpose, consent.granted) == (
        world.ines,
        "email",
        "survey",
        False,
    )
    suppression = Suppression.objects.get()
    assert (suppression.channel, suppression.reason) == ("email", "unsubscribed")
    assert suppression.address_hash == address_hash("email", "ines@example.org")


def test_one_click_again_is_a_yes_that_changes_nothing(stranger, link):
    one_click(stranger, link)
    events = Event.objects.count()
    assert [one_click(stranger, link).status_code for _ in range(3)] == [200, 200, 200]
    assert (Consent.objects.count(), Suppression.objects.count(), Event.objects.count()) == (1, 1, events)


def test_a_link_that_came_by_text_message_ends_text_messages_alone(stranger, world):
    number = "+447700900123"
    hashed = address_hash("sms", number)
    ContactPoint.objects.create(
        customer=world.ines, channel="sms", address=number, normalized=number, address_hash=hashed
    )
    by_mail, by_text = (
        make.invitation(interaction=world.interaction, channel=channel, expires_at=NOW) for channel in ("email", "sms")
    )
    for invitation in (by_mail, by_text):
        make.message(invitation=invitation)
    one_click(stranger, f"/u/{make.token(by_text, InvitationToken.Purpose.UNSUBSCRIBE)}/")
    assert list(Consent.objects.values_list("channel", "granted")) == [("sms", False)]
    assert list(Suppression.objects.values_list("channel", "address_hash")) == [("sms", hashed)]
    states = Message.objects.order_by("pk").values_list("invitation__channel", "state")
    assert list(states) == [("email", "pending"), ("sms", "cancelled")]


def test_what_was_still_to_be_sent_is_cancelled(stranger, link, invitation):
    make.message(invitation=invitation)
    one_click(stranger, link)
    assert Message.objects.get().state == "cancelled"


def test_a_body_of_any_kind_is_not_even_read(stranger, link):
    assert stranger.post(link, b"x" * 6_000_000, content_type="text/plain").status_code == 200
    assert Suppression.objects.count() == 1


def test_the_link_on_a_survey_page_unsubscribes_too(stranger, invitation):
    assert one_click(stranger, f"/u/{make.token(invitation)}/").status_code == 200
    assert Suppression.objects.count() == 1


def test_an_unknown_link_unsubscribes_nobody(stranger, link):
    assert one_click(stranger, link[:-2] + "/").status_code == 404
    assert [kind.objects.count() for kind in (Consent, Suppression)] == [0, 0]


def test_the_page_speaks_the_invitations_language(stranger, link, invitation):
    type(invitation).objects.update(language="fr")
    assert "Ne plus me solliciter" in stranger.get(link).content.decode()


def test_the_page_asks_the_database_once(stranger, link, django_assert_num_queries):
    with django_assert_num_queries(1):
        stranger.get(link)


def test_the_history_of_consent_does_not_keep_the_link(stranger, link):
    one_click(stranger, link)
    contexts = apps.get_model("crm", "ConsentEvent").objects.values_list("pgh_context__metadata__url", flat=True)
    assert set(contexts) == {"/u/<str:token>/"}
