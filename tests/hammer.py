"""The whole API schema under schemathesis: each operation called as the schema allows and as it forbids, each answer
held against the schema (RELIABILITY R-30).

`tests/house/test_schema.py` runs it with few examples; `python -m tests.proofs schema` with 500 an operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs
import schemathesis
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, override_settings
from schemathesis import Config
from schemathesis.engine import Status, events, from_schema

from common.text import clean_json
from crm.models import ApiKey, OrgUnit
from tests.walk import Walk
from tests.world import NOW, World

SCHEMA = "/api/v1/schema/?format=json"
# what is well formed may still name a unit that does not exist: a refusal of good data is no fault. That nobody gets in
# without a good key is seen by calling without one
CHECKS = {"positive_data_acceptance": {"enabled": False}, "ignored_auth": {"enabled": False}}
EVERY, NONE = ".", "^$"
SINGLE = r"^GET|^PUT|tickets"  # the lists that POST takes repeat the shapes of PUT, each twice over
UNCUT = 1 << 24  # characters: what is too long stays too long
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
Headers = dict[str, str]


@dataclass
class Findings:
    operations: frozenset[str]  # all that the schema has, "GET /api/v1/units"
    cases: Counter[str] = field(default_factory=Counter)  # by method and path
    statuses: Counter[int] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    @property
    def fewest(self) -> int:
        """Calls of the operation that was called least."""
        return min(self.cases[operation] for operation in self.operations)

    @property
    def server_errors(self) -> int:
        return sum(number for status, number in self.statuses.items() if status >= 500)


class Calling:
    """The product as `headers` meet it: they stand above whatever a generated call brings along."""

    def __init__(self, headers: Headers) -> None:
        self.house = WSGIHandler()
        self.environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.house(environ | self.environ, start_response)


def callers(world: World) -> dict[str, Headers]:
    """Headers of who calls: nobody, keys with all scopes, with one, with none, and people signed in."""
    none = _key("Nothing", [], world.head_office)
    reader = _key("Reader", ["scores:read"], world.station)
    keys = {"every scope": world.crm_secret, "one scope": reader, "no scope": none, "false key": "sk_no"}
    people = {"office": world.olivia.user, "branch": world.helen.user, "operator": world.operator}
    bearers = {name: {"Authorization": f"Bearer {key}"} for name, key in keys.items()}
    return {"nobody": {}} | bearers | {name: _signed_in(user) for name, user in people.items()}


def _key(name: str, scopes: list[str], unit: OrgUnit) -> str:
    return ApiKey.issue(name=name, source="crm", scopes=scopes, unit=unit, at=NOW)[1]


def _signed_in(user: Any) -> Headers:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session, token = client.cookies[settings.SESSION_COOKIE_NAME].value, "c" * 32
    cookie = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}"
    return {"Cookie": cookie, "X-CSRFToken": token, "Authorization": ""}


def known(world: World, found: Walk) -> list[str]:
    """What a caller may know, so that calls get past the first question: ids, codes, figures."""
    rows = (world.harbour, world.mill, world.jonas, world.ines, world.interaction, found.elsewhere)
    codes = (world.visit.code, world.calendar.code, found.invitation.program.code, "mistake", "crm", "hr")
    return [*(row.external_id for row in rows), *codes, str(found.ticket.public_id), "EUR", "12.50", "Europe/London"]


def hammer(headers: Headers, *, ids: list[str], examples: int, seed: int, coverage: str = NONE) -> Findings:
    """Call every operation with `headers`, `examples` times at random and, where the name of the operation fits the
    pattern `coverage`, once for each rule of the schema, kept and broken; with `coverage` in sequences too."""
    config = _config(ids, examples=examples, seed=seed, coverage=coverage)
    schema = schemathesis.openapi.from_wsgi(SCHEMA, Calling(headers), config=config)
    findings = Findings(_operations(schema.raw_schema))
    with override_settings(API_RATE=0, API_ADDRESS_RATE=0):  # who calls this often would hear of nothing else
        for event in from_schema(schema).execute():
            if isinstance(event, events.NonFatalError | events.FatalError):
                findings.violations.append(f"the run itself: {event}")
            if isinstance(event, events.ScenarioFinished):
                _note(event.recorder, findings)
    return findings


def _config(ids: list[str], *, examples: int, seed: int, coverage: str) -> Config:
    often = {"dictionary": "known", "probability": 0.5}
    return Config.from_dict(
        {
            "seed": seed,
            "continue-on-failure": True,
            "checks": CHECKS,
            "dictionaries": {"known": {"values": ids}},
            "parameters": {"path.external_id": often, "path.public_id": often},
            "generation": {
                "max-examples": examples, "deterministic": True, "database": "none",
                "dictionaries": {"string": {"dictionary": "known", "probability": 0.2}},
            },
            "phases": {"coverage": {"enabled": coverage != NONE}, "stateful": {"enabled": coverage != NONE}},
            "operations": [{"exclude-name-regex": coverage, "phases": {"coverage": {"enabled": False}}}],
        }
    )  # fmt: skip


def _operations(raw: dict[str, Any]) -> frozenset[str]:
    """As the served schema names them, whatever was made of it."""
    return frozenset(
        f"{method.upper()} {path}" for path, item in raw["paths"].items() for method in item if method in METHODS
    )


def _note(recorder: Any, findings: Findings) -> None:
    called = [recorder.cases[case].value for case in recorder.interactions]
    findings.cases.update(f"{case.method.upper()} {case.operation.path}" for case in called)  # by another method too
    answers = (interaction.response for interaction in recorder.interactions.values())
    findings.statuses.update(answer.status_code for answer in answers if answer is not None)
    findings.violations += _violations(recorder)


def _violations(recorder: Any) -> Iterator[str]:
    for case, checks in recorder.checks.items():
        answer = recorder.interactions[case].response
        for check in checks:
            if check.status is Status.FAILURE and not _excused(check.name, recorder.cases[case].value, answer):
                curl = recorder.cases[case].value.as_curl_command()[:600]
                yield f"{recorder.label}: {check.name}: {check.failure_info.failure}\n{curl}"


def _excused(check: str, case: Any, answer: Any) -> bool:
    """What the schema forbids and we take all the same: a list is answered entry by entry, with 200, and each bad item
    refused in its own entry; and text is cleaned before it is measured."""
    if check != "negative_data_rejection" or not isinstance(case.body, list | dict):
        return False
    schema = case.operation.get_body_for_media_type("application/json").optimized_schema
    if isinstance(case.body, list) and answer.status_code == 200:
        return refused_one_by_one(case.body, answer.json()["results"], schema)
    return fits_when_cleaned(case.body, schema)


def fits_when_cleaned(body: Any, schema: Any) -> bool:
    """Is `body` against `schema` for nothing but what cleaning takes away: control characters, blanks at the ends?"""
    allowed = jsonschema_rs.validator_for(schema, validate_formats=True)
    return not allowed.is_valid(body) and allowed.is_valid(clean_json(body, limit=UNCUT))


def refused_one_by_one(items: list[Any], results: list[dict[str, Any]], schema: Any) -> bool:
    """Are there items that may not stand in a list of `schema`, and was each of them rejected at its own place?"""
    allowed = jsonschema_rs.validator_for(schema, validate_formats=True)
    wrong = [place for place, item in enumerate(items) if not allowed.is_valid([item])]
    rejected = {place for place, entry in enumerate(results) if entry["status"] == "rejected"}
    return len(results) == len(items) and bool(wrong) and rejected.issuperset(wrong)
