"""Does it add up? The identities of every ledger after the load, printed; a difference ends the demo with an error."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import F, Q, Sum

from analytics.models import AnswerFact, UnitDayScores
from closedloop.models import Action, Closure, Ticket
from crm.models import Customer, Employee, Interaction, OrgUnit
from demo.company.bank import SOURCE, Bank
from surveys.models import LinkVisit, Response
from surveys.services.ledgers import Identity, check_identities


def identities(bank: Bank, tally: Counter[str]) -> list[Identity]:
    """Those of the survey ledger and those of the demo: what it did against what is stored."""
    return [*check_identities(), *_of_rows(bank, tally), *_of_answers(tally), *_of_tickets(tally)]


def _of_rows(bank: Bank, tally: Counter[str]) -> list[Identity]:
    return [
        Identity("units sent = stored", len(bank.units), OrgUnit.objects.count()),
        Identity("employees sent = stored", len(bank.employees), Employee.objects.count()),
        Identity("customers sent = stored", bank.size.customers, Customer.objects.filter(source=SOURCE).count()),
        Identity("interactions sent = stored", tally["interactions"], Interaction.objects.count()),
        Identity("links opened = visits stored", tally["links opened"], LinkVisit.objects.count()),
    ]


def _of_answers(tally: Counter[str]) -> list[Identity]:
    scored = Response.objects.promoter_scale().count()
    bins: Any = sum((F(f"s{score}") for score in range(11)), start=F("s0") * 0)
    rolled = UnitDayScores.objects.aggregate(n=Sum(bins))["n"] or 0
    return [
        Identity("answers given = responses", tally["answers"], Response.objects.count()),
        Identity(
            "comments given = responses with words", tally["comments"], Response.objects.exclude(comment="").count()
        ),
        Identity("responses scored 0-10 = facts", scored, AnswerFact.objects.count()),
        Identity("responses scored 0-10 = sum of the rollup", scored, rolled),
    ]


def _of_tickets(tally: Counter[str]) -> list[Identity]:
    in_force = Closure.objects.filter(reopened_at__isnull=True).count()
    opened = Ticket.objects.count()
    spent = {row["currency"]: row["sum"] for row in Action.objects.done().values("currency").annotate(sum=Sum("cost"))}
    by_unit = Action.objects.done().values("currency", "ticket__unit").annotate(sum=Sum("cost"))
    pence = sum(int(row["sum"] * 100) for row in by_unit)
    return [
        Identity("tickets met = stored", tally["tickets"], opened),
        Identity("tickets opened = open + closed", opened, Ticket.objects.filter(is_open=True).count() + in_force),
        Identity("actions done = stored", tally["action"], Action.objects.count()),
        Identity("cost by unit = cost by currency (hundredths)", pence, sum(int(s * 100) for s in spent.values())),
        Identity(
            "open tickets = customers on hold for a ticket",
            Ticket.objects.filter(is_open=True, customer__isnull=False).count(),
            Customer.objects.filter(
                Q(holds__released_at__isnull=True, holds__cause__startswith="ticket:")
            ).distinct().count(),
        ),
    ]  # fmt: skip


def print_out(found: list[Identity]) -> bool:
    """A line each; True if all of them hold."""
    width = max(len(identity.name) for identity in found)
    for identity in found:
        mark = "ok" if identity.holds else "DIFFERS"
        print(f"  {identity.name:<{width}}  {identity.left:>7,}  {identity.right:>7,}  {mark}")
    return all(identity.holds for identity in found)
