"""Every list, page, export and digest runs the same number of queries for ten rows and for two hundred (R-60), and that
number is written down in query_counts.py. Routes come from the matrix of test_routes.py, which knows them all, console
pages from the registry: what is added later fails here until its number is written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from closedloop.views.work_list import TABS
from common.models import Export
from crm.models import ApiKey
from distribution.models import Dispatch
from distribution.services.composing import compose
from distribution.services.digesting import freeze_due
from surveys.models import Turn
from tests.crowd import grow, remember
from tests.house.query_counts import API, CONSOLE, FEWER, JOBS, OTHERWISE, PAGES
from tests.house.test_routes import API as RESOURCES
from tests.house.test_routes import LIST, MATRIX, POST, console, signed_in
from tests.standing import standing
from tests.walk import Walk, walk
from tests.world import NOW, World, build_world

FEW, MANY = 10, 200
ANSWERS = {200, 204, 405}
pytestmark = pytest.mark.django_db


@dataclass
class House:
    world: World
    found: Walk
    client: Client


Visit = Callable[[House], Any]


# --- what there is to visit ------------------------------------------------------------------------------------------


def address(route: str, house: House) -> str:
    build = MATRIX[route].address
    path = build(house.world, house.found) if build else f"/{route}"
    known = {"<str:token>": house.found.survey_token, "<path:path>": "nothing", "<str:code>": house.world.visit.code}
    for part, value in known.items():
        path = path.replace(part, value)
    return path


def page(route: str, **query: str) -> Visit:
    return lambda house: house.client.get(address(route, house), query, follow=True)


def resource(route: str) -> Visit:
    query: dict[str, Any] = (
        {"limit": 200} if MATRIX[route].kind == LIST and not {"scores", "cuts"} & set(route.split("/")) else {}
    )
    query |= {"source": "hr"} if "employees/" in route else {}

    def visit(house: House) -> Any:
        key = f"Bearer {house.world.crm_secret}"
        return Client().get(address(route, house), query, headers={"authorization": key})

    return visit


def console_page(model: Any, name: str, **query: str) -> Visit:
    def visit(house: House) -> Any:
        args = () if name in {"changelist", "add"} else (subject_of(model).pk,)
        about = {"customer": str(house.found.invitation.customer_id)} if (model, name) == (Turn, "add") else {}
        return house.client.get(console(model, name, *args), query | about)

    return visit


def export(model: Any) -> Visit:
    def visit(house: House) -> Any:
        body = {"action": "export_csv", "_selected_action": [str(subject_of(model).pk)], "select_across": "1"}
        return house.client.post(console(model, "changelist"), body)

    return visit


def names_for(model: Any, field: str) -> Visit:
    """What a field of a form offers while one writes."""
    query = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field, "term": ""}
    return lambda house: house.client.get("/admin/autocomplete/", query)


def subject_of(model: Any) -> Any:
    """The row of the walk, around which the crowd stands."""
    found = model._default_manager.order_by("pk").first()
    assert found is not None, f"tests/crowd.py must make rows of {model._meta.label}"
    return found


def freeze(house: House) -> HttpResponse:
    """The morning's digests of all units."""
    with transaction.atomic():
        freeze_due(at=NOW + timedelta(days=2), batch=10_000)
        transaction.set_rollback(True)
    return HttpResponse()


def mail(house: House) -> HttpResponse:
    told = Dispatch.objects.select_related("digest__unit", "employee").get(digest=house.found.digest)
    compose(told, at=NOW + timedelta(days=1))
    return HttpResponse()


def console_visits(model: Any, owner: Any) -> dict[str, Visit]:
    found = {name: console_page(model, name) for name in ("changelist", "add", "change", "history")}
    if owner.search_fields:
        found["search"] = console_page(model, "changelist", q="crowd-10000")
    return (
        found | {"export": export(model)} | {f"names for {f}": names_for(model, f) for f in owner.autocomplete_fields}
    )


REGISTRY = {model._meta.label_lower: (model, owner) for model, owner in admin.site._registry.items()}
SITES: dict[str, Visit] = {
    f"/{route}": page(route) for route in sorted(set(MATRIX) - set(RESOURCES)) if MATRIX[route].kind != POST
}
SITES |= {f"/tickets/?tab={tab}": page("tickets/", tab=tab) for tab in TABS}
# the days of the walk, which are not those of the clock: else a page would ask less until they have come
DAYS = {"from": str(NOW.date() - timedelta(days=60)), "to": str(NOW.date() + timedelta(days=1))}
SITES |= {
    f"/insights/{part}": page(f"insights/{part}", **DAYS) for part in ("", "asking/", "explore/", "explore/behind/")
}
SITES["/admin/"] = lambda house: house.client.get("/admin/")
SYSTEMS: dict[str, Visit] = {f"/{route}": resource(route) for route in RESOURCES if MATRIX[route].kind != POST}
ROOMS = {
    f"{label} {name}": visit
    for label, (model, owner) in sorted(REGISTRY.items())
    for name, visit in console_visits(model, owner).items()
}
NIGHTLY: dict[str, Visit] = {"digests frozen": freeze, "digest mailed": mail}
VISITS = SITES | SYSTEMS | ROOMS | NIGHTLY
PINNED = PAGES | API | {f"{label} {name}": n for label, pages in CONSOLE.items() for name, n in pages.items()} | JOBS


# --- counting --------------------------------------------------------------------------------------------------------


@dataclass
class Seen:
    status: int
    queries: list[str]

    @property
    def figure(self) -> int:
        """Queries of a page; of one that nobody may open, the refusal's status instead."""
        return self.status if self.status in {403, 405} else len(self.queries)


def see(visit: Visit, house: House) -> Seen:
    connection.queries_log.clear()
    ContentType.objects.clear_cache()  # else the first page of a run would ask more than the next
    with CaptureQueriesContext(connection) as ran:
        response = visit(house)
        if response.streaming:
            list(response.streaming_content)
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")  # /healthz sets its own until the end of the transaction: ours
    return Seen(response.status_code, [query["sql"] for query in ran.captured_queries])


def see_all(house: House) -> dict[str, Seen]:
    """As the office sees it; what only the operator may see, as the operator."""
    office, operator = signed_in(house.world.olivia), signed_in(house.world.operator)
    with connection.cursor() as cursor:
        # The server cannot: our rows are not committed. Our tables alone: a transaction that analyzed the catalogs
        # which all databases share would keep the other processes of the run waiting.
        cursor.execute(f"ANALYZE {', '.join(connection.introspection.table_names(cursor))}")
    seen = {}
    for name, visit in VISITS.items():
        owner = REGISTRY[name.split()[0]][1] if name in ROOMS else None
        theirs = owner is None or house.world.olivia.user.has_perm(owner.function("view"))
        house.client = office if theirs else operator
        seen[name] = see(visit, house)
    return seen


def remember_all(world: World, number: int) -> None:
    for model, _ in REGISTRY.values():
        remember(subject_of(model), world.olivia.user, number)


@pytest.fixture(scope="module")
def seen(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[dict[str, Seen], dict[str, Seen]]]:
    """Everything at ten rows and at two hundred: visited once, for all tests of this module."""
    with standing(django_db_blocker):
        world = build_world()
        house = House(world, walk(world), Client())
        ApiKey.objects.update(last_used_at=timezone.now() + timedelta(days=1))  # else noted again each minute
        Export.objects.update(by=world.olivia.user)  # who asks for a file sees it, and nobody else
        see(SITES["/healthz"], house)  # its first answer ever leaves a heartbeat
        grow(world, house.found, FEW - 1)
        remember_all(world, FEW)  # the trail asks for each kind of which it tells
        few = see_all(house)
        grow(world, house.found, MANY - FEW)
        remember_all(world, MANY)
        many = see_all(house)
        connection.check_constraints()  # else each test would check all of it anew
        yield few, many


@pytest.mark.parametrize("name", VISITS)
def test_the_number_of_queries_is_the_same_for_ten_rows_and_for_two_hundred(seen, name):
    few, many = (found[name] for found in seen)
    assert name in PINNED, f"write it down in query_counts.py: {many.figure}"
    answers = {403} if PINNED[name] == 403 else OTHERWISE[name][0] if name in OTHERWISE else ANSWERS
    assert {few.status, many.status} <= answers, "a page that was not found, or a form that was refused, says nothing"
    assert few.figure == PINNED[name], "\n".join(few.queries)
    assert many.figure == PINNED[name], "\n".join(many.queries)


def test_every_number_written_down_is_about_something_that_exists():
    assert (set(PINNED) | set(OTHERWISE)) - set(VISITS) == set()


def test_every_list_of_the_console_was_seen_with_rows(seen):
    rows = {label: model._default_manager.count() for label, (model, _) in REGISTRY.items()}
    few = {label: number for label, number in rows.items() if number < MANY - 1}
    assert few.keys() == FEWER.keys(), few
