"""Readiness: how far what a system sends carries the programs in force."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import Event
from crm.models import Consent, Customer, Source
from surveys.models import Readiness
from surveys.readiness import Line, Need, needs_of, worst
from surveys.services.readying import ready
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World

CONDITION = {"all": [{"filter": "attribute", "value": {"name": "topic", "op": "eq", "value": "loan"}},
                     {"not": {"any": [{"filter": "segment", "value": "staff"}]}}]}  # fmt: skip


@pytest.fixture
def source(world: World) -> Source:
    return Source.objects.create(code="crm", name="CRM", created_at=NOW)


def lines(program: str = "") -> dict[tuple[str, str], Line]:
    card = Readiness.objects.get()
    return {(line.what, line.name): line for line in card.cards().get(program, [])}


def figures(program: str = "") -> dict[tuple[str, str], tuple[int, int]]:
    return {key: (line.have, line.of) for key, line in lines(program).items()}


# --- the rules ---


def test_a_program_needs_what_its_rule_and_its_words_mention():
    wording = {"en": {"question": "Would you recommend us, {given_name}?"}}
    assert needs_of(CONDITION, wording, channel="sms", consent_required=True) == [
        Need("contact", "sms"), Need("consent", "sms"), Need("unit"), Need("employee"), Need("product"),
        Need("attribute", "topic"), Need("segment"), Need("given_name"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("have", "of", "verdict"),
    [(95, 100, "enough"), (94, 100, "thin"), (50, 100, "thin"), (49, 100, "missing"), (0, 0, "nothing")],
)
def test_a_line_has_one_of_four_verdicts(have: int, of: int, verdict: str):
    assert Line("product", "", have, of).verdict == verdict


def test_a_scorecard_is_as_good_as_its_weakest_line():
    assert worst(["enough", "thin", "nothing"]) == "thin"
    assert worst(["nothing"]) == "nothing"


def test_what_is_enough_needs_no_advice():
    assert Line("attribute", "topic", 10, 10).advice == ""
    assert Line("attribute", "topic", 1, 10).advice.startswith("Send topic with each interaction")


# --- the counts ---


def test_each_need_of_each_program_is_counted_over_the_interactions_that_may_trigger_it(world: World, source: Source):
    ask.version(program=ask.program(code="visits"), interaction_kind=world.visit, condition=CONDITION)
    nobody = make.customer(unit=world.harbour)
    make.interaction(kind=world.visit, customer=nobody, unit=world.north, product="", attributes={"topic": "loan"})
    other = make.interaction_kind(code="call")
    make.interaction(kind=other, customer=nobody, unit=world.harbour)
    make.interaction(kind=world.visit, customer=nobody, unit=world.harbour, occurred_at=NOW - timedelta(days=91))
    ready(at=NOW)
    assert figures("visits") == {
        ("contact", "email"): (1, 2),
        ("unit", ""): (1, 2),
        ("employee", ""): (1, 2),
        ("product", ""): (1, 2),
        ("attribute", "topic"): (1, 2),
        ("segment", ""): (0, 2),
    }


def test_before_a_launch_the_draft_is_judged_and_marked_as_one(world: World, source: Source, client: Any):
    program = ask.program(code="visits", name="After a visit", active=False)
    ask.version(program=program, interaction_kind=world.visit, condition=CONDITION, published=False, wording={"en": 7})
    card = ready(at=NOW)[0]
    assert [line.label for line in card.to_come()["visits", "draft"]][-2:] == ["Says topic", "Customer has a segment"]
    assert ("visits" in card.cards(), card.verdict) == (False, "missing")
    text = page(client, world.olivia, f"/admin/surveys/readiness/{card.pk}/change/")
    assert ("After a visit (draft)" in text, "Send topic with each interaction" in text) == (True, True)


def test_a_draft_makes_nothing_worse_that_works(world: World, source: Source):
    program = ask.program(code="visits")
    ask.version(program=program, interaction_kind=world.visit)
    before = ready(at=NOW)[0]
    ask.version(program=program, interaction_kind=world.visit, condition=CONDITION, published=False)
    after = ready(at=NOW)[0]
    assert (before.verdict, after.verdict, set(after.to_come())) == ("enough", "enough", {("visits", "draft")})
    assert after.cards() == before.cards()


def test_unit_employee_and_product_are_told_of_every_system(world: World, source: Source):
    make.interaction(kind=world.visit, customer=world.ines, unit=world.north, product="")
    ready(at=NOW)
    told = figures()
    assert [told[what, ""] for what in ("unit", "employee", "product")] == [(1, 2), (1, 2), (1, 2)]


def test_consent_counts_only_as_a_yes_on_the_channel_of_the_program(world: World, source: Source):
    ask.version(program=ask.program(code="visits"), interaction_kind=world.visit, consent_required=True)
    ready(at=NOW)
    assert figures("visits")["consent", "email"] == (0, 1)
    Consent.objects.create(customer=world.ines, channel="email", purpose="survey", granted=True, at=NOW)
    ready(at=NOW)
    assert figures("visits")["consent", "email"] == (1, 1)


def test_an_address_of_a_merged_customer_counts_for_the_person(world: World, source: Source):
    ask.version(program=ask.program(code="visits"), interaction_kind=world.visit)
    double = make.customer(canonical=world.ines)
    make.interaction(kind=world.visit, customer=double, unit=world.harbour)
    ready(at=NOW)
    assert figures("visits")["contact", "email"] == (2, 2)


def test_what_arrives_late_and_what_came_twice_is_told(world: World, source: Source):
    row = world.interaction
    same = {"kind": row.kind, "customer": row.customer, "unit": row.unit, "occurred_at": row.occurred_at}
    make.interaction(**same, received_at=row.occurred_at + timedelta(days=3))
    ready(at=NOW)
    assert figures()["on_time", ""] == (1, 2)
    assert figures()["single_occurrence", ""] == (0, 2)
    card = Readiness.objects.get()
    assert (card.interactions, card.lag_p50, card.newest_at) == (2, timedelta(days=1.5), row.occurred_at)
    assert card.verdict == "missing"


def test_customers_who_share_an_address_are_told_but_not_those_who_are_merged(world: World, source: Source):
    make.customer(email="ines@example.org")
    ready(at=NOW)
    assert figures()["single_address", ""] == (0, 2)
    assert figures()["home_unit", ""] == (1, 2)
    Customer.objects.exclude(pk=world.ines.pk).update(canonical=world.ines)
    ready(at=NOW)
    assert figures()["single_address", ""] == (1, 1)
    assert figures()["reachable", ""] == (1, 1)


def test_it_is_counted_anew_and_leaves_one_event(world: World, source: Source):
    ready(at=NOW)
    ready(at=NOW + timedelta(hours=1))
    assert Readiness.objects.get().at == NOW + timedelta(hours=1)
    assert Event.objects.filter(what="readiness.counted").count() == 2


def test_the_number_of_statements_does_not_grow_with_programs_or_rows(world: World, source: Source):
    def statements() -> int:
        with CaptureQueriesContext(connection) as ran:
            ready(at=NOW)
        return len(ran)

    ask.version(interaction_kind=world.visit)
    few = statements()
    for _ in range(5):
        ask.version(interaction_kind=world.visit, condition=CONDITION)
        make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour)
    assert statements() == few


# --- the page ---


def page(client: Any, person: Any, address: str) -> str:
    client.force_login(person.user)
    return " ".join(client.get(address).content.decode().split())


def test_the_page_says_what_is_missing_and_what_to_do(world: World, source: Source, client: Any):
    program = ask.program(code="visits", name="After a visit")
    ask.version(program=program, interaction_kind=world.visit, condition=CONDITION)
    card = ready(at=NOW)[0]
    text = page(client, world.olivia, f"/admin/surveys/readiness/{card.pk}/change/")
    assert "After a visit" in text
    assert "Says topic" in text
    assert "Send topic with each interaction" in text


def test_a_program_that_no_system_feeds_is_named(world: World, source: Source, client: Any):
    program = ask.program(code="calls", name="After a call")
    kind = make.interaction_kind(code="call")
    ask.version(program=program, interaction_kind=kind)
    ready(at=NOW - timedelta(hours=1))
    since = ask.program(code="since", name="Begun since")  # nothing of it was counted yet
    ask.version(program=since, interaction_kind=kind, published_at=NOW - timedelta(minutes=30))
    text = page(client, world.olivia, "/admin/surveys/readiness/")
    assert ("After a call" in text, "Begun since" in text) == (True, False)
    ready(at=NOW)
    assert "After a call, Begun since" in page(client, world.olivia, "/admin/surveys/readiness/")


def test_a_branch_manager_does_not_read_it(world: World, source: Source, client: Any):
    client.force_login(world.helen.user)
    assert client.get("/admin/surveys/readiness/").status_code == 403
