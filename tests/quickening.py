"""What makes all tests faster and leaves what they see as it is."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.db.migrations.state import ProjectState
from django.db.utils import ProgrammingError
from django.test import TransactionTestCase, client, override_settings
from django.test.utils import ContextList
from psycopg.errors import InsufficientPrivilege
from whitenoise.middleware import WhiteNoiseMiddleware

KEPT = {"django_content_type", "auth_permission"}  # flush would fill them anew with the same rows
# Who still writes is waited for, as TRUNCATE would; without triggers, some of which forbid to delete.
EMPTY = """
DO $$
DECLARE
    tables regclass[];
    held regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    SELECT array_agg(oid ORDER BY oid) INTO tables FROM pg_class
    WHERE relkind = 'r' AND pg_table_is_visible(oid) AND (relname = ANY(%s) OR relispartition);
    EXECUTE 'LOCK TABLE ' || array_to_string(tables, ', ') || ' IN SHARE ROW EXCLUSIVE MODE';
    FOREACH held IN ARRAY tables LOOP
        IF pg_relation_size(held) > 0 THEN
            EXECUTE 'DELETE FROM ' || held;
        END IF;
    END LOOP;
END $$
"""


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Hashing the cast's passwords as in production would take most of the time of the tests."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_emptying() -> Iterator[None]:
    """What a test that commits leaves behind goes by DELETE from the tables that hold something. Django's flush
    truncates every table, of which each file is made anew, and writes all content types and permissions again."""
    flush: Any = TransactionTestCase._fixture_teardown

    def empty(case: Any) -> None:
        try:
            for name in case._databases_names(include_mirrors=False):
                tables = set(connections[name].introspection.django_table_names()) - KEPT
                with connections[name].cursor() as cursor:
                    cursor.execute(EMPTY, [sorted(tables)])
        except ProgrammingError as error:
            if not isinstance(error.__cause__, InsufficientPrivilege):
                raise
            flush(case)  # whoever we are in this database may not switch triggers off

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_static_files() -> Iterator[None]:
    """Every test client loads the middleware anew: which static files there are is looked up once. And a browser keeps
    what it got, as in production: from a fresh checkout it would ask for each script and style again on each page."""
    look, known = WhiteNoiseMiddleware.add_files_from_finders, {}
    serve: Any = StaticFilesHandler.serve

    def recall(middleware: Any) -> None:
        if not known:
            own, middleware.files = middleware.files, known
            look(middleware)
            middleware.files = own
        middleware.files.update(known)

    def served(handler: Any, request: Any) -> Any:
        answer = serve(handler, request)
        answer.headers.setdefault("Cache-Control", "max-age=3600")
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", recall)
        patch.setattr(StaticFilesHandler, "serve", served)
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_contexts() -> Iterator[None]:
    """The test client copies what each template is given, for `response.context`. The hundreds that a page includes are
    given the page's own, which is kept once."""

    def keep(store: dict[str, Any], signal: object, sender: object, template: Any, context: Any, **_: Any) -> None:
        store.setdefault("templates", []).append(template)
        given: dict[int, Any] = store.setdefault("given", {})  # with itself, lest another one comes to have its id
        if id(context) not in given:
            given[id(context)] = context
            store.setdefault("context", ContextList()).append(copy(context))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "store_rendered_templates", keep)
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_migrations() -> Iterator[None]:
    """A test database is made by all migrations, whose time goes into rendering the models around each that changes. A
    model that is new, or got a field or an option, is rendered alone: its table needs no more. The others follow when
    a migration's own code asks for them (what Django calls delayed). The schema comes out the same, to the letter."""
    find, grow = ProjectState._find_reload_model, (ProjectState.add_model, ProjectState.add_field)
    alone: set[int] = set()  # states that are getting a model or a field

    def find_one(state: ProjectState, app: str, name: str, delay: bool = False) -> set[tuple[str, str]]:
        if not delay and id(state) not in alone:
            return find(state, app, name)
        state.is_delayed = True
        return {(app, name)}

    def growing(method: Any) -> Any:
        def grown(state: ProjectState, *args: Any, **kwargs: Any) -> None:
            alone.add(id(state))
            try:
                method(state, *args, **kwargs)
            finally:
                alone.discard(id(state))

        return grown

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProjectState, "_find_reload_model", find_one)
        for method in grow:
            patch.setattr(ProjectState, method.__name__, growing(method))
        yield
