"""Forms of the library: what is looked for, what is told, and why something is taken out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from crm.models import Employee, OrgUnit
from crm.sight import Principal
from distribution.errors import LibraryRefused
from distribution.models import Kind, Story
from distribution.services.library.preparing import Subject, may_limit_to
from distribution.services.library.searching import LONGEST, Choices, Wanted
from distribution.services.library.telling import Telling, as_telling, draft_story, rewrite_story

INPUT = {"class": "input"}


class SearchForm(forms.Form):
    """What somebody looks for. What cannot be read is passed over: the library is shown without it."""

    q = forms.CharField(required=False, max_length=LONGEST, label="Search", strip=True)
    kind = forms.ChoiceField(required=False, choices=Kind.choices)
    topic = forms.ChoiceField(required=False)
    product = forms.ChoiceField(required=False)
    unit = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    page = forms.IntegerField(required=False, min_value=1, max_value=1000)

    def __init__(self, data: QueryDict, *, choices: Choices) -> None:
        super().__init__(data)
        offered: Any = self.fields
        offered["topic"].choices = [(topic.code, topic.name) for topic in choices.topics]
        offered["product"].choices = [(product, product) for product in choices.products]
        offered["unit"].choices = [(unit.pk, unit.name) for unit in choices.units]

    def wanted(self) -> Wanted:
        self.is_valid()
        said = self.cleaned_data
        return Wanted(
            said.get("q", ""), said.get("kind", ""), said.get("topic", ""), said.get("product", ""), said.get("unit"),
            said.get("page") or 1,
        )  # fmt: skip


class StoryForm(forms.Form):
    """A story of a case, an initiative or an answer, told for the first time or (`story`) again."""

    title = forms.CharField(
        label="Title", max_length=160, widget=forms.TextInput(attrs=INPUT),
        help_text="What a colleague can learn from it, in a few words.",
    )  # fmt: skip
    words = forms.CharField(
        label="What happened, and what was done?", max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 9, **INPUT}),
        help_text="In your words, without anything by which the customer could be known.",
    )  # fmt: skip
    quotes = forms.BooleanField(label="Quote the customer", required=False)
    thanked = forms.ModelMultipleChoiceField(
        Employee.objects.none(), label="Thanks to", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="They are named in the story. Nobody else may be.",
    )  # fmt: skip
    audience = forms.ModelChoiceField(
        OrgUnit.objects.none(), label="Who may read it?", required=False, empty_label="Everybody in the company",
        widget=forms.Select(attrs=INPUT),
    )  # fmt: skip

    def __init__(
        self, data: QueryDict | None = None, *, subject: Subject, principal: Principal, story: Story | None = None
    ) -> None:
        super().__init__(data, auto_id="story-%s", initial=as_telling(story) if story else {"words": subject.done})
        self.subject, self.principal, self.story = subject, principal, story
        offered: Any = self.fields
        offered["thanked"].queryset = subject.involved()
        offered["audience"].queryset = may_limit_to(subject)
        if subject.ticket is None or not subject.may_quote:  # nothing to choose: of an answer the words are the story
            del self.fields["quotes"]

    def perform(self, *, at: datetime) -> Story | None:
        """The draft; None if the form or the house says no, and the reason is then among the form's errors."""
        if not self.is_valid():
            return None
        told = Telling(**self.cleaned_data)
        try:
            if self.story:
                return rewrite_story(story=self.story, telling=told, by=self.principal, at=at)
            return draft_story(subject=self.subject, telling=told, by=self.principal, at=at)
        except LibraryRefused as refusal:
            self.add_error(None, refusal.message)
            return None


class WithdrawalForm(forms.Form):
    why = forms.CharField(label="Why is it taken out?", max_length=300, widget=forms.TextInput(attrs=INPUT))
