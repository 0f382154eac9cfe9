"""The truth, written beside the data (docs/demo.md describes every file): streamed, so that a million customers need no
memory. What is not in the data stands here: later claims can be scored against it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from demo.company.bank import Bank
from demo.company.customers import Customer
from demo.truth import money
from demo.truth.minds import Feeling, would_answer
from demo.truth.visits import Visit

Cell = tuple[str, str, int]  # branch, month, score as if everybody had answered -> how many

OCCASIONS = ("code", "unit", "customer", "employee", "occurred_at", "latent", "score", "about", "complaint", "withheld")
CUSTOMERS = (
    "code", "unit", "segment", "liking", "answering", "loyalty", "phone_known", "mail", "refuses_surveys",
    "left_in_quarter",
)  # fmt: skip
MONEY = ("customer", "quarter", "income", "referred")
BRANCHES = ("code", "name", "region", "effect", "extra_wait", "share", "cheat", "n", "nps")
ACTS = ("way", "unit", "occasion", "at", "felt", "given")


@contextmanager
def table(file: Path, header: Iterable[str], *, headed: bool = True) -> Iterator[Any]:
    """A CSV being written, gzipped when its name ends so; `headed`: with a header, unless it is a later part."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with opened(file) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        if headed:
            writer.writerow(header)
        yield writer


def opened(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(file, "wb", compresslevel=1), encoding="utf-8", newline="")
    return file.open("w", encoding="utf-8", newline="")


def join(parts: list[Path], file: Path) -> None:
    """The parts that several processes wrote, one after the other: gzip allows it."""
    with file.open("wb") as whole:
        for part in parts:
            with part.open("rb") as stream:
                shutil.copyfileobj(stream, whole)
            part.unlink()


def occasion_row(visit: Visit, feeling: Feeling, *, withheld: bool) -> tuple[Any, ...]:
    return (
        visit.code, visit.unit, visit.customer, visit.employee, visit.occurred_at.isoformat(timespec="seconds"),
        round(feeling.latent, 3), feeling.score, feeling.about, feeling.complaint, int(withheld),
    )  # fmt: skip


def customer_row(bank: Bank, person: Customer) -> tuple[Any, ...]:
    left = money.left_in(bank, person)
    return (
        person.code, person.unit, person.segment, person.liking, person.answering,
        round(money.loyalty(bank, person), 3), int(person.phone_known), _mail(person), int(person.refuses),
        left if left < money.quarters(bank) else "",
    )  # fmt: skip


def _mail(person: Customer) -> str:
    return "bad" if person.unreachable else "scanned" if person.guarded else "plain"


def money_rows(bank: Bank, person: Customer) -> Iterator[tuple[Any, ...]]:
    found = money.worth(bank, person)
    for quarter, (income, referred) in enumerate(zip(found.income, found.referred, strict=True)):
        yield person.code, quarter, income, int(referred)


class Tally:
    """What everybody felt, counted while the occasions pass by: all of them, withheld ones included."""

    def __init__(self) -> None:
        self.felt: Counter[Cell] = Counter()
        self.heard: Counter[int] = Counter()  # score -> expected answers if all were asked, in thousandths
        self.low: Counter[str] = Counter()  # what weighs on those who would score 0 to 6

    def count(self, bank: Bank, visit: Visit, feeling: Feeling) -> None:
        self.felt[visit.unit, f"{visit.occurred_at:%Y-%m}", feeling.score] += 1
        chance = would_answer(bank.customer_named(visit.customer), feeling)
        self.heard[feeling.score] += round(1000 * chance)
        if feeling.score <= 6:
            self.low[feeling.complaint or feeling.about] += 1

    def add(self, other: Tally) -> None:
        self.felt += other.felt
        self.heard += other.heard
        self.low += other.low

    def by(self, place: int) -> dict[str, Counter[int]]:
        """The histogram of scores by branch (0) or by month (1)."""
        found: dict[str, Counter[int]] = {}
        for cell, number in sorted(self.felt.items()):
            found.setdefault(str(cell[place]), Counter())[cell[2]] += number
        return found

    def overall(self) -> Counter[int]:
        return sum(self.by(0).values(), Counter())


def nps(scores: Counter[int]) -> dict[str, Any]:
    """{"n", "nps"} of a histogram; unrounded counts come in thousandths for `heard`."""
    number = sum(scores.values())
    if not number:
        return {"n": 0, "nps": None}
    net = sum(n for score, n in scores.items() if score >= 9) - sum(n for score, n in scores.items() if score <= 6)
    return {"n": number, "nps": round(100 * net / number, 2)}


def write_tables(bank: Bank, tally: Tally, folder: Path) -> None:
    """The small tables: branches, their months, employees, re-organizations."""
    by_branch = tally.by(0)
    with table(folder / "branches.csv", BRANCHES) as rows:
        for unit in bank.branches:
            known = (unit.code, unit.name, unit.parent, unit.effect, unit.extra_wait, unit.share, unit.cheat)
            rows.writerow((*known, *nps(by_branch.get(unit.code, Counter())).values()))
    with table(folder / "branch_months.csv", ("unit", "month", *(f"s{score}" for score in range(11)))) as rows:
        for code, month in sorted({cell[:2] for cell in tally.felt}):
            rows.writerow((code, month, *(tally.felt[code, month, score] for score in range(11))))
    with table(folder / "employees.csv", ("code", "name", "role", "unit", "warmth")) as rows:
        rows.writerows((one.code, one.name, one.role, one.unit, one.warmth) for one in bank.employees)
    with table(folder / "changes.csv", ("day", "what", "code", "to")) as rows:
        for change in bank.changes:
            rows.writerows((change.day, "branch", *move) for move in change.branches.items())
            rows.writerows((change.day, "employee", *move) for move in change.staff.items())


def write_summary(bank: Bank, summary: dict[str, Any], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    known = {"seed": bank.seed, "size": asdict(bank.size), "begins": bank.begins, "until": bank.until, **summary}
    file.write_text(json.dumps(known, indent=2, ensure_ascii=False, default=str))
