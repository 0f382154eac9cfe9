"""Contact rules one by one: whose contacts count, what waits and until when, and the last look before a hand-off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection

from common.senders import Outcome, Reply
from crm.models import Customer, Interaction
from surveys.models import ContactLedger, Decision, Invitation, Message, Program, Turn
from surveys.services.dispatching import dispatch_due
from surveys.services.explaining import explain
from surveys.services.ledgers import check_identities
from surveys.services.rechecking import objection
from surveys.services.triggering.replaying import replay
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World, build_world


def rule(since: str, days: int, **fields: str) -> dict[str, Any]:
    return {"since": since, "days": days, "per": "person", "among": "any", "then": "block", **fields}


def version(*rules: dict[str, Any], **fields: Any):
    free = {"quarantine_days": 0, "program_quarantine_days": 0, "max_age_days": 30}
    program = ask.program(code="visits")
    return ask.version(program=program, contact_rules=list(rules), **{**free, **fields})


def asked(customer: Customer, *, days: float, program: Program | None = None, **fields: Any) -> ContactLedger:
    at = NOW - timedelta(days=days)
    program = program or ask.program(active=False, kind="relationship")
    return ask.reservation(customer=customer, program=program, at=at, state="handed_off", handed_off_at=at, **fields)


def adds_up() -> bool:
    """Decisions, that is; contacts made here have no message."""
    return all(identity.holds for identity in check_identities() if not identity.name.startswith("contacts"))


def decided() -> tuple[str, str]:
    [run] = run_trigger(at=NOW)
    decision = Decision.objects.get(run=run)
    assert list(replay(run=run)) == []
    assert adds_up()
    return decision.reason, explain(decision)


def together(*people: Customer, kind: str = "household", **dates: Any) -> None:
    account = make.account(members=[(person, "member", 1) for person in people], kind=kind)
    account.members.update(**dates)


def test_what_somebody_of_the_household_was_asked_counts(world: World):
    other = make.customer()
    together(world.ines, other)
    asked(other, days=9)
    version(rule("asked", 10, per="household"))
    reason, sentence = decided()
    assert reason == "quarantined"
    assert sentence == (
        "Somebody else of the household was last asked on 2026-11-15."
        " The program counts 10 days after a question in any program."
    )


@pytest.mark.parametrize(
    ("kind", "dates", "days"),
    [("account", {}, 9), ("household", {"until": NOW.date()}, 9), ("household", {}, 10)],
)
def test_of_another_account_or_time_it_does_not_count(world: World, kind: str, dates: dict, days: int):
    other = make.customer()
    together(world.ines, other, kind=kind, **dates)
    asked(other, days=days)
    version(rule("asked", 10, per="household"))
    assert decided()[0] == "asked"


def test_a_household_counts_the_rows_merged_into_its_members(world: World):
    other = make.customer()
    together(make.customer(canonical=world.ines), other)
    asked(make.customer(canonical=other), days=1)
    version(rule("asked", 10, per="household"))
    assert decided()[0] == "quarantined"


def test_of_one_household_chance_asks_one_at_a_time(world: World):
    people = [make.customer(email=f"p{n}@example.org") for n in range(4)]
    together(*people[:3])
    together(*people[2:])
    Interaction.objects.all().delete()
    for person in people:
        make.interaction(kind=world.visit, customer=person, unit=world.mill)
    version(rule("asked", 10, per="household"))
    [run] = run_trigger(at=NOW)
    competing = dict(Decision.objects.values_list("customer", "inputs__competing"))
    assert [competing[person.pk] for person in people] == [3, 3, 4, 2]  # the third lives in both
    winners = {person.pk for person in people} & set(Invitation.objects.values_list("customer", flat=True))
    assert winners <= {people[0].pk, people[3].pk} or winners <= {people[1].pk, people[3].pk} or len(winners) == 1
    assert list(replay(run=run)) == []


@pytest.mark.parametrize(("among", "reason"), [("any", "answered_lately"), ("kind", "asked"), ("program", "asked")])
def test_an_answer_counts_among_the_programs_the_rule_names(world: World, among: str, reason: str):
    relationship = ask.program(active=False, kind="relationship")
    ask.response(unit=world.mill, program=relationship, customer=world.ines, answered_at=NOW - timedelta(days=3))
    version(rule("answered", 10, among=among))
    assert decided()[0] == reason


def test_a_person_is_asked_no_more_often_a_year_than_the_cap_and_reminders_count(world: World):
    asked(world.ines, days=360, reminded_at=NOW - timedelta(days=350))
    asked(world.ines, days=366)
    version(yearly_cap=2)
    assert decided() == (
        "capped",
        "The customer was asked 2 times within 365 days; the program asks nobody more than 2 times.",
    )


def test_a_window_counts_from_the_reminder(world: World):
    asked(world.ines, days=40, reminded_at=NOW - timedelta(days=5))
    version(quarantine_days=30)
    assert decided()[0] == "quarantined"


def test_where_a_rule_delays_the_occasion_waits_as_a_turn_and_is_decided_once(world: World):
    asked(world.ines, days=4)
    version(rule("asked", 10, then="delay"))
    [run] = run_trigger(at=NOW)
    assert (run.counts, Decision.objects.count()) == ({"visits": {"delayed": 1}}, 0)
    turn = Turn.objects.get()
    assert (turn.due_at, turn.interaction, turn.triggered_at) == (NOW + timedelta(days=6), world.interaction, None)
    assert adds_up()
    assert run_trigger(at=turn.due_at - timedelta(seconds=1)) == []
    asked(world.ines, days=-1)  # meanwhile somebody else asked
    [run] = run_trigger(at=turn.due_at)
    turn.refresh_from_db()
    assert (run.counts, turn.due_at, turn.delays) == ({"visits": {"delayed": 1}}, NOW + timedelta(days=11), 2)
    [run] = run_trigger(at=turn.due_at)
    assert (run.counts, Decision.objects.get().occasion) == ({"visits": {"asked": 1}}, f"turn:{turn.pk}")
    assert adds_up()


def test_an_occasion_does_not_wait_until_it_is_too_old(world: World):
    asked(world.ines, days=4)
    version(rule("asked", 10, then="delay"), max_age_days=7)  # it is a day old
    assert decided()[0] == "quarantined"
    assert not Turn.objects.exists()


@pytest.mark.parametrize(
    ("among", "kind", "waits"),
    [("any", "relationship", True), ("kind", "transactional", True), ("kind", "relationship", False),
     ("program", "transactional", False)],
)  # fmt: skip
def test_while_a_question_is_on_its_way_an_occasion_waits_if_a_rule_that_delays_counts_it(
    world: World, among: str, kind: str, waits: bool
):
    ask.reservation(customer=world.ines, program=ask.program(active=False, kind=kind))
    version(rule("asked", 10, among=among, then="delay"))
    if waits:
        run_trigger(at=NOW)
        assert Turn.objects.get().due_at == NOW + timedelta(days=10)
    else:
        assert decided() == ("quarantined", "Another question to the customer was on its way.")
        assert not Turn.objects.exists()


def test_the_rules_are_looked_at_again_before_the_hand_off(world: World):
    other = make.customer()
    version(rule("asked", 10, per="household"))
    run_trigger(at=NOW)
    message = Message.objects.get()
    assert objection(message=message, at=NOW) == ""
    together(world.ines, other)
    asked(other, days=1)
    assert objection(message=message, at=NOW) == "somebody of the household was asked recently"
    assert dispatch_due(at=NOW) == {"cancelled": 1}


def test_another_spelling_of_an_address_does_not_let_a_second_question_through(world: World):
    """METHOD.md, section 9: a vendor's ids were compared with regard to case, and QWERTY was asked beside qwerty."""
    for email in ("Qwerty@Example.org", "qwerty@example.ORG"):
        make.interaction(kind=world.visit, customer=make.customer(email=email), unit=world.mill)
    version(quarantine_days=30)
    [run] = run_trigger(at=NOW)
    assert run.counts == {"visits": {"asked": 3}}  # two rows that nobody has merged, and the named customer
    sent: list[str] = []

    def carry(mail: EmailMessage) -> Reply:
        sent.append(mail.to[0])
        return Reply(Outcome.ACCEPTED, "250")

    assert dispatch_due(at=NOW, hand_over=carry) == {"handed_off": 2, "cancelled": 1}
    assert len({address.lower() for address in sent}) == 2


@pytest.mark.parametrize(
    ("zone", "expected"), [("Europe/London", "2026-11-28 08:00"), ("Asia/Tokyo", "2026-11-27 23:00")]
)
def test_on_other_weekdays_than_the_programs_a_message_waits(world: World, zone: str, expected: str):
    Customer.objects.update(zone=zone)
    version(weekdays=[5, 6])  # NOW is a Tuesday
    run_trigger(at=NOW)
    assert dispatch_due(at=NOW) == {}
    assert Message.objects.get().due_at == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_eight_runs_at_the_same_time_never_ask_a_person_or_household_twice():
    world = build_world()
    shared = rule("asked", 30, per="household")
    for code in ("visits", "accounts"):
        ask.version(program=ask.program(code=code), contact_rules=[shared], sampling_rate="0.7")
    waves = [ask.program(code=f"wave-{n}", kind="relationship") for n in range(2)]
    for program in waves:
        ask.version(program=program, contact_rules=[shared])
    people = [make.customer(email=f"customer{number}@example.org") for number in range(24)]
    for first, second in zip(people[::2], people[1::2], strict=True):
        together(first, second)
    for person in people * 3:
        make.interaction(kind=world.visit, customer=person, unit=world.harbour)
        Turn.objects.get_or_create(
            program=waves[person.pk % 2], key=str(person.pk),
            defaults={"customer": person, "unit": world.mill, "occurred_at": NOW, "due_at": NOW, "created_at": NOW},
        )  # fmt: skip

    def drain(number: int) -> None:
        try:
            while run_trigger(at=NOW, limit=3 + number):
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(drain, range(8)))
    while run_trigger(at=NOW):  # what was in other hands when they looked
        pass
    assert Interaction.objects.filter(triggered_at=None).count() == Turn.objects.filter(triggered_at=None).count() == 0
    homes = [number // 2 for number, person in enumerate(people) if Invitation.objects.filter(customer=person).exists()]
    assert len(homes) == len(set(homes)) > 6
    assert Invitation.objects.count() == ContactLedger.objects.count()
    assert all(identity.holds for identity in check_identities())
