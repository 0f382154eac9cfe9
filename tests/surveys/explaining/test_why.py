"""Why was this customer, or was not, asked: on their page and on the interaction's, in plain words and within sight."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.models import Interaction
from crm.services.merging import merge
from surveys.models import Decision, Message, Program, Reason
from surveys.services.explaining import explain
from surveys.services.explaining.answering import why_interaction, why_person
from surveys.services.explaining.inputs import inputs_in_words
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

FIVE, FORTY, SIXTY = ((NOW - timedelta(days=days)).isoformat() for days in (5, 40, 60))


@pytest.fixture
def office(world: World) -> Any:
    assert world.olivia.user is not None
    return world.olivia.user


def decided(version: Any, reason: str, **inputs: Any) -> str:
    return explain(Decision(version=version, reason=reason, inputs=inputs, draw=3 * 2**62, decided_at=NOW))


def test_a_window_since_an_answer_of_the_household_is_told_in_words(world: World):
    rule = {"since": "answered", "days": 60, "per": "household", "among": "kind", "then": "block"}
    version = ask.version(contact_rules=[rule])
    assert decided(version, Reason.ANSWERED_LATELY, windows=["2026-11-01T10:00:00+00:00"]) == (
        "The customer or somebody of the household last answered on 2026-11-01."
        " The program counts 60 days after an answer in a program of its kind."
    )


def test_who_of_the_household_was_asked_is_told_as_far_as_it_is_stored(world: World):
    rule = {"since": "asked", "days": 60, "per": "household"}
    version = ask.version(contact_rules=[rule], quarantine_days=0, program_quarantine_days=0)
    now, days = NOW.isoformat(), "The program counts 60 days after a question in any program."
    own = decided(version, Reason.QUARANTINED, windows=[now], last_asked_at="2026-11-20T10:00:00+00:00")
    assert own == f"The customer was last asked on 2026-11-20. {days}"
    others = decided(version, Reason.QUARANTINED, windows=[now])
    assert others == f"Another question to somebody else of the household was on its way. {days}"


LOTS = {"kept_for": "", "bind": ["calls"], "open": 0.75, "rate": 0.6, "needs": []}  # a quarter is kept for calls


def test_the_rate_is_told_as_it_is_raised_where_customers_are_kept_for_others(world: World):
    version = ask.version(sampling_rate=Decimal("0.6"))
    row = Decision(
        version=version, reason=Reason.ASKED, inputs={"competing": 1, "lots": LOTS}, draw=3 * 2**62, probability="0.6"
    )
    assert explain(row) == (
        "Asked: nothing spoke against it, and the draw, 75.0%, is in the sample of 80.0%"
        " (60.0%, raised, since 25 % of the customers are kept for others)."
    )
    items = dict(inputs_in_words(row))
    assert [items[name] for name in ("Sampling rate", "Raised to", "Draw")] == [
        "60 %", "80 %, since 25 % of the customers are kept for others", "75.0 %, below the rate",
    ]  # fmt: skip
    row.inputs["lots"], row.reason = LOTS | {"open": 0.9}, Reason.NOT_DRAWN
    assert explain(row) == (
        "Not in the sample of 66.7% (60.0%, raised, since 10 % of the customers are kept for others):"
        " the draw was 75.0%."
    )
    assert dict(inputs_in_words(row))["Draw"] == "75.0 %, not below the rate"


def test_who_asks_everybody_asks_nobody_who_is_kept_for_others(world: World):
    assert decided(ask.version(sampling_rate=Decimal(1)), Reason.ASKED, lots=LOTS) == (
        "Asked: nothing spoke against it, and the program asks everybody who is not kept for another program."
    )


@pytest.mark.parametrize(
    ("inputs", "asked", "counts"),
    [
        ({"outstanding": True, "last_asked_at": FIVE}, "Another question to the customer was on its way.", ""),
        (
            {"last_asked_at": FIVE, "last_of_kind_at": FIVE, "windows": [FIVE, FIVE]},
            "The customer was last asked on 2026-11-19.",
            " The program waits 30 days after any question.",
        ),
        (
            {"last_asked_at": FORTY, "last_of_kind_at": SIXTY, "windows": [FIVE, FIVE]},
            "The customer was last asked on 2026-09-25 by a program of its kind.",
            " The program waits 90 days after one of its own kind.",
        ),
        (
            {"last_asked_at": FORTY, "windows": [FIVE, FIVE]},
            "The customer or somebody of the account was last asked on 2026-11-19.",
            " The program counts 20 days after a question in the program itself.",
        ),
        (
            {"last_asked_at": FORTY, "windows": [FIVE, None]},
            "The customer or somebody of the account was last asked on 2026-11-19.",
            " The program counts 10 days after a question in any program.",
        ),
    ],
)
def test_the_window_is_told_that_the_trigger_looks_at_first(
    world: World, inputs: dict[str, Any], asked: str, counts: str
):
    """Outstanding, any, its kind, what blocks, what delays; each by the date that bars."""
    rule = {"since": "asked", "per": "account"}
    rules = [rule | {"days": 10, "then": "delay"}, rule | {"days": 20, "among": "program"}]
    version = ask.version(contact_rules=rules, quarantine_days=30, program_quarantine_days=90)
    assert decided(version, Reason.QUARANTINED, **inputs) == asked + counts


def test_another_kind_of_interaction_than_triggers_the_program_is_named(world: World, office: Any):
    ask.version(interaction_kind=make.interaction_kind(code="phone", name="Phone call"))
    run_trigger(at=NOW)
    [told] = why_interaction(world.interaction, principal=office, at=NOW).decided
    assert told.sentence == (
        "What happened is outside the condition of version 1: it asks after another kind of interaction than"
        f" “{world.visit.name}”."
    )


def test_when_a_question_first_leaves_and_why_it_waits_stands_on_its_pages(world: World, client: Client, office: Any):
    today = timezone.now().date()
    days = [(today.weekday() + 3) % 7]
    ask.version(weekdays=days, max_age_days=3000)
    run_trigger(at=NOW)
    message, decision = Message.objects.get(), Decision.objects.get()
    start = datetime.combine(today, time(12), UTC)  # as if it had been decided at noon of today
    Message.objects.update(created_at=start, due_at=start)
    day = today + timedelta(days=3)
    said = f"waits until {day:%A} {day} 08:00 ({world.harbour.zone}; "
    client.force_login(office)
    for name, row in (("message", message), ("invitation", message.invitation), ("decision", decision)):
        page = unescape(client.get(reverse(f"admin:surveys_{name}_change", args=[row.pk])).content.decode())
        assert said in page, name
        assert "UTC), because of the program's weekdays" in page, name


def test_a_window_since_a_bounce_is_told_in_words(world: World):
    version = ask.version(contact_rules=[{"since": "bounced", "days": 14}])
    assert decided(version, Reason.BOUNCED_LATELY, windows=["2026-11-20T10:00:00+00:00"]) == (
        "The customer had a message that came back on 2026-11-20."
        " The program counts 14 days after a message that came back."
    )


def test_the_cap_of_a_year_is_told_in_words(world: World):
    assert decided(ask.version(yearly_cap=1), Reason.CAPPED, in_year=2) == (
        "The customer was asked 2 times within 365 days; the program asks nobody more than once."
    )


def test_a_full_quota_is_told_in_words(world: World):
    version = ask.version(quota=20)
    assert decided(version, Reason.OVER_QUOTA, room=3, drawn=9) == (
        "The unit's quota of 20 invitations for the month left room for 3 of the 9 that were drawn;"
        " chance gave it to others."
    )


def test_the_line_below_says_what_it_was_decided_from(world: World, office: Any):
    ask.version(sampling_rate=Decimal(1))
    run_trigger(at=NOW)
    [told] = why_person(world.ines, principal=office, at=NOW).decided
    draw = int(Decision.objects.get().draw) / 2**64
    assert told.facts == ["version 1", "probability 100.0%", f"draw {draw:.1%}"]
    assert told.interaction == world.interaction


def test_an_earlier_question_elsewhere_is_told_by_its_day_and_program_and_not_by_its_place(world: World, office: Any):
    other = ask.program(code="secret", name="After a claim", active=False)
    ask.reservation(customer=world.ines, program=other, state="handed_off", handed_off_at=NOW - timedelta(days=3))
    ask.version()
    run_trigger(at=NOW)
    [told] = why_person(world.ines, principal=office, at=NOW).decided
    day = (NOW - timedelta(days=3)).date()
    assert told.facts == ["version 1", f"last asked on {day}"]
    assert told.sentence == (
        f"The customer was last asked on {day} by After a claim. The program waits 30 days after any question."
    )


def test_of_two_programs_at_one_instant_the_loser_names_the_winner(world: World, office: Any):
    winner, loser = (ask.version(program=ask.program(code=code, name=code.title())) for code in ("calls", "visits"))
    run_trigger(at=NOW)
    told = {each.program: each for each in why_person(world.ines, principal=office, at=NOW).decided}
    assert told[winner.program].sentence == "Asked: nothing spoke against it, and the program asks everybody."
    lost = told[loser.program]
    assert lost.sentence == "Another question to the customer was on its way, of Calls."
    assert lost.decision is not None
    assert lost.decision.inputs["asked_by"] == winner.program_id
    assert ("Whose question that is", "Calls") in inputs_in_words(lost.decision)


def test_the_program_that_asked_last_is_stored_and_not_one_before(world: World):
    newer, older = ask.program(active=False), ask.program(active=False)
    for program, days in ((newer, 3), (older, 9)):
        at = NOW - timedelta(days=days)
        ask.reservation(customer=world.ines, program=program, at=at, state="handed_off", handed_off_at=at)
    ask.version()
    run_trigger(at=NOW)
    assert Decision.objects.get().inputs["asked_by"] == newer.pk


@pytest.mark.parametrize(
    ("state", "reply", "ends"),
    [
        ("handed_off", "250 OK", "asks everybody."),
        (
            "cancelled",
            "asked recently about something else",
            "but it was not sent: asked recently about something else.",
        ),
        ("failed", "550 <ines@example.org>: no such user", "asks everybody, but it could not be sent."),
        ("unknown", "", "asks everybody, but nobody knows whether it arrived."),
    ],
)
def test_asked_is_not_all_that_is_said_where_the_question_did_not_leave(
    world: World, client: Client, office: Any, state: str, reply: str, ends: str
):
    ask.version()
    run_trigger(at=NOW)
    Message.objects.update(state=state, reply=reply)
    [of_person] = why_person(world.ines, principal=office, at=NOW).decided
    [of_interaction] = why_interaction(world.interaction, principal=office, at=NOW).decided
    assert of_person.sentence == of_interaction.sentence
    assert of_person.sentence.endswith(ends)
    client.force_login(office)
    page = client.get(reverse("admin:surveys_decision_change", args=[Decision.objects.get().pk])).content.decode()
    assert of_person.sentence in unescape(page)


def test_occasions_of_the_other_rows_of_a_merged_person_are_told_too(world: World, office: Any):
    twin = make.customer(email="twin@example.org", unit=world.harbour)
    make.interaction(kind=world.visit, customer=twin, unit=world.harbour)
    ask.version()
    run_trigger(at=NOW)
    merge(kept=world.ines, merged=twin, by=office, at=NOW)
    for row in (world.ines, twin):
        row.refresh_from_db()
        assert len(why_person(row, principal=office, at=NOW).decided) == 2


def test_what_is_out_of_sight_is_not_told(world: World):
    ask.version()
    run_trigger(at=NOW)
    analyst = make.employee(name="Ada", unit=world.station, role="analyst").user
    assert why_person(world.ines, principal=analyst, at=NOW).decided == []
    assert why_interaction(world.interaction, principal=analyst, at=NOW).waiting == []


def test_a_turn_that_was_put_off_says_until_when_it_waits(world: World, office: Any):
    rule = {"since": "asked", "days": 5, "then": "delay"}
    version = ask.version(quarantine_days=0, program_quarantine_days=0, contact_rules=[rule], max_age_days=30)
    other = ask.program(active=False)
    ask.reservation(customer=world.ines, program=other, state="handed_off", handed_off_at=NOW - timedelta(days=2))
    run_trigger(at=NOW)
    until = (NOW + timedelta(days=3)).strftime("%Y-%m-%d %H:%M")
    said = (
        f"No decision yet: waits until {until} UTC, because the program waits 5 days after a question in any program."
    )
    for answer in (
        why_person(world.ines, principal=office, at=NOW),
        why_interaction(world.interaction, principal=office, at=NOW),
    ):
        assert [(told.program, told.sentence) for told in answer.waiting] == [(version.program, said)]
        assert answer.decided == []


def test_a_turn_that_comes_round_days_after_it_was_made_is_not_said_to_wait_for_a_rule(world: World, office: Any):
    version = ask.version(program=ask.program(kind=Program.Kind.RELATIONSHIP))
    fields = {"program": version.program, "customer": world.ines, "unit": world.harbour}
    ask.turn(**fields, due_at=NOW + timedelta(days=3))
    household = {"since": "answered", "days": 5, "per": "household", "among": "kind", "then": "delay"}
    ask.turn(**fields, due_at=NOW + timedelta(days=4), delayed_by=household, delays=1)
    said = [told.sentence for told in why_person(world.ines, principal=office, at=NOW).waiting]
    assert [sentence.partition("UTC, ")[2] for sentence in said] == [
        "when the customer's turn comes.",
        "because the program waits 5 days after an answer in a program of its kind, anybody's of the household.",
    ]
    Program.objects.update(active_until=NOW)
    [told, _] = why_person(world.ines, principal=office, at=NOW).waiting
    assert told.sentence.endswith("UTC; nobody is asked, since the program's time is over.")


def test_what_the_trigger_has_not_seen_waits_for_its_next_run(world: World, office: Any):
    ask.version()
    [told] = why_interaction(world.interaction, principal=office, at=NOW).waiting
    assert told.sentence == "No decision yet: the next run of the trigger decides."


def test_a_program_that_came_later_has_decided_nothing(world: World, office: Any):
    Interaction.objects.update(triggered_at=NOW)
    world.interaction.refresh_from_db()
    ask.version()
    [told] = why_interaction(world.interaction, principal=office, at=NOW).waiting
    assert told.sentence == (
        "No decision is stored: the program was not in force then, or the decision is older than what is kept."
    )


def test_a_turn_of_a_program_out_of_force_waits_for_it(world: World, office: Any):
    program = ask.program(kind=Program.Kind.RELATIONSHIP, active=False)
    ask.turn(program=program, customer=world.ines, unit=world.harbour)
    [told] = why_person(world.ines, principal=office, at=NOW).waiting
    assert told.sentence == "No decision yet: waits until the program is in force."


def test_older_decisions_come_page_by_page_in_the_same_number_of_queries(world: World, client: Client, office: Any):
    ask.version()
    client.force_login(office)
    address = reverse("admin:crm_customer_change", args=[world.ines.pk])
    counts = []
    for number in (10, 12):
        for _ in range(number):
            make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour)
        run_trigger(at=NOW)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    seen: list[int] = []
    before = None
    while True:
        answer = why_person(world.ines, principal=office, at=NOW, before=before)
        seen += [told.decision.pk for told in answer.decided if told.decision]
        before = answer.older
        if before is None:
            break
    assert seen == sorted(Decision.objects.values_list("pk", flat=True), reverse=True)
    last_of_page = why_person(world.ines, principal=office, at=NOW).older
    page = client.get(address, {"decisions_before": last_of_page}).content.decode()
    assert f"decisions_before={seen[19]}" in page


def test_an_odd_cursor_gives_the_newest(world: World, client: Client, office: Any):
    ask.version()
    run_trigger(at=NOW)
    client.force_login(office)
    for odd in ("x", "-1", "9" * 30, "²"):
        reply = client.get(reverse("admin:crm_customer_change", args=[world.ines.pk]), {"decisions_before": odd})
        assert reply.status_code == 200
        assert "the program asks everybody" in reply.content.decode()
