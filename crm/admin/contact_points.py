"""Ways to reach customers, entered and corrected by people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from common.console import ScopedAdmin
from crm.addresses import normalize
from crm.admin.forms import Form
from crm.models import ContactPoint
from crm.searching import HELP, of_customer
from crm.services.contacting import add_contact_point, call_unusable, call_usable, prefer
from crm.shapes import ADDRESSED

KEPT = ("customer", "channel", "address", "entered_by", "entered_at", "unusable_since", "unusable_by")


class AddressForm(Form):
    """One more way to reach a customer; it stays when the customer's source sends its own list."""

    class Meta:
        model = ContactPoint
        fields = ("customer", "channel", "address", "preferred")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        try:
            normalize(said.get("channel", ""), said.get("address", ""))
        except ValueError as error:
            raise ValidationError({"address": str(error)}) from error
        return said


class StateForm(Form):
    """Whether it works, and whether it comes before the customer's others."""

    usable = forms.BooleanField(required=False, label="It works")

    class Meta:
        model = ContactPoint
        fields = ("preferred", "unusable_why")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["usable"] = self.instance.unusable_since is None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("usable") and not said.get("unusable_why"):
            raise ValidationError({"unusable_why": "Say why it does not work."})
        if said.get("usable") and said.get("unusable_why") and "unusable_why" in self.changed_data:
            raise ValidationError({"unusable_why": "A reason stands with an address that does not work."})
        return said


@admin.register(ContactPoint)
class ContactPointAdmin(ScopedAdmin):
    scope_through = "customer"
    grows = True
    list_display = ("customer", "channel", "address", "preferred", "unusable_since", "unusable_why")
    list_select_related = ("customer",)
    list_filter = ("channel", "preferred", ("unusable_since", admin.EmptyFieldListFilter))
    search_fields = ("normalized__exact", *of_customer())
    search_help_text = f"{HELP}; a whole e-mail address, or a telephone number as +442079460100"
    ordering = ("-id",)
    autocomplete_fields = ("customer",)

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        return super().get_form(request, obj, *args, **{**kwargs, "form": StateForm if obj else AddressForm})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return AddressForm.Meta.fields
        may = self.has_change_permission(request, obj)
        return (*KEPT, "preferred", *(("usable",) if may else ()), "unusable_why")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return KEPT if obj else ()

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "channel":
            kwargs["choices"] = ADDRESSED
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ContactPoint, form: Any, change: bool) -> None:
        by: Any = request.user
        at, said = timezone.now(), form.cleaned_data
        if not change:
            obj.pk = add_contact_point(**said, at=at, by=by).pk
            return
        if said["usable"]:
            call_usable(point=obj, at=at, by=by)
        else:
            call_unusable(point=obj, why=said["unusable_why"], at=at, by=by)
        if "preferred" in form.changed_data:
            point = ContactPoint.objects.get(pk=obj.pk)
            prefer(point=point, preferred=said["preferred"], at=at, by=by)
