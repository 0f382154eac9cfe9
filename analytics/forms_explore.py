"""What the explorer may be asked."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

from django import forms

from analytics.cuts import Dimension, Measure, dimensions, measures
from analytics.filters import AnswerFilter
from analytics.forms import ApiForm, InsightsForm, QuestionForm
from analytics.maths.scorecards import Period
from analytics.services.crossing import ORDERS
from analytics.services.cutting import Question
from common.conditions import compile_condition
from common.conditions.fields import ConditionField
from crm.models import OrgUnit
from crm.sight import Principal

LONGEST = 200  # characters of a group's text


class CutForm(QuestionForm):
    """Beside a period and a point of view: which measure, by what, of which answers, in which order."""

    measure = forms.CharField(max_length=80, required=False)
    rows = forms.CharField(max_length=80, required=False)
    columns = forms.CharField(max_length=80, required=False)
    where = ConditionField(vocabulary=AnswerFilter, empty="Every answer counts.")
    order = forms.ChoiceField(
        choices=[(order, order) for order in ORDERS],
        required=False,
        error_messages={"invalid_choice": f"Give one of {', '.join(ORDERS)}."},
    )

    @cached_property
    def known_dimensions(self) -> dict[str, Dimension]:
        return dimensions()

    @cached_property
    def known_measures(self) -> dict[str, Measure]:
        return measures()

    def clean_measure(self) -> Measure:
        found: Measure = _of(self.known_measures, self.cleaned_data["measure"] or "score", "measure")
        return found

    def clean_rows(self) -> Dimension | None:
        return self._dimension("rows", "answered_month")

    def clean_columns(self) -> Dimension | None:
        return self._dimension("columns", "")

    def _dimension(self, name: str, unless: str) -> Dimension | None:
        key = self.cleaned_data[name] or unless
        return _of(self.known_dimensions, key, "dimension") if key else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("rows") and cleaned.get("rows") == cleaned.get("columns"):
            self.add_error("columns", "Choose something else than for the rows, or nothing.")
        return cleaned

    def question(self, *, principal: Principal, unit: OrgUnit, today: date) -> Question:
        """Only for a valid form."""
        data, asked = self.cleaned_data, self.answer()
        return Question(
            principal=principal,
            unit=unit,
            period=Period(asked.pop("start"), asked.pop("end")),
            today=today,
            measure=data["measure"],
            by=tuple(each for each in (data["rows"], data["columns"]) if each),
            where=compile_condition(data["where"], AnswerFilter),
            **asked,
        )


class ExploreForm(CutForm, InsightsForm):
    """What the page asks."""


class ApiCutForm(CutForm, ApiForm):
    """What GET /api/v1/cuts asks."""

    by = None  # type: ignore[assignment]  # Django's way to leave a field of ApiForm out


class BehindForm(ExploreForm):
    """A cell of it: the texts of its groups, and which pages of what stands behind it."""

    row = forms.CharField(max_length=LONGEST, required=False, strip=False)
    column = forms.CharField(max_length=LONGEST, required=False, strip=False)


def _of(known: dict[str, Any], key: str, what: str) -> Any:
    if key not in known:
        raise forms.ValidationError(f"There is no such {what}.")
    return known[key]
