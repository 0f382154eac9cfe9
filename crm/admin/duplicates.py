"""Customers who may be one person, reviewed side by side, and the merges, each of which can be undone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from common.console import ScopedAdmin
from crm.admin.forms import Form
from crm.models import Customer, DuplicateCandidate, Merge
from crm.services.comparing import LABELS, compare
from crm.services.merging import MergeRefused, merge, propose, tell_apart, undo
from crm.survivorship import RULES

Verdict = DuplicateCandidate.Verdict


class ReviewForm(Form):
    """One person or two; which row stands for both, and whose value counts where the rules are not to decide."""

    verdict = forms.ChoiceField(choices=Verdict.choices, widget=UnfoldAdminRadioSelectWidget, label="They are")
    keep = forms.ChoiceField(
        choices=[("first", "the first"), ("second", "the second")], initial="first", label="Row that stands for both",
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    why = forms.CharField(max_length=300, required=False, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = DuplicateCandidate
        fields = ("verdict", "why")

    def choices(self) -> dict[str, int]:
        """{field: customer id} as chosen by hand."""
        pair = self.instance
        sides = {"first": pair.first_id, "second": pair.second_id}
        said = {field: self.cleaned_data.get(f"choose_{field}", "") for field in RULES}
        return {field: sides[side] for field, side in said.items() if side}


def _choosing() -> dict[str, forms.Field]:
    options = [("", "by the rule"), ("first", "the first"), ("second", "the second")]
    return {
        f"choose_{field}": forms.ChoiceField(
            choices=options, required=False, label=f"{LABELS[field]} of", widget=UnfoldAdminSelectWidget
        )
        for field in RULES
    }


FullReviewForm = type("FullReviewForm", (ReviewForm,), _choosing())


class ProposalForm(Form):
    """Two customers who seem to be one person."""

    class Meta:
        model = DuplicateCandidate
        fields = ("first", "second")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("first") and said.get("first") == said.get("second"):
            raise ValidationError({"second": "Choose another customer than the first."})
        return said

    def _post_clean(self) -> None:
        """Which of them comes first is not the person's concern."""


@admin.register(DuplicateCandidate)
class DuplicateCandidateAdmin(ScopedAdmin):
    """Found every night, or proposed by hand; merged or told apart here."""

    grows = True
    list_display = ("pair", "alike", "reasons_shown", "found_at", "verdict", "settled_by")
    list_select_related = ("first", "second", "settled_by")
    list_filter = (("settled_at", admin.EmptyFieldListFilter), "verdict")
    ordering = ("-id",)
    autocomplete_fields = ("first", "second")
    change_form_before_template = "admin/crm/side_by_side.html"

    @admin.display(description="pair")
    def pair(self, pair: DuplicateCandidate) -> str:
        return str(pair)

    @admin.display(description="alike")
    def alike(self, pair: DuplicateCandidate) -> str:
        return f"{pair.score:.0%}"

    @admin.display(description="because of")
    def reasons_shown(self, pair: DuplicateCandidate) -> str:
        name = pair.reasons.get("name")
        words = [reason.replace("_", " ") for reason, met in pair.reasons.items() if met is True]
        return ", ".join([*sorted(words), *([f"names {name:.0%} alike"] if name is not None else [])])

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        form = FullReviewForm if obj else ProposalForm
        return super().get_form(request, obj, *args, **{**kwargs, "form": form})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("first", "second")
        if obj.settled_at is not None or not self._may(request, "change", obj):
            return ("first", "second", "score", "found_at", "verdict", "why", "settled_at", "settled_by")
        return ("verdict", "keep", *(f"choose_{field}" for field in RULES), "why")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        open_one = not isinstance(obj, DuplicateCandidate) or obj.settled_at is None
        return open_one and super().has_change_permission(request, obj)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        pair = self.row(request, object_id, action="view")
        shown = {"pair": pair, "lines": compare(pair.first, pair.second)}
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: DuplicateCandidate, form: Any, change: bool) -> None:
        by: Any = request.user
        if not change:
            obj.pk = propose(**form.cleaned_data, at=timezone.now(), by=by).pk
            return
        try:
            _settle(obj, form, by)
        except MergeRefused as refusal:
            messages.error(request, str(refusal))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None  # the verb left its own event

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return redirect("admin:crm_duplicatecandidate_change", obj.pk)


def _settle(pair: DuplicateCandidate, form: Any, by: Any) -> None:
    said, at = form.cleaned_data, timezone.now()
    if said["verdict"] == Verdict.DIFFERENT:
        tell_apart(candidate=pair, at=at, by=by, why=said["why"])
        return
    kept, merged = (pair.first, pair.second) if said["keep"] == "first" else (pair.second, pair.first)
    seen = Customer.objects.visible_to(by, "crm.change_duplicatecandidate")
    merge(kept=kept, merged=merged, at=at, by=by, why=said["why"], choices=form.choices(), seen=seen)


class UndoForm(Form):
    """Saving undoes the merge: the rows are two people again, each with what came to it since."""

    undone_why = forms.CharField(max_length=300, label="Undo it, because", widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Merge
        fields = ("undone_why",)


@admin.register(Merge)
class MergeAdmin(ScopedAdmin):
    """Rows that are one person: which one stands for both, since when, and whose decision it was."""

    grows = True
    list_display = ("kept", "merged", "at", "by", "why", "undone_at", "undone_by")
    list_display_links = ("at",)
    list_select_related = ("kept", "merged", "by", "undone_by")
    list_filter = (("undone_at", admin.EmptyFieldListFilter),)
    search_fields = ("kept__external_id__exact", "merged__external_id__exact")
    search_help_text = "External id of either customer"
    ordering = ("-id",)
    form = UndoForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # pairs are merged where they are compared

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        in_force = not isinstance(obj, Merge) or obj.undone_at is None
        return in_force and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        kept = ("kept", "merged", "chosen", "why", "at", "by")
        return (*kept, "undone_why") if self.has_change_permission(request, obj) else (*kept, *UNDONE)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return tuple(name for name in self.get_fields(request, obj) if name != "undone_why" or obj.undone_at)

    def save_model(self, request: HttpRequest, obj: Merge, form: Any, change: bool) -> None:
        by: Any = request.user
        try:
            undo(merge=obj, at=timezone.now(), by=by, why=form.cleaned_data["undone_why"])
        except MergeRefused as refusal:
            messages.error(request, str(refusal))

    @admin.display(description="chosen by hand")
    def chosen(self, made: Merge) -> str:
        rows = {made.kept_id: made.kept, made.merged_id: made.merged}
        told = [f"{LABELS.get(field, field)} of {rows.get(pk, pk)}" for field, pk in made.choices.items()]
        return ", ".join(told) or "nothing, the rules decided"


UNDONE = ("undone_why", "undone_at", "undone_by")
