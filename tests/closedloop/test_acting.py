"""Who may spend how much, and what becomes of a request for more."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from closedloop.authority import Limit, Powers
from closedloop.errors import TicketRefused
from closedloop.models import Action, ActionDecision, ActionKind, AuthorityLimit, Ticket
from closedloop.services.owing import asked_of
from common.models import Event
from tests.api import Caller, errors
from tests.world import NOW

LATER = NOW + timedelta(hours=2)


def limit(unit, role, amount, currency="EUR") -> AuthorityLimit:
    return AuthorityLimit.objects.create(unit=unit, role=role, amount=amount, currency=currency)


@pytest.fixture
def limits(world) -> None:
    limit(world.head_office, "branch", 50)
    limit(world.head_office, "region", 500)


def give(ticket, recompense, by, currency="EUR", **more) -> Action:
    said = {"done": "Money back", "recompense": Decimal(recompense), "currency": currency}
    return ticket.record_action(**said, by=by, at=LATER, **more)


def refused(message, verb, **said) -> None:
    before = list(Action.objects.values()), ActionDecision.objects.count(), Event.objects.count()
    with pytest.raises(TicketRefused, match=message):
        verb(at=LATER, **said)
    assert (list(Action.objects.values()), ActionDecision.objects.count(), Event.objects.count()) == before


# --- the rule --------------------------------------------------------------------------------------------------------

LIMITS = (
    Limit("branch", "EUR", Decimal(50), 2),
    Limit("branch", "EUR", Decimal(80), 1),
    Limit("region", "EUR", Decimal(500), 2),
)


@pytest.mark.parametrize(
    ("roles", "currency", "amount"),
    [
        ({"branch"}, "EUR", 80),  # the nearest
        ({"branch", "region"}, "EUR", 500),  # the role that allows most
        ({"employee"}, "EUR", 0),
        (set(), "EUR", 0),
        ({"region"}, "GBP", None),
    ],
)
def test_what_a_person_may_spend(roles, currency, amount):
    powers = Powers(LIMITS, frozenset(roles))
    assert powers.are_limited
    assert powers.amount(currency) == amount


def test_where_no_limit_is_set_nothing_is_limited():
    assert not Powers((), frozenset({"branch"})).are_limited


# --- doing and asking ------------------------------------------------------------------------------------------------


def test_without_limits_amounts_need_nobodys_word(world, ticket):
    assert give(ticket, 900, world.helen.user).done_at == LATER


def test_within_ones_limit_it_is_done(world, ticket, limits):
    action = give(ticket, 50, world.helen.user)
    assert (action.done_at, action.state) == (LATER, "done")
    assert Event.objects.about(ticket).first().what == "ticket.action_recorded"


def test_above_it_it_waits_for_approval_and_is_not_done(world, ticket, limits):
    action = give(ticket, "50.01", world.helen.user)
    assert (action.done_at, action.state) == (None, "awaiting approval")
    assert ticket.actions.spent("EUR") == 0
    event = Event.objects.about(ticket).first()
    assert (event.what, event.data["recompense"]) == ("ticket.action_requested", "50.01")


def test_pieces_do_not_get_round_the_limit(world, ticket, limits):
    give(ticket, 30, world.helen.user)
    assert give(ticket, 30, world.helen.user).state == "awaiting approval"
    assert give(ticket, 20, world.helen.user).state == "done"


def test_cost_and_recompense_count_together(world, ticket, limits):
    assert give(ticket, 30, world.helen.user, cost=Decimal(21)).state == "awaiting approval"


def test_a_role_without_a_limit_may_spend_nothing(world, ticket, limits):
    assert give(ticket, 1, world.jonas.user).state == "awaiting approval"
    assert give(ticket, 0, world.jonas.user).state == "done"


def test_limits_nearer_to_the_unit_hold(world, ticket, limits):
    limit(world.north, "branch", 100)
    limit(world.south, "branch", 1000)
    assert give(ticket, 100, world.helen.user).state == "done"


def test_a_currency_without_limits_is_refused_and_nothing_is_converted(world, ticket, limits):
    said = {"done": "Money back", "recompense": Decimal(1), "currency": "CHF", "by": world.helen.user}
    refused("Nobody may spend CHF here: no limit is set in that currency", ticket.record_action, **said)


def test_what_pays_nothing_takes_no_recompense(world, ticket):
    said = {"done": "Sorry", "recompense": Decimal(5), "currency": "EUR", "by": world.helen.user}
    kind = ActionKind.objects.get(code="apology")
    refused("“Apology” pays the customer nothing", ticket.record_action, kind=kind, **said)
    assert give(ticket, 5, world.helen.user, kind=ActionKind.objects.get(code="recompense")).kind.code == "recompense"


def test_a_key_has_no_limit_of_its_own(world, ticket, limits):
    body = {"version": 1, "done": "Voucher", "recompense": "5.00", "currency": "EUR", "kind": "recompense"}
    answer = Caller(world.crm_secret).post(f"/tickets/{ticket.public_id}/actions", body)
    (row,) = answer.json()["actions"]
    assert (answer.status_code, row["state"], row["done_at"], row["cost"]) == (201, "awaiting approval", None, None)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [({"kind": "no such"}, "kind"), ({"recompense": "-1"}, "recompense"), ({"recompense": 5}, "recompense")],
)
def test_an_action_over_the_api_says_what_is_wrong_with_it(world, ticket, said, wrong):
    body = {"version": 1, "done": "Voucher", "currency": "EUR", **said}
    answer = Caller(world.crm_secret).post(f"/tickets/{ticket.public_id}/actions", body)
    assert (answer.status_code, [field for _, field in errors(answer)]) == (422, [wrong])


# --- deciding --------------------------------------------------------------------------------------------------------


@pytest.fixture
def request_(world, ticket, limits) -> Action:
    return give(ticket, 120, world.helen.user)


def decide(ticket, action, by, outcome="approved", why="") -> ActionDecision:
    return ticket.decide_action(action=action, outcome=outcome, why=why, by=by, at=LATER)


def test_somebody_up_the_line_approves_and_then_it_is_done(world, ticket, request_):
    decision = decide(ticket, request_, world.rosa.user)
    request_.refresh_from_db()
    assert (decision.by, decision.outcome, request_.done_at) == (world.rosa.user, "approved", LATER)
    assert ticket.actions.spent("EUR") == 120
    assert Event.objects.about(ticket).first().data["outcome"] == "approved"


def test_a_refusal_has_a_reason_and_nothing_is_done(world, ticket, request_):
    refused("Say why", ticket.decide_action, action=request_, outcome="refused", why=" ", by=world.rosa.user)
    decide(ticket, request_, world.rosa.user, "refused", "Half will do.")
    request_ = Action.objects.get()
    assert (request_.state, request_.decision.why, request_.done_at) == ("Refused", "Half will do.", None)


@pytest.mark.parametrize(
    ("who", "message"),
    [
        ("helen", "Somebody else, up the line"),  # who asked
        ("jonas", "above your own limit"),
        ("elsa", "above your own limit"),  # manages elsewhere
        ("olivia", "above your own limit"),  # up the line, and without a limit
        ("operator", "above your own limit"),
    ],
)
def test_nobody_else_may_approve(world, ticket, request_, who, message):
    by = getattr(world, who)
    refused(message, ticket.decide_action, action=request_, outcome="approved", why="", by=getattr(by, "user", by))


def test_no_key_approves(world, ticket, request_):
    refused(
        "Somebody else, up the line", ticket.decide_action, action=request_, outcome="approved", why="",
        by=world.crm_key,
    )  # fmt: skip


def test_even_who_may_spend_it_does_not_approve_their_own(world, ticket, limits):
    action = give(ticket, 700, world.rosa.user)
    limit(world.north, "region", 1000)
    refused("Somebody else", ticket.decide_action, action=action, outcome="approved", why="", by=world.rosa.user)


def test_who_asked_may_withdraw_and_nobody_else(world, ticket, request_):
    refused("Only who asked", ticket.decide_action, action=request_, outcome="withdrawn", why="", by=world.rosa.user)
    decide(ticket, request_, world.helen.user, "withdrawn")
    assert Action.objects.get().state == "Withdrawn"


def test_it_is_decided_once(world, ticket, request_):
    decide(ticket, request_, world.rosa.user)
    refused("any more", ticket.decide_action, action=request_, outcome="refused", why="x", by=world.rosa.user)


def test_the_approvers_limit_is_held_against_all_that_was_done(world, ticket, limits):
    give(ticket, 490, world.rosa.user)
    action = give(ticket, 20, world.helen.user)
    refused("above your own limit", ticket.decide_action, action=action, outcome="approved", why="", by=world.rosa.user)


def test_a_request_stands_on_the_list_of_who_may_decide_it(world, request_):
    assert [row.pk for row in asked_of(world.rosa.user, at=LATER).requests] == [request_.pk]
    for who in (world.helen, world.olivia, world.elsa, world.jonas):
        assert asked_of(who.user, at=LATER).requests == []


def test_a_ticket_does_not_close_while_something_waits(world, ticket, request_):
    with pytest.raises(TicketRefused, match="waits for approval"):
        ticket.close(outcome="no_action", summary="x", by=world.helen.user, at=LATER)
    decide(ticket, request_, world.helen.user, "withdrawn")
    ticket.close(outcome="no_action", summary="x", by=world.helen.user, at=LATER)
    assert not Ticket.objects.get().is_open


def test_over_the_api_who_may_spend_it_approves_and_a_key_does_not(world, client, ticket, request_):
    words = {"version": 2, "action": str(request_.public_id), "outcome": "approved"}
    address = f"/tickets/{ticket.public_id}/action-decisions"
    answer = Caller(world.crm_secret).post(address, words)
    assert (answer.status_code, errors(answer)) == (409, [("refused", None)])
    assert not ActionDecision.objects.exists()
    client.force_login(world.rosa.user)
    answer = client.post(f"/api/v1{address}", words, content_type="application/json")
    assert (answer.status_code, answer.json()["actions"][0]["state"]) == (201, "done")
    assert ActionDecision.objects.get().by == world.rosa.user


# --- pages -----------------------------------------------------------------------------------------------------------


def test_the_whole_way_on_the_pages(world, client, ticket, limits):
    client.force_login(world.helen.user)
    words = {"version": 1, "done": "Fee back", "recompense": "120", "currency": "EUR"}
    client.post(f"/tickets/{ticket.public_id}/actions", words)
    page = client.get(f"/tickets/{ticket.public_id}/").content.decode()
    assert "Awaiting approval" in page
    client.force_login(world.rosa.user)
    assert "Approve?" in client.get("/tickets/").content.decode()
    words = {"version": 2, "action": Action.objects.get().pk, "decision": "approved", "decision_why": ""}
    assert client.post(f"/tickets/{ticket.public_id}/decisions", words).status_code == 302
    assert Action.objects.done().count() == 1
    assert "Approve?" not in client.get("/tickets/").content.decode()


def test_a_decision_that_is_not_theirs_says_so_on_the_page(world, client, ticket, request_):
    client.force_login(world.helen.user)
    ticket.refresh_from_db()
    words = {"version": ticket.version, "action": request_.pk, "decision": "approved"}
    answer = client.post(f"/tickets/{ticket.public_id}/decisions", words)
    assert answer.status_code == 422
    assert "Somebody else, up the line" in answer.content.decode()


def test_the_ledger_ends_with_a_control_total_a_currency(world, client, ticket, request_):
    give(ticket, "12.50", world.helen.user, cost=Decimal("3.25"))
    client.force_login(world.olivia.user)
    chosen = {"action": "export_csv", "_selected_action": [], "select_across": "1"}
    answer = client.post("/admin/closedloop/action/", chosen | {"_selected_action": [request_.pk]})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 4
    assert rows[0][5:8] == ["recompense", "cost", "currency"]
    assert (rows[3][0], rows[3][5:8]) == ("control total of 1", ["12.50", "3.25", "EUR"])


def test_the_ledger_shows_what_is_in_sight(world, client, request_):
    client.force_login(world.elsa.user)
    assert "Money back" not in client.get("/admin/closedloop/action/").content.decode()
    client.force_login(world.helen.user)
    assert "Money back" in client.get("/admin/closedloop/action/", {"state": "awaiting"}).content.decode()
    assert "Money back" not in client.get("/admin/closedloop/action/", {"state": "done"}).content.decode()


def test_the_office_sets_limits(world, client):
    client.force_login(world.olivia.user)
    words = {"role": "branch", "unit": world.north.pk, "amount": "75", "currency": "eur"}
    assert client.post("/admin/closedloop/authoritylimit/add/", words).status_code == 302
    assert AuthorityLimit.objects.get().currency == "EUR"
    assert client.post("/admin/closedloop/authoritylimit/add/", words | {"currency": "XYZ"}).status_code == 200
    assert AuthorityLimit.objects.count() == 1


def test_powers_take_two_queries_for_any_number_of_requests(world, ticket, limits, django_assert_num_queries):
    for number in (1, 12):
        for _ in range(number):
            give(ticket, 120, world.helen.user)
        with django_assert_num_queries(5):
            asked_of(world.rosa.user, at=LATER)


def test_the_form_tells_ones_own_limit_or_that_there_is_none(client, world, ticket):
    client.force_login(world.helen.user)
    address = f"/tickets/{ticket.public_id}/"
    assert "Money back, a voucher. No limit is set here: nothing waits for approval." in client.get(address).text
    limit(world.head_office, "branch", 50)
    limit(world.head_office, "region", 70, "GBP")
    told = "Your limit for one ticket, costs included, is 50.00 EUR, 0 GBP; above it, it waits for approval."
    assert told in client.get(address).text


def test_the_api_says_why_a_request_was_refused(world, ticket, request_):
    caller = Caller(world.crm_secret)
    assert [row["why"] for row in caller.get(f"/tickets/{ticket.public_id}").json()["actions"]] == [""]
    said = {"action": request_, "outcome": "refused", "why": "A letter is enough."}
    ticket.decide_action(**said, by=world.rosa.user, at=LATER)
    (row,) = caller.get(f"/tickets/{ticket.public_id}").json()["actions"]
    assert (row["state"], row["why"]) == ("Refused", "A letter is enough.")
