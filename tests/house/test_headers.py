"""RELIABILITY R-33: what stands on every answer, whoever asks for whichever page of the URL conf."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.house.test_routes import API, LIST, OBJECT, OPEN, PAGES, TOKEN, address, signed_in
from tests.standing import standing
from tests.walk import walk
from tests.world import build_world

STRICT = {"object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'", "form-action": "'self'"}


@pytest.fixture(scope="module")
def answers(django_db_setup, django_db_blocker):
    """Of every route that can be opened, and of what is refused or not there: asked once, for all tests of the file."""
    with standing(django_db_blocker):
        return answered(build_world())


def answered(world):
    found = walk(world)
    people = {"office": signed_in(world.olivia), "branch": signed_in(world.helen), "nobody": Client()}
    paths = [address(route, world, found) for route, known in PAGES.items() if known.kind in {LIST, OBJECT, OPEN}]
    paths += [address(route, world, found) for route, known in PAGES.items() if known.kind == TOKEN]
    paths += ["/s/nonsense/", "/u/nonsense/", "/nothing", "/api/nothing", "/api/docs/"]
    seen = [(client, path, client.get(path)) for client in people.values() for path in paths]
    key = Client(headers={"authorization": f"Bearer {world.crm_secret}"})
    api = [address(route, world, found) for route, known in API.items() if known.kind in {LIST, OBJECT}]
    seen += [(key, path, key.get(path)) for path in api]
    office = people["office"]
    rooms = [reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist") for m in admin.site._registry]
    return seen + [(office, path, office.get(path)) for path in ["/admin/", *rooms]]


# a page of a program's preview stands in a frame of the overview, where it can do nothing
FRAMED = STRICT | {"frame-ancestors": "'self'", "form-action": "'none'", "sandbox": "allow-same-origin"}
PREVIEW = re.compile(r"/preview/\d+/en/\w+/")


def policy(answer) -> dict[str, str]:
    return dict(re.findall(r"([a-z-]+) ([^;]+)", answer.headers["Content-Security-Policy"]))


def test_every_answer_has_a_strict_policy_and_is_kept_by_no_cache(answers):
    for _, path, answer in answers:
        said, framed = policy(answer), bool(PREVIEW.fullmatch(path)) and answer.status_code == 200
        strict = FRAMED if framed else STRICT
        assert {name: said[name] for name in strict} == strict, path
        assert "'unsafe-inline'" not in said["script-src"], path
        assert not re.search(r"https?:|\*", answer.headers["Content-Security-Policy"]), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["Referrer-Policy"] == "same-origin", path
        assert answer.headers["X-Frame-Options"] == ("SAMEORIGIN" if framed else "DENY"), path
        assert "no-store" in answer.headers["Cache-Control"], path
    assert len(answers) > 100


def test_no_page_carries_a_script_or_a_handler_of_its_own(answers):
    """What the policy would block must not be there: a blocked script is a page that does not work."""
    for _, path, answer in answers:
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            html = answer.content.decode()
            inline = [tag for tag in re.findall(r"<script[^>]*>", html) if "src=" not in tag and "json" not in tag]
            assert (path, inline) == (path, [])
            assert (path, re.findall(r"<[^>]+\son(?:click|load|error|submit|change)=", html)) == (path, [])


@pytest.mark.parametrize("path", ["/?q=%00", "/api/v1/units?q=%00", "/a%00b"])
def test_a_refusal_at_the_gate_is_no_page_either(client, path):
    answer = client.get(path)
    assert answer.status_code == 400
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"].startswith(("text/plain", "application/json"))
