"""Two thousand branches with what a morning tells of them, made inside the database by copying: a manager each, ninety
days of answers with words and topics, open tickets, invitations, scores by day. One of them is fifty times as large.

Everything happened before the clock's now, and every stage has passed it, so that workers have the morning alone to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max

from analytics.models import UnitDayScores
from closedloop.models import CustomerSignal, Ticket, TicketSignal
from common.models import Event, User
from crm.models import Assignment, BusinessCalendar, OrgUnit, Placement
from crm.models.calendars import WEEKDAYS
from distribution.models import News
from surveys.models import Message, Passage, PassageTopic, Response, Topic
from tests.factories import distribution as tell
from tests.factories import surveys as ask
from tests.proofs.multitude import add_up_months, close, multiply
from tests.world import World, build_world

ANSWERS, TICKETS, ASKED, TOPICS, DAYS = 120, 4, 40, 12, 90  # of each branch; topics of the house
LARGE = 50  # times as much has the first
CATEGORY = "CASE WHEN ({score}) < 7 THEN 'detractor' WHEN ({score}) < 9 THEN 'passive' ELSE 'promoter' END"


@dataclass
class Company:
    world: World
    units: int  # the branches' ids are this + 1 ... this + number
    users: int  # their managers' users the same
    number: int

    @property
    def ids(self) -> range:
        return range(self.units + 1, self.units + 1 + self.number)


def many_branches(number: int, *, at: datetime) -> Company:
    """`number` branches under a region for each fifty, whose managers can be written to."""
    world = build_world()
    week = {day: [["09:00", "17:00"]] for day in WEEKDAYS}
    BusinessCalendar.objects.update(week=week, country="", subdivision="")
    OrgUnit.objects.filter(pk__in=[world.harbour.pk, world.mill.pk, world.station.pk]).update(kind="team")
    company = _organization(world, number)
    _life(company, at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return company


def _organization(world: World, number: int) -> Company:
    regions = max(1, number // 50)
    north, harbour = Placement.objects.get(unit=world.north), Placement.objects.get(unit=world.harbour)
    first = multiply(world.north, regions, external_id="'region-' || k", name="'Region ' || k")
    multiply(north, regions, unit_id=f"{first} + k")
    branch = OrgUnit(
        source="crm", external_id="template", name="Template", kind="branch", zone="UTC", calendar=world.calendar,
        closed_on="2000-01-01",
    )  # fmt: skip
    branch.save()
    units = multiply(branch, number, external_id="'branch-' || k", name="'Branch ' || k", closed_on="NULL")
    multiply(harbour, number, unit_id=f"{units} + k", parent_id=f"{first} + 1 + k % {regions}")
    close(world)
    login = "'manager-' || k"
    users = multiply(
        User.objects.get(pk=world.helen.user_id), number, username=login, email=f"{login} || '@example.org'"
    )
    people = multiply(
        world.helen, number, external_id=login, name="'Helen Manager ' || k", email=f"{login} || '@example.org'",
        user_id=f"{users} + k",
    )  # fmt: skip
    post = Assignment.objects.get(employee=world.helen)
    multiply(post, number, employee_id=f"{people} + k", unit_id=f"{units} + k")
    return Company(world, units, users, number)


def _life(company: Company, at: datetime) -> None:
    world, template = company.world, _template(company.world, at)
    for first, number, times in ((company.units, company.number, 1), (company.units, 1, LARGE)):
        unit, few = f"{first} + 1 + k % {number}", number * times
        _answers(template, unit, few, number, at)
        _tickets(world, template, unit, few * TICKETS, at)
        invitations = multiply(
            template.invitation, few * ASKED, public_id="gen_random_uuid()", interaction_id="NULL", unit_id=unit,
            created_at=_ago(at, few * ASKED),
        )  # fmt: skip
        multiply(
            template.message, few * ASKED, invitation_id=f"{invitations} + k",
            message_id="'<m' || gen_random_uuid() || '>'", due_at=_ago(at, few * ASKED),
            handed_off_at=_ago(at, few * ASKED),
        )  # fmt: skip
    days = company.number * DAYS
    multiply(
        template.cell, days, unit_id=f"{company.units} + 1 + k % {company.number}",
        day=f"DATE '{at.date()}' - 1 - ((k - 1) / {company.number})::int", s2="k % 2", s8="1", s10="1 + k % 3",
    )  # fmt: skip
    add_up_months()
    News.objects.create(
        title="New cards",
        text="From Monday.",
        unit=None,
        first_on=at.date() - timedelta(days=9),
        last_on=at.date() + timedelta(days=9),
    )
    Event.objects.all().delete()


@dataclass
class Template:
    response: Response
    passage: Passage
    topic: PassageTopic
    signal: CustomerSignal
    ticket: Ticket
    joined: TicketSignal
    invitation: Any
    message: Message
    cell: UnitDayScores
    topics: int


def _template(world: World, at: datetime) -> Template:
    """One of each at Harbour, which every stage has passed."""
    long_ago = at - timedelta(days=400)
    program = ask.program(name="Branch visits", code="branch-visits")
    version = ask.version(program=program, interaction_kind=world.visit)
    response = tell.answer(
        unit=world.harbour, program=program, score=2, at=long_ago, customer=world.ines, employee=world.jonas,
        comment="I waited for half an hour, and then the till closed.", signalled_at=at, folded_at=at, classified_at=at,
    )  # fmt: skip
    passage = Passage.objects.create(
        kind="answer", source_id=response.pk, response=response, unit=world.harbour, said_at=long_ago, language="en",
        text=response.comment, tsv="", read_at=at,
    )  # fmt: skip
    topics = Topic.objects.bulk_create(Topic(code=f"topic-{n}", name=f"Topic {n}") for n in range(TOPICS))
    said = PassageTopic.objects.create(passage=passage, topic=topics[0], at=at)
    signal = tell.signal(response, previous_score=8, previous_category="passive")
    ticket = tell.ticket(signal, owner=world.helen, due_at=at, is_open=False)
    invitation = ask.invitation(interaction=world.interaction, version=version, created_at=long_ago)
    message = ask.message(invitation=invitation, state="handed_off", handed_off_at=long_ago, due_at=long_ago)
    cell = UnitDayScores.objects.create(unit=world.harbour, day=long_ago, program=program, channel="email")
    joined = TicketSignal.objects.get(ticket=ticket)
    return Template(response, passage, said, signal, ticket, joined, invitation, message, cell, topics[0].pk)


def _answers(template: Template, unit: str, few: int, units: int, at: datetime) -> None:
    """With words, in which two topics are."""
    number, score = few * ANSWERS, f"((k / {units}) * 7 + k) % 11"
    when = _ago(at, number)
    answers = multiply(
        template.response, number, public_id="gen_random_uuid()", external_id="'a' || gen_random_uuid()", unit_id=unit,
        score=score, category=CATEGORY.format(score=score), answered_at=when, updated_at=when,
    )  # fmt: skip
    passages = multiply(
        template.passage, number, source_id=f"{answers} + k", response_id=f"{answers} + k", unit_id=unit, said_at=when
    )
    for more in (0, 5):
        topic = f"{template.topics} + (k / {units} + {more}) % {TOPICS}"
        multiply(template.topic, number, passage_id=f"{passages} + k", topic_id=topic)


def _tickets(world: World, template: Template, unit: str, number: int, at: datetime) -> None:
    """Open, of a customer each, due within a day either way."""
    last = Ticket.objects.aggregate(last=Max("pk"))["last"]
    customers = multiply(world.ines, number, external_id=f"'p{last}-' || k", unit_id=unit)
    signals = multiply(
        template.signal, number, source_id=f"'{last}-' || k", response_id="NULL", interaction_id="NULL", unit_id=unit,
        customer_id=f"{customers} + k", at=_ago(at, number, days=2),
    )  # fmt: skip
    tickets = multiply(
        template.ticket, number, public_id="gen_random_uuid()", customer_id=f"{customers} + k", unit_id=unit,
        origin_id=f"{signals} + k", is_open="true", opened_at=_ago(at, number, days=2),
        due_at=f"TIMESTAMPTZ '{at.isoformat()}' + interval '1 hour' * (k % 48 - 24)",
    )  # fmt: skip
    multiply(template.joined, number, ticket_id=f"{tickets} + k", signal_id=f"{signals} + k")


def _ago(at: datetime, number: int, days: int = DAYS) -> str:
    """When row k of `number` was: the first long ago, the last a moment ago."""
    return f"(TIMESTAMPTZ '{at.isoformat()}' - interval '{days} days' * (1 - k / {number + 1}::float8))"
