"""Occasions of programs' own: whose turn came round, which episodes ended, whom staff wished to ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from common.console import ReadOnly, ScopedAdmin
from common.long_lists import TimeRange
from common.models import User
from crm.models import Customer, Interaction
from crm.searching import HELP, of_customer
from surveys.models import Program, Turn
from surveys.services.occasions.wishing import LONGEST_WHY, manual_programs, wish

ASK = "surveys.add_turn"


class WishForm(forms.Form):
    """In which program staff wish to ask, and why."""

    program = forms.ModelChoiceField(Program.objects.none(), empty_label=None)
    why = forms.CharField(
        max_length=LONGEST_WHY, help_text="In your own words; the office reads it, the customer does not."
    )

    def __init__(self, *args: Any, programs: list[Program], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["program"]
        field.queryset = Program.objects.filter(pk__in=[program.pk for program in programs])
        for each in self.fields.values():
            each.widget.attrs["class"] = "input"


@admin.register(Turn)
class TurnAdmin(ReadOnly, ScopedAdmin):
    grows = True
    list_display = ("due_at", "program", "customer", "unit", "employee", "by", "triggered_at", "outcome")
    list_select_related = ("program", "customer", "unit", "employee", "by")
    list_filter = ("program", "unit", ("due_at", TimeRange))
    search_fields = (*of_customer(), "key__exact")
    search_help_text = f"{HELP}, or a key such as wish:interaction:12"
    ordering = ("-id",)
    fields = (
        "program", "key", "customer", "interaction", "unit", "employee", "occurred_at", "due_at", "by", "why",
        "created_at", "delays", "triggered_at", "outcome",
    )  # fmt: skip

    readonly_fields = ("program_name", "by_name", "outcome")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Turn]:
        rows: Any = super().get_queryset(request)
        found: QuerySet[Turn] = rows.with_reasons()
        return found

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Without a link to the pages of programs and people for whoever may not open those."""
        plain = {name for name, model in (("program", Program), ("by", User)) if not self._opens(model, request)}
        return [f"{name}_name" if name in plain else name for name in self.fields or ()]

    def _opens(self, model: type[Any], request: HttpRequest) -> bool:
        return self.admin_site._registry[model].has_view_permission(request)

    @admin.display(description="program")
    def program_name(self, turn: Turn) -> str:
        return turn.program.name

    @admin.display(description="by")
    def by_name(self, turn: Turn) -> str:
        return str(turn.by or "")

    @admin.display(description="what became of it")
    def outcome(self, turn: Turn) -> str:
        return turn.outcome

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask the customer that `?interaction=ID` or `?customer=ID` names."""
        if not request.user.has_perm(ASK):  # no permission to add: a button that names nobody would lead to a 404
            raise PermissionDenied
        about = _about(request)
        programs = manual_programs(at=timezone.now())
        form = WishForm(request.POST or None, programs=programs)
        back = reverse(f"admin:crm_{about._meta.model_name}_change", args=[about.pk])
        if form.is_valid() and self._wished(request, about, form):
            return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": "Ask this customer", "about": about, "form": form, "opts": self.opts, "programs": programs,
            "back": back,
        }  # fmt: skip
        return TemplateResponse(request, "admin/surveys/wish.html", context, status=422 if form.errors else 200)

    def _wished(self, request: HttpRequest, about: Interaction | Customer, form: WishForm) -> bool:
        by: Any = request.user
        try:
            _, new = wish(about=about, by=by, at=timezone.now(), **form.cleaned_data)
        except forms.ValidationError as problem:
            told = {name if name in form.fields else None: said for name, said in problem.message_dict.items()}
            for name, said in told.items():
                form.add_error(name, said)
            return False
        where = "what became of it, and why, stands on this page under “Turns to ask”."
        words = f"Noted. The trigger decides within seconds; {where}" if new else f"It is noted already; {where}"
        self.message_user(request, words, messages.SUCCESS if new else messages.INFO)
        return True


def _about(request: HttpRequest) -> Interaction | Customer:
    """What the address names, if one may ask there; 404 else."""
    for name, rows in (("interaction", Interaction.objects), ("customer", Customer.objects)):
        said = request.GET.get(name, "")
        if said.isascii() and said.isdigit() and len(said) <= 18:
            found: Interaction | Customer | None = rows.visible_to(request.user, ASK).filter(pk=said).first()
            if found is not None:
                return found
    raise Http404
