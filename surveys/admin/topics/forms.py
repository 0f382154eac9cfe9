"""A topic's rules as an analyst writes them, one for each language."""

from __future__ import annotations

from typing import Any

from django import forms

from surveys.models import TopicRule
from surveys.services.classifying.editing import compiled
from surveys.words.indexing import STEMMERS
from surveys.words.rules import WrongRule

OTHER = {"pl": "polish", "cs": "czech", "sk": "slovak", "bg": "bulgarian", "hr": "croatian", "uk": "ukrainian",
         "he": "hebrew", "fa": "persian", "ja": "japanese", "ko": "korean", "zh": "chinese", "th": "thai",
         "vi": "vietnamese"}  # fmt: skip
_NAMES = STEMMERS | OTHER
LANGUAGES = sorted(((code, name.capitalize()) for code, name in _NAMES.items()), key=lambda each: each[1])
HELP = (
    'wait* AND (queue OR "call centre") AND NOT tablet. Words are found in all their forms; wait* finds all that '
    "begins so; charger NEAR/3 broken: at most three words apart. Empty: not recognized in this language."
)


class TopicRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A rule that can be read; what is wrong is said with its place."""

    class Meta:
        model = TopicRule
        fields = ["language", "expression"]

    language = forms.ChoiceField(choices=LANGUAGES, initial="en")
    expression = forms.CharField(
        label="Rule", required=False, max_length=2_000, help_text=HELP,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 70, "spellcheck": "false", "data-topic-rule": ""}),
    )  # fmt: skip

    class Media:
        js = ("js/topics.js",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].disabled = bool(self.instance.pk)

    def clean_expression(self) -> str:
        expression: str = " ".join(self.cleaned_data["expression"].split())
        if expression:
            try:
                compiled(expression, language=self.cleaned_data.get("language", "en"))
            except WrongRule as wrong:
                raise forms.ValidationError(placed(wrong, expression)) from wrong
        return expression


def placed(wrong: WrongRule, expression: str) -> str:
    """What is wrong, and where: the characters from there on."""
    rest = expression[wrong.position : wrong.position + 20]
    return f"{wrong} At character {wrong.position + 1}{f': {rest}' if rest else ', the end'}"
