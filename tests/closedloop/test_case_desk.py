"""The case desk: its queues, and many tickets handed over at once, in the console and over the API."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from closedloop.models import AuthorityLimit, Handover, SavedFilter, Ticket
from common.models import Event
from crm.models import Absence
from tests.api import Caller, errors
from tests.factories import closedloop as make
from tests.factories import crm

DESK = "/admin/closedloop/ticket/"
HANDING = f"{DESK}handing-over/"


@pytest.fixture
def tickets(world) -> list[Ticket]:
    """Four of Harbour, opened now, all Helen's, the first due first."""
    at = timezone.now()
    make.set_up_defaults()
    for given in ("Ada", "Ben", "Cleo", "Dora"):
        who = crm.customer(given_name=given, family_name="Lind", unit=world.harbour)
        visit = crm.interaction(kind=world.visit, customer=who, unit=world.harbour, employee=world.jonas)
        make.answer(visit, score=2, answered_at=at)
    make.listen(at)
    found = list(Ticket.objects.order_by("pk"))
    for days, ticket in enumerate(found, 1):
        Ticket.objects.filter(pk=ticket.pk).update(due_at=at + timedelta(days=days))
    return found


@pytest.fixture
def helen(world, client):
    client.force_login(world.helen.user)
    return client


def listed(client, query=""):
    return [ticket.who.split()[0] for ticket in client.get(DESK + query).context["cl"].result_list]


def handed(client, tickets, to, **said):
    seen = [f"{ticket.pk}:{ticket.version}" for ticket in tickets]
    return client.post(HANDING, {"ticket": seen, "to": to.pk, "why": "Jonas knows them.", **said})


def test_each_queue_shows_its_tickets_and_their_number(helen, world, tickets):
    ada, ben, cleo, dora = tickets
    at = timezone.now()
    AuthorityLimit.objects.create(unit=world.harbour, role="branch", amount=5, currency="EUR")
    dora.record_action(done="Fee back", cost=9, currency="EUR", by=world.helen.user, at=at)
    Ticket.objects.filter(pk=dora.pk).update(due_at=at + timedelta(days=4))
    Ticket.objects.filter(pk=ada.pk).update(owner=world.jonas, due_at=at - timedelta(hours=1))
    Ticket.objects.filter(pk=ben.pk).update(owner=None)
    Ticket.objects.filter(pk=cleo.pk).update(owner=world.rosa)
    Absence.objects.create(source="hr", external_id="a1", employee=world.rosa, first_on=at.date())
    expected = {
        "?queue=mine": ("Mine", ["Dora"]),
        "?queue=team": ("My team's", ["Ada", "Dora"]),
        "?queue=nobody": ("Nobody's", ["Ben", "Cleo"]),
        "?due=overdue": ("Overdue", ["Ada"]),
        "?due=today": ("Due today", []),
        "?queue=approval": ("To be approved", ["Dora"]),
    }
    doors = helen.get(DESK).context["doors"]
    assert [(f"?{door.query}", door.title, door.number) for door in doors] == [
        (query, title, len(names)) for query, (title, names) in expected.items()
    ]
    assert {query: listed(helen, query) for query in expected} == {q: names for q, (_, names) in expected.items()}


def test_tickets_ticked_in_the_list_are_handed_over_with_a_reason(helen, world, tickets):
    ticked = [ticket.pk for ticket in tickets[:3]]
    page = helen.post(DESK, {"action": "hand_over", "_selected_action": ticked, "index": "0"})
    assert [ticket.pk for ticket, _ in page.context["rows"]] == ticked
    assert helen.post(HANDING, {"_selected_action": ticked}).context["rows"] == page.context["rows"]

    answer = handed(helen, tickets[:3], world.jonas)
    assert (answer.status_code, answer.headers["Location"]) == (302, DESK)
    assert [str(told) for told in get_messages(answer.wsgi_request)] == ["3 tickets handed to Jonas."]
    rows = Handover.objects.filter(opening=False).order_by("ticket")
    assert list(rows.values_list("ticket", "to", "why", "by")) == [
        (pk, world.jonas.pk, "Jonas knows them.", world.helen.user.pk) for pk in ticked
    ]
    assert Ticket.objects.get(pk=tickets[3].pk).owner == world.helen


def test_one_refusal_stops_no_other_and_the_words_stand_there_again(helen, world, tickets):
    ada, ben, cleo, _ = tickets
    ben.record_attempt(outcome="no_answer", note="", by=world.helen.user, at=timezone.now())
    cleo.assign(to=world.jonas, why="", by=world.helen.user, at=timezone.now())
    seen = [ada, Ticket(pk=ben.pk, version=1), cleo]

    answer = handed(helen, seen, world.jonas)
    assert answer.status_code == 409
    assert {ticket.who: why for ticket, why in answer.context["rows"]} == {
        "Ben Lind": "This ticket has changed since you opened it. Look at what is new, then send again.",
        "Cleo Lind": "Jonas already owns this ticket.",
    }
    text = answer.content.decode()
    assert "1 ticket handed to Jonas." in text
    assert 'value="Jonas knows them."' in text
    assert f'value="{ben.pk}:2" checked' in text
    assert dict(Ticket.objects.values_list("pk", "owner__name"))[ada.pk] == "Jonas"
    assert Event.objects.filter(what="ticket.handed_over", subject_id=str(ben.pk)).count() == 0


def test_without_a_reason_nothing_is_handed_over(helen, world, tickets):
    answer = handed(helen, tickets, world.jonas, why=" ")
    assert answer.status_code == 422
    assert len(answer.context["rows"]) == 4
    assert not Handover.objects.filter(opening=False).exists()


def test_nobody_hands_over_what_is_not_theirs(client, world, tickets):
    client.force_login(world.elsa.user)
    assert handed(client, tickets, world.elsa).status_code == 404
    client.force_login(crm.employee(name="Ada", unit=world.harbour, role="auditor").user)
    assert handed(client, tickets, world.jonas).status_code == 403
    assert set(Ticket.objects.values_list("owner__name", "version")) == {("Helen", 1)}


def test_over_the_api_each_ticket_tells_what_became_of_it(world, tickets):
    ada, ben, *_ = tickets
    ben.record_attempt(outcome="no_answer", note="", by=world.helen.user, at=timezone.now())
    stranger = "00000000-0000-4000-8000-000000000000"
    rows = [{"id": str(ada.public_id), "version": 1}, {"id": str(ben.public_id), "version": 1}]
    body = {
        "to": {"source": world.jonas.source, "external_id": world.jonas.external_id},
        "why": "He knows them.",
        "tickets": [*rows, {"id": stranger, "version": 1}],
    }
    caller = Caller(world.crm_secret)
    answer = caller.post("/tickets/handovers", body)
    assert answer.status_code == 200
    assert [(row["id"], row["status"], row["version"]) for row in answer.json()["results"]] == [
        (str(ada.public_id), "handed_over", 2),
        (str(ben.public_id), "stale", 2),
        (stranger, "unknown", None),
    ]
    assert Ticket.objects.get(pk=ada.pk).owner == world.jonas

    twice = caller.post("/tickets/handovers", {**body, "tickets": rows[:1] * 2})
    assert (twice.status_code, errors(twice)) == (422, [("twice", "tickets")])


# --- filters under a name --------------------------------------------------------------------------------------------

KEPT = "/admin/closedloop/savedfilter/"


def named(client):
    return [str(kept) for kept in client.get(DESK).context["kept"]]


def test_a_filter_is_kept_under_a_name_and_leads_to_its_tickets(helen, world, tickets):
    Ticket.objects.filter(pk=tickets[0].pk).update(due_at=timezone.now() - timedelta(hours=1))
    page = helen.get(DESK, {"queue": "mine", "due": "overdue"})
    assert f'href="{KEPT}add/?query=queue%3Dmine%26due%3Doverdue"' in page.content.decode()

    answer = helen.post(f"{KEPT}add/", {"name": "Mine and late", "query": "?due=overdue&queue=mine", "unit": ""})
    assert answer.headers["Location"] == f"{DESK}?queue=mine&due=overdue"
    assert listed(helen, "?queue=mine&due=overdue") == ["Ada"]
    assert named(helen) == ["Mine and late"]
    kept = SavedFilter.objects.get()
    assert (kept.by, kept.query, kept.unit) == (world.helen.user, "queue=mine&due=overdue", None)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"query": "colour=red"}, "The list of tickets has no filter “colour”."),
        ({"name": "Late"}, "You have a filter of this name already."),
    ],
)
def test_a_filter_that_cannot_be_kept_says_why(helen, world, tickets, said, why):
    SavedFilter.objects.create(by=world.helen.user, name="Late", query="due=overdue")
    answer = helen.post(f"{KEPT}add/", {"name": "Other", "query": "due=today", "unit": "", **said})
    assert why in answer.content.decode()
    assert SavedFilter.objects.count() == 1


def test_a_filter_is_seen_where_it_is_shared_and_changed_by_its_author_alone(client, world, tickets):
    own = SavedFilter.objects.create(by=world.helen.user, name="Alone", query="queue=mine")
    shared = SavedFilter.objects.create(by=world.helen.user, name="Ours", query="queue=team", unit=world.harbour)
    client.force_login(world.jonas.user)
    assert named(client) == ["Ours"]
    assert client.get(f"{KEPT}{own.pk}/change/").status_code == 404
    assert client.post(f"{KEPT}{shared.pk}/change/", {"name": "His", "query": "", "unit": ""}).status_code == 403
    assert client.post(f"{KEPT}{shared.pk}/delete/", {"post": "yes"}).status_code == 403
    client.force_login(world.elsa.user)
    assert named(client) == []
    client.force_login(world.helen.user)
    assert named(client) == ["Alone", "Ours"]
    assert client.post(f"{KEPT}{shared.pk}/delete/", {"post": "yes"}).status_code == 302
    assert set(SavedFilter.objects.values_list("name", flat=True)) == {"Alone"}
