"""Talks that the managers of the bank's named branches held with two of their people, and a goal of the bank shared out
among its regions: by the verbs of the house, drawn from the unit, once."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from analytics.maths.goals import CannotShareOut
from analytics.models import Goal
from analytics.services.goals.sharing_out import cascade
from analytics.services.scoring import score_card
from crm.models import Assignment, Employee, OrgUnit
from demo.company.bank import SOURCE
from demo.company.sizes import NAMED_BRANCHES
from distribution.models import Talk
from distribution.services.coaching import Agreed, Note, agreed_with, hold_talk

RISE = 4  # points
WEEKS = (3, 1)  # ago: the two talks with each
HELD = {
    "en": (
        ("Takes the time to explain fees", "Ask what they came for before typing", "Greet whoever waits"),
        ("Customers name you for your calm", "Say when we ring back, and write it down", "One promise a day on paper"),
    ),
    "fr": (
        ("Explique bien les frais", "Demander le motif avant de taper", "Saluer ceux qui attendent"),
        ("Les clients louent votre calme", "Dire quand nous rappelons, et le noter", "Une promesse par jour par écrit"),
    ),
}  # fmt: skip


def converse(*, at: datetime) -> int:
    """How many talks were written down; none where some stand there."""
    if Talk.objects.exists():
        return 0
    branches = OrgUnit.objects.filter(source=SOURCE, kind=OrgUnit.Kind.BRANCH).order_by("external_id")[:NAMED_BRANCHES]
    return sum(_talk(unit, who, boss, at) for unit in branches for boss, who in _pairs(unit, at))


def aim(*, at: datetime) -> None:
    """The office aims four points higher until half a year on, and shares it out; unless a goal stands there."""
    office = Employee.objects.filter(source=SOURCE, user__username="olivia").select_related("user").first()
    head = OrgUnit.objects.filter(source=SOURCE, kind=OrgUnit.Kind.HEAD_OFFICE).first()
    if office is None or office.user is None or head is None or Goal.objects.exists():
        return
    first = at.date() - timedelta(days=28)
    day = timedelta(days=1)
    score = score_card(principal=office.user, unit=head, start=first - 90 * day, end=first - day, at=at).nps
    if score is None:
        return
    target, last = Decimal(round(score) + RISE), first + timedelta(days=182)
    goal = Goal.objects.create(unit=head, target=target, first_on=first, last_on=last)
    with suppress(CannotShareOut):
        cascade(goal, by=office.user, at=at)


def _pairs(unit: OrgUnit, at: datetime) -> list[tuple[Employee, Employee]]:
    """The manager with each of the first two who serve there."""
    held = Assignment.objects.filter(unit=unit, valid__contains=at.date(), recorded__upper_inf=True)
    people = list(held.select_related("employee__user").order_by("employee__external_id"))
    bosses = [a.employee for a in people if a.role == "branch" and a.employee.user]
    team = [a.employee for a in people if a.role == "employee"]
    return [(bosses[0], who) for who in team[:2]] if bosses else []


def _talk(unit: OrgUnit, who: Employee, boss: Employee, at: datetime) -> int:
    rng = random.Random(f"talk:{unit.external_id}:{who.external_id}")
    language = "fr" if unit.zone == "Europe/Paris" else "en"
    for number, weeks in enumerate(WEEKS):
        day = at - timedelta(weeks=weeks)
        well, to_try, agreed = HELD[language][number]
        open_ones = agreed_with(who, unit)
        became = {row.pk: rng.choice(["kept", "partly"]) for row in open_ones}
        until = day.date() + timedelta(days=14)
        note = Note(UUID(int=rng.getrandbits(128), version=4), day.date(), well, to_try, until, [Agreed(agreed, until)])
        hold_talk(employee=who, unit=unit, note=note, became=became, by=boss.user, at=day)  # type: ignore[arg-type]
    return len(WEEKS)
