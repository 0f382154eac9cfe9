"""What stands before every page: NUL bytes, a database that is away, and what the log may know."""

from __future__ import annotations

import json
import logging

import pytest
from django.db import connection
from django.test import Client

from common.logs import Lines

SECRET = "tokenthatnobodymaysee"


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def wrong(settings) -> None:
    settings.ROOT_URLCONF = "tests.common.urls"


@pytest.fixture
def lines(caplog):
    """What has been logged so far, as it is written."""
    caplog.set_level(logging.INFO)
    return lambda: [json.loads(Lines().format(record)) for record in caplog.records]


@pytest.mark.parametrize("address", ["/?q=%00", "/%00", "/login/?next=a%00b", "/api/v1/customers/?cursor=%00"])
def test_a_nul_byte_in_the_address_is_refused(visitor, address):
    assert visitor.get(address).status_code == 400


def test_a_nul_byte_in_a_cookie_is_refused(visitor):
    visitor.cookies["sessionid"] = "a\0b"
    assert visitor.get("/").status_code == 400


def test_the_api_refuses_a_nul_byte_in_its_own_shape(visitor):
    (error,) = visitor.get("/api/v1/scores?q=%00").json()["errors"]
    assert error["code"] == "nul_byte"


def test_a_percent_sign_that_is_no_nul_byte_passes(visitor, wrong):
    assert visitor.get("/nothing?q=%2500").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_page_without_database_says_when_to_come_back(visitor, wrong):
    response = visitor.get(f"/lost/{SECRET}/")
    connection.close()
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "not available just now" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_api_without_database_answers_in_its_own_shape(visitor, wrong):
    response = visitor.get("/api/lost/")
    connection.close()
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response.json()["errors"][0]["code"] == "unavailable"


def test_what_breaks_is_a_calm_page_and_in_the_api_its_own_shape(visitor, wrong):
    page, api = visitor.get("/stumble/x/"), visitor.get("/api/stumble/")
    assert (page.status_code, api.status_code) == (500, 500)
    assert "Something went wrong on our side" in page.content.decode()
    assert api.json()["errors"][0]["code"] == "server_error"


def test_the_log_has_the_route_and_never_the_token(visitor, wrong, lines):
    visitor.get(f"/stumble/{SECRET}/?secret={SECRET}")
    request = next(line for line in lines() if line["logger"] == "shopkeeper.request")
    assert (request["method"], request["route"], request["status"]) == ("GET", "stumble/<str:token>/", 500)
    assert request["ms"] >= 0
    assert SECRET not in json.dumps(lines())


def test_the_log_says_what_broke_and_where_without_its_words(visitor, wrong, lines):
    visitor.get("/stumble/x/")
    (line,) = [line for line in lines() if line["logger"] == "django.request"]
    assert (line["message"], line["error"]["type"]) == ("500 stumble/<str:token>/", "builtins.ValueError")
    assert line["error"]["trace"][-1].endswith(" stumble")
    assert "ines@example.org" not in json.dumps(lines())


def test_an_address_that_leads_nowhere_is_not_written_down(visitor, wrong, lines):
    visitor.get(f"/{SECRET}")
    assert "404 (no route)" in [line["message"] for line in lines()]
    assert SECRET not in json.dumps(lines())


def test_the_log_has_no_results_of_tasks():
    message = "Failed 'app.tasks.send' (one-two) - ines@example.org : Traceback\n ..."
    record = logging.LogRecord("django-q", logging.ERROR, "", 0, message, None, None)
    assert json.loads(Lines().format(record))["message"] == "Failed 'app.tasks.send' (one-two)"
