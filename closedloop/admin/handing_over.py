"""Many tickets handed over at once: a page between the list and the deed, with whom it goes to and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from closedloop.forms.handing_over import HandingOverForm, versions_seen
from closedloop.models import Ticket
from closedloop.services.handing_over import MOST, Handed
from common.text import number_of

if TYPE_CHECKING:
    from common.console import ReadOnlyAdmin as Above
else:
    Above = object


class HandingOver(Above):
    """Of the list of tickets: an action, and the page that it opens; the page's address takes ticked rows too, so that
    it can be had without JavaScript."""

    def get_urls(self) -> list[URLPattern]:
        way = self.admin_site.admin_view(self.handing_over)
        return [path("handing-over/", way, name="closedloop_ticket_handing_over"), *super().get_urls()]

    def has_work_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "change")

    @admin.action(description="Hand over", permissions=["work"])
    def hand_over(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse:
        return self._handing_page(request, queryset.values_list("pk", flat=True)[: MOST + 1])

    def handing_over(self, request: HttpRequest) -> HttpResponse:
        """Ticked rows: the page that asks to whom. The page itself: each ticket handed over, or why not."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_work_permission(request):
            raise PermissionDenied
        if "why" not in request.POST:
            ticked = [pk for pk in request.POST.getlist("_selected_action") if pk.isascii() and pk.isdigit()]
            return self._handing_page(request, [int(pk[:18]) for pk in ticked])
        tickets = self._workable(request, versions_seen(request.POST))
        form = HandingOverForm(request.POST, tickets=tickets, principal=request.user, at=timezone.now())
        handed = form.perform()
        if form.errors:
            return self._ask(request, form, tickets, status=422)
        return self._told(request, form, handed)

    def _told(self, request: HttpRequest, form: HandingOverForm, handed: Sequence[Handed]) -> HttpResponse:
        """The list again; where some were refused the page, with those alone, why, and the words as they were."""
        refused = {row.ticket.pk: row.refusal.message for row in handed if row.refusal}
        if len(refused) < len(handed):
            to = form.cleaned_data["to"].name
            messages.success(request, f"{number_of(len(handed) - len(refused), 'ticket')} handed to {to}.")
        if not refused:
            return redirect("admin:closedloop_ticket_changelist")
        return self._ask(request, form, self._workable(request, refused), refused=refused, status=409)

    def _handing_page(self, request: HttpRequest, ids: Any) -> HttpResponse:
        tickets = self._workable(request, ids)
        form = HandingOverForm(tickets=tickets, principal=request.user, at=timezone.now())
        return self._ask(request, form, tickets)

    def _workable(self, request: HttpRequest, ids: Any) -> list[Ticket]:
        """Those of the tickets that the person may work on, the most urgent first; not found if there are none."""
        rows = self.in_sight(Ticket.objects.filter(pk__in=list(ids)), request, self.function("change"))
        found: list[Ticket] = list(rows.select_related("unit", "owner").order_by("due_at", "pk")[: MOST + 1])
        if not found:
            raise Http404("none of these tickets is yours to hand over")
        return found

    def _ask(
        self,
        request: HttpRequest,
        form: HandingOverForm,
        tickets: Sequence[Ticket],
        *,
        refused: dict[int, str] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Hand over {number_of(len(tickets[:MOST]), 'ticket')}",
            "form": form,
            "rows": [(ticket, (refused or {}).get(ticket.pk, "")) for ticket in tickets[:MOST]],
            "too_many": MOST if len(tickets) > MOST else 0,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/closedloop/handing_over.html", context, status=status)
