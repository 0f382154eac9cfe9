"""What was done for customers and what it cost: the ledger, the kinds of action, and who may spend how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from closedloop.forms.limits import LimitForm
from closedloop.models import Action, ActionKind, AuthorityLimit
from common.console import ReadOnlyAdmin, ScopedAdmin
from common.exports import Table
from common.long_lists import TimeRange


class Waiting(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("awaiting", "Awaiting approval"), ("done", "Done"), ("undone", "Refused or withdrawn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows: Any = queryset
        chosen = {"awaiting": rows.awaiting, "done": rows.done, "undone": rows.turned_down}
        found: QuerySet[Any] = chosen.get(self.value() or "", rows.all)()
        return found


@admin.register(Action)
class ActionAdmin(ReadOnlyAdmin):
    """The ledger: exported it ends with a control total a currency, of what was done."""

    scope_through = "ticket"
    view_function = "closedloop.view_ticket"
    grows = True
    list_display = (
        "at", "ticket", "unit", "kind", "done", "recompense", "cost", "currency", "state", "by", "decided_by",
        "done_at",
    )  # fmt: skip
    list_filter = (Waiting, "kind", ("at", TimeRange))
    list_select_related = ("ticket__unit", "kind", "by", "decision__by")
    ordering = ("-id",)
    fields = ("ticket", "kind", "done", "recompense", "cost", "currency", "by", "at", "state", "why", "done_at")
    readonly_fields = ("state", "why")

    @admin.display(description="Unit")
    def unit(self, action: Action) -> str:
        return action.ticket.unit.name

    @admin.display(description="State")
    def state(self, action: Action) -> str:
        return action.state

    @admin.display(description="Decided by")
    def decided_by(self, action: Action) -> str:
        return str(action.decision.by or "") if hasattr(action, "decision") else ""

    @admin.display(description="Why")
    def why(self, action: Action) -> str:
        return action.decision.why if hasattr(action, "decision") else ""

    def table(self, request: HttpRequest, queryset: QuerySet[Any]) -> Table:
        found = super().table(request, queryset)
        columns = [self.list_display.index(name) for name in ("recompense", "cost", "currency", "done_at")]
        return replace(found, rows=with_totals(found.rows, columns))


def with_totals(rows: Iterable[Iterable[Any]], columns: list[int]) -> Iterator[list[Any]]:
    """The rows, then one a currency: how many were done, and their sums. `columns`: places of recompense, cost,
    currency and of the moment when it was done."""
    paid, cost, currency, done_at = columns
    totals: dict[str, list[Any]] = defaultdict(lambda: [0, Decimal(0), Decimal(0)])
    width = 0
    for each in rows:
        row = list(each)
        width = len(row)
        if row[done_at]:
            total = totals[row[currency]]
            total[0], total[1], total[2] = total[0] + 1, total[1] + row[paid], total[2] + (row[cost] or 0)
        yield row
    for code in sorted(totals):
        number, recompense, spent = totals[code]
        line: list[Any] = [""] * width
        line[0], line[paid], line[cost], line[currency] = f"control total of {number}", recompense, spent, code
        yield line


@admin.register(ActionKind)
class ActionKindAdmin(ScopedAdmin):
    company_wide = True
    list_display = ("name", "code", "pays", "active")
    search_fields = ("name", "code")


@admin.register(AuthorityLimit)
class AuthorityLimitAdmin(ScopedAdmin):
    """Who may spend how much on a ticket, where, in which currency."""

    company_wide = True
    deletable = True
    form = LimitForm
    list_display = ("role", "unit", "amount", "currency")
    list_filter = ("role", "unit")
    list_select_related = ("unit",)
