"""What a caller may ask in a minute, across processes, and what comes when it is more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from common.api.limits import take
from common.models import RateBucket
from common.pruning import prune
from crm.models import ApiKey, Customer
from tests.api import API, Caller, errors
from tests.world import NOW

pytestmark = pytest.mark.django_db


def allowed(cost=1, *, after=0.0, size=6):
    return take("key:1", cost=cost, size=size, at=NOW + timedelta(seconds=after)).wait == 0


def test_a_bucket_holds_a_minutes_worth_and_fills_evenly():
    assert [allowed() for _ in range(7)] == [True] * 6 + [False]
    assert [allowed(after=9.9), allowed(after=10), allowed(after=10)] == [False, True, False]
    assert [allowed(after=1000) for _ in range(7)] == [True] * 6 + [False]


def test_a_refused_request_takes_nothing_and_says_how_long_to_wait():
    assert allowed(5)
    refused = take("key:1", cost=3, size=6, at=NOW)
    assert (refused.units, refused.wait) == (1.0, 20)
    assert allowed(3, after=20)


def test_a_cost_above_the_whole_bucket_takes_the_whole_bucket():
    assert allowed(51)
    assert take("key:1", cost=51, size=6, at=NOW).wait == 60


def test_a_clock_that_goes_back_gives_nothing():
    assert allowed(6, after=60)
    assert not allowed(after=0)
    assert not allowed(after=60)


def test_callers_do_not_spend_from_one_another():
    assert allowed(6)
    assert take("key:2", cost=1, size=6, at=NOW).wait == 0


def test_the_table_costs_no_flush():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'common_ratebucket'")
        assert cursor.fetchone() in {("u",), (b"u",)}


def test_a_key_that_asks_too_much_is_told_when_to_come_back(world):
    ApiKey.objects.filter(pk=world.crm_key.pk).update(rate=2)
    caller = Caller(world.crm_secret)
    first = caller.get("/units")
    assert (first["RateLimit-Policy"], first["RateLimit"]) == ('"minute";q=2;w=60', '"minute";r=1;t=30')
    assert caller.get("/units").status_code == 200
    refused = caller.get("/units")
    assert (refused.status_code, errors(refused)) == (429, [("too_many_requests", None)])
    assert 28 <= int(refused["Retry-After"]) <= 30
    assert refused["RateLimit"].startswith('"minute";r=0;')


@pytest.mark.parametrize(("body", "content_type", "status"), [("{", "application/json", 400), ("a", "text/odd", 415)])
def test_what_cannot_be_read_says_what_is_left_too(world, body, content_type, status):
    key = {"authorization": f"Bearer {world.crm_secret}"}
    answer = Client().post("/api/v1/customers", body, content_type=content_type, headers=key)
    assert (answer.status_code, "RateLimit" in answer) == (status, True)


def test_a_list_costs_a_unit_more_for_each_hundred_items(world):
    ApiKey.objects.filter(pk=world.crm_key.pk).update(rate=10)
    caller = Caller(world.crm_secret)
    assert caller.post("/customers", [{"external_id": f"a-{n}"} for n in range(600)]).status_code == 200
    refused = caller.post("/customers", [{"external_id": f"b-{n}"} for n in range(400)])
    assert (refused.status_code, errors(refused)) == (429, [("too_many_requests", None)])
    assert not Customer.objects.filter(external_id__startswith="b-").exists()


def test_a_list_costs_the_same_as_a_field_of_the_body(world):
    ApiKey.objects.filter(pk=world.crm_key.pk).update(rate=10)
    body = {"control": {"rows": 1000}, "items": [{}] * 1000}
    assert Caller(world.crm_secret).post("/financial-loads", body).status_code == 422
    refused = Caller(world.crm_secret).get("/units")
    assert (refused.status_code, errors(refused)) == (429, [("too_many_requests", None)])


def test_an_unknown_address_costs_a_unit_of_whoever_asks_and_says_what_is_left(world):
    key, nobody = Caller(world.crm_secret), Caller()
    unknown = [caller.get("/parcels") for caller in (key, nobody)]
    assert [answer.status_code for answer in unknown] == [404, 404]
    assert [answer["RateLimit-Policy"] for answer in unknown] == ['"minute";q=3000;w=60', '"minute";q=60;w=60']


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("/units/?limit=2", "/api/v1/units?limit=2"), ("/schema", "/api/v1/schema/"), ("", "/api/v1/")],
)
def test_a_slash_too_many_or_too_few_leads_to_the_route_that_was_meant(db, asked, meant):
    answers = [Caller().get(asked), Caller().post(asked, {})]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(308, meant)] * 2


def test_a_newcomer_at_the_root_finds_the_docs(db):
    assert Client().get("/api/v1/")["Location"] == Client().get("/api/")["Location"] == "/api/docs/"


def test_a_key_of_no_limit_has_none(world):
    ApiKey.objects.filter(pk=world.crm_key.pk).update(rate=0)
    assert "RateLimit" not in Caller(world.crm_secret).get("/units")
    assert not RateBucket.objects.exists()


def test_whoever_tries_keys_is_stopped_and_good_keys_from_there_are_not(world, settings):
    settings.API_ADDRESS_RATE = 3
    assert [Caller("sk_guess").get("/units").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert Caller().get("/units").status_code == 429
    assert Caller(world.crm_secret).get("/units").status_code == 200


def test_behind_a_proxy_the_address_is_the_one_it_saw(world, settings):
    settings.API_ADDRESS_RATE, settings.SECURE_PROXY_SSL_HEADER = 1, ("HTTP_X_FORWARDED_PROTO", "https")
    asked = [
        Client().get(f"{API}/units", headers={"x-forwarded-for": seen}).status_code
        for seen in ("192.0.2.1", "198.51.100.9, 192.0.2.1", "192.0.2.2")
    ]
    assert asked == [401, 429, 401]


def test_a_person_signed_in_has_a_limit_too(world, settings):
    settings.API_RATE = 1
    caller = Caller()
    caller.client.force_login(world.helen.user)
    assert [caller.get("/units").status_code for _ in range(2)] == [200, 429]


def test_full_buckets_are_forgotten(world):
    Caller(world.crm_secret).get("/units")
    assert prune(at=timezone.now())["buckets"] == 0
    assert prune(at=timezone.now() + timedelta(hours=2))["buckets"] == 1
