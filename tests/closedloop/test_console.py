"""The same case worked entirely inside the console."""

import json

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from closedloop.admin.panels import signals_of, tickets_of
from closedloop.models import AlertRule, RootCause, Ticket
from tests.factories import closedloop as make
from tests.factories import crm

STEPS = ("attempts", "findings", "actions", "closure", "handover", "reopening")


@pytest.fixture
def ticket(world) -> Ticket:
    at = timezone.now()
    return make.ticket(make.answer(world.interaction, comment="I waited <i>an hour</i>.", answered_at=at), at=at)


@pytest.fixture
def helen(world, client):
    client.force_login(world.helen.user)
    return client


def address(ticket, step=""):
    return f"/admin/closedloop/ticket/{ticket.pk}/{step + '/' if step else 'change/'}"


def send(client, ticket, step, **words):
    return client.post(address(ticket, step), {"version": ticket.version, **words})


def test_the_page_shows_brief_and_story_and_where_to_go_on(helen, ticket):
    text = helen.get(address(ticket)).content.decode()
    for words in ("I waited &lt;i&gt;an hour&lt;/i&gt;.", "Waiting time", "Ines Moreau", address(ticket, "attempts")):
        assert words in text
    assert address(ticket, "reopening") not in text


def test_the_whole_case_is_worked_in_the_console(helen, world, ticket):
    steps = [
        ("attempts", {"went": "no_answer", "note": "Rang eight times."}),
        ("attempts", {"went": "reached", "note": "Glad."}),
        ("findings", {"learned": "Two windows shut.", "root_cause": RootCause.objects.get(code="wait").pk}),
        ("actions", {"done": "Fee back", "cost": "25.00", "currency": "GBP"}),
        ("handover", {"to": world.jonas.pk, "why": "He promised it."}),
        ("closure", {"outcome": "resolved", "summary": "All well."}),
        ("reopening", {"why": "The fee did not come."}),
    ]
    for step, words in steps:
        ticket.refresh_from_db()
        assert helen.get(address(ticket, step)).status_code == 200
        answer = send(helen, ticket, step, **words)
        assert (answer.status_code, answer.headers.get("Location")) == (302, address(ticket)), step
    text = helen.get(address(ticket)).content.decode()
    for words in (
        "Rang eight times.",
        "Waiting too long",
        "25.00 GBP",
        "Handed to Jonas",
        "put right",
        "Taken up again",
    ):
        assert words in text


def test_a_refused_step_says_why_and_changes_nothing(helen, ticket):
    answer = send(helen, ticket, "closure", outcome="resolved", summary="All well.")
    assert answer.status_code == 422
    assert "Record the attempt in which the customer was reached" in answer.content.decode()
    assert not list(get_messages(answer.wsgi_request))
    assert Ticket.objects.get().version == 1


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ("1e9", "Write the cost as 12.50."),
        ("²", "Write the cost as 12.50."),
        ("1.234", "1.234 can be read in two ways. Write 1234 for thousands, or two figures as in 12.50."),
    ],
)
def test_a_cost_that_is_no_plain_amount_is_refused_with_an_example(helen, ticket, cost, said):
    answer = send(helen, ticket, "actions", done="Fee back", cost=cost, currency="GBP")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ticket.actions.exists()


def test_somebody_elsewhere_finds_no_ticket(client, world, ticket):
    client.force_login(world.elsa.user)
    assert "Ines" not in client.get("/admin/closedloop/ticket/").content.decode()
    assert client.get(address(ticket)).status_code == 404
    for step in STEPS:
        assert client.get(address(ticket, step)).status_code == 404
        assert send(client, ticket, step, went="reached").status_code == 404


def test_who_may_only_read_gets_no_steps(client, world, ticket):
    client.force_login(crm.employee(name="Ada", unit=world.harbour, role="auditor").user)
    assert address(ticket, "attempts") not in client.get(address(ticket)).content.decode()
    assert send(client, ticket, "attempts", went="reached").status_code == 403


def test_a_step_nobody_knows_is_not_found(helen, ticket):
    assert helen.get(address(ticket, "forgetting")).status_code == 404


@pytest.mark.parametrize(("due", "found"), [("overdue", False), ("open", True), ("closed", False), ("x", True)])
def test_the_list_is_filtered_by_what_is_due(helen, ticket, due, found):
    assert ("Ines Moreau" in helen.get("/admin/closedloop/ticket/", {"due": due}).content.decode()) == found


@pytest.mark.parametrize("number", [10, 60])
def test_the_list_takes_the_same_number_of_queries_for_any_number(helen, world, number, django_assert_num_queries):
    make.set_up_defaults()
    for _ in range(number):
        make.answer(crm.interaction(kind=world.visit, customer=crm.customer(), unit=world.harbour))
    make.listen()
    helen.get("/admin/closedloop/ticket/")
    with django_assert_num_queries(18):
        helen.get("/admin/closedloop/ticket/")


def rule_form(**fields):
    policy = make.policy()
    return {
        "code": "angry", "name": "Angry", "condition": json.dumps({"filter": "text_has", "value": ["lawyer"]}),
        "audience": ["branch"], "policy": policy.pk, "active": "on", **fields,
    }  # fmt: skip


@pytest.fixture
def office(world, client):
    client.force_login(world.olivia.user)
    return client


def test_the_office_writes_a_rule(office):
    assert office.post("/admin/closedloop/alertrule/add/", rule_form()).status_code == 302
    rule = AlertRule.objects.get()
    assert (rule.condition, rule.audience) == ({"filter": "text_has", "value": ["lawyer"]}, ["branch"])


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"all": [{"filter": "mood", "value": 1}]}, "condition.all[0]: unknown filter"),
        ({"filter": "score__lte", "value": "six"}, "expected a whole number"),
        ("{", "Enter a valid JSON"),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused_with_its_place(office, condition, message):
    words = condition if isinstance(condition, str) else json.dumps(condition)
    answer = office.post("/admin/closedloop/alertrule/add/", rule_form(condition=words))
    assert message in answer.content.decode()
    assert not AlertRule.objects.exists()


def test_a_branch_manager_writes_no_rules(helen):
    assert helen.get("/admin/closedloop/alertrule/add/").status_code == 403


def test_signals_and_alerts_are_read_within_sight(helen, client, world, ticket):
    for model in ("customersignal", "alert"):
        assert helen.get(f"/admin/closedloop/{model}/").context["cl"].result_count == 1
        assert helen.get(f"/admin/closedloop/{model}/add/").status_code == 403
    client.force_login(world.elsa.user)
    for model in ("customersignal", "alert"):
        assert client.get(f"/admin/closedloop/{model}/").context["cl"].result_count == 0


def test_panels_show_only_what_is_in_sight(rf, world, ticket):
    request = rf.get("/")
    for person, number in ((world.helen, 1), (world.elsa, 0)):
        request.user = person.user
        assert len(tickets_of(request, world.ines)["tickets"]) == number
        assert len(signals_of(request, world.interaction)["signals"]) == number
