"""A colleague, chosen among those at hand or named: a select of thousands serves nobody on a phone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.forms.models import ModelChoiceIterator
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from crm.models import Employee

NAMED = "?"  # in a value what stands between the key chosen in the select and the name typed in the line
LONG, SEVERAL = 120, 12
NEAR = 60  # people that the select offers
ELSE = "Somebody else: name or staff number"


class ColleagueSelect(forms.Select):
    """The select, and beside it a line for the name of somebody who is not in it: one of the two is filled."""

    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> Any:
        named = str(data.get(f"{name}_named") or "").strip()
        chosen = super().value_from_datadict(data, files, name)
        return f"{chosen or ''}{NAMED}{named}" if named else chosen

    def value_omitted_from_data(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> bool:
        return f"{name}_named" not in data and super().value_omitted_from_data(data, files, name)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen, named = _read(value)
        line = {"name": f"{name}_named", "value": named, "label": ELSE, "most": LONG, "id": (attrs or {}).get("id")}
        select = super().render(name, chosen, attrs, renderer)
        return select + render_to_string("closedloop/_colleague.html", line)


def _read(value: Any) -> tuple[Any, str]:
    """What is chosen in the select, and the name typed in the line."""
    if not isinstance(value, str):
        return value, ""
    chosen, _, named = value.partition(NAMED)
    return chosen, named


class _AtHand(ModelChoiceIterator):  # type: ignore[type-arg]
    """What the select offers: `near`, and whoever was chosen before."""

    field: ColleagueField

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        people = list(self.field.near[:NEAR])
        chosen = self.field.chosen
        for person in people if chosen is None or chosen in people else [*people, chosen]:
            yield self.choice(person)

    def __bool__(self) -> bool:
        return True


class ColleagueField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Any of `queryset`, by key or by name; the select offers `near` of them."""

    iterator = _AtHand

    def __init__(self, label: str, *, required: bool = True) -> None:
        self.near: QuerySet[Employee] = Employee.objects.none()
        self.chosen: Employee | None = None
        self.is_read = False
        box = ColleagueSelect(attrs={"class": "input"})
        nobody = Employee.objects.none()
        super().__init__(nobody, label=label, required=required, empty_label="Choose", widget=box)

    def offer(self, anybody: QuerySet[Employee], near: QuerySet[Employee]) -> None:
        self.near, self.queryset = near, anybody

    def to_python(self, value: Any) -> Employee | None:
        self.is_read = True
        chosen, named = _read(value)
        self.chosen = super().to_python(chosen)
        if not named:
            return self.chosen
        said: str = forms.CharField(max_length=LONG).clean(named)
        if self.chosen:
            raise forms.ValidationError(
                f"Two are named: “{self.chosen}” in the list, and “{said}”. Send it again for the one in the list; or"
                " choose nobody there and type the name.", code="both",
            )  # fmt: skip
        self.chosen = self._named(said)
        return self.chosen

    def prepare_value(self, value: Any) -> Any:
        """A name that was looked for does not come back in the line, where it would win again: whoever it stood for
        stands in the select, and a refusal quotes it."""
        if self.is_read and _read(value)[1]:
            return self.chosen.pk if self.chosen else ""
        return super().prepare_value(value)

    def _named(self, said: str) -> Employee:
        """Whoever has this staff number, or alone has all these words in their name."""
        alike = Q()
        for word in said.split():
            alike &= Q(name__icontains=word)
        anybody: QuerySet[Employee] = Employee.objects.none() if self.queryset is None else self.queryset
        found = list(anybody.filter(Q(external_id__iexact=said) | alike).order_by("name", "pk")[: SEVERAL + 1])
        numbered = [person for person in found if person.external_id.lower() == said.lower()]
        if len(numbered) == 1 or len(found) == 1:
            return (numbered or found)[0]
        if not found:
            raise forms.ValidationError(f"Nobody it could go to is called “{said}”.", code="unknown")
        if len(found) > SEVERAL:
            raise forms.ValidationError(f"Too many are called “{said}”: say more of the name.", code="many")
        self.near = anybody.filter(pk__in=[person.pk for person in found]).order_by("name", "pk")
        raise forms.ValidationError(f"Several are called “{said}”: choose one of them above.", code="several")
