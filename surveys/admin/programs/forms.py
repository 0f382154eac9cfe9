"""The forms of a program and of a draft."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from common.conditions.fields import ConditionField
from common.form_rows import RowsField
from crm.admin.forms import Form
from crm.sight import people_everywhere
from surveys.admin.programs.question_rows import QuestionRow, QuestionsField
from surveys.admin.programs.rows import NO_RATE, ContactRow, StrataField, StratumRow, WordingField, WordingRow
from surveys.filters import OccasionFilter
from surveys.models import Program, ProgramVersion
from surveys.services.designing.checking import check
from surveys.versions.checking import LONGEST_DAYS, program_problems
from surveys.versions.differing import label_of
from surveys.versions.kinds import SETTINGS, belongs
from surveys.versions.telling import WEEKDAYS

OWNER = "surveys.change_program"
_PROGRAM_HELP = {
    "code": "Short name for files and other systems, such as after-visit. It cannot be changed later.",
    "kind": (
        "Transactional: after an interaction. Post-call: after a call. Journey: at the end of an episode. Relationship:"
        " everybody in turn. Asked for by staff: whom they propose. Collected elsewhere: nobody. It cannot be changed"
        " later."
    ),
    "owner": "Who answers for it: somebody of the company's own office.",
}
_VERSION_HELP = {
    "interaction_kind": "Empty: every kind of interaction.",
    "condition": "Empty: all of them. What it finds of the last 30 days is counted while you build.",
    "sampling_rate": "From 0 to 1: with 0.5 every second one is drawn.",
    "quota": "At most so many per unit and period; empty: no limit.",
    "target": "The rate adapts toward it; empty: it does not.",
    "minimum": "So many per unit and period whatever the lot says, as far as there are occasions; empty: none.",
    "quarantine_days": "After a question of any program.",
    "program_quarantine_days": "After a question of a program of this kind.",
    "yearly_cap": "Of all programs together; empty: no limit.",
    "wave_months": "How often a customer's turn comes round.",
    "ends_with": "Empty: nothing but silence ends it.",
    "ends_after_hours": "Empty: silence does not end it.",
    "episode_attribute": "Interactions in which it is the same are one episode; empty: all of a customer's are.",
    "keep_clicks": (
        "As evidence of what machines do; the page that opens asks for the reason too. It counts nowhere before the"
        " customer presses the button, and expires after two days."
    ),
    "weekdays": "",
    "questions": "Asked in this order, those that are open together on one page. More than three cost answers.",
    "reminder_days": "Days after the question, at most two: 7, or 5, 12. Empty: nobody is reminded.",
    "expiry_days": "",
    "edit_days": "",
}


class ProgramForm(Form):
    class Meta:
        model = Program
        fields = ("name", "code", "kind", "owner", "active_from", "active_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "owner" in self.fields:
            owners: Any = self.fields["owner"]
            kept = [self.instance.owner_id] if self.instance.owner_id else []
            owners.queryset = people_everywhere(OWNER, also=kept)
        for name in _PROGRAM_HELP.keys() & self.fields.keys():
            self.fields[name].help_text = _PROGRAM_HELP[name]
        if self.instance.pk is None and "owner" in self.fields:
            self.fields["owner"].help_text += " Empty: you."

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for field, sentences in program_problems(said).items():
            self.add_error(field, sentences)
        return said


class VersionForm(Form):
    condition = ConditionField(vocabulary=OccasionFilter)
    weekdays = forms.TypedMultipleChoiceField(
        coerce=int, choices=list(enumerate(WEEKDAYS)), widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="On which days it asks.",
    )  # fmt: skip
    strata = StrataField(
        StratumRow, "part", ordered=True,
        help_text="The first part that a customer belongs to counts; all others have the rate.",
    )  # fmt: skip
    contact_rules = RowsField(ContactRow, "rule", help_text="All of them hold beside the days above.")
    reminder_days = SimpleArrayField(
        forms.IntegerField(min_value=1, max_value=LONGEST_DAYS), required=False, widget=UnfoldAdminTextInputWidget()
    )
    wording = WordingField(WordingRow, "language")
    questions = QuestionsField(QuestionRow, "question", ordered=True)

    class Meta:
        model = ProgramVersion
        fields = SETTINGS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if not belongs(name, self.instance.program.kind)]:
            del self.fields[name]
        for name, field in self.fields.items():
            field.label = f"{label_of(name)}{_unit(name)}"
            field.help_text = _VERSION_HELP.get(name, field.help_text)
        if "sampling_rate" in self.fields:
            self.fields["sampling_rate"].error_messages.update(NO_RATE)
        if self.instance.sampling_rate is not None and "sampling_rate" in self.fields:
            self.initial["sampling_rate"] = Decimal(self.instance.sampling_rate).normalize()  # 0.5, not 0.500000

    def _post_clean(self) -> None:
        above: Any = super()
        above._post_clean()
        if self.errors:
            return  # what could not be read cannot be judged
        try:
            check(self.instance)
        except ValidationError as error:
            for field, sentences in error.message_dict.items():
                self.add_error(field if field in self.fields else None, sentences)


class Fault(NamedTuple):
    """What is wrong with a draft; `anchor`: the id of its field, empty if it is about no single one."""

    anchor: str
    label: str
    said: str


def faults_of(form: Any) -> list[Fault]:
    """In the order of the form, one for each field."""
    order = [*form.fields, None]
    told = [(name, " ".join(form.errors[name or "__all__"])) for name in order if (name or "__all__") in form.errors]
    return [
        Fault(form[name].auto_id, str(form.fields[name].label), said) if name else Fault("", "", said)
        for name, said in told
    ]


def _unit(name: str) -> str:
    """ " (minutes)", where the label does not say so itself."""
    unit = name.rpartition("_")[2]
    measured = unit in {"minutes", "hours", "days", "months"} and not label_of(name).startswith("Days")
    return f" ({unit})" if measured else ""
