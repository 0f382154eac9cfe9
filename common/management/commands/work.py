"""`manage.py work`: all background work, for an operator one command."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from common import timetable
from common.supervisor import Supervisor


class Command(BaseCommand):
    help = "Runs the background work (the timetable and nudged tasks) under supervision, until Ctrl-C or SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        jobs = import_string(settings.TIMETABLE)
        try:
            timetable.check(jobs)
        except timetable.BadTimetable as error:
            raise CommandError(f"The timetable is wrong: {error}") from error
        Supervisor(jobs).run()
