"""The base of this console's forms: Django's ModelForm, which only the type checker knows how to subscript."""

from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    Form = forms.ModelForm[Any]
else:
    Form = forms.ModelForm
