"""What a story may be told of (a case, an initiative, an answer), and what is known of it to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from closedloop.models import Closure, Initiative, Ticket
from closedloop.models.tickets import TicketOutcome
from crm.models import Assignment, Customer, Employee, OrgUnit
from crm.sight import Principal
from surveys.models import PassageTopic, Response, Topic
from surveys.services.classifying.owning import own_facts
from surveys.words.masking import NOBODY, Own, mask

TELL = "distribution.add_entry"
SEEN = {
    "ticket": "closedloop.view_ticket", "initiative": "closedloop.view_initiative", "answer": "surveys.view_response",
}  # fmt: skip
_ANSWER = ("customer", "unit__calendar", "employee")


@dataclass(frozen=True)
class Subject:
    """One of the three, and of a case the answer that it began with."""

    ticket: Ticket | None = None
    initiative: Initiative | None = None
    answer: Response | None = None

    @property
    def unit(self) -> OrgUnit:
        """Where it happened."""
        found: Any = self.ticket or self.initiative or self.answer
        return cast("OrgUnit", found.unit)

    @cached_property
    def own(self) -> Own:
        """What the CRM knows of the customer, to be hidden wherever it is written."""
        row = self.ticket or self.answer
        return own_facts([row])[row.pk] if row else NOBODY

    @cached_property
    def may_quote(self) -> bool:
        return self.answer is not None and Response.objects.quotable().filter(pk=self.answer.pk).exists()

    @cached_property
    def closure(self) -> Closure | None:
        return self.ticket.closure if self.ticket else None

    @cached_property
    def score_after(self) -> int | None:
        """What the person gave next, once the case was closed."""
        if self.ticket is None or self.ticket.customer is None or self.closure is None:
            return None
        person = Customer.objects.of_person(self.ticket.customer).values("pk")
        later = Response.objects.promoter_scale().filter(customer__in=person, answered_at__gt=self.closure.at)
        return later.order_by("answered_at", "pk").values_list("score", flat=True).first()

    @property
    def score_before(self) -> int | None:
        return self.answer.score if self.answer and self.answer.scale_max == 10 else None

    @property
    def done(self) -> str:
        """What was done, as the case says it, to begin with."""
        actions = [row.done for row in self.ticket.actions.all() if row.done_at] if self.ticket else []
        said = [*actions, self.closure.summary if self.closure else ""]
        return mask("\n".join(line for line in said if line), self.own)

    @property
    def product(self) -> str:
        return self.answer.product if self.answer else ""

    def topics(self) -> QuerySet[Topic]:
        hits = PassageTopic.objects.filter(passage__response=self.answer, removed=False)
        return Topic.objects.filter(pk__in=hits.values("topic")) if self.answer else Topic.objects.none()

    def colleagues(self) -> QuerySet[Employee]:
        """Who served, who worked on the case, and who works at the unit today: who might be named."""
        today = timezone.now().date()
        held = Assignment.objects.filter(unit=self.unit, valid__contains=today, recorded__upper_inf=True)
        there = Q(pk__in=held.values("employee")) | Q(pk__in=self._on_the_case())
        return Employee.objects.filter(there).order_by("name")

    def involved(self) -> QuerySet[Employee]:
        """Who served, and who worked on the case: who may be thanked."""
        return Employee.objects.filter(pk__in=self._on_the_case()).order_by("name")

    def _on_the_case(self) -> set[int]:
        found = {self.answer.employee_id if self.answer else None}
        if self.ticket:
            done: tuple[Any, ...] = (self.ticket.attempts, self.ticket.actions, self.ticket.closures)
            users = {row.by_id for rows in done for row in rows.all()}
            found |= {self.ticket.owner_id, *Employee.objects.filter(user__in=users).values_list("pk", flat=True)}
        if self.initiative:
            found.add(self.initiative.owner_id)
        return {pk for pk in found if pk is not None}


def find_subject(kind: str, public_id: UUID, principal: Principal) -> Subject | None:
    """What the person sees and may tell a story of: a ticket closed as put right, an initiative, an answer with
    words."""
    if kind == "ticket":
        put_right = Closure.objects.filter(reopened_at=None, outcome=TicketOutcome.RESOLVED)
        seen = Ticket.objects.visible_to(principal, SEEN[kind]).filter(pk__in=put_right.values("ticket"))
        ticket = seen.select_related("customer", "unit__calendar", "origin").filter(public_id=public_id).first()
        return of_ticket(ticket) if ticket else None
    if kind == "initiative":
        begun = Initiative.objects.visible_to(principal, SEEN[kind]).select_related("unit")
        initiative = begun.filter(public_id=public_id).first()
        return Subject(initiative=initiative) if initiative else None
    worded = Response.objects.visible_to(principal, SEEN["answer"]).exclude(comment="").select_related(*_ANSWER)
    answer = worded.filter(public_id=public_id).first()
    return Subject(answer=answer) if answer else None


def of_ticket(ticket: Ticket) -> Subject:
    answers = Response.objects.select_related(*_ANSWER)
    answer = answers.filter(pk=ticket.origin.response_id).first() if ticket.origin.response_id else None
    return Subject(ticket=ticket, answer=answer)


def may_limit_to(subject: Subject) -> QuerySet[OrgUnit]:
    """The parts of the company for which alone it may be told: where it happened, and what stands above it."""
    above = OrgUnit.objects.filter(
        closure_below__descendant=subject.unit,
        closure_below__hierarchy__is_primary=True,
        closure_below__valid__contains=timezone.now().date(),
    )
    return above.order_by("-closure_below__depth")
