"""What a kind of file wants to know besides its columns, such as control totals: its command's arguments on a page.

A kind declares them once, for `manage.py load`; here each becomes a question with a text or a tick for an answer.
"""

from __future__ import annotations

import argparse
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.csv_files import Unreadable
from crm.services.loading import LoadKind


@dataclass(frozen=True)
class Question:
    """`name` of the argument; `tick`: yes or no; else text, a line for each value if `several`. `label`: what people
    call it."""

    name: str
    text: str
    tick: bool
    several: bool
    label: str


def questions_of(kind: LoadKind) -> list[Question]:
    return [
        Question(
            action.dest,
            (action.help or "").replace("%%", "%"),
            tick=isinstance(action, argparse._StoreTrueAction),
            several=isinstance(action, argparse._AppendAction),
            label=kind.labels.get(action.dest) or action.dest.replace("_", " ").capitalize(),
        )
        for action in _parser_of(kind)._actions
    ]


def given_by(kind: LoadKind, answers: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What `load_file` is to be given. Raises Unreadable, with a sentence for people, if an answer cannot be read."""
    said: list[str] = []
    for question, action in zip(questions_of(kind), _parser_of(kind)._actions, strict=True):
        answer = answers.get(question.name)
        values = [""] if question.tick and answer else _values(answer, several=question.several)
        for value in values:
            said += [action.option_strings[0], *([] if question.tick else [value])]
    try:
        options = vars(_parser_of(kind).parse_args(said))
    except argparse.ArgumentError as error:
        raise Unreadable(error.message) from error
    return kind.given({**options, "file": path})


def _values(answer: Any, *, several: bool) -> list[str]:
    text = answer if isinstance(answer, str) else ""
    return [line.strip() for line in (text.splitlines() if several else [text]) if line.strip()]


def _parser_of(kind: LoadKind) -> ArgumentParser:
    parser = ArgumentParser(add_help=False, exit_on_error=False)
    kind.arguments(parser)
    return parser
