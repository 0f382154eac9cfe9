"""The survey trigger: every reason, exactly; decisions = occasions, to the row."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import Event
from crm.models import Consent, ContactPoint, Hold, Interaction, Suppression
from surveys.models import ContactLedger, Decision, Invitation, Message, Program, Reason, TriggerRun
from surveys.sampling import choice, draw
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World


def reason_of(interaction: Interaction) -> str:
    return Decision.objects.get(occasion=f"interaction:{interaction.pk}").reason


def test_an_eligible_occasion_is_asked_about_and_everything_follows(world: World):
    version = ask.version(program=ask.program(code="visits"), delay_minutes=30, expiry_days=10)
    [run] = run_trigger(at=NOW)
    assert (run.interactions, run.counts) == (1, {"visits": {"asked": 1}})
    decision = Decision.objects.get()
    assert (decision.reason, decision.probability) == (Reason.ASKED, Decimal(1))
    assert int(decision.draw) == draw("autumn", "visits", f"interaction:{world.interaction.pk}")
    invitation = Invitation.objects.get()
    assert (invitation.version, invitation.unit, invitation.employee) == (version, world.harbour, world.jonas)
    assert invitation.expires_at == NOW + timedelta(minutes=30, days=10)
    assert invitation.contact is not None
    assert (invitation.contact.state, invitation.contact.reserved_at) == ("reserved", NOW)
    message = Message.objects.get()
    assert (message.invitation, message.state, message.due_at) == (invitation, "pending", NOW + timedelta(minutes=30))
    assert message.contact_point == world.ines.contact_points.get(channel="email")
    assert message.message_id == f"<ask.{invitation.public_id}@shopkeeper.localhost>"
    world.interaction.refresh_from_db()
    assert world.interaction.triggered_at == NOW


def test_the_packet_is_frozen_and_leaves_personal_attributes_behind(world: World):
    world.visit.schema["note"] = {"type": "string", "personal": True}
    world.visit.save()
    Interaction.objects.update(attributes={"wait_minutes": 12, "note": "her mother is ill"})
    ask.version()
    run_trigger(at=NOW)
    assert Invitation.objects.get().packet == {
        "customer": {"given_name": "Ines", "language": "en"},
        "interaction": {
            "kind": "branch-visit", "kind_name": "Branch visit", "occurred_at": "2026-11-23T10:00:00+00:00",
            "product": "current account", "channel": "branch", "attributes": {"wait_minutes": 12},
        },
        "unit": {"name": "Harbour"},
        "employee": {"name": "Jonas"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "expected"), [("fr", "fr"), ("fr-CA", "fr"), ("FR", "fr"), ("de", "en"), ("", "en")]
)
def test_the_invitation_speaks_the_customers_language_if_the_version_does(world: World, language: str, expected: str):
    world.ines.language = language
    world.ines.save()
    ask.version(wording={"en": {"question": "Would you?"}, "fr": {"question": "Le feriez-vous ?"}})
    run_trigger(at=NOW)
    assert Invitation.objects.get().language == expected


def test_nothing_to_do_leaves_nothing(world: World):
    ask.version()
    run_trigger(at=NOW)
    assert run_trigger(at=NOW) == []
    assert TriggerRun.objects.count() == Event.objects.filter(what="trigger.ran").count() == 1


def test_an_occasion_older_than_the_program_allows(world: World):
    ask.version(max_age_days=1)
    Interaction.objects.update(occurred_at=NOW - timedelta(days=1, seconds=1))
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.TOO_OLD
    assert not Invitation.objects.exists()
    assert not ContactLedger.objects.exists()


def test_another_kind_of_interaction_is_not_eligible(world: World):
    ask.version(interaction_kind=make.interaction_kind(code="call"))
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.NOT_ELIGIBLE


def test_the_condition_decides_who_is_eligible(world: World):
    ask.version(condition={"filter": "attribute", "value": {"name": "wait_minutes", "op": "gt", "value": 12}})
    waited = make.interaction(
        kind=world.visit, customer=world.ines, unit=world.harbour, attributes={"wait_minutes": 13}
    )
    run_trigger(at=NOW)
    assert (reason_of(world.interaction), reason_of(waited)) == (Reason.NOT_ELIGIBLE, Reason.ASKED)


def test_a_condition_that_is_true_of_nothing_asks_nobody_and_stops_nobody(world: World):
    ask.version(program=ask.program(code="nobody"), condition={"any": []})
    other = ask.version(program=ask.program(code="others"))
    run_trigger(at=NOW)
    assert {d.program.code: d.reason for d in Decision.objects.all()} == {"nobody": "not_eligible", "others": "asked"}
    assert Invitation.objects.get().program == other.program


def test_an_erased_customer_is_not_asked(world: World):
    world.ines.erased_at = NOW
    world.ines.save()
    ask.version()
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.ERASED


def test_a_customer_on_hold_is_not_asked_and_the_kind_is_kept(world: World):
    Hold.objects.create(customer=world.ines, kind="bereavement", since=NOW)
    ask.version()
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.ON_HOLD
    assert Decision.objects.get().inputs["hold"] == "bereavement"


@pytest.mark.parametrize("over", [{"until": NOW}, {"released_at": NOW}])
def test_a_hold_that_is_over_bars_nobody(world: World, over: dict):
    Hold.objects.create(customer=world.ines, kind="complaint", since=NOW - timedelta(days=3), **over)
    ask.version()
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.ASKED


def test_without_a_usable_address_nobody_is_asked(world: World):
    ContactPoint.objects.filter(channel="email").update(unusable_since=NOW)
    ask.version()
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.NO_ADDRESS


def test_who_refused_is_not_asked(world: World):
    Consent.objects.create(customer=world.ines, channel="email", purpose="survey", granted=False, at=NOW)
    ask.version()
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.REFUSED


def test_a_program_may_need_a_yes(world: World):
    ask.version(consent_required=True)
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.REFUSED


def test_a_yes_is_enough(world: World):
    Consent.objects.create(customer=world.ines, channel="email", purpose="survey", granted=True, at=NOW)
    ask.version(consent_required=True)
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.ASKED


def test_a_suppressed_address_is_not_written_to(world: World):
    address = world.ines.contact_points.get(channel="email")
    Suppression.objects.create(channel="email", address_hash=address.address_hash, reason="complained", at=NOW)
    ask.version()
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.SUPPRESSED
    assert Decision.objects.get().inputs["suppression"] == "complained"


@pytest.mark.parametrize(
    ("kind", "days", "expected"),
    [
        ("transactional", 29, Reason.QUARANTINED),
        ("relationship", 29, Reason.QUARANTINED),  # any program counts for the short quarantine
        ("transactional", 89, Reason.QUARANTINED),  # the same kind for the long one
        ("relationship", 31, Reason.ASKED),
        ("transactional", 90, Reason.ASKED),  # to the second
    ],
)
def test_quarantine_counts_from_the_hand_off(world: World, kind: str, days: int, expected: str):
    before = NOW - timedelta(days=days)
    ask.reservation(
        customer=world.ines,
        program=ask.program(kind=kind, active=False),
        at=before,
        state="handed_off",
        handed_off_at=before,
    )
    ask.version()
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == expected


def test_an_outstanding_reservation_bars_however_old(world: World):
    ask.reservation(customer=world.ines, program=ask.program(active=False), at=NOW - timedelta(days=400))
    ask.version(quarantine_days=0, program_quarantine_days=0)
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.QUARANTINED


def test_a_released_reservation_bars_nobody(world: World):
    ask.reservation(customer=world.ines, program=ask.program(active=False), state="released", released_at=NOW)
    ask.version()
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.ASKED


def test_of_several_occasions_of_one_person_chance_chooses_one(world: World):
    ask.version(program=ask.program(code="visits"))
    more = [make.interaction(kind=world.visit, customer=world.ines, unit=world.mill) for _ in range(4)]
    run_trigger(at=NOW)
    occasions = [f"interaction:{i.pk}" for i in [world.interaction, *more]]
    chosen = min(occasions, key=lambda occasion: choice("autumn", "visits", occasion))
    assert [d.occasion for d in Decision.objects.filter(reason=Reason.ASKED)] == [chosen]
    assert Decision.objects.filter(reason=Reason.OTHER_OCCASION).count() == 4
    assert {d.probability for d in Decision.objects.all()} == {Decimal("0.2")}


def test_sampling_follows_the_draw_and_keeps_the_probability(world: World):
    ask.version(program=ask.program(code="visits"), sampling_rate=Decimal("0.5"))
    for number in range(200):
        person = make.customer(email=f"customer{number}@example.org")
        make.interaction(kind=world.visit, customer=person, unit=world.harbour)
    run_trigger(at=NOW)
    for decision in Decision.objects.all():
        inside = draw("autumn", "visits", decision.occasion) < 2**63
        assert decision.reason == (Reason.ASKED if inside else Reason.NOT_DRAWN)
        assert decision.probability == Decimal("0.5")


def test_two_programs_at_the_same_instant_do_not_ask_twice(world: World):
    older = ask.version(program=ask.program(code="visits"))
    ask.version(program=ask.program(code="accounts"))
    [run] = run_trigger(at=NOW)
    assert run.counts == {"visits": {"asked": 1}, "accounts": {"quarantined": 1}}
    assert Invitation.objects.get().version == older


def test_the_program_of_the_higher_priority_claims_the_person_first(world: World):
    ask.version(program=ask.program(code="visits"))
    ask.version(program=ask.program(code="complaints"), priority=10)
    [run] = run_trigger(at=NOW)
    assert run.counts == {"complaints": {"asked": 1}, "visits": {"quarantined": 1}}


def test_merged_customers_are_one_person(world: World):
    double = make.customer(email="ines.m@example.org", canonical=world.ines)
    second = make.interaction(kind=world.visit, customer=double, unit=world.mill)
    ask.version()
    run_trigger(at=NOW)
    assert sorted([reason_of(world.interaction), reason_of(second)]) == ["asked", "other_occasion"]
    assert Invitation.objects.get().customer == world.ines
    assert set(Decision.objects.values_list("customer", flat=True)) == {world.ines.pk}


def test_a_hold_and_a_hand_off_of_a_merged_customer_count_for_the_person(world: World):
    double = make.customer(canonical=world.ines)
    ask.reservation(customer=double, program=ask.program(active=False), state="handed_off", handed_off_at=NOW)
    ask.version()
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.QUARANTINED


def test_the_last_word_on_consent_counts_across_merged_customers(world: World):
    double = make.customer(canonical=world.ines)
    Consent.objects.create(customer=double, channel="email", purpose="survey", granted=False, at=NOW)
    Consent.objects.create(
        customer=world.ines, channel="email", purpose="survey", granted=True, at=NOW - timedelta(days=1)
    )
    ask.version()
    run_trigger(at=NOW)
    assert reason_of(world.interaction) == Reason.REFUSED


def test_only_active_programs_with_a_published_version_decide(world: World):
    ask.version(program=ask.program(active=False))
    ask.version(published=False)
    ask.version(program=ask.program(kind=Program.Kind.COLLECTED))
    [run] = run_trigger(at=NOW)
    assert (run.interactions, run.counts, Decision.objects.count()) == (1, {}, 0)


def test_the_newest_published_version_is_in_force(world: World):
    first = ask.version()
    second = ask.version(program=first.program)
    ask.version(program=first.program, published=False)
    run_trigger(at=NOW)
    assert Decision.objects.get().version == second


def test_a_batch_takes_the_oldest_and_leaves_the_rest(world: World):
    ask.version(program=ask.program(code="visits"))
    for _ in range(2):
        make.interaction(kind=world.visit, customer=make.customer(email="x@example.org"), unit=world.harbour)
    runs = run_trigger(at=NOW, limit=2) + run_trigger(at=NOW, limit=2)
    assert [run.interactions for run in runs] == [2, 1]
    assert Decision.objects.count() == 3


def test_occasions_of_any_month_find_their_partition(world: World):
    ask.version()
    make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour, occurred_at=NOW - timedelta(days=800))
    run_trigger(at=NOW)
    assert [d.occasion_day.isoformat() for d in Decision.objects.order_by("occasion_day")] == [
        "2024-09-15",
        "2026-11-23",
    ]


def test_the_claim_looks_at_the_interactions_once(world: World):
    """A second look, joined to the first, compares each with all when the planner believes that nothing waits."""
    with CaptureQueriesContext(connection) as queries:
        run_trigger(at=NOW)
    claim = next(query["sql"] for query in queries if "TABLE trigger_claim" in query["sql"])
    assert len(re.findall(r'FROM "?crm_interaction\b', claim)) == 1
