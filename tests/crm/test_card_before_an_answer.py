"""The shopkeeper's card of a customer who has not answered anything yet."""

from __future__ import annotations

from datetime import timedelta

from crm.models import Hold, Suppression
from crm.models.customers import address_hash
from crm.services.consenting import grant, refuse
from crm.services.holding import hold
from tests.crm.test_card import LATER, card, told
from tests.factories import crm as make
from tests.world import NOW


def test_who_declined_is_not_asked_and_a_death_comes_first(world):
    refuse(customer=world.ines, channel="email", purpose="survey", at=NOW)
    grant(customer=world.ines, channel="phone", purpose="callback", at=NOW)
    hold(customer=world.ines, kind=Hold.Kind.BEREAVEMENT, cause="desk", at=NOW, until=LATER + timedelta(days=9))
    shown = card(world, world.helen.user)
    assert shown.avoid == [
        "Selling, and asking for feedback: there has been a death. Say so first, briefly.",
        "Asking them for feedback by e-mail: they declined (24 November 2026).",
    ]
    assert shown.do == ["Reach them by telephone.", "They agreed to be called back (24 November 2026)."]
    assert card(world, world.helen.user, at=LATER + timedelta(days=10)).avoid == shown.avoid[1:]


def test_an_address_that_must_not_be_written_to_is_no_way_to_reach_them(world):
    Suppression.objects.create(
        channel="phone", address_hash=address_hash("phone", "+442079460471"), reason="manual", at=NOW
    )
    reach = told(card(world, world.helen.user), "contact")
    assert reach.best_channel == "email"
    assert [(a.channel, a.usable, a.why_not) for a in reach.addresses] == [
        ("email", True, ""), ("phone", False, "must not be written to"),
    ]  # fmt: skip


def test_what_is_missing_is_asked_for(world):
    stranger = make.customer(given_name="", language="", unit=world.harbour, email="x@example.org")
    asked = told(card(world, world.helen.user, stranger), "offer").ask
    assert [row.detail for row in asked] == ["phone", "language", "given_name"]
