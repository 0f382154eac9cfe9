"""The work list and the ticket's page, as people use them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from closedloop.forms import FORMS
from closedloop.models import RootCause, Ticket
from tests.factories import closedloop as make
from tests.factories import crm


@pytest.fixture
def ticket(world) -> Ticket:
    """Ines scored 2 an hour ago, by the real clock, since pages live in the present."""
    at = timezone.now() - timedelta(hours=1)
    return make.ticket(make.answer(world.interaction, comment="I waited <b>an hour</b>.", answered_at=at), at=at)


@pytest.fixture
def helen(world, client):
    client.force_login(world.helen.user)
    return client


def page(client, ticket, **query):
    return client.get(f"/tickets/{ticket.public_id}/", query)


def send(client, ticket, step, **words):
    return client.post(f"/tickets/{ticket.public_id}/{step}", {"version": ticket.version, **words})


def test_the_owner_finds_the_customer_with_number_and_words(helen, ticket):
    text = helen.get("/tickets/").content.decode()
    assert 'href="tel:+442079460471"' in text
    assert "I waited &lt;b&gt;an hour&lt;/b&gt;." in text
    assert "one to call" in text


def test_tabs_hold_what_they_say(helen, world, ticket):
    ticket.assign(to=world.jonas, why="", by=None, at=timezone.now())
    held = {
        tab: "Ines Moreau" in helen.get(f"/tickets/?tab={tab}").content.decode() for tab in ("mine", "team", "closed")
    }
    assert held == {"mine": False, "team": True, "closed": False}


def test_overdue_tickets_stand_under_overdue(helen, ticket):
    Ticket.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    for tab in ("overdue", "mine"):
        assert 'id="group-overdue"' in helen.get(f"/tickets/?tab={tab}").content.decode()


def test_what_is_overdue_is_not_due_today_too(helen, ticket):
    Ticket.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    text = helen.get("/tickets/?tab=today").content.decode()
    assert "Nothing more is due today" in text
    assert "<b>1</b>Overdue" in text
    assert "<b>0</b>Due today" in text


def test_a_closed_ticket_is_found_for_two_weeks(helen, ticket):
    now = timezone.now()
    ticket.close(outcome="no_action", summary="Known.", by=None, at=now)
    assert "Ines Moreau" in helen.get("/tickets/?tab=closed").content.decode()
    ticket.closures.update(at=now - timedelta(days=15))
    assert "Nothing was closed" in helen.get("/tickets/?tab=closed").content.decode()


def tickets_of(response):
    return [ticket for group in response.context["groups"] for ticket in group.tickets]


def test_what_was_closed_last_stands_first(helen, world):
    now = timezone.now()
    tickets = [make.ticket(make.answer(visit, answered_at=now), at=now) for visit in visits(world, 3)]
    for ticket, days in zip(tickets, (9, 1, 5), strict=True):
        ticket.close(outcome="no_action", summary="Known.", by=None, at=now - timedelta(days=days))
    tickets[2].reopen(why="It came back.", by=None, at=now)
    assert tickets_of(helen.get("/tickets/?tab=closed")) == [tickets[1], tickets[0]]


def test_a_page_goes_on_where_the_one_before_ended(helen, world):
    now = timezone.now()
    make.set_up_defaults()
    for visit in visits(world, 52):
        make.answer(visit, answered_at=now)
    make.listen(now)
    pages = [helen.get("/tickets/", {"tab": "team", "page": number}) for number in (1, 2)]
    assert [len(tickets_of(page)) for page in pages] == [50, 2]
    assert [ticket for page in pages for ticket in tickets_of(page)] == list(Ticket.objects.most_pressing_first(now))
    assert "51 to 52 of 52" in pages[1].content.decode()


def visits(world, number):
    return [crm.interaction(kind=world.visit, customer=crm.customer(), unit=world.harbour) for _ in range(number)]


@pytest.mark.parametrize("tab", ["mine", "team", "overdue", "today", "closed", "nonsense"])
def test_an_empty_list_says_what_will_be_there(helen, tab):
    response = helen.get("/tickets/", {"tab": tab, "page": "x"})
    assert response.status_code == 200
    assert 'class="empty"' in response.content.decode()


def test_somebody_elsewhere_sees_no_ticket_and_no_count(client, world, ticket):
    client.force_login(world.elsa.user)
    text = client.get("/tickets/?tab=team").content.decode()
    assert "Ines" not in text
    assert "<b>1</b>" not in text
    assert page(client, ticket).status_code == 404
    assert send(client, ticket, "attempts", went="reached").status_code == 404
    assert Ticket.objects.get().version == 1


def test_an_employee_works_on_their_own(client, world, ticket):
    client.force_login(world.jonas.user)
    assert page(client, ticket).status_code == 404
    ticket.assign(to=world.jonas, why="", by=None, at=timezone.now())
    assert send(client, ticket, "attempts", went="reached").status_code == 302


def test_who_may_only_read_gets_no_forms(client, world, ticket):
    reader = crm.employee(name="Ada", unit=world.harbour, role="auditor")
    client.force_login(reader.user)
    assert "<form" not in page(client, ticket).content.decode().split("<main")[1]
    assert send(client, ticket, "attempts", went="reached").status_code == 403
    assert ticket.attempts.get().outcome == ""


def test_nobody_signed_in_is_sent_to_the_sign_in(client, ticket):
    for path in ("/tickets/", f"/tickets/{ticket.public_id}/"):
        assert client.get(path).headers["Location"].startswith("/login/")


def test_the_whole_case_is_worked_on_the_page(helen, world, ticket):
    steps = [
        ("attempts", {"went": "no_answer", "note": "Rang eight times."}),
        ("attempts", {"went": "reached", "note": "She was glad."}),
        ("findings", {"learned": "Two windows shut.", "root_cause": RootCause.objects.get(code="wait").pk}),
        ("actions", {"done": "Fee back", "cost": "25.00", "currency": "GBP"}),
        ("handover", {"to": world.jonas.pk, "why": "He promised it."}),
        ("closure", {"outcome": "resolved", "summary": "All well."}),
        ("reopening", {"why": "The fee did not come."}),
    ]
    for step, words in steps:
        ticket.refresh_from_db()
        assert send(helen, ticket, step, **words).status_code == 302, step
    text = page(helen, ticket).content.decode()
    for words in (
        "Rang eight times.",
        "She was glad.",
        "Waiting too long",
        "25.00 GBP",
        "Handed to Jonas",
        "put right",
    ):
        assert words in text


def test_a_refused_step_says_why_and_keeps_the_words(helen, ticket):
    response = send(helen, ticket, "closure", outcome="resolved", summary="All well.")
    text = response.content.decode()
    assert response.status_code == 422
    assert "Record the attempt in which the customer was reached" in text
    assert "All well." in text
    assert Ticket.objects.open().exists()


def test_what_was_typed_elsewhere_on_the_page_outlives_a_saved_step(helen, ticket):
    text = send(
        helen, ticket, "attempts", went="reached", note="Glad.", learned="Two windows shut.", done="Fee", cost="12"
    ).content.decode()
    assert "The attempt is recorded." in text
    assert "“What was learned” and “What was done” are not saved yet." in text
    assert all(
        f">\n{words}</textarea>" in text or f'value="{words}"' in text for words in ("Two windows shut.", "Fee", "12")
    )
    assert (ticket.findings.count(), ticket.actions.count()) == (0, 0)
    assert 'name="version" value="2"' in text


def test_what_was_typed_elsewhere_outlives_a_refused_step_too(helen, ticket):
    response = send(helen, ticket, "actions", done="Fee back", cost="x", currency="EUR", learned="Two windows shut.")
    assert response.status_code == 422
    assert "Two windows shut.</textarea>" in response.content.decode()


@pytest.mark.parametrize("step", ["closure", "handover"])
def test_a_ticket_is_not_let_go_over_words_that_are_not_saved(helen, world, ticket, step):
    ticket.record_attempt(outcome="reached", note="", by=world.helen.user, at=timezone.now())
    words = {"outcome": "resolved", "to": world.jonas.pk} if step == "handover" else {"outcome": "resolved"}
    response = send(helen, ticket, step, done="Fee back", currency="EUR", **words)
    assert response.status_code == 422
    assert "“What was done”" in response.content.decode()
    assert 'value="Fee back"' in response.content.decode()
    assert Ticket.objects.get().is_open
    assert Ticket.objects.get().owner == world.helen


def test_a_saved_step_leads_to_what_has_been_done(helen, ticket):
    response = send(helen, ticket, "findings", learned="Two windows shut.", currency="GBP")
    assert response.headers["Location"] == f"/tickets/{ticket.public_id}/#story"


@pytest.mark.parametrize(
    ("words", "saved", "status"),
    [
        ({"learned": "Two windows shut."}, 1, 302),
        ({"learned": "Two windows shut.", "done": "Fee back"}, 0, 422),
        ({}, 0, 422),
    ],
)
def test_enter_saves_what_was_written_if_it_is_one_step(helen, ticket, words, saved, status):
    response = send(helen, ticket, "written", **words)
    assert (response.status_code, ticket.findings.count(), ticket.actions.count()) == (status, saved, 0)
    assert all(said in response.content.decode() for said in words.values()) or saved


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("12,50", "12.50"),
        ("1.234,5", "1234.50"),
        ("1,234.56", "1234.56"),
        ("1 234", "1234.00"),
        ("1.234.567", "1234567.00"),
    ],
)
def test_a_cost_is_read_as_people_write_it(helen, ticket, written, kept):
    send(helen, ticket, "actions", done="x", cost=written, currency="EUR")
    assert str(ticket.actions.get().cost) == kept


def test_a_form_from_an_older_page_is_refused_and_can_be_sent_again(helen, ticket):
    Ticket.objects.get().record_finding(learned="x", by=None, at=timezone.now())
    response = send(helen, ticket, "attempts", went="reached", note="She was glad.")
    text = response.content.decode()
    assert response.status_code == 409
    assert "has changed since you opened it" in text
    assert "She was glad." in text
    assert 'name="version" value="2"' in text


@pytest.mark.parametrize(
    ("step", "words", "message"),
    [
        ("attempts", {}, "This field is required"),
        ("attempts", {"went": "perhaps"}, "Select a valid choice"),
        ("findings", {"learned": " "}, "This field is required"),
        ("findings", {"learned": "x" * 10_001}, "at most 10000 characters"),
        ("findings", {"learned": "a\x00b"}, "Null characters are not allowed"),
        ("actions", {"done": "x", "cost": "-1", "currency": "EUR"}, "greater than or equal to 0"),
        ("actions", {"done": "x", "cost": "1e9", "currency": "EUR"}, "Write the cost as 12.50."),
        ("actions", {"done": "x", "cost": "1,234", "currency": "EUR"}, "1,234 can be read in two ways. Write 1234"),
        ("actions", {"done": "x", "cost": "1" * 13, "currency": "EUR"}, "digits"),
        ("actions", {"done": "x", "currency": "XYZ"}, "not the code of a currency"),
        ("handover", {"to": "999999"}, "Select a valid choice"),
        ("attempts", {"went": "reached", "version": "new"}, "Enter a whole number"),
    ],
)
def test_bad_words_are_refused_with_a_message(helen, ticket, step, words, message):
    response = send(helen, ticket, step, **words)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert Ticket.objects.get().version == 1


def test_a_ticket_cannot_be_handed_to_somebody_elsewhere(helen, world, ticket):
    assert send(helen, ticket, "handover", to=world.elsa.pk).status_code == 422
    assert Ticket.objects.get().owner == world.helen


def test_an_employee_can_hand_it_back_to_the_manager(client, world, ticket):
    ticket.assign(to=world.jonas, why="", by=None, at=timezone.now())
    client.force_login(world.jonas.user)
    assert send(client, ticket, "handover", to=world.helen.pk).status_code == 302


def test_steps_need_the_token_and_no_other_method(helen, world, ticket):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.helen.user)
    assert send(strict, ticket, "attempts", went="reached").status_code == 403
    assert helen.put(f"/tickets/{ticket.public_id}/attempts").status_code == 405


@pytest.mark.parametrize("step", FORMS)
def test_the_address_of_a_step_leads_to_the_ticket(helen, client, world, ticket, step):
    address = f"/tickets/{ticket.public_id}/"
    assert helen.get(address + step).headers["Location"] == address
    client.force_login(world.elsa.user)
    assert client.get(address + step).status_code == 404


@pytest.mark.parametrize(
    ("step", "words", "anchor", "message"),
    [
        ("attempts", {}, "attempts-went_0", "How did it go? This field is required."),
        ("actions", {"done": "x", "currency": "XY"}, "actions-currency", "Currency: Ensure this value has at least 3"),
        ("closure", {"outcome": "resolved"}, "form-closure", "Record the attempt in which the customer was reached"),
        ("findings", {"learned": "x", "version": "new"}, "form-findings", "Enter a whole number."),
    ],
)
def test_a_refused_step_is_told_first_and_leads_to_its_field(helen, ticket, step, words, anchor, message):
    text = send(helen, ticket, step, **words).content.decode()
    assert "<title>Error: Ines Moreau" in text
    assert f'<a href="#{anchor}">{message}' in text
    assert f'id="{anchor}"' in text
    assert text.count('role="alert"') == 1


def test_the_page_opens_at_the_first_wrong_field(helen, ticket):
    text = send(helen, ticket, "actions", done="", cost="x", currency="EUR").content.decode()
    assert text.count(" autofocus") == 1
    assert 'id="actions-done"' in next(tag for tag in text.split("<") if " autofocus" in tag)


def test_who_asked_not_to_be_called_has_no_call_button(helen, world):
    at = timezone.now()
    ticket = make.ticket(make.answer(world.interaction, callback=False, answered_at=at), at=at)
    text = page(helen, ticket).content.decode()
    assert '<span class="badge badge--warn">Do not call</span>' in text
    assert not any(words in text for words in ("tel:", "Record the call", "Call by", "Before you dial", "To call"))


def test_who_asked_not_to_be_called_is_counted_apart(helen, world):
    at = timezone.now()
    for wanted in (None, True, False):
        visit = crm.interaction(kind=world.visit, customer=crm.customer(phone="+442079460142"), unit=world.harbour)
        make.ticket(make.answer(visit, callback=wanted, answered_at=at), at=at)
    text = helen.get("/tickets/").content.decode()
    assert "Your work list: two to call, one to settle without a call</h1>" in text
    assert text.count(">Do not call</span>") == 1
    assert text.count('href="tel:') == 2


def test_a_list_of_those_not_to_be_called_has_nobody_to_call(helen, world):
    at = timezone.now()
    make.ticket(make.answer(world.interaction, callback=False, answered_at=at), at=at)
    assert "Your work list: one to settle without a call</h1>" in helen.get("/tickets/").content.decode()


@pytest.mark.parametrize("number", [10, 200])
@pytest.mark.parametrize("tab", ["mine", "closed"])
def test_the_list_takes_the_same_number_of_queries_for_any_number(helen, world, number, tab, django_assert_num_queries):
    now = timezone.now()
    make.set_up_defaults()
    for _ in range(number):
        make.answer(crm.interaction(kind=world.visit, customer=crm.customer(), unit=world.harbour), answered_at=now)
    make.listen(now)
    if tab == "closed":
        for ticket in Ticket.objects.all():
            ticket.close(outcome="no_action", summary="Known.", by=None, at=now)
    with django_assert_num_queries({"mine": 14, "closed": 11}[tab]):
        helen.get("/tickets/", {"tab": tab})


@pytest.mark.parametrize("number", [1, 20])
def test_the_ticket_takes_the_same_number_of_queries_for_any_story(
    helen, world, ticket, number, django_assert_num_queries
):
    for _ in range(number):
        ticket.record_attempt(outcome="no_answer", note="", by=world.helen.user, at=timezone.now())
        ticket.record_finding(learned="x", by=world.jonas.user, at=timezone.now())
    with django_assert_num_queries(43):
        page(helen, ticket)
