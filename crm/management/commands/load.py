"""manage.py load KIND FILE: one command for every kind of file; the kinds are those that the apps register."""

from __future__ import annotations

import argparse
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common.models import Load
from crm.models import Feed
from crm.services.feeds.knowing import doubt
from crm.services.loading import LoadKind, Refused, Unreadable, kind_named, kinds, load_file, reject_file_of
from crm.services.loading.kinds import own_ways
from crm.services.loading.readings import FORMS, Reading, Said, said_of

SOME_REJECTED = 3  # exit code: the file was taken, but for the rows in its reject file
OUTCOMES = ("created", "updated", "unchanged", "stale", "rejected")


def pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise argparse.ArgumentTypeError(f"{text!r}: write FIELD=COLUMN, such as given_name=first")
    return name.strip(), column.strip()


class Command(BaseCommand):
    help = (
        "Load a CSV file. Rows that cannot be taken go to FILE.KIND.reject.csv with line and reason. The same file"
        " again changes nothing; one that was cut short goes on where it was. Exit code: 0 if every row was taken, 3 if"
        " some were rejected, 1 if nothing could be."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        each = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
        for name, kind in kinds().items():
            self._add_arguments(
                each.add_parser(
                    name, help=kind.title, epilog=columns_of(kind), formatter_class=argparse.RawDescriptionHelpFormatter
                ),
                kind,
            )
        for name, way in own_ways().items():
            own = each.add_parser(name, help=way.title)
            own.add_argument("file", type=Path)
            way.add_arguments(own)

    def _add_arguments(self, parser: ArgumentParser, kind: LoadKind) -> None:
        add = parser.add_argument
        add("file", type=Path)
        add("--source", required=True, help="Whose rows these are: their ids are known by it.")
        add("--new-source", action="store_true", help="Nothing came from this source before, and that is right.")
        add(
            "--map", action="append", default=[], type=pair, metavar="FIELD=COLUMN",
            help="Which column fills a field; FIELD==TEXT: the same for all. Without any, the columns have our names.",
        )  # fmt: skip
        add(
            "--format", action="append", default=[], type=pair, metavar="FIELD=FORM",
            help=f"How the dates of a mapped field are written, such as {FORMS}; on the clock of the source.",
        )  # fmt: skip
        add(
            "--separator", action="append", default=[], type=pair, metavar="FIELD=TEXT",
            help="What parts the lists of a mapped field, if not semicolons.",
        )  # fmt: skip
        add(
            "--saved", action="store_true",
            help="The mapping that was last confirmed on the upload page for source and kind; --map goes before it.",
        )  # fmt: skip
        add("--dry-run", action="store_true", help="Judge everything, write nothing but a reject file of its own.")
        add("--encoding", default="utf-8")
        add("--delimiter", help="Otherwise the most frequent of comma, semicolon, tab and bar in the header.")
        kind.arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        self._began = time.monotonic()
        own = own_ways().get(options["kind"])
        try:
            load = own.run(path, options, at=timezone.now(), progress=self._progress) if own else self._run(options)
        except (Unreadable, Refused) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(told(load))
        if load.counts["rejected"]:
            self.stdout.write(f"Rejected lines and why: {reject_file_of(path, load.kind, dry_run=load.dry_run).name}")
            sys.exit(SOME_REJECTED)

    def _run(self, options: Mapping[str, Any]) -> Load:
        if not options["new_source"] and (words := doubt(options["source"])):
            raise CommandError(words)
        load = load_file(
            kind=options["kind"], path=options["file"], source=options["source"], columns=_mapping(options) or None,
            at=timezone.now(), dry_run=options["dry_run"], encoding=options["encoding"],
            delimiter=options["delimiter"], given=kind_named(options["kind"]).given(options),
            progress=lambda load: self._progress(load.counts["received"], f", {load.percent} %"),
        )  # fmt: skip
        self._progress(load.counts["received"], ", 100 %")
        return load

    def _progress(self, rows: int, percent: str = "") -> None:
        speed = rows / max(0.001, time.monotonic() - self._began)
        self.stderr.write(f"{rows:,} rows{percent}, {speed:,.0f} a second")


def _mapping(options: Mapping[str, Any]) -> dict[str, Said]:
    """What was confirmed before, if that is asked for, and what the options say."""
    if not options["saved"]:
        return columns_by(options)
    kept = Feed.objects.columns_of(source=options["source"], kind=options["kind"])
    if not kept:
        raise CommandError(
            f"--saved: no mapping was confirmed yet for {options['kind']} from {options['source']!r}. Load a file once"
            " on the upload page of the console, or say --map."
        )
    return {**kept, **columns_by(options)}


def columns_by(options: Mapping[str, Any]) -> dict[str, Said]:
    """The mapping that the options say."""
    said = {name: dict(options[name]) for name in ("map", "format", "separator")}
    for name, fields in said.items():
        if len(fields) < len(options[name]):
            raise CommandError(f"--{name}: a field is named twice.")
        if unmapped := sorted(fields.keys() - said["map"].keys()):
            raise CommandError(f"--{name}: say with --map which column {', '.join(unmapped)} is.")
    return {
        field: said_of(Reading(column, said["format"].get(field, ""), said["separator"].get(field, "")))
        for field, column in said["map"].items()
    }


def columns_of(kind: LoadKind) -> str:
    """The fields of a kind, for --help."""
    required = kind.required()
    width = max(map(len, kind.columns()))
    lines = [
        f"  {name:{width}}  {means}{' (needed)' if name in required else ''}".rstrip()
        for name, means in kind.columns().items()
    ]
    return "\n".join(["fields:", *lines])


def told(load: Load) -> str:
    """What became of the rows, in one sum."""
    counts = load.counts
    terms = [f"{counts[name]} {name}" for name in OUTCOMES if name in counts]
    late = f"; {counts['late']} late" if counts.get("late") else ""
    return f"{counts['received']} read = {' + '.join(terms)}{late}{' (dry run)' if load.dry_run else ''}"
