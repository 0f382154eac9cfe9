"""The API's examples are true: every operation has some, they keep to the schema, the product answers as they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import OpenAPIV31SpecValidator

from common.api.example import Example, all_examples
from common.api.schema import METHODS
from tests.house.api_stage import stage
from tests.standing import standing

pytestmark = pytest.mark.django_db
FREE = {"attributes", "schema", "data", "brief", "options", "counts"}  # objects whose names are the caller's own
WHERE = "give one in <app>/api/examples.py; common/api/example.py says how"


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
    return found


def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """{operation id: (method, route, operation)}"""
    paths = schema()["paths"].items()
    return {
        found["operationId"]: (method, route, found)
        for route, path in paths
        for method, found in path.items()
        if method in METHODS
    }


EVERY = [(name, example) for name, examples in all_examples().items() for example in examples]


def one(value: Any) -> str:
    return value.name if isinstance(value, Example) else str(value)


# --- there are some --------------------------------------------------------------------------------------------------


def test_the_schema_is_openapi_3_1_by_the_rules_of_others_too():
    assert schema()["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(schema()).iter_errors()] == []


@pytest.mark.parametrize("operation", operations())
def test_every_operation_has_an_example_that_succeeds_and_one_of_each_body(operation):
    _, _, found = operations()[operation]
    examples = all_examples().get(operation, ())
    answered = {example.status for example in examples}
    promised = {int(status) for status in found["responses"] if status < "300"}
    assert promised <= answered, WHERE
    assert "requestBody" not in found or any(example.body is not None for example in examples), WHERE


@pytest.mark.parametrize("operation", operations())
def test_every_operation_says_what_it_does(operation):
    _, _, found = operations()[operation]
    assert found.get("summary"), "give extend_schema a summary"
    assert found.get("description"), "give extend_schema a description, or the view a docstring"
    assert len(found["tags"]) == 1


def test_every_example_is_of_an_operation_that_exists_and_has_a_name_of_its_own():
    assert set(all_examples()) <= set(operations())
    for name, examples in all_examples().items():
        assert len({example.name for example in examples}) == len(examples), name


# --- they keep to the schema -----------------------------------------------------------------------------------------


@cache
def judge(shape: str) -> Any:
    """Compiled once for each shape (as JSON): the components make it large."""
    return jsonschema_rs.validator_for(
        {**json.loads(shape), "components": schema()["components"]}, validate_formats=True
    )


def check(value: Any, shape: dict[str, Any]) -> None:
    errors = list(judge(json.dumps(shape)).iter_errors(value))
    assert [(error.message, list(error.instance_path)) for error in errors] == []


def content(place: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in place:
        place = schema()["components"]["responses"][place["$ref"].rpartition("/")[2]]
    shape: dict[str, Any] = place["content"]["application/json"]["schema"]
    return shape


@pytest.mark.parametrize(("operation", "example"), EVERY, ids=one)
def test_an_example_is_what_the_schema_says(operation, example):
    _, _, found = operations()[operation]
    if example.body is not None and example.status < 300 and not isinstance(example.body, list):
        check(example.body, content(found["requestBody"]))  # a list may show an item that is refused
    if example.answer is not None:
        check(example.answer, content(found["responses"][str(example.status)]))


# --- the product answers as they say ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[tuple[str, str], Any]]:
    """What the product answered to each, called one after the other as a new user would."""
    with standing(django_db_blocker):
        world = stage()
        key, person = Client(headers={"authorization": f"Bearer {world.crm_secret}"}), Client()
        person.force_login(world.elsa.user)
        ours: dict[str, str] = {}
        called = {
            (operation, example.name): call(person if example.by_person else key, operation, example, ours)
            for operation, example in EVERY
        }
        connection.check_constraints()  # else each test would check theirs anew
        yield called


def tomorrow() -> str:
    """In place of a day that must lie ahead, but not far."""
    return (timezone.now() + timedelta(days=1)).isoformat()


def call(client: Client, operation: str, example: Example, ours: dict[str, str]) -> Any:
    """`ours`: {an id as an example shows it: what the product gave instead}, filled as answers come."""
    method, route, _ = operations()[operation]
    said = example.body | {"until": tomorrow()} if operation == "pause_ticket" else example.body
    body = {} if example.body is None else {"data": json.dumps(said), "content_type": "application/json"}
    real = replace(example, path={name: ours.get(value, value) for name, value in example.path.items()})
    response = getattr(client, method)(real.address(route), headers=dict(example.headers), **body)
    if isinstance(example.answer, dict) and "id" in example.answer and "id" in response.json():
        ours[example.answer["id"]] = response.json()["id"]
    return response


@pytest.mark.parametrize(("operation", "example"), EVERY, ids=one)
def test_an_example_is_answered_as_it_says(answers, operation, example):
    response = answers[operation, example.name]
    assert response.status_code == example.status, response.content.decode()
    if example.answer is not None:
        said = response.json()
        assert differences(example.answer, said, "page" if "previous" in said else "") == []
        check(said, content(operations()[operation][2]["responses"][str(example.status)]))


def differences(shown: Any, said: Any, path: str = "") -> list[str]:
    """Where the shape, a status or an error of the example is not that of the answer: names, kinds of value, codes."""
    if isinstance(shown, dict) and isinstance(said, dict):
        return _of_objects(shown, said, path)
    if isinstance(shown, list) and isinstance(said, list):
        if shown and not said:  # a page may begin with a row of somebody who has none
            return [] if path.startswith("page.results.") else [f"{path}: empty"]
        beside = [said[min(number, len(said) - 1)] for number in range(len(shown))]
        return [found for n, item in enumerate(shown) for found in differences(item, beside[n], f"{path}.{n}")]
    if shown is None or said is None or type(shown) is type(said) or {type(shown), type(said)} == {int, float}:
        return [f"{path}: {said!r}, not {shown!r}"] if shown != said and _is_exact(path) else []
    return [f"{path}: {type(said).__name__}, not {type(shown).__name__}"]


def _is_exact(path: str) -> bool:
    """What must be the same to the letter. Which rows a page begins with is not: others may have been sent before."""
    return path.rpartition(".")[2] in {"status", "code", "field", "external_id"} and not path.startswith("page.")


def _of_objects(shown: dict[str, Any], said: dict[str, Any], path: str) -> list[str]:
    if path.rpartition(".")[2] in FREE:
        return []
    names = [f"{path}.{name}: only in one of them" for name in sorted(shown.keys() ^ said.keys())]
    both = sorted(shown.keys() & said.keys())
    return names + [found for name in both for found in differences(shown[name], said[name], f"{path}.{name}")]
