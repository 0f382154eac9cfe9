"""Twenty tickets worked inside the console alone: in a real Chromium, then the rows."""

from collections import Counter
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from closedloop.models import Action, AuthorityLimit, Closure, ContactAttempt, Handover, Ticket
from tests.browser import DESK, complaints, keep, objections, page_of, sign_in
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MANY = 20


def open_tickets(world, number: int, at) -> list[Ticket]:
    """Of as many customers of Harbour, each let down by Jonas; Helen owns them."""
    make.set_up_defaults()
    for n in range(1, number + 1):
        who = crm.customer(
            given_name=f"Guest{n:02}", family_name="Lind", unit=world.harbour, phone="+442079460142",
            email=f"guest{n}@example.org",
        )  # fmt: skip
        visit = crm.interaction(kind=world.visit, customer=who, unit=world.harbour, employee=world.jonas)
        make.answer(visit, score=2, comment="Nobody rang.", callback=True, answered_at=at)
    make.listen(at)
    return list(Ticket.objects.order_by("pk"))


def test_twenty_tickets_are_worked_entirely_inside_the_console(live_server, chromium):
    world, at = build_world(), timezone.now()
    tickets = open_tickets(world, MANY, at)
    AuthorityLimit.objects.create(unit=world.head_office, role="employee", amount=20, currency="EUR")
    AuthorityLimit.objects.create(unit=world.head_office, role="branch", amount=100, currency="EUR")
    list_ = f"{live_server.url}/admin/closedloop/ticket/"
    helen, jonas = page_of(chromium, width=DESK), page_of(chromium, width=DESK)
    sign_in(helen, world.helen.user, live_server.url)
    sign_in(jonas, world.jonas.user, live_server.url)
    found = [objections(page, live_server.url) for page in (helen, jonas)]

    # Helen finds all of them unhandled and gives all but the last to Jonas, by the keyboard alone
    helen.goto(list_)
    helen.keyboard.press("1")
    expect(helen.get_by_role("navigation", name="Queues").get_by_role("link", name="Mine")).to_have_attribute(
        "aria-current", "page"
    )
    keep(helen, "desk-list-1280-light")
    assert complaints(helen, best_practice=False, within="#content") == []
    for _ in range(MANY - 1):
        helen.keyboard.press("j")
        helen.keyboard.press("x")
    helen.keyboard.press("h")
    helen.get_by_label("To whom?").select_option(label="Jonas")
    helen.get_by_label("Why?").fill("He served them.")
    keep(helen, "desk-handing-over-1280-light")
    assert complaints(helen, best_practice=False, within="#content") == []
    helen.get_by_role("button", name="Hand over").click()
    expect(helen.get_by_text("19 tickets handed to Jonas.")).to_be_visible()
    (mine,) = Ticket.objects.filter(owner=world.helen)
    his = [ticket for ticket in tickets if ticket != mine]

    # Jonas reaches each on the case's own page, and closes it
    for n, ticket in enumerate(his):
        jonas.goto(f"{list_}{ticket.pk}/change/")
        jonas.get_by_label("Reached", exact=True).check()
        jonas.get_by_label("What did they say?").fill(f"Call {n}")
        jonas.get_by_role("button", name="Save attempt").click()
        expect(jonas.get_by_text("Record attempt: done.")).to_be_visible()
        if n:
            close(jonas, "put right")

    # what the first wants is above his limit: refused, asked again for less, approved by Helen
    first = his[0]
    for amount, decision, why in (("90", "Refuse", "Half of it is fair."), ("45", "Approve", "")):
        jonas.goto(f"{list_}{first.pk}/actions/")
        jonas.get_by_label("What did we do?").fill(f"Gave back {amount}")
        jonas.get_by_label("Given to them").fill(amount)
        jonas.get_by_role("button", name="Save action").click()
        expect(jonas.get_by_text("Awaiting approval").first).to_be_visible()
        helen.goto(f"{list_}?queue=approval")
        helen.get_by_role("link", name=first.who).first.click()
        helen.get_by_role("navigation", name="Work on the ticket").get_by_role("link", name="Approve or refuse").click()
        decide(helen, decision, why)
    keep(helen, "desk-case-1280-light")
    jonas.goto(f"{list_}{first.pk}/change/")
    close(jonas, "put right")

    # Helen's own: nothing to be done; then the customer rings after all
    helen.goto(f"{list_}{mine.pk}/change/")
    close(helen, "no action needed", "They wrote that all is well.")
    helen.get_by_role("link", name="Reopen ticket").click()
    helen.get_by_label("Why?").fill("They rang after all.")
    helen.get_by_role("button", name="Reopen ticket").click()
    expect(helen.get_by_text("Taken up again").first).to_be_visible()

    assert found == [[], []]
    assert Counter(Handover.objects.filter(opening=False).values_list("to__name", "why", "by__username")) == {
        ("Jonas", "He served them.", world.helen.user.username): 19
    }
    made = ContactAttempt.objects.made().values_list("ticket", "outcome", "note", "by")
    jonas_user = world.jonas.user.pk
    assert set(made) == {(ticket.pk, "reached", f"Call {n}", jonas_user) for n, ticket in enumerate(his)}
    assert len(made) == len(his)
    actions = Action.objects.order_by("pk").values_list("ticket", "recompense", "decision__outcome", "decision__by")
    assert list(actions) == [
        (first.pk, Decimal(90), "refused", world.helen.user.pk),
        (first.pk, Decimal(45), "approved", world.helen.user.pk),
    ]
    assert Action.objects.done().count() == 1
    closed = Closure.objects.values_list("outcome", "by__employee__name", "reopened_why")
    assert Counter(closed) == {("resolved", "Jonas", ""): 19, ("no_action", "Helen", "They rang after all."): 1}
    assert list(Ticket.objects.open()) == [mine]


def close(page, outcome: str, summary: str = "") -> None:
    page.get_by_role("navigation", name="Work on the ticket").get_by_role("link", name="Close ticket").click()
    page.get_by_label("What came of it?").select_option(label=outcome)
    page.get_by_label("In a sentence").fill(summary)
    page.get_by_role("button", name="Close ticket").click()
    expect(page.get_by_text("Close ticket: done.")).to_be_visible()


def decide(page, decision: str, why: str) -> None:
    page.get_by_label("Which?").select_option(index=1)
    page.get_by_label(decision, exact=True).check()
    page.get_by_label("Why?").fill(why)
    page.get_by_role("button", name="Save decision").click()
    expect(page.get_by_role("navigation", name="Work on the ticket")).to_be_visible()
