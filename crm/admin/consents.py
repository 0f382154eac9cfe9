"""What customers allow: the latest word, and every word that was ever said with its evidence."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget

from common.console import ScopedAdmin
from crm.admin.forms import Form
from crm.models import Consent, ConsentWord, Origin
from crm.searching import HELP, of_customer
from crm.services.consenting import Said, grant, refuse, take


@admin.register(Consent)
class ConsentAdmin(ScopedAdmin):
    """The latest word of a customer; every earlier one stands under Words on consent."""

    scope_through = "customer"
    grows = True
    list_display = ("customer", "purpose", "channel", "granted", "at", "evidence")
    list_select_related = ("customer",)
    list_filter = ("purpose", "channel", "granted")
    search_fields = of_customer()
    search_help_text = HELP
    ordering = ("-id",)
    readonly_fields = ("customer", "channel", "purpose", "at")

    def save_model(self, request: HttpRequest, obj: Consent, form: Any, change: bool) -> None:
        by: Any = request.user
        say = grant if form.cleaned_data["granted"] else refuse
        said = {"channel": obj.channel, "purpose": obj.purpose, "evidence": form.cleaned_data["evidence"]}
        say(customer=obj.customer, at=timezone.now(), origin=Origin.CONSOLE, by=by, **said)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class WordForm(Form):
    """A word that a customer said, to be written down as evidence; the latest one counts."""

    granted = forms.TypedChoiceField(
        label="What they said",
        choices=[("", "Choose"), ("yes", "Yes, they allow it"), ("no", "No, they refuse it")],
        coerce=lambda word: word == "yes",
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
    )
    at = forms.SplitDateTimeField(label="When it was said", initial=timezone.now, widget=UnfoldAdminSplitDateTimeWidget)

    class Meta:
        model = ConsentWord
        fields = ("customer", "channel", "purpose", "granted", "at", "origin", "wording", "taken_by", "evidence")

    def clean_at(self) -> Any:
        if (at := self.cleaned_data["at"]) > timezone.now():
            raise forms.ValidationError("This lies in the future.")
        return at

    def validate_constraints(self) -> None:
        """The same word of the same moment is no news, and no error."""


@admin.register(ConsentWord)
class ConsentWordAdmin(ScopedAdmin):
    """Every word with its evidence. A word is added, never changed."""

    scope_through = "customer"
    grows = True
    list_display = ("customer", "purpose", "channel", "granted", "at", "recorded_at", "origin", "source", "wording")
    list_select_related = ("customer",)
    list_filter = ("purpose", "channel", "granted", "origin")
    search_fields = of_customer()
    search_help_text = HELP
    ordering = ("-id",)
    form = WordForm
    autocomplete_fields = ("customer",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = WordForm.Meta.fields
        return (*asked, "recorded_at", "source", "by") if obj else asked

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ConsentWord, form: Any, change: bool) -> None:
        by: Any = request.user
        said = form.cleaned_data
        word = Said(
            said["customer"].pk, said["channel"], said["purpose"], said["granted"], said["at"], said["evidence"],
            said["origin"] or Origin.CONSOLE, said["wording"], "", said["taken_by"], by.pk, timezone.now(),
        )  # fmt: skip
        take(word, customer=said["customer"], by=by)
        key = {"customer": said["customer"], "channel": word.channel, "purpose": word.purpose, "at": word.at}
        obj.pk = ConsentWord.objects.get(**key, granted=word.granted).pk
