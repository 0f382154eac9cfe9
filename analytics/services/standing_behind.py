"""What stands behind a cell of the explorer: customers' words, and what those who called them back wrote down; each as
far as the reader may see it elsewhere. Nothing stands behind a cell that is too small to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet

from analytics.services.crossing import Cell, Table, cross
from analytics.services.cutting import Question, facts_of_group
from closedloop.models import ContactAttempt, Finding, Ticket, TicketSignal
from crm.sight import Principal
from surveys.models import Response

ROWS = 20


class NoSuchCell(LookupError):
    """The table has no such cell, or it must not be told."""


@dataclass(frozen=True)
class Behind:
    """`words`: a page of answers with comments. `calls`: a page of tickets with what was written down."""

    table: Table
    cell: Cell
    words: Page[Any]
    calls: Page[Any]


def behind(
    question: Question, *, row: str | None, column: str | None, words_page: str | None, calls_page: str | None
) -> Behind:
    """The cell under these heads (texts of an address; None: the total). NoSuchCell, OrgUnit.DoesNotExist,
    TooManyGroups."""
    table = cross(question)
    cell = table.cell(row, column)
    if cell is None or cell.reading is None:
        raise NoSuchCell
    chosen = _facts(question, cell)
    words = Paginator(_words(question.principal, chosen), ROWS).get_page(words_page)
    return Behind(table, cell, words, Paginator(_calls(question.principal, chosen), ROWS).get_page(calls_page))


def _facts(question: Question, cell: Cell) -> QuerySet[Any]:
    """Ids of the answers in the cell."""
    keys = {number: head.key for number, head in enumerate((cell.row, cell.column)) if head is not None}
    return facts_of_group(question, keys).values("pk")


def _words(principal: Principal, chosen: QuerySet[Any]) -> QuerySet[Response]:
    said = Response.objects.visible_to(principal, "surveys.view_response").filter(pk__in=chosen).exclude(comment="")
    return said.select_related("unit", "program", "customer").order_by("-answered_at", "-pk")


def _calls(principal: Principal, chosen: QuerySet[Any]) -> QuerySet[Ticket]:
    """Tickets that one of the answers opened or was attached to, on which something was written down."""
    seen = Ticket.objects.visible_to(principal, "closedloop.view_ticket")
    about = seen.filter(pk__in=_tickets_of(chosen))
    tried = ContactAttempt.objects.made().exclude(note="").select_related("by").order_by("number")
    learned = Finding.objects.select_related("by", "root_cause").order_by("pk")
    written = about.filter(pk__in=tried.values("ticket").union(learned.values("ticket")))
    notes = (
        Prefetch("attempts", tried, to_attr="told_attempts"),
        Prefetch("findings", learned, to_attr="told_findings"),
    )
    return written.select_related("unit", "origin").prefetch_related(*notes).order_by("-opened_at", "-pk")


def _tickets_of(chosen: QuerySet[Any]) -> QuerySet[Any]:
    return TicketSignal.objects.filter(signal__response__in=chosen).values("ticket")
