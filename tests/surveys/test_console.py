"""Asking in the console: verbs behind the buttons, words for every reason, sight and numbers of queries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from surveys.models import ContactLedger, Decision, Invitation, Message, Reason, Settlement
from surveys.services.explaining import explain
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

LAST_ASKED = "The customer was last asked on 2026-11-24. The program waits 1 day after any question."


@pytest.fixture
def office(client: Client, world: World) -> Client:
    assert world.olivia.user is not None
    client.force_login(world.olivia.user)
    return client


def act(client: Client, model: str, action: str, *rows: Any, **more: str) -> list[str]:
    """Choose rows of a list and run an action; returns what the console said."""
    address = reverse(f"admin:surveys_{model}_changelist")
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    reply = client.post(address, chosen, follow=True)
    return [str(message) for message in reply.context["messages"]]


def test_the_reason_stands_on_the_pages_of_decision_customer_and_interaction(world: World, office: Client):
    ask.version()
    run_trigger(at=NOW)
    said = "Asked: nothing spoke against it, and the program asks everybody."
    decision = Decision.objects.get()
    for name, row in (
        ("surveys_decision", decision), ("crm_customer", world.ines), ("crm_interaction", world.interaction)
    ):  # fmt: skip
        page = office.get(reverse(f"admin:{name}_change", args=[row.pk]))
        assert said in page.content.decode(), name


def test_an_invitation_tells_who_was_asked_about_what_and_keeps_what_is_stored_folded_away(
    world: World, office: Client
):
    world.visit.schema = {"wait_minutes": {"type": "integer", "label": "Waiting time"}, "settled": {"type": "boolean"}}
    world.visit.save()
    world.interaction.attributes = {"settled": True, "wait_minutes": 8}
    world.interaction.product = "Loan <b>"
    world.interaction.save()
    row = ask.invitation(interaction=world.interaction)
    ask.message(invitation=row, state="handed_off")
    page = office.get(reverse("admin:surveys_invitation_change", args=[row.pk])).content.decode()
    shown, stored = page.partition('<details class="sk-card sk-fold">')[::2]
    facts = re.findall(r"<dt>([^<]+)</dt><dd>([^<]*)</dd>", shown)
    assert facts == [
        ("Addressed as", "Ines"), ("Asked in", "English"), ("What happened", "Branch visit"),
        ("When", "Monday 2026-11-23, 10:00, Europe/London"), ("Product", "Loan &lt;b&gt;"), ("By", "branch"),
        ("Settled", "yes"), ("Waiting time", "8"), ("Where", "Harbour"), ("With whom", "Jonas"),
    ]  # fmt: skip
    assert "Sent, may still answer" in shown
    assert "&quot;wait_minutes&quot;: 8" in stored
    assert "wait_minutes" not in shown


def test_an_invitation_without_an_occasion_says_so(world: World, office: Client):
    row = ask.invitation(interaction=world.interaction)
    Invitation.objects.filter(pk=row.pk).update(interaction=None, packet={"unit": {"name": "Harbour"}})
    page = office.get(reverse("admin:surveys_invitation_change", args=[row.pk])).content.decode()
    assert "<dd>nothing in particular: the customer&#x27;s turn had come</dd>" in page
    assert "<dd>nobody: no given name was known</dd>" in page


@pytest.mark.parametrize(
    ("reason", "inputs", "said"),
    [
        (
            Reason.TOO_OLD,
            {"occurred_at": "2026-11-01T10:00:00+00:00"},
            "It happened on 2026-11-01; the program asks within 7 days.",
        ),
        (Reason.NOT_ELIGIBLE, {}, "What happened is outside the condition of version 1."),
        (Reason.ERASED, {}, "The customer's data were erased."),
        (Reason.ON_HOLD, {"hold": "open_ticket"}, "The customer was on hold: open ticket."),
        (Reason.NO_ADDRESS, {}, "No usable address by e-mail was known."),
        (Reason.REFUSED, {"consent": False}, "The customer does not want to be asked by e-mail."),
        (Reason.REFUSED, {}, "The program asks only who agreed to it by e-mail, and the customer has not said so."),
        (Reason.SUPPRESSED, {"suppression": "bounced"}, "The address must not be written to: bounced."),
        (Reason.QUARANTINED, {"outstanding": True}, "Another question to the customer was on its way."),
        (
            Reason.QUARANTINED,
            {"last_asked_at": "2026-11-24T08:00:00+00:00", "last_of_kind_at": "2026-11-24T08:00:00+00:00"},
            LAST_ASKED,
        ),
        (
            Reason.OTHER_OCCASION,
            {"competing": 3},
            "The customer had 3 occasions at the same time; chance chose another.",
        ),
        (Reason.NOT_DRAWN, {}, "Not in the sample of 40.0%: the draw was 75.0%."),
        (
            Reason.ASKED,
            {"rate": 0.8},
            "Asked: nothing spoke against it, and the draw, 75.0%, is in the sample of 80.0%.",
        ),
    ],
)
def test_every_reason_has_its_words(world: World, reason: Reason, inputs: dict[str, Any], said: str):
    version = ask.version(sampling_rate="0.4", quarantine_days=1)
    version.refresh_from_db()
    assert explain(Decision(version=version, reason=reason, inputs=inputs, draw=3 * 2**62, decided_at=NOW)) == said


def test_an_unknown_message_is_settled_from_its_list(world: World, office: Client):
    ask.version()
    run_trigger(at=NOW)
    message = Message.objects.get()
    said = {"why": " The log\nsays so. "}
    assert act(office, "message", "it_arrived", message, **said)[0].endswith("can be settled or sent again.")
    Message.objects.update(state="unknown")
    asking = {"action": "it_arrived", "_selected_action": [message.pk]}
    listed = reverse("admin:surveys_message_changelist")
    page = office.post(listed, asking).content.decode()
    assert "Unknown fate: it arrived: 1 message<" in page
    assert f'name="_selected_action" value="{message.pk}"' in page
    assert office.post(listed, {**asking, "why": " "}).status_code == 422
    message.refresh_from_db()
    assert (message.state, Settlement.objects.count()) == ("unknown", 0)
    act(office, "message", "it_arrived", message, **said)
    message.refresh_from_db()
    assert (message.state, message.settlements.get().why) == ("handed_off", "The log says so.")


def test_what_is_done_about_an_unknown_message_is_kept_with_who_and_why(world: World, office: Client, client: Client):
    ask.version(reminder_days=[5])
    run_trigger(at=NOW)
    message = Message.objects.get()
    Message.objects.update(state="unknown")
    ContactLedger.objects.update(state="handed_off", handed_off_at=NOW)
    listed, address = (
        reverse("admin:surveys_message_changelist"),
        reverse("admin:surveys_message_fate", args=[message.pk]),
    )
    assert office.get(listed, {"fate": "undecided"}).context["cl"].result_count == 1
    branch = Client()
    branch.force_login(world.helen.user)
    assert branch.post(address, {"said": "again", "why": "x"}).status_code in {403, 404}
    assert "Say why" in office.post(address, {"said": "again"}, follow=True).content.decode()
    assert office.post(address, {"said": "burn", "why": "x"}).status_code == 400
    assert not Settlement.objects.exists()
    office.post(address, {"said": "left", "why": " The log is\ngone. "})
    message.refresh_from_db()
    assert (message.state, office.get(listed, {"fate": "undecided"}).context["cl"].result_count) == ("unknown", 0)
    office.post(address, {"said": "left", "why": "again"})
    assert Settlement.objects.values_list("said", "why", "by__username").get() == (
        "left", "The log is gone.", world.olivia.user.username
    )  # fmt: skip
    page = office.get(reverse("admin:surveys_message_change", args=[message.pk])).content.decode()
    assert "leave it: it may have arrived (The log is gone.)" in page
    office.post(address, {"said": "again", "why": "They ask for it."})
    message.refresh_from_db()
    assert (message.state, message.settlements.count()) == ("pending", 2)
    invitation = office.get(reverse("admin:surveys_invitation_change", args=[message.invitation_id]))
    assert "Who is silent is reminded 5 days after the question, which has not gone out." in invitation.content.decode()


def test_elsewhere_nothing_of_it_is_seen(world: World, client: Client):
    ask.version()
    run_trigger(at=NOW)
    ask.response(unit=world.harbour, program=ask.program())
    analyst = make.employee(name="Ada", unit=world.station, role="analyst").user
    assert analyst is not None
    client.force_login(analyst)
    for model in ("decision", "invitation", "message", "response"):
        page = client.get(reverse(f"admin:surveys_{model}_changelist"))
        assert page.context["cl"].result_count == 0, model
    decision = Decision.objects.get()
    assert client.get(reverse("admin:surveys_decision_change", args=[decision.pk])).status_code == 404


def test_an_interactions_page_tells_what_was_decided_when_it_had_waited(world: World, office: Client):
    program = ask.program(kind="relationship")
    ask.version(program=program)
    ask.turn(program=program, customer=world.ines, unit=world.harbour, interaction=world.interaction)
    run_trigger(at=NOW)
    page = office.get(reverse("admin:crm_interaction_change", args=[world.interaction.pk]))
    assert "Asked: nothing spoke against it" in page.content.decode()
