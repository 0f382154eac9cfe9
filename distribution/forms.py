"""Forms of distribution."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from closedloop.errors import TicketRefused
from common.models import User
from crm.models import Employee, OrgUnit
from crm.sight import Principal
from distribution.errors import HuddleRefused
from distribution.models import Huddle, HuddleAction, HuddleAttendance, HuddleSeries
from distribution.services.huddling.keeping import agree, close, item_of, note_attendance, raise_item, settle
from distribution.services.huddling.membership import team_of
from distribution.services.huddling.planning import plan
from distribution.services.limiting import TooManyAttemptsError, begin_attempt, forget_attempts

TOO_MANY = "Five tries failed within a minute. Wait a minute, then try again."
WRONG = "The user name or the password is not right. Both tell capital letters from small ones."


class SignInForm(AuthenticationForm):
    error_messages = {**AuthenticationForm.error_messages, "invalid_login": WRONG}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        account = self.cleaned_data.get("username", "")
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        try:
            begin_attempt(account=account, address=address, at=timezone.now())
        except TooManyAttemptsError:
            raise forms.ValidationError(TOO_MANY, code="too_many_attempts") from None
        cleaned = super().clean()
        forget_attempts(account=account, address=address)
        return cleaned


class ReadingForm(forms.Form):
    """Until which row of their list somebody has read it."""

    newest = forms.IntegerField(min_value=1, max_value=2**63 - 1)


WEEKDAYS = list(enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")))


class HuddleForm(forms.Form):
    """Something written down in a huddle. `perform` says whether it was; why not stands in the form's errors."""

    def do(self, *, by: User, at: datetime) -> object:
        raise NotImplementedError

    def perform(self, *, by: User, at: datetime) -> bool:
        if not self.is_valid():
            return False
        try:
            self.do(by=by, at=at)
        except (HuddleRefused, TicketRefused) as refusal:
            self.add_error(None, forms.ValidationError(refusal.message, code="refused"))
        return not self.errors

    @property
    def is_refused(self) -> bool:
        """The form is well written; the huddle does not take it."""
        return self.has_error("__all__", "refused")


class PlanForm(HuddleForm):
    weekdays = forms.TypedMultipleChoiceField(
        label="On which days?", choices=WEEKDAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="No day: the team holds no huddles any more.",
    )  # fmt: skip
    starts_at = forms.TimeField(
        label="At what time?",
        widget=forms.TimeInput(attrs={"class": "input", "type": "time"}, format="%H:%M"),
        help_text="Ten minutes, by the clock of the unit.",
    )

    def __init__(self, data: Any = None, *, unit: OrgUnit, series: HuddleSeries | None = None) -> None:
        told = {"weekdays": series.weekdays, "starts_at": series.starts_at} if series else {"starts_at": time(8, 45)}
        super().__init__(data, initial=told)
        self.unit = unit

    def do(self, *, by: User, at: datetime) -> object:
        return plan(unit=self.unit, by=by, at=at, **self.cleaned_data)


class AttendanceForm(HuddleForm):
    """A field for each member of the team, "who_17"."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, huddle: Huddle) -> None:
        super().__init__(data)
        self.huddle = huddle
        self.people = [who.pk for who in team_of(huddle.unit, on=huddle.day)]
        for who in self.people:
            self.fields[f"who_{who}"] = forms.ChoiceField(
                choices=[("", ""), *HuddleAttendance.Status.choices], required=False
            )

    def do(self, *, by: User, at: datetime) -> object:
        said = {who: self.cleaned_data[f"who_{who}"] for who in self.people}
        return note_attendance(
            huddle=self.huddle, seen=self.cleaned_data["seen"], by=by, at=at,
            present=[who for who, status in said.items() if status == HuddleAttendance.Status.PRESENT],
            excused=[who for who, status in said.items() if status == HuddleAttendance.Status.EXCUSED],
        )  # fmt: skip


class AgreementForm(HuddleForm):
    key = forms.UUIDField(widget=forms.HiddenInput)
    what = forms.CharField(
        label="What is to be done?", max_length=300, widget=forms.TextInput(attrs={"class": "input"})
    )
    owner = forms.ModelChoiceField(
        Employee.objects.none(),
        label="Who does it?",
        empty_label="Choose",
        widget=forms.Select(attrs={"class": "input"}),
    )
    due_on = forms.DateField(
        label="By when?", input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, huddle: Huddle) -> None:
        super().__init__(data, initial={"key": uuid4(), "due_on": huddle.day + timedelta(days=7)})
        self.huddle = huddle
        team = [who.pk for who in team_of(huddle.unit, on=huddle.day)]
        owner: Any = self.fields["owner"]
        owner.queryset = Employee.objects.filter(pk__in=team).order_by("name")

    def do(self, *, by: User, at: datetime) -> object:
        return agree(huddle=self.huddle, by=by, at=at, **self.cleaned_data)


class SettlementForm(HuddleForm):
    outcome = forms.ChoiceField(choices=HuddleAction.Outcome.choices)
    why = forms.CharField(required=False, max_length=300)

    def __init__(self, data: Any, *, action: HuddleAction) -> None:
        super().__init__(data)
        self.action = action

    def do(self, *, by: User, at: datetime) -> object:
        return settle(action=self.action, by=by, at=at, **self.cleaned_data)


class ItemForm(HuddleForm):
    """What stands on the agenda: an answer, or a ticket that the person may raise."""

    response = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    ticket = forms.UUIDField(required=False)
    why = forms.CharField(required=False, max_length=2_000)

    def __init__(self, data: Any, *, huddle: Huddle, principal: Principal) -> None:
        super().__init__(data)
        self.huddle, self.principal = huddle, principal
        self.subject: Any = None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        if (said["response"] is None) == (said["ticket"] is None):
            raise forms.ValidationError("Say what is raised: words, or a ticket.")
        self.subject = item_of(self.huddle, principal=self.principal, response=said["response"], ticket=said["ticket"])
        if self.subject is None:
            raise forms.ValidationError("It is not on the agenda of this huddle.", code="refused")
        return said

    def do(self, *, by: User, at: datetime) -> object:
        return raise_item(huddle=self.huddle, subject=self.subject, why=self.cleaned_data["why"], by=by, at=at)


class ClosingForm(HuddleForm):
    note = forms.CharField(
        label="What is to be remembered?", required=False, max_length=2_000,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, huddle: Huddle) -> None:
        super().__init__(data)
        self.huddle = huddle

    def do(self, *, by: User, at: datetime) -> object:
        return close(huddle=self.huddle, by=by, at=at, **self.cleaned_data)
