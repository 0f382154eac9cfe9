"""How the explorer's figures and findings are said in plain English. Pure of requests."""

from __future__ import annotations

from analytics.cuts import Measure
from analytics.maths.readings import Reading, differ
from analytics.maths.rounding import MINUS, percent, points, signed
from analytics.services.crossing import Cell, Table
from common.text import grouped

CHANCE = "by more than chance brings"


def told(value: float | None, form: str) -> str:
    """A value in the form of its measure: +34, 24 %, 7.3."""
    if value is None:
        return ""
    if form == "points":
        return signed(value)
    if form == "share":
        return percent(value / 100)
    digits = 1 if abs(value) >= 10 else 2
    return f"{points(value, digits):,}".replace("-", MINUS)


def interval(reading: Reading, form: str) -> str:
    """ "+12 to +40"."""
    if reading.interval is None:
        return ""
    low, high = reading.interval
    return f"{told(low, form)} to {told(high, form)}"


def place(cell: Cell) -> str:
    """Where in the table: "Motor, 3 to 6"."""
    return ", ".join(head.label for head in (cell.row, cell.column) if head) or "all answers"


def finding(table: Table) -> str:
    """What the table says, in one sentence."""
    question, known = table.question, table.known
    if table.whole.reading is None:
        return "Too few answers to show" if table.whole.hidden else "No answers in this period"
    if len(known) < 2:
        return _single(table)
    low, high = (pick(known, key=_value) for pick in (min, max))
    first, last = (f"{place(cell)} ({_told(cell, question.measure)})" for cell in (high, low))
    if not differ(high.reading or Reading(0), low.reading or Reading(0), among=len(known)):
        return f"{question.measure.label}: no two of these differ {CHANCE}"
    return f"{question.measure.label} is highest for {first} and lowest for {last}; they differ {CHANCE}"


def _value(cell: Cell) -> float:
    return cell.reading.value if cell.reading and cell.reading.value is not None else 0.0


def _told(cell: Cell, measure: Measure) -> str:
    return told(_value(cell), measure.form)


def _single(table: Table) -> str:
    reading, measure = table.whole.reading, table.question.measure
    if reading is None or reading.value is None:
        return "Too few answers to show"
    return f"{measure.label} {told(reading.value, measure.form)}, between {interval(reading, measure.form)}"


def lede(table: Table) -> str:
    """What was asked: "Net Promoter Score by Claim type and Days, of 1,204 answers"."""
    named = " and ".join(each.label[:1].lower() + each.label[1:] for each in table.question.by)
    n = f"{grouped(table.whole.reading.n)} answers" if table.whole.reading else "too few answers to tell"
    return f"{table.question.measure.label}{f' by {named}' if named else ''}, of {n}"


def more(reading: Reading, form: str) -> str:
    """What belongs to a figure: "promoters 50 %, passives 30 %, detractors 20 %"."""
    own = "share" if form != "figure" else form
    return ", ".join(f"{name} {told(value, own)}" for name, value in reading.more)
