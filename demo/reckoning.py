"""Does it add up? The identities of every ledger after the load, printed; a difference ends the demo with an error."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import F, Q, Sum

from analytics.models import AnswerFact, UnitDayScores
from closedloop.models import Action, Closure, Ticket
from crm.models import Customer, Employee, Interaction, OrgUnit
from demo.bank import UNITS, Bank
from demo.minds import BASE, LOUD, NOISE, PER_MINUTE, PRODUCT, TOLERATED, UNRESOLVED, answer, feel
from demo.visits import Visit
from surveys.models import Response
from surveys.services.ledgers import Identity, check_identities


def identities(bank: Bank, tally: Counter[str]) -> list[Identity]:
    """Those of the survey ledger and those of the demo: what it did against what is stored."""
    return [*check_identities(), *_of_rows(bank, tally), *_of_answers(tally), *_of_tickets(tally)]


def _of_rows(bank: Bank, tally: Counter[str]) -> list[Identity]:
    return [
        Identity("units sent = stored", len(UNITS), OrgUnit.objects.count()),
        Identity("employees sent = stored", len(bank.employees), Employee.objects.count()),
        Identity("customers sent = stored", len(bank.customers), Customer.objects.count()),
        Identity("interactions sent = stored", tally["interactions"], Interaction.objects.count()),
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
    spent = {row["currency"]: row["sum"] for row in Action.objects.values("currency").annotate(sum=Sum("cost"))}
    by_unit = Action.objects.values("currency", "ticket__unit").annotate(sum=Sum("cost"))
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


def truth(bank: Bank, visits: list[Visit], figures: dict[str, Any]) -> dict[str, Any]:
    """What an analysis of the data ought to find, for whoever wants to check one."""
    felt = {visit.code: feel(bank, visit.occasion) for visit in visits}
    heard = {visit.code for visit in visits if answer(bank, visit.occasion)}
    return {
        "seed": bank.seed,
        "effects in points of the score": {
            "base": BASE, "per minute of waiting beyond the tolerated": PER_MINUTE, "tolerated minutes": TOLERATED,
            "FlexiCard": PRODUCT, "call not settled": UNRESOLVED, "standard deviation of the noise": NOISE,
        },
        "extra minutes of waiting by branch": {unit.name: unit.extra_wait for unit in UNITS if unit.extra_wait},
        "warmth of employees": {e.name: e.warmth for e in bank.employees if e.role == "employee"},
        "wish to answer per point of feeling (logit)": LOUD,
        "score of all occasions, as if everybody had answered": _nps([f.score for f in felt.values()]),
        "score of those who would answer": _nps([felt[code].score for code in sorted(heard)]),
        "score of all occasions by branch": {
            unit.name: _nps([felt[v.code].score for v in visits if v.unit == unit.code])
            for unit in UNITS if unit.kind == "branch"
        },
        "what weighs on those who would score 0 to 6": Counter(f.about for f in felt.values() if f.score <= 6),
        "figures": figures,
    }  # fmt: skip


def _nps(scores: list[int]) -> dict[str, Any]:
    if not scores:
        return {"n": 0, "nps": None}
    net = sum(score >= 9 for score in scores) - sum(score <= 6 for score in scores)
    return {"n": len(scores), "nps": round(100 * net / len(scores), 2)}
