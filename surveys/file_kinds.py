"""Files of answers collected elsewhere: manage.py load responses FILE.csv --program CODE --map score=COLUMN ..."""

from __future__ import annotations

import argparse
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from common.models import Load
from crm.models import OrgUnit
from crm.services.loading.kinds import register_own_way
from surveys.collected import Scale
from surveys.models import Program
from surveys.services.designing.drafting import create_program
from surveys.services.loading import CHANNEL_LENGTH, Options, check_file, load_responses


def _pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise argparse.ArgumentTypeError(f"{text!r}: write FIELD=COLUMN, such as score=nps_rating")
    return name.strip(), column.strip()


def _scale(text: str) -> Scale:
    try:
        return Scale.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-11-23") from error


class Answers:
    """Map score, date, comment, unit and channel to columns; any other name becomes an attribute."""

    name = "responses"
    title = "answers collected elsewhere"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--program", required=True, help="Code of the program that the answers belong to.")
        add("--create-program", metavar="NAME", help="Create the program under this name if there is none.")
        add("--map", action="append", default=[], type=_pair, metavar="FIELD=COLUMN", help="score, date, comment, ...")
        add(
            "--answer",
            action="append",
            default=[],
            type=_pair,
            metavar="CODE=COLUMN",
            help="Answers to a further question of the program, as codes; of several options with commas.",
        )
        add("--scale", type=_scale, default=Scale(), help="Lowest and highest score (0-10).")
        add("--unit", metavar="ID", help="External id of the unit of every answer.")
        add("--channel", default="", help="How the answers were collected.")
        add("--on", type=_day, metavar="DAY", help="The day of every answer, for files without dates.")
        add("--date-format", help="Such as %%d/%%m/%%Y; otherwise ISO 8601.")
        add("--id", metavar="COLUMN", help="Column that identifies an answer; otherwise its whole content does.")
        add("--source", help="Where the answers come from (the file's name).")
        add("--encoding", default="utf-8")
        add("--delimiter", help="Otherwise the most frequent of comma, semicolon, tab and bar in the header.")

    def run(self, path: Path, options: Mapping[str, Any], *, at: datetime, progress: Callable[[int], None]) -> Load:
        understood = self._options(path, options)
        check_file(path=path, options=understood)  # before a program is created for it
        program = self._program(options, at)
        return load_responses(path=path, program=program, options=understood, at=at, progress=progress)

    def _options(self, path: Path, options: Mapping[str, Any]) -> Options:
        mapped, answers = options["map"], options["answer"]
        if len(dict(mapped)) < len(mapped) or len(dict(answers)) < len(answers):
            raise CommandError("--map, --answer: a field is mapped twice.")
        if len(options["channel"]) > CHANNEL_LENGTH:
            raise CommandError(f"--channel: at most {CHANNEL_LENGTH} characters.")
        return Options(
            source=(options["source"] or path.stem)[:60], columns=dict(mapped), answers=dict(answers),
            scale=options["scale"],
            unit=self._unit(options["unit"]), channel=options["channel"], on=options["on"],
            date_layout=options["date_format"], id_column=options["id"], encoding=options["encoding"],
            delimiter=options["delimiter"],
        )  # fmt: skip

    def _unit(self, external_id: str | None) -> OrgUnit | None:
        if external_id is None:
            return None
        found = list(OrgUnit.objects.filter(external_id=external_id)[:2])
        if len(found) != 1:
            raise CommandError(f"There {'is no unit' if not found else 'are several units'} {external_id!r}.")
        return found[0]

    def _program(self, options: Mapping[str, Any], at: datetime) -> Program:
        code, name = options["program"], options["create_program"]
        program = Program.objects.filter(code=code).first()
        if program is None and name and options["answer"]:
            raise CommandError("--answer: a program that is new asks nothing beyond score and reason.")
        if program is None and name:
            return create_program(code=code, name=name, kind=Program.Kind.COLLECTED, at=at)
        if program is None:
            raise CommandError(f"There is no program {code!r}; add --create-program NAME to create it.")
        return program


register_own_way(Answers())
