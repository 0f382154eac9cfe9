"""What findings say about causes: as they were coded, as they read in a later edition, and how far two people agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from closedloop.agreement import Agreement, agreement
from closedloop.causes import as_is, line_of
from closedloop.models import CauseEdition, Finding, RootCause, SecondCoding, Ticket
from crm.sight import Principal, sees_every_unit

FEWEST = 10  # pairs of codes; of fewer nothing is said
VIEW = "closedloop.view_ticket"

Counted = dict[tuple[int | None, int | None], int]


@dataclass(frozen=True)
class Row:
    """A cause of the edition: findings coded with it in this edition (as was), and all that read as it or as one of its
    parts today (as is), by judgement and by what customers said."""

    path: str
    offered: bool
    as_was: int
    as_is: int
    stated: int


@dataclass(frozen=True)
class Reading:
    """`unread`: findings of earlier editions whose cause was split, with nothing above its parts. `waiting`: second
    codings nobody has given; `twice`: pairs that were coded by two people; `agreement`: None under FEWEST pairs."""

    rows: list[Row] = field(default_factory=list)
    unread: int = 0
    waiting: int = 0
    twice: int = 0
    agreement: Agreement | None = None
    customers: Agreement | None = None
    both: int = 0


def read_causes(edition: CauseEdition, *, principal: Principal) -> Reading:
    """Findings in sight, read in `edition`; a fixed number of queries for any number of findings."""
    tree, findings = Tree(edition), _findings(principal)
    coded = SecondCoding.objects.filter(finding__in=findings)
    said = _counted(findings, "stated_cause", "root_cause")
    coded_as = _by(1, said)
    judged, stated = tree.read(coded_as), tree.read(_by(0, said))
    twice = tree.pairs(_counted(coded.filter(at__isnull=False), "finding__root_cause", "root_cause"))
    both = tree.pairs(said)
    return Reading(
        rows=[tree.row(cause, coded_as, judged, stated) for cause in tree.causes],
        unread=judged[None],
        waiting=coded.filter(at=None).count(),
        twice=len(twice),
        agreement=agreement(twice) if len(twice) >= FEWEST else None,
        customers=agreement(both) if len(both) >= FEWEST else None,
        both=len(both),
    )


class Tree:
    """The causes of an edition, and how those before it read in it."""

    def __init__(self, edition: CauseEdition) -> None:
        upto = RootCause.objects.filter(edition__number__lte=edition.number)
        self.causes = sorted(
            (cause for cause in upto if cause.edition_id == edition.pk), key=lambda cause: cause.path or cause.name
        )
        self.parents = {cause.pk: cause.parent_id for cause in upto}
        self.heirs: dict[int, list[int]] = {}
        links = RootCause.comes_from.through._default_manager.filter(
            from_rootcause__edition__number__lte=edition.number
        )
        for new, old in links.order_by("pk").values_list("from_rootcause", "to_rootcause"):
            self.heirs.setdefault(old, []).append(new)

    def today(self, cause: int) -> int | None:
        return as_is(cause, self.heirs, self.parents)

    def read(self, counted: dict[int, int]) -> Counter[int | None]:
        """Findings by the cause that they read as, those above it included; under None what cannot be read."""
        found: Counter[int | None] = Counter()
        for cause, number in counted.items():
            reads = self.today(cause)
            for each in line_of(reads, self.parents) if reads else [None]:
                found[each] += number
        return found

    def pairs(self, said: Counted) -> list[tuple[int, int]]:
        """Pairs of causes as they read in the edition, where both do."""
        pairs: list[tuple[int, int]] = []
        for causes, number in said.items():
            first, second = (self.today(cause) if cause is not None else None for cause in causes)
            if first is not None and second is not None:
                pairs += [(first, second)] * number
        return pairs

    def row(
        self, cause: RootCause, coded: dict[int, int], judged: Counter[int | None], stated: Counter[int | None]
    ) -> Row:
        was = coded.get(cause.pk, 0)
        return Row(cause.path or cause.name, cause.offered, was, judged[cause.pk], stated[cause.pk])


def _findings(principal: Principal) -> QuerySet[Finding]:
    """Those in sight; who sees every unit is not asked about a million tickets one by one."""
    if sees_every_unit(principal, VIEW):
        return Finding.objects.all()
    return Finding.objects.filter(ticket__in=Ticket.objects.visible_to(principal, VIEW))


def _counted(rows: QuerySet[Any], one: str, other: str) -> Counted:
    """How many rows say which two causes."""
    known = rows.values_list(one, other).annotate(n=Count("pk"))
    return {(first, second): number for first, second, number in known.order_by()}


def _by(side: int, said: Counted) -> Counter[int]:
    """Rows by the cause that they say on that side, where they say one."""
    found: Counter[int] = Counter()
    for causes, number in said.items():
        cause = causes[side]
        if cause is not None:
            found[cause] += number
    return found
