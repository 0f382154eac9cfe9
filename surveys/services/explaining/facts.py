"""What a decision was made from, in a line. Days and kinds alone: where else something happened stays there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from surveys.models import Decision
from surveys.sampling import RANGE


def facts(decision: Decision) -> list[str]:
    """ "version 3", "last asked on 2026-11-01", "probability 12.5%", "draw 75.0%"; needs `decision.version`."""
    found = [f"version {decision.version.number}"]
    found += _days(decision)
    if (times := decision.inputs.get("in_year")) is not None:
        found.append(f"asked {times} time{'' if times == 1 else 's'} within 365 days")
    if "competing" in decision.inputs:  # nothing spoke against it: chance decided
        found += [f"probability {Decimal(decision.probability):.1%}", f"draw {int(decision.draw) / RANGE:.1%}"]
    return found


def _days(decision: Decision) -> list[str]:
    """The later question of the two, and the last of the program's kind if it is another."""
    named = {"last_asked_at": "last asked", "last_of_kind_at": "last asked by a program of its kind"}
    days = {said: decision.inputs[name] for name, said in named.items() if decision.inputs.get(name)}
    told = [f"{said} on {datetime.fromisoformat(text).date()}" for said, text in days.items()]
    return told[:1] if len(set(days.values())) == 1 else told
