"""`truth.json`: everything that is true of the bank and small enough to be read by a person."""

from __future__ import annotations

from typing import Any

from demo.company import customers, people, units
from demo.company.bank import Bank
from demo.recording import Tally, nps
from demo.truth import cheating, complaints, minds, money


def truth(bank: Bank, tally: Tally) -> dict[str, Any]:
    """What an analysis of the data ought to find, for whoever wants to check one; docs/demo.md explains each part."""
    return {
        "effects in points of the score": _effects(),
        "standard deviations": _deviations(),
        "variance between two answers about the same": round(minds.NOISE**2, 4),
        "wish to answer": {"per point of feeling (logit)": minds.LOUD, "least at": minds.INDIFFERENT},
        "complaints": _complaints(bank),
        "re-organizations": [
            {"day": change.day, "branches": change.branches, "employees moved": len(change.staff)}
            for change in bank.changes
        ],
        "cheating branches": {unit.code: unit.cheat for unit in bank.branches if unit.cheat},
        "cheating": _cheating(),
        "mail": {"share scanned": customers.SCANNED, "share of bad addresses": customers.BAD},
        "money": _money(),
        "extra minutes of waiting by branch": {u.code: u.extra_wait for u in bank.branches if u.extra_wait},
        "score of all occasions, as if everybody had answered": nps(tally.overall()),
        "score of those who would answer": {"nps": nps(tally.heard)["nps"]},
        "score of all occasions by branch": {code: nps(scores) for code, scores in tally.by(0).items()},
        "score of all occasions by month": {month: nps(scores) for month, scores in tally.by(1).items()},
        "what weighs on those who would score 0 to 6": dict(tally.low.most_common()),
    }


def _effects() -> dict[str, float]:
    return {
        "base": minds.BASE,
        "per minute of waiting beyond the tolerated": minds.PER_MINUTE,
        "tolerated minutes": minds.TOLERATED,
        "call not settled": minds.UNRESOLVED,
    }


def _deviations() -> dict[str, float]:
    return {
        "customers' liking": customers.LIKING,
        "branches": units.DIFFERENCE,
        "employees": people.WARMTH,
        "encounters with one employee": minds.ENCOUNTER,
        "noise of the moment": minds.NOISE,
    }


def _complaints(bank: Bank) -> dict[str, Any]:
    said = {
        one.code: {"since": complaints.since(bank, one), "share": one.share, "effect": one.effect}
        for one in complaints.COMPLAINTS
    }
    return {"product": complaints.NEW_PRODUCT, "launched": complaints.launched(bank), "each": said}


def _cheating() -> dict[str, float]:
    return {
        "withholds: share of the unhappy": cheating.WITHHELD,
        "begs: share of those from 6 to 9": cheating.BEGGED,
        "forges: share of those who stay silent": cheating.FORGED,
        "redirects: share of the unhappy": cheating.REDIRECTED,
        "redirects: share answered by the branch": cheating.SHARP,
    }


def _money() -> dict[str, Any]:
    return {
        "days of a quarter": money.QUARTER,
        "leaves": {"base": money.LEAVES, "per point of loyalty (log)": -money.KEEPS},
        "income": {"base": money.INCOME, "per point of loyalty": money.EARNS},
        "margin": money.MARGIN,
        "share of wallet": {"base": money.WALLET, "per point of loyalty": money.SPENDS},
        "offers": "no effect on the score",
        "refers": {"base": money.REFERS, "per point of loyalty (log)": money.TELLS},
    }
