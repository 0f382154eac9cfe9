"""What becomes of elevations, and how an initiative goes on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from closedloop.affected import AffectedFilter
from closedloop.forms.elevating import OuterLoopForm
from closedloop.models import Elevation, Initiative
from closedloop.services.elevating import set_aside, start_initiative, take_in
from closedloop.services.thanking import tell_raisers
from closedloop.steering import NEXT, SAID, State
from common.conditions.fields import ConditionField
from common.text import number_of
from crm.models import OrgUnit
from crm.sight import Principal

CHANGE, ADD = "closedloop.change_initiative", "closedloop.add_initiative"
EXISTING, NEW, ASIDE = "existing", "new", "aside"


def _words(label: str, *, rows: int = 3, hint: str = "", required: bool = True) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows, "class": "input"})
    return forms.CharField(label=label, required=required, max_length=10_000, widget=area, help_text=hint)


def _line(label: str, *, longest: int, hint: str = "") -> forms.CharField:
    box = forms.TextInput(attrs={"class": "input"})
    return forms.CharField(label=label, required=False, max_length=longest, widget=box, help_text=hint)


def _choice(rows: QuerySet[Any], label: str, *, required: bool = False, hint: str = "") -> Any:
    box = forms.Select(attrs={"class": "input"})
    return forms.ModelChoiceField(
        rows, label=label, required=required, empty_label="Choose", widget=box, help_text=hint
    )


class SettlingForm(OuterLoopForm):
    """Several elevations at once: into an initiative, into a new one, or set aside."""

    title, button = "What becomes of these", "Do it"
    becomes = forms.ChoiceField(
        label="What becomes of them?", widget=forms.RadioSelect, initial=EXISTING,
        choices=[
            (EXISTING, "They are part of an initiative that goes on"), (NEW, "A new initiative begins with them"),
            (ASIDE, "They are set aside"),
        ],
    )  # fmt: skip
    initiative = _choice(Initiative.objects.none(), "Which initiative?")
    name = _line("Title of the new one", longest=160)
    statement = _words("What is to be different, and for whom?", required=False)
    unit = _choice(OrgUnit.objects.none(), "For which part of the company?")
    why = _line("Why set aside?", longest=300, hint="Whoever raised them reads it.")

    def __init__(self, *args: Any, elevations: QuerySet[Elevation], principal: Principal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.elevations = elevations
        chosen: Any = self.fields
        going = Initiative.objects.visible_to(principal, CHANGE).going_on()
        chosen["initiative"].queryset = going.order_by("title", "pk")
        chosen["unit"].queryset = OrgUnit.objects.visible_to(principal, ADD).order_by("name")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        needed = {EXISTING: ("initiative",), NEW: ("name", "statement", "unit"), ASIDE: ("why",)}
        for name in needed.get(said.get("becomes", ""), ()):
            if name not in self.errors and not said.get(name):
                self.add_error(name, "This is needed.")
        return said

    def do(self, *, by: Principal, at: datetime) -> str:
        said, rows = self.cleaned_data, list(self.elevations)
        if said["becomes"] == ASIDE:
            return f"{_were(set_aside(elevations=rows, why=said['why'], by=by, at=at))} set aside."
        if said["becomes"] == NEW:
            whose = {"title": said["name"], "statement": said["statement"], "unit": said["unit"]}
            begun = start_initiative(**whose, elevations=rows, by=by, at=at)
            return f"“{begun}” is proposed, with {number_of(begun.elevations.count(), 'elevation')}."
        taken = take_in(initiative=said["initiative"], elevations=rows, by=by, at=at)
        return f"{_were(taken)} taken into “{said['initiative']}”."


def _were(number: int) -> str:
    return f"{number_of(number, 'elevation')} {'was' if number == 1 else 'were'}"


class InitiativeForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = Initiative
        fields = ["title", "statement", "unit", "owner", "budget", "currency", "condition"]

    condition = ConditionField(
        vocabulary=AffectedFilter, help_text="Whom the matter concerns, by what they told us. Empty: everybody."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial["currency"] = settings.CURRENCY

    def begin(self, *, by: Principal, at: datetime) -> Initiative:
        """Propose it, once the form holds."""
        return start_initiative(**{name: self.cleaned_data[name] for name in self.Meta.fields}, by=by, at=at)


class InitiativeStepForm(OuterLoopForm):
    """A step on one initiative."""

    def __init__(self, *args: Any, initiative: Initiative, principal: Principal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initiative, self.principal = initiative, principal


class MoveForm(InitiativeStepForm):
    title, button = "Decide", "Decide"
    to = forms.ChoiceField(label="What is it from now on?", widget=forms.RadioSelect)
    why = _words("Why?", hint="Who reads it later was not there.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways: Any = self.fields["to"]
        ways.choices = [(state.value, SAID[state]) for state in State if state in NEXT[State(self.initiative.state)]]

    def do(self, *, by: Principal, at: datetime) -> str:
        step = self.initiative.move(self.cleaned_data["to"], why=self.cleaned_data["why"], by=by, at=at)
        return f"It is {step.get_state_display()} now."


class StageForm(InitiativeStepForm):
    title, button = "Plan a stage", "Plan"
    number = forms.IntegerField(
        label="Number", min_value=1, max_value=999, widget=forms.NumberInput(attrs={"class": "input"}),
        help_text="Of a stage that has not begun: it is planned anew.",
    )  # fmt: skip
    day = forms.DateField(
        label="From which day?", input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    units = forms.ModelMultipleChoiceField(
        OrgUnit.objects.none(), label="In which units?", widget=forms.SelectMultiple(attrs={"class": "input"}),
        help_text="A unit stands for all below it; each is in one stage at most.",
    )  # fmt: skip

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["number"] = (
            self.initiative.stages.order_by("-number").values_list("number", flat=True).first() or 0
        ) + 1
        units: Any = self.fields["units"]
        units.queryset = OrgUnit.objects.under(self.initiative.unit, on=at.date()).order_by("name")

    def do(self, *, by: Principal, at: datetime) -> str:
        stage = self.initiative.plan_stage(**self.cleaned_data, by=by, at=at)
        return f"Stage {stage.number} begins on {stage.day:%-d %B %Y}."


class StageDropForm(InitiativeStepForm):
    title, button = "Drop a stage", "Drop it"
    number = forms.TypedChoiceField(label="Which stage?", coerce=int, widget=forms.Select(attrs={"class": "input"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages: Any = self.fields["number"]
        stages.choices = [(stage.number, str(stage)) for stage in self.initiative.stages.all()]

    def do(self, *, by: Principal, at: datetime) -> str:
        self.initiative.drop_stage(number=self.cleaned_data["number"], by=by, at=at)
        return f"Stage {self.cleaned_data['number']} is not to be."


class TellingForm(InitiativeStepForm):
    title, button = "You said, we did", "Tell them"
    text = _words(
        "What was done?", rows=6,
        hint="In your own words, for customers and employees alike. It goes to everybody who raised it and was not told"
        " before; customers see what they wrote beside it.",
    )  # fmt: skip

    def do(self, *, by: Principal, at: datetime) -> str:
        telling = tell_raisers(initiative=self.initiative, text=self.cleaned_data["text"], by=by, at=at)
        number = telling.notes.count()
        return f"A note is on its way to {number_of(number, 'customer')}, and to whoever raised it among us."
