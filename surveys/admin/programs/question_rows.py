"""Further questions as rows of a version's form; their texts are lines of the languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from common.form_rows import RowsField
from surveys.questionnaire.checking import LONGEST_CODE
from surveys.questionnaire.questions import CATEGORIES, KIND_NAMES, SCALES, Kind

KINDS = list(KIND_NAMES.items())
_LINE = re.compile(r"\s*([\w.-]+)\s*:\s*(\S.*?)\s*")
_YES = {"yes": True, "no": False}


class QuestionRow(forms.Form):
    code = forms.CharField(
        max_length=LONGEST_CODE, help_text="Such as wait or fees-how; it names the texts and the column of files.",
        widget=UnfoldAdminTextInputWidget(),
    )  # fmt: skip
    kind = forms.ChoiceField(choices=KINDS, initial=KINDS[0][0], widget=UnfoldAdminSelectWidget(choices=KINDS))
    options = forms.CharField(
        required=False, help_text="Of one or several of: codes with commas between them, such as fees, staff.",
        widget=UnfoldAdminTextInputWidget(),
    )  # fmt: skip
    categories = forms.MultipleChoiceField(
        label="Asked of", required=False, choices=[(name, f"{name}s") for name in CATEGORIES],
        help_text="None chosen: everybody.", widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip
    answers = forms.CharField(
        label="And only where", required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="An earlier question and the answers that lead here, one a line, such as what: fees, staff.",
    )  # fmt: skip
    required = forms.BooleanField(
        label="Must be answered", required=False, help_text="Who does not want to leaves.",
        widget=UnfoldBooleanSwitchWidget(),
    )  # fmt: skip


class QuestionsField(RowsField):
    """A list of questions (`surveys.questionnaire`), of which empty parts are left out."""

    def rows_of(self, stored: Any) -> list[dict[str, Any]]:
        return [_cells(row) for row in super().rows_of(stored)]

    def stored(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        kinds = {row["code"]: row["kind"] for row in rows}
        return [_question(row, kinds) for row in rows]


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    ask = row.get("ask") or {}
    lines = [f"{said['question']}: {', '.join(map(_written, said['any_of']))}" for said in ask.get("answers") or []]
    return {
        "code": row.get("code"), "kind": row.get("kind"), "options": ", ".join(row.get("options") or []),
        "categories": ask.get("categories") or [], "answers": "\n".join(lines), "required": bool(row.get("required")),
    }  # fmt: skip


def _question(row: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    answers = [
        {"question": code, "any_of": [_value(one, kinds.get(code, "")) for one in _parts(said)]}
        for code, said in lines_of(row["answers"], f"{row['code']}, and only where").items()
    ]
    ask = {name: part for name, part in (("categories", row["categories"]), ("answers", answers)) if part}
    found = {"code": row["code"], "kind": row["kind"], "options": _parts(row["options"]), "ask": ask}
    return {name: part for name, part in found.items() if part} | ({"required": True} if row["required"] else {})


def lines_of(text: str, where: str) -> dict[str, str]:
    """{key: rest} of lines "key: rest"."""
    lines = [(line, _LINE.fullmatch(line)) for line in text.splitlines() if line.strip()]
    if bad := [line.strip() for line, found in lines if not found]:
        raise forms.ValidationError(f"{where}: {bad[0]!r} is no line such as key: text.")
    return {found[1]: found[2] for _, found in lines if found}


def written(texts: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{key}: {text}" for key, text in texts)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _value(said: str, kind: str) -> Any:
    """As answers to a question of that kind are stored."""
    if kind in SCALES and said.isdecimal():
        return int(said)
    return _YES.get(said, said) if kind == Kind.FORWARD else said


def _written(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
