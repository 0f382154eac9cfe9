"""RELIABILITY R-31, R-36, G8: whatever is written into any form, any address and any parameter, nothing breaks.

Forms and parameters are read off the pages themselves, the pages off the URL conf, so what is new is tried by itself.
"""

from __future__ import annotations

from datetime import date
from itertools import cycle, islice
from urllib.parse import quote, urlencode, urljoin

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from analytics.services.filling import fill
from tests.factories.analytics import answers
from tests.forms import forms_in, parameters_in
from tests.hostile import CORPUS, FORMULAS, ODD
from tests.house.test_routes import LIST, OBJECT, PAGES, TOKEN, address, patterns, signed_in
from tests.walk import walk
from tests.world import NOW

TEXTS = {**ODD, "a script": CORPUS[2], "a formula": FORMULAS[0]}
VALUES = [
    "%00", "%ED%A0%80", "%FF%FE", "%E2%80%AE", "a" * 3000, "-1", "0", "99999999999999999999", "1e999", "NaN", "9.5",
    "%D9%A9", "%27%3B--", "%25s", "%7B%7B7*7%7D%7D", "..%2F..", "%0D%0AX-A:b", "%3Cscript%3E", "2026-13-45",
    "0001-01-01",
    "9999-12-31", "", "null", "[]", "__all__", "id__in", "-pk", "1.2.3.-4", "%F0%9F%98%80", "=1%2B1",
]  # fmt: skip
URLENCODED = "application/x-www-form-urlencoded"
ENOUGH = date(2026, 1, 12)  # of a day on which enough people answered for their words to be shown
IN_A_PERIOD = {"insights/explore/behind/": f"?from={ENOUGH}&to={ENOUGH}"}
NOT_BY_MACHINE = {"/logout/"}  # ends the session that the other forms need


@pytest.fixture
def found(world):
    walked = walk(world)
    answers(unit=world.harbour, scores=[9] * 6, on=ENOUGH)
    fill(at=NOW)
    return walked


def front_pages(world, found):
    for route, known in PAGES.items():
        if known.kind in {LIST, OBJECT, TOKEN}:
            yield address(route, world, found) + IN_A_PERIOD.get(route, "")
    yield from passing_by(f"/a/{found.link.code}/")
    yield from ("/login/", "/", f"/s/{found.survey_token}/?change=1")


def passing_by(start):
    """The pages of a public link, an answer begun."""
    key = forms_in(Client().get(start).content.decode())[0].fields["key"][0]
    yield from (start, Client().post(start, {"key": key, "score": "3"})["Location"])


def everywhere(world, found, *, front, console):
    """(person, pages, figure given): the front pages as the manager opens them, those that she is refused as the
    operator does, what is the office's own as the office, so that there is none that nobody opens; then the console's.
    Opened when it is their turn: their forms are as new as a browser's."""
    left = list(front_pages(world, found))
    for person in (world.helen, world.operator, world.olivia):
        pages, left = opened(signed_in(person), left)
        yield person, pages, front
    assert left == []
    yield world.operator, opened(signed_in(world.operator), console_pages())[0], console


def console_pages():
    for model in admin.site._registry:
        place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{place}_changelist")
        yield reverse(f"{place}_add")
        newest = model._default_manager.order_by("-pk").first()
        if newest is not None:
            yield reverse(f"{place}_change", args=[newest.pk])


def opened(client, paths):
    """(address, page) of those that open, unless it streams, and the paths that do not."""
    pages, refused = [], []
    for path in paths:
        answer = client.get(path, follow=True)
        assert answer.status_code < 500 or path == "/healthz", path
        if answer.status_code != 200:
            refused.append(path)
        elif not answer.streaming:
            pages.append((answer.request["PATH_INFO"], answer.content.decode()))
    return pages, refused


def broken(call, *args, **kwargs) -> bool:
    """Whether a request ends in a server error or an exception that would be one."""
    try:
        return call(*args, **kwargs).status_code >= 500
    except Exception as error:  # noqa: BLE001 - any exception is what is looked for; its name is the finding
        return bool(repr(error))


def forms_to_fill(pages):
    """(address, form) of each form that stores something people write."""
    for path, html in pages:
        for form in forms_in(html):
            for place in (urljoin(path, place) for place in (form.action, *form.places)):
                if form.method == "post" and form.words and place not in NOT_BY_MACHINE:
                    yield place, form


def encoded(fields: dict[str, str]) -> bytes:
    """As a browser would not send it: lone surrogates too."""
    return urlencode(fields, errors="surrogatepass").encode()


def test_no_form_breaks_on_what_is_written_into_it(world, found):
    wrong, tried, turns = [], set(), cycle(TEXTS)
    for person, pages, each in everywhere(world, found, front=4, console=1):
        for place, form in forms_to_fill(pages):
            client = signed_in(person)
            for name in islice(turns, each):
                tried.add((place, name))
                if broken(client.post, place, encoded(form.filled(TEXTS[name])), content_type=URLENCODED):
                    wrong.append((place, name))
    assert wrong == []
    assert len({place for place, _ in tried}) > 25


def test_no_parameter_of_any_page_breaks_it(world, found):
    wrong, values = [], cycle(VALUES)
    for person, pages, share in everywhere(world, found, front=1, console=3):
        client = signed_in(person)
        for turn, (path, html) in enumerate(pages):
            carried = parameters_in(html)
            names = sorted(carried | {"q", "page", "unit", "lang", "_popup"})
            for name in names[turn % share :: share]:  # the console's pages are alike: of each a third
                queries = [f"{path}?{quote(name)}={value}" for value in islice(values, 2)]
                wrong += [query for query in queries if broken(client.get, query)]
            nul = "&".join(f"{quote(name)}=a%00" for name in carried | {"q"})
            assert client.get(f"{path}?{nul}").status_code == 400, path
    assert wrong == []


@pytest.mark.parametrize("value", VALUES)
def test_a_new_row_is_proposed_nothing_that_no_row_is(client, world, value):
    client.force_login(world.operator)
    assert client.get(f"/admin/crm/assignment/add/?unit={value}&employee={value}").status_code in {200, 400}


ADDRESSES = ["%00", "a%00b", "%ED%A0%80", "%FF", "%0A", "%0D%0A", "..", "%2F%2F", "%E2%80%AE", "x" * 3000, "-1", "1e9",
             "%25s", "%3Cscript%3E", "%F0%9F%98%80", "None", "99999999999999999999", "a b", "%C2%85"]  # fmt: skip


def test_no_address_breaks_whatever_stands_in_it(world, found):
    people = [signed_in(world.operator), Client(headers={"authorization": f"Bearer {world.crm_secret}"})]
    wrong, parts = [], cycle(ADDRESSES)
    for route in sorted(route for route, _ in patterns() if "<" in route or "[" in route):
        own = islice(parts, 2 if route.startswith("admin/") else 7)
        for path in ["/" + filled(route, part) for part in own]:
            wrong += [path for client in people for call in (client.get, client.post) if broken(call, path)]
    assert wrong == []


def filled(route: str, part: str) -> str:
    """The route with `part` in each of its places."""
    pieces = route.replace(r"^api/[\s\S]*$", "api/<x>").split("<")
    return pieces[0] + "".join(part + piece.partition(">")[2] for piece in pieces[1:])
