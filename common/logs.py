"""Logs as JSON lines on stderr, without personal data: no paths (they hold tokens), no texts of exceptions (they hold
values of rows), no results of tasks. What is left says what happened where, and how often."""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "status_code", "taskName"}
_RESULT = re.compile(r"^(Failed '[^']*' \([^)]*\)) - .*", re.DOTALL)  # django-q2 appends the exception's text
_SPEAKS_OF_PATHS = ("django.request", "django.security")


def configuration(*, level: str) -> dict[str, Any]:
    """For `settings.LOGGING`. The development server's own access log is off, since it prints paths."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "common.logs.Lines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "django-q": {"handlers": [], "level": "WARNING", "propagate": True},
            "flufl.bounce": {"level": "WARNING"},  # it names each detector that it tries
            "fontTools": {"level": "ERROR"},  # it tells each table of a font that it takes apart
            "weasyprint": {"level": "ERROR"},  # it tells each step and each rule that it passes over
            "httpx": {"level": "WARNING"},  # it prints addresses
        },
    }


class Lines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, what the caller put into `extra`, error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info and record.exc_info[1]:
            line["error"] = _error(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)


def route_of(request: HttpRequest) -> str:
    """The pattern of the address ("s/<str:token>/"), not the address."""
    match = request.resolver_match
    return match.route if match else "(no route)"


def _message(record: logging.LogRecord) -> str:
    if record.name.startswith(_SPEAKS_OF_PATHS):
        request = getattr(record, "request", None)
        route = route_of(request) if isinstance(request, HttpRequest) else "(no route)"
        return f"{getattr(record, 'status_code', '')} {route}".strip()
    return _RESULT.sub(r"\1", record.getMessage())


def _error(error: BaseException) -> dict[str, Any]:
    """Its class and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    line: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return line | ({"cause": _error(cause)} if cause else {})
