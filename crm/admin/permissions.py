"""What keeps us from asking: holds, and addresses that must not be written to."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from common.console import ReadOnlyAdmin, ScopedAdmin
from crm.addresses import normalize
from crm.admin.forms import Form
from crm.models import Hold, LiftedSuppression, Suppression
from crm.models.customers import address_hash
from crm.searching import HELP, of_customer
from crm.services.holding import cause_of, hold
from crm.services.suppressing import lift, suppress


class HoldForm(Form):
    """A reason not to ask a customer, and until when it lasts."""

    class Meta:
        model = Hold
        fields = ("customer", "kind", "why", "until")
        help_texts: ClassVar = {
            "why": "What colleagues should know about it.",
            "until": "Empty: until somebody releases it.",
        }

    def clean_until(self) -> Any:
        if (until := self.cleaned_data["until"]) and until <= timezone.now():
            raise forms.ValidationError("This lies in the past.")
        return until


class ReleaseForm(Form):
    """Saving releases the hold."""

    released_why = forms.CharField(max_length=300, label="Release it, because", widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Hold
        fields = ("released_why",)


class Lasting(admin.SimpleListFilter):
    title = "in force"
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "In force"), ("no", "Over")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        in_force: QuerySet[Any] = queryset.in_force(timezone.now())
        over: QuerySet[Any] = queryset.exclude(pk__in=in_force.values("pk"))
        chosen: dict[str | None, QuerySet[Any]] = {"yes": in_force, "no": over}
        return chosen.get(self.value(), queryset)


@admin.register(Hold)
class HoldAdmin(ScopedAdmin):
    """While a hold lasts the customer is not asked. A hold by a ticket ends with it; others are released here."""

    scope_through = "customer"
    grows = True
    list_display = ("customer", "kind", "cause", "why", "since", "until", "released_at", "by")
    list_select_related = ("customer", "by")
    list_filter = (Lasting, "kind")
    search_fields = (*of_customer(), "cause__exact")
    search_help_text = f"{HELP}, or the cause"
    ordering = ("-id",)
    autocomplete_fields = ("customer",)
    actions = ("release",)

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        return super().get_form(request, obj, *args, **{**kwargs, "form": ReleaseForm if obj else HoldForm})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = ("customer", "kind", "why", "until")
        return (*asked, "cause", "since", "by", "released_why", "released_at", "released_by") if obj else asked

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        open_one = obj.released_at is None
        return tuple(name for name in self.get_fields(request, obj) if name != "released_why" or not open_one)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        open_one = not isinstance(obj, Hold) or obj.released_at is None
        return open_one and super().has_change_permission(request, obj)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":  # tickets set and lift their own
            kwargs["choices"] = [choice for choice in Hold.Kind.choices if choice[0] != Hold.Kind.OPEN_TICKET]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Hold, form: Any, change: bool) -> None:
        by: Any = request.user
        if change:
            obj.release(at=timezone.now(), by=by, why=form.cleaned_data["released_why"])
        else:
            said = form.cleaned_data
            cause = cause_of("console", why=said["why"], until=said["until"])
            obj.pk = hold(**said, cause=cause, by=by, at=timezone.now()).pk

    @admin.action(description="Release", permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        at, by = timezone.now(), request.user
        mine = self.in_sight(queryset.filter(released_at=None), request, self.function("change"))
        released = [held.release(at=at, by=by) for held in mine]
        self.message_user(request, f"{sum(released)} released.", messages.SUCCESS)


class SuppressionForm(Form):
    """An address that must not be written to again. Only its hash is kept."""

    address = forms.CharField(max_length=254)

    class Meta:
        model = Suppression
        fields = ("channel", "evidence")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        try:
            return {**said, "normalized": normalize(said.get("channel", ""), said.get("address", ""))}
        except ValueError as error:
            raise forms.ValidationError({"address": str(error)}) from error


class LiftForm(Form):
    """Saving lifts the suppression: the address may be written to again. What it was, and why it ended, is kept."""

    lifted_why = forms.CharField(max_length=300, label="Lift it, because", widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Suppression
        fields: tuple[str, ...] = ()


@admin.register(Suppression)
class SuppressionAdmin(ScopedAdmin):
    company_wide = True
    change_function = "crm.lift_suppression"
    grows = True
    list_display = ("at", "channel", "reason", "evidence")
    list_display_links = ("at",)
    list_filter = ("channel", "reason")
    search_fields = ("address_hash__exact",)
    search_help_text = "A whole e-mail address, or a telephone number as +442079460100"
    ordering = ("-id",)
    form = SuppressionForm
    fields = ("channel", "address", "evidence")

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        return super().get_form(request, obj, *args, **({**kwargs, "form": LiftForm} if obj else kwargs))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fields
        kept = ("channel", "reason", "at", "evidence")
        return (*kept, "lifted_why") if self.has_change_permission(request, obj) else kept

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("channel", "reason", "at", "evidence") if obj else ()

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """By address, of which only the hash is known."""
        if not search_term.strip():
            return queryset, False
        channels = ("email", "sms", "phone")
        hashes = [address_hash(channel, form) for channel in channels for form in _forms(channel, search_term)]
        return queryset.filter(address_hash__in=hashes), False

    def response_change(self, request: HttpRequest, obj: Suppression) -> HttpResponse:
        self.message_user(request, "Lifted.", messages.SUCCESS)
        return redirect("admin:crm_suppression_changelist")

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        by: Any = request.user
        said = form.cleaned_data
        if change:
            lift(suppression=obj, why=said["lifted_why"], at=timezone.now(), by=by)
            return
        row = suppress(
            channel=said["channel"],
            normalized=said["normalized"],
            reason=Suppression.Reason.MANUAL,
            evidence=said["evidence"],
            at=timezone.now(),
            by=by,
        )
        obj.pk = row.pk


@admin.register(LiftedSuppression)
class LiftedSuppressionAdmin(ReadOnlyAdmin):
    """Addresses that may be written to again, and why."""

    company_wide = True
    list_display = ("lifted_at", "channel", "reason", "at", "lifted_by", "lifted_why")
    list_display_links = ("lifted_at",)
    list_select_related = ("lifted_by",)
    list_filter = ("channel", "reason")
    ordering = ("-id",)
    fields = ("channel", "reason", "at", "evidence", "lifted_at", "lifted_by", "lifted_why")


def _forms(channel: str, term: str) -> list[str]:
    try:
        return [normalize(channel, term)]
    except ValueError:
        return []
