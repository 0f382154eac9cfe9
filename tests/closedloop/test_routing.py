"""To whom a ticket goes, and why."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connections

from closedloop.choosing import Asked, Bench
from closedloop.models import CustomerSignal, Handover, RoutingRule, Ticket
from closedloop.services.covering import cover
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from common.models import Event
from crm.models import Absence, Employee, EmployeeSkill, Skill
from surveys.models import Topic
from surveys.services.classifying.editing import set_rule
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import FROM, NOW, build_world

TODAY = NOW.date()


def rule(**fields) -> RoutingRule:
    code = f"rule-{RoutingRule.objects.count()}"
    return RoutingRule.objects.create(**{"code": code, "name": code, "roles": ["employee"], **fields})


def away(person: Employee, *, deputy: Employee | None = None, days: int = 7) -> Absence:
    return Absence.objects.create(
        source="hr", external_id=f"a{Absence.objects.count()}", employee=person, deputy=deputy,
        first_on=TODAY, last_on=TODAY + timedelta(days=days),
    )  # fmt: skip


def ticket_of(world, *, customer=None, **fields) -> Ticket:
    """The ticket of another customer's poor answer about a visit with Jonas."""
    person = customer or crm.customer(given_name="Ada", unit=world.harbour, phone="+442079460999")
    visit = crm.interaction(kind=world.visit, customer=person, unit=world.harbour, employee=world.jonas, **fields)
    return make.ticket(make.answer(visit))


def why(ticket: Ticket) -> str:
    return ticket.handovers.get(opening=True).why


def colleague(world, name: str) -> Employee:
    return crm.employee(name=name, unit=world.harbour, role="employee", since=FROM)


# --- the pure choice -----------------------------------------------------------------------------------------------


def test_the_one_with_the_fewest_open_tickets_is_chosen_and_the_lowest_id_of_equals():
    bench = Bench(loads={1: 2, 2: 1, 3: 1})
    assert bench.choose([3, 2, 1], Asked()) == 2
    bench.give(2)
    assert bench.choose([3, 2, 1], Asked()) == 3


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        (Asked(skills=frozenset({7})), 2),
        (Asked(skills=frozenset({7, 8})), None),
        (Asked(most_open=1), 1),
        (Asked(most_open=0), None),
        (Asked(barred=frozenset({1})), 2),
    ],
)
def test_skill_room_and_blame_narrow_the_choice(asked, chosen):
    assert Bench(loads={2: 1}, skills={2: {7}}, away={3: None}).choose([1, 2, 3], asked) == chosen


def test_a_deputy_stands_in_unless_they_are_barred():
    bench = Bench(away={1: 2, 3: None})
    assert (bench.stand_in(1, Asked()), bench.stand_in(2, Asked()), bench.stand_in(3, Asked())) == (2, 2, None)
    assert bench.stand_in(1, Asked(barred=frozenset({2}))) is None


# --- up the line ---------------------------------------------------------------------------------------------------


def test_without_rules_the_branch_manager_owns_it_and_the_ticket_says_why(world):
    ticket = ticket_of(world)
    assert (ticket.owner, why(ticket)) == (world.helen, "Helen leads Harbour.")


def test_while_the_manager_is_away_the_deputy_owns_it(world):
    away(world.helen, deputy=world.jonas)
    ticket = ticket_of(world)
    assert (ticket.owner, why(ticket)) == (world.jonas, "Jonas stands in for Helen, who is away and leads Harbour.")


@pytest.mark.parametrize("deputy", ["nobody", "away", "left"])
def test_who_is_away_without_a_deputy_who_is_there_is_passed_over(world, deputy):
    if deputy == "left":
        Employee.objects.filter(pk=world.jonas.pk).update(left_on=TODAY)
    elif deputy == "away":
        away(world.jonas)
    away(world.helen, deputy=None if deputy == "nobody" else world.jonas)
    ticket = ticket_of(world)
    assert (ticket.owner, why(ticket)) == (world.rosa, "Rosa leads North, the nearest above.")


def test_an_absence_that_is_over_or_still_to_come_counts_for_nothing(world):
    past, future = {"first_on": FROM, "last_on": date(2026, 11, 23)}, {"first_on": date(2026, 11, 25)}
    for number, days in enumerate((past, future)):
        Absence.objects.create(source="hr", external_id=f"a{number}", employee=world.helen, **days)
    assert ticket_of(world).owner == world.helen


def test_with_nobody_in_charge_nobody_owns_it_and_the_ticket_says_so(world):
    Employee.objects.update(left_on=TODAY)
    ticket = ticket_of(world)
    assert (ticket.owner, why(ticket)) == (None, "Nobody is in charge there or above.")


# --- by rules ------------------------------------------------------------------------------------------------------


def test_never_the_one_it_is_about(world):
    made = rule(name="Team")
    ticket = ticket_of(world)  # Jonas alone works there, and it is about him
    assert (ticket.owner, why(ticket)) == (world.helen, "Under the rule “Team” nobody was free. Helen leads Harbour.")
    made.never_blamed = False
    made.save()
    ticket = ticket_of(world)
    assert (ticket.owner, why(ticket)) == (world.jonas, "By the rule “Team”: the only one there who could take it.")
    assert ticket.handovers.get().rule == made


def test_nor_by_leading_the_branch_where_a_rule_says_so(world):
    rule(roles=["branch"])
    visit = crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour, employee=world.helen)
    assert make.ticket(make.answer(visit)).owner == world.rosa


def test_the_fewest_open_tickets_first_and_each_counts(world):
    ada, ben = colleague(world, "Ada"), colleague(world, "Ben")
    rule(name="Team")
    tickets = [ticket_of(world) for _ in range(3)]
    assert [ticket.owner for ticket in tickets] == [ada, ben, ada]
    assert why(tickets[2]) == "By the rule “Team”: had the fewest open tickets (1) of the 2 who could take it."


def test_in_one_batch_too(world):
    ada, ben = colleague(world, "Ada"), colleague(world, "Ben")
    rule()
    make.set_up_defaults()
    for number in range(4):
        person = crm.customer(given_name=f"C{number}", unit=world.harbour, phone=f"+44207946010{number}")
        make.answer(crm.interaction(kind=world.visit, customer=person, unit=world.harbour, employee=world.jonas))
    make.listen()
    owners = list(Ticket.objects.order_by("pk").values_list("owner", flat=True))
    assert owners == [ada.pk, ben.pk, ada.pk, ben.pk]


def test_who_has_as_many_as_allowed_gets_no_more(world):
    ada = colleague(world, "Ada")
    rule(most_open=1)
    assert [ticket_of(world).owner for _ in range(2)] == [ada, world.helen]


def test_a_back_office_takes_what_is_about_its_topics(world):
    topic = Topic.objects.create(code="pricing", name="Pricing")
    set_rule(topic=topic, language="en", expression="fee", by=None, at=NOW)
    desk = crm.employee(name="Petra", unit=world.head_office, role="employee", since=FROM)
    rule(name="Pricing desk", desk=world.head_office, condition={"filter": "topics", "value": ["pricing"]})
    poor = make.answer(world.interaction, comment="The fees are far too high for this, really")
    ticket = make.ticket(poor)
    assert (ticket.owner, ticket.unit) == (desk, world.harbour)
    assert why(ticket) == "By the rule “Pricing desk”: the only one there who could take it."
    assert ticket_of(world).owner == world.helen


def test_who_speaks_the_customers_language(world):
    ada, ben = colleague(world, "Ada"), colleague(world, "Ben")
    french = Skill.objects.create(kind="language", code="fr", name="French")
    EmployeeSkill.objects.create(employee=ben, skill=french, first_on=FROM)
    EmployeeSkill.objects.create(employee=ada, skill=french, first_on=FROM, last_on=TODAY - timedelta(days=1))
    rule(speaks_language=True)
    marie = crm.customer(given_name="Marie", language="fr", unit=world.harbour, phone="+33123456789")
    otto = crm.customer(given_name="Otto", language="de", unit=world.harbour, phone="+4930123456")
    assert ticket_of(world, customer=marie).owner == ben
    assert ticket_of(world, customer=otto).owner == world.helen  # a language that nobody has


def test_who_knows_the_product(world):
    colleague(world, "Ada")
    ben = colleague(world, "Ben")
    mortgage = Skill.objects.create(kind="product", code="mortgage", name="Mortgages")
    EmployeeSkill.objects.create(employee=ben, skill=mortgage, first_on=FROM)
    rule(knows_product=True)
    assert ticket_of(world, product="mortgage").owner == ben


def test_the_first_rule_under_which_somebody_is_free_decides(world):
    ada = colleague(world, "Ada")
    rule(position=2, name="Later", roles=["employee"])
    rule(position=1, name="First", roles=["analyst"])
    ticket = ticket_of(world)
    assert (ticket.owner, ticket.handovers.get().rule.name) == (ada, "Later")


def test_a_rule_that_is_off_or_that_nobody_can_read_does_not_hold_up_the_others(world):
    ada = colleague(world, "Ada")
    rule(position=1, active=False, roles=["branch"])
    rule(position=2, condition={"filter": "nonsense", "value": 1})
    rule(position=3)
    assert ticket_of(world).owner == ada


# --- people who are gone -------------------------------------------------------------------------------------------


def test_what_a_leaver_has_open_goes_to_others_at_once(world, ticket):
    Employee.objects.filter(pk=world.helen.pk).update(left_on=TODAY)
    version = ticket.version
    assert cover(at=NOW) == 1
    ticket.refresh_from_db()
    assert (ticket.owner, ticket.version) == (world.rosa, version + 1)
    handover = ticket.handovers.get(opening=False)
    assert (handover.to, handover.why) == (world.rosa, "Helen has left. Rosa leads North, the nearest above.")
    assert Event.objects.about(ticket).filter(what="ticket.handed_over").get().data == {"to": world.rosa.pk}
    assert cover(at=NOW) == 0


def test_with_nobody_to_take_over_a_leavers_ticket_is_nobodys(world, ticket):
    Employee.objects.update(left_on=TODAY)
    assert cover(at=NOW) == 1
    ticket.refresh_from_db()
    assert ticket.owner is None
    assert cover(at=NOW) == 0


def test_who_is_away_hands_over_what_is_due_meanwhile(world, ticket):
    away(world.helen, deputy=world.jonas)
    assert cover(at=NOW) == 1
    ticket.refresh_from_db()
    assert ticket.owner == world.jonas


def test_what_is_due_when_they_are_back_stays(world, ticket):
    away(world.helen, deputy=world.jonas, days=0)  # today alone; it is due tomorrow
    assert cover(at=NOW) == 0
    ticket.refresh_from_db()
    assert ticket.owner == world.helen


def test_what_nobody_else_can_take_stays_with_who_is_away(world, ticket):
    Employee.objects.exclude(pk=world.helen.pk).update(left_on=TODAY)
    away(world.helen)
    assert cover(at=NOW) == 0
    ticket.refresh_from_db()
    assert ticket.owner == world.helen


def test_the_number_of_queries_is_the_same_for_any_number(world, django_assert_max_num_queries):
    for _ in range(5):
        ticket_of(world)
    Employee.objects.filter(pk=world.helen.pk).update(left_on=TODAY)
    with django_assert_max_num_queries(24):
        assert cover(at=NOW) == 5


# --- at the same moment --------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_not_give_one_person_more_than_allowed():
    world = build_world()
    ada = colleague(world, "Ada")
    rule(most_open=1)
    make.set_up_defaults()
    for number in range(2):
        person = crm.customer(given_name=f"C{number}", unit=world.harbour, phone=f"+44207946010{number}")
        make.answer(crm.interaction(kind=world.visit, customer=person, unit=world.harbour, employee=world.jonas))
    raise_signals(at=NOW)
    start = Barrier(2)

    def work(_number: int) -> int:
        try:
            start.wait(30)
            return screen(at=NOW, limit=1)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(work, range(2))) == 2
    assert CustomerSignal.objects.filter(screened_at=None).count() == 0
    assert set(Ticket.objects.values_list("owner", flat=True)) == {ada.pk, world.helen.pk}
    assert Handover.objects.filter(to=ada).count() == 1
