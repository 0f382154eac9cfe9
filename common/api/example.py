"""Examples of the API: shown in the schema and on the docs pages, and run against the product by
tests/house/test_api_examples.py.

Where to give them: in `<app>/api/examples.py`, or in a package `<app>/api/examples/`, as a dict `EXAMPLES` by operation
id, in the order in which a new user would try them. The test runs them in this order, so what an example reads an
earlier one has sent, or tests/house/api_stage.py has made; an `id` that the product gives may be any. Every operation
needs one, and one of each kind of answer is good: a refusal is an example too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import quote, urlencode

from django.apps import apps

JSON = "application/json"


@dataclass(frozen=True)
class Example:
    """One call and its answer. `answer`: the whole body as it would come; moments and ids of ours may differ."""

    title: str  # "A new customer": a heading
    answer: Any = None  # None: an answer without a body
    status: int = 200
    body: Any = None  # what is sent; None: nothing
    path: Mapping[str, str] = field(default_factory=dict)  # {"external_id": "c-1"}
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    by_person: bool = False  # sent with the session of somebody signed in: no key may do it
    text: str = ""  # a sentence more, where the title does not say all

    @property
    def name(self) -> str:
        """What it is called inside the schema: "a-new-customer"."""
        return "-".join("".join(sign if sign.isalnum() else " " for sign in self.title.lower()).split())

    def address(self, route: str) -> str:
        """`route` ("/api/v1/customers/{external_id}") with the example's own values, its query included."""
        for name, value in self.path.items():
            route = route.replace(f"{{{name}}}", quote(value, safe=""))
        return f"{route}?{urlencode(self.query)}" if self.query else route


Examples = Mapping[str, Sequence[Example]]


@cache
def all_examples() -> dict[str, tuple[Example, ...]]:
    """{operation id: its examples} of all installed apps, in their order."""
    found: dict[str, tuple[Example, ...]] = {}
    for app in apps.get_app_configs():
        for operation, examples in _of(app.name).items():
            found[operation] = (*found.get(operation, ()), *examples)
    return found


def _of(app: str) -> Examples:
    try:
        examples: Examples = import_module(f"{app}.api.examples").EXAMPLES
    except ModuleNotFoundError as missing:
        if missing.name not in {f"{app}.api", f"{app}.api.examples"}:
            raise
        return {}
    return examples


def document_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: puts every example where it belongs."""
    shared = result["components"]["responses"]
    for path in result.get("paths", {}).values():
        for operation in path.values():
            for example in all_examples().get(operation["operationId"], ()):
                _show(example, operation, shared)
    return result


def _show(example: Example, operation: dict[str, Any], shared: dict[str, Any]) -> None:
    if example.body is not None:
        _put(operation.get("requestBody", {}), example, example.body)
    if example.answer is not None:
        status, answers = str(example.status), operation["responses"]
        if "$ref" in answers.get(status, {}):  # an answer that all operations share gets an example of this one's own
            answers[status] = deepcopy(shared[answers[status]["$ref"].rpartition("/")[2]])
            answers[status]["content"][JSON].pop("example")
        _put(answers.get(status, {}), example, example.answer)
    given = {**example.path, **example.query}
    for parameter in operation.get("parameters", ()):
        # the page on which routes are tried fills in what has an example: a filter would leave the list empty
        wanted = parameter.get("in") != "query" or parameter.get("required")
        if wanted and parameter.get("name") in given:
            shown = {"summary": example.title, "value": given[parameter["name"]]}
            parameter.setdefault("examples", {}).setdefault(example.name, shown)


def _put(place: dict[str, Any], example: Example, value: Any) -> None:
    content = place.get("content", {}).get(JSON)
    if content is not None:
        text = {"description": example.text} if example.text else {}
        content.setdefault("examples", {})[example.name] = {"summary": example.title, **text, "value": value}
