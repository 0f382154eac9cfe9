"""Answers of people who were asked with a chance that the ledger knows."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from crm.models import Interaction
from surveys.models import Decision, Invitation, Reason, Response, TriggerRun
from surveys.partitions import ensure_partitions
from surveys.scoring import category
from tests.factories import analytics as make

DAY = date(2026, 10, 10)


def asked(world, unit, scores, *, chance, hours=1, silent=0, barred=0, of=None, on=DAY):
    """Visits that were asked about with this chance, their decisions, invitations, and answers after so many hours; of
    `silent` more nobody heard, and `barred` were not asked about."""
    at, of = datetime.combine(on, time(12), UTC), of or make.program()
    fields = {"source": "crm", "kind": world.visit, "customer": world.ines, "unit": unit}
    visits = Interaction.objects.bulk_create(
        Interaction(external_id=f"{unit}-{of}-{chance}-{n}", occurred_at=at, received_at=at, as_of=at, **fields)
        for n in range(len(scores) + silent)
    )
    who = {"program": of, "version": make.version(of), "customer": world.ines, "unit": unit}
    run = TriggerRun.objects.create(at=at)
    ensure_partitions([on])
    occasions = {f"interaction:{visit.pk}": Reason.ASKED for visit in visits}
    occasions |= {f"interaction:{unit}-{n}": Reason.QUARANTINED for n in range(barred)}
    Decision.objects.bulk_create(
        Decision(
            occasion=occasion, occasion_day=on, run=run, reason=reason, decided_at=at,
            probability=Decimal(str(chance)), draw=Decimal(0), **who,
        )
        for occasion, reason in occasions.items()
    )  # fmt: skip
    sent = {"channel": "email", "language": "en", "created_at": at, "expires_at": at + timedelta(days=30)}
    invitations = Invitation.objects.bulk_create(Invitation(interaction=visit, **sent, **who) for visit in visits)
    then = at + timedelta(hours=hours, minutes=-1)
    Response.objects.bulk_create(
        Response(
            invitation=invitation, program=of, unit=unit, channel="email", customer=world.ines, score=score,
            category=category(score), answered_at=then, updated_at=then,
        )
        for invitation, score in zip(invitations, scores, strict=False)
    )  # fmt: skip
