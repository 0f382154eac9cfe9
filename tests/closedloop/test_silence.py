"""Key contacts who do not answer; and what a customer brings, as rules see it."""

from datetime import date, timedelta

import pytest

from closedloop.filters import SignalFilter
from closedloop.models import CustomerSignal, Ticket
from closedloop.services.hearing_silence import hear_silence
from common.conditions import compile_condition, validate_condition
from crm.models import Account, AccountMember, FinancialRecord
from tests.factories import closedloop as make
from tests.factories import surveys as ask
from tests.world import NOW, World


def asked(world: World, *, ended: timedelta = timedelta(hours=1)):
    invitation = ask.invitation(
        interaction=world.interaction, created_at=NOW - timedelta(days=30), expires_at=NOW - ended
    )
    return invitation, ask.message(invitation=invitation, state="handed_off")


def is_key(world: World, role: str = "decision_maker") -> None:
    account = Account.objects.create(source="crm", external_id="a-1", name="Moreau and Co", as_of=NOW)
    AccountMember.objects.create(account=account, customer=world.ines, role=role)


def test_a_key_contact_who_did_not_answer_is_a_signal_once_and_may_be_called(world):
    make.rule(condition={"filter": "kind", "value": "silence"})
    is_key(world)
    invitation, _ = asked(world)
    assert [hear_silence(at=NOW), hear_silence(at=NOW)] == [1, 0]
    signal = CustomerSignal.objects.get()
    assert (signal.kind, signal.source_id, signal.customer, signal.unit) == (
        "silence", str(invitation.pk), world.ines, world.harbour,
    )  # fmt: skip
    make.listen()
    assert Ticket.objects.get().brief["noticed"]["kind"] == "silence"


@pytest.mark.parametrize("case", ["no key contact", "still may answer", "long ago", "never sent", "answered"])
def test_nobody_else_is_silent(world, case):
    is_key(world, role="user" if case == "no key contact" else "holder")
    ended = {"still may answer": timedelta(hours=-1), "long ago": timedelta(days=8)}.get(case, timedelta(hours=1))
    invitation, message = asked(world, ended=ended)
    if case == "never sent":
        type(message).objects.update(state="cancelled")
    if case == "answered":
        make.answer(world.interaction, invitation=invitation, source="", external_id="")
    assert hear_silence(at=NOW) == 0
    assert not CustomerSignal.objects.exists()


def test_value_at_risk_counts_the_last_year_in_its_currency_alone(world):
    for number, (day, margin, currency) in enumerate(
        [(date(2026, 10, 1), 700, "EUR"), (date(2026, 9, 1), 400, "EUR"), (date(2025, 9, 1), 9000, "EUR"),
         (date(2026, 9, 1), 5000, "GBP")]
    ):  # fmt: skip
        FinancialRecord.objects.create(
            source="crm", external_id=str(number), customer=world.ines, starts_on=day,
            ends_before=day + timedelta(days=30), currency=currency, margin=margin, as_of=NOW,
        )  # fmt: skip
    make.signal(unit=world.harbour, customer=world.ines)

    def met(value: str) -> bool:
        condition = compile_condition({"filter": "margin__gte", "value": value}, SignalFilter)
        return CustomerSignal.objects.filter(condition).exists()

    assert [met("1100 EUR"), met("1101 EUR"), met("5000 GBP"), met("1 USD")] == [True, False, True, False]
    with pytest.raises(Exception, match="an amount and its currency"):
        validate_condition({"filter": "margin__gte", "value": "1100"}, SignalFilter)
