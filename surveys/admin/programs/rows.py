"""Settings of a version that are edited as rows: parts of the frame, contact rules, texts by language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from common.conditions.fields import ConditionField
from common.form_rows import RowsField
from surveys.admin.programs.question_rows import lines_of, written
from surveys.filters import OccasionFilter
from surveys.services.designing.checking import LONGEST_WORDING, WORDING_KEYS
from surveys.versions.checking import LONGEST_DAYS, NAME_LENGTH
from surveys.versions.differing import TEXTS

SINCE = [("asked", "asked"), ("answered", "heard from"), ("bounced", "written to in vain")]
PER = [("person", "the person"), ("household", "anybody of the household"), ("account", "anybody of the account")]
AMONG = [("any", "by any program"), ("kind", "by a program of this kind"), ("program", "by this program")]
THEN = [("block", "is not asked at all"), ("delay", "is asked later, when the days have passed")]


RATE_MEANT = "From 0 to 1; 50 %% is 0.5."
NO_RATE = dict.fromkeys(("min_value", "max_value", "max_whole_digits"), RATE_MEANT)  # %%: Django fills it in


class StratumRow(forms.Form):
    name = forms.CharField(max_length=NAME_LENGTH, widget=UnfoldAdminTextInputWidget())
    rate = forms.DecimalField(
        min_value=0, max_value=1, max_digits=7, decimal_places=6, help_text="From 0 to 1.",
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}), error_messages=NO_RATE,
    )  # fmt: skip
    condition = ConditionField(vocabulary=OccasionFilter, required=True, help_text="Who belongs to it.")


def _choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, initial=choices[0][0], widget=UnfoldAdminSelectWidget(choices=choices)
    )


class ContactRow(forms.Form):
    """One more window, read aloud: "30 days since - anybody of the household - was asked - by any program"."""

    days = forms.IntegerField(
        label="Days since", min_value=1, max_value=LONGEST_DAYS, widget=UnfoldAdminIntegerFieldWidget()
    )
    per = _choice("who", PER)
    since = _choice("was", SINCE)
    among = _choice("by", AMONG)
    then = _choice("else the customer", THEN)


def _text(label: str, rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=LONGEST_WORDING, widget=UnfoldAdminTextareaWidget(attrs={"rows": rows})
    )


class WordingRow(forms.Form):
    language = forms.CharField(max_length=20, help_text="Such as en, fr or pt-br.", widget=UnfoldAdminTextInputWidget())
    question, why_promoter, why_passive, why_detractor = (
        _text(TEXTS[key]) for key in ("question", "why_promoter", "why_passive", "why_detractor")
    )
    subject, intro = _text(TEXTS["subject"], 1), _text(TEXTS["intro"])
    reminder_subject, reminder_intro = _text(TEXTS["reminder_subject"], 1), _text(TEXTS["reminder_intro"])
    further = forms.CharField(
        label="Texts of further questions", required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text="One a line: wait: How long did you wait? For some wait_detractor: ..., a line below it wait_hint:"
        " ..., an option what.fees: ..., the ends of a scale wait.low: ... and wait.high: ...",
    )  # fmt: skip


class StrataField(RowsField):
    """A list of {"name", "rate", "condition"}; rates as JSON numbers, which PostgreSQL reads as exact ones."""

    def stored(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row | {"rate": float(row["rate"])} for row in rows]


class WordingField(RowsField):
    """{language: texts}, of which empty ones are left out."""

    def rows_of(self, stored: Any) -> list[dict[str, Any]]:
        known = stored.items() if isinstance(stored, dict) else ()
        return [_cells(language, texts) for language, texts in known if isinstance(texts, dict)]

    def stored(self, rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, str]]:
        languages = [row["language"].strip().lower() for row in rows]
        if twice := _twice(languages):
            raise forms.ValidationError(f"{', '.join(twice)}: a language has one row.")
        return {language: self._texts(row) for language, row in zip(languages, rows, strict=True)}

    def _texts(self, row: dict[str, Any]) -> dict[str, str]:
        further = lines_of(row.get("further") or "", f"Texts of further questions, {row['language']}")
        return {key: row[key] for key in sorted(WORDING_KEYS) if row.get(key)} | further


def _cells(language: str, texts: dict[str, str]) -> dict[str, str]:
    further = written((key, text) for key, text in texts.items() if key not in WORDING_KEYS)
    return {"language": language, "further": further, **{key: texts[key] for key in texts if key in WORDING_KEYS}}


def _twice(values: Iterable[str]) -> list[str]:
    known = list(values)
    return sorted({value for value in known if known.count(value) > 1})
