"""Programs whose occasions are not plain interactions: turns that come round, an episode of calls, customers whom a
branch proposed, and what callers said before they were served. They begin as the history ends and live on with the
worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count

from common.models import User
from crm.models import Employee, Interaction, InteractionKind
from demo.company.bank import SOURCE, Bank
from demo.programs import drafted, put_in_force
from demo.words.wording import PLANNED, PROPOSED
from surveys.models import Program
from surveys.sampling import RANGE, draw
from surveys.services.designing.drafting import create_program
from surveys.services.health.minding import mind
from surveys.services.occasions.coming_round import turns_come_round
from surveys.services.occasions.pre_consenting import hear
from surveys.services.occasions.wishing import wish
from surveys.services.readying import ready

DAYS, PROPOSALS, CALLS = 5, 24, 300
LATELY = 25  # days: the program of proposals asks about no older ones (demo/programs.py)
AGREE = 0.6  # of all callers


def come_round(bank: Bank, *, at: datetime) -> None:
    """Two programs in force, the turns of some days, proposals, callers' words; then the trigger is minded, and
    whether the data suffice is counted."""
    office, second = User.objects.get(username=bank.employees[0].login), User.objects.get(username="admin")
    before = at - timedelta(minutes=2)
    wave = create_program(code="twice-a-year", name="Twice a year", kind="relationship", at=before, by=office)
    wording = PLANNED["relationship"][2]
    draft = drafted(wave, before, office, wording=wording, seed=f"alder-{bank.seed}-twice", wave_months=6)
    put_in_force(draft, before, office, second)
    calls = create_program(code="until-settled", name="Until it was settled", kind="journey", at=before, by=office)
    kind = InteractionKind.objects.get(code="phone-call")
    draft = drafted(calls, before, office, wording=wording, interaction_kind=kind, ends_after_hours=48, priority=110)
    put_in_force(draft, before, office, second)
    for day in range(DAYS, -1, -1):
        turns_come_round(at=at - timedelta(days=day))
    _propose(at)
    _pick_up(kind, at)
    mind(at=at)
    ready(at=at)


def _propose(at: datetime) -> None:
    """Of the employee with the most visits of late, those that were settled soon: as a proud branch would."""
    lately = {"occurred_at__gte": at - timedelta(days=LATELY), "occurred_at__lte": at}
    visits = Interaction.objects.filter(
        source=SOURCE, kind__code="branch-visit", employee__user__isnull=False, **lately
    )
    busiest = visits.values("employee").annotate(number=Count("pk")).order_by("-number", "employee").first()
    if busiest is None:
        return
    by = Employee.objects.select_related("user").get(pk=busiest["employee"]).user
    soon = visits.filter(employee=busiest["employee"], attributes__wait_minutes__lt=8)
    rows = soon.select_related("unit").order_by("-occurred_at")
    for row in rows[:PROPOSALS]:
        wish(program=Program.objects.get(code="manual"), about=row, why=PROPOSED, by=by, at=at)


def _pick_up(kind: InteractionKind, at: datetime) -> None:
    """What callers said to the machine, a minute before the call reached anybody."""
    rows = Interaction.objects.filter(source=SOURCE, kind=kind, occurred_at__lt=at).order_by("-occurred_at")[:CALLS]
    for row in rows:
        asked_at = min(row.occurred_at, row.received_at) - timedelta(minutes=1)
        granted = draw("alder", "callers", row.external_id) < AGREE * RANGE
        hear(source=SOURCE, call=row.external_id, granted=granted, asked_at=asked_at, at=asked_at)
