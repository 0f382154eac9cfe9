"""Forms of distribution."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

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
