"""Who gets into the API, and the one shape of every refusal."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import ApiKey, Interaction, OrgUnit
from tests.api import API, Caller, errors


def test_the_schema_is_open_and_names_the_error_shape(db):
    body = Caller().get("/schema/", format="json").json()
    assert body["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
    assert "Errors" in body["components"]["schemas"]


def test_the_docs_page_loads_files_of_our_own_only(client, db):
    response = client.get("/api/docs/")
    assert response.status_code == 200
    assert "style-src 'self' 'sha256-" in response["Content-Security-Policy"]
    assert "script-src 'self';" in response["Content-Security-Policy"] + ";"
    assert b"https://" not in response.content


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_address_that_does_not_exist_answers_in_the_one_shape(client, db, method):
    response = getattr(client, method)(f"{API}/no-such-thing/7")
    assert response.status_code == 404
    assert errors(response) == [("not_found", None)]


def test_without_a_key_nobody_gets_in(db):
    response = Caller().get("/units")
    assert (response.status_code, errors(response)) == (401, [("not_authenticated", None)])
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_unknown_expired_and_revoked_keys_get_one_answer(world):
    now = timezone.now()
    ApiKey.objects.filter(pk=world.crm_key.pk).update(expires_at=now - timedelta(seconds=1))
    ApiKey.objects.filter(pk=world.station_key.pk).update(revoked_at=now)
    answers = {Caller(secret).get("/units").content for secret in ("sk_none", world.crm_secret, world.station_secret)}
    assert len(answers) == 1
    assert errors(Caller("sk_none").get("/units")) == [("invalid_key", None)]


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer " + "x" * 5000, "Bearer \xff\x00"])
def test_a_malformed_header_is_a_key_that_is_not_valid(db, header):
    response = Client().get(f"{API}/units", headers={"authorization": header})
    assert response.status_code == 401


def test_the_key_itself_is_not_in_the_database(world):
    assert not ApiKey.objects.filter(digest__contains=world.crm_secret[3:20]).exists()
    assert ApiKey.objects.get(pk=world.crm_key.pk).prefix == world.crm_secret[:10]


def test_the_last_use_is_noted_at_most_once_a_minute(world, django_assert_num_queries):
    caller = Caller(world.crm_secret)
    caller.get("/interaction-kinds")
    noted = ApiKey.objects.get(pk=world.crm_key.pk).last_used_at
    assert noted is not None
    with django_assert_num_queries(3):  # the key, what it may still ask, the kinds
        caller.get("/interaction-kinds")
    assert ApiKey.objects.get(pk=world.crm_key.pk).last_used_at == noted


def test_a_key_without_the_scope_is_refused(world):
    _, secret = ApiKey.issue(
        name="Reader", source="crm", scopes=["scores:read"], unit=world.head_office, at=timezone.now()
    )
    response = Caller(secret).post("/units", {"external_id": "x", "name": "X", "zone": "UTC"})
    assert (response.status_code, errors(response)) == (403, [("permission_denied", None)])
    assert OrgUnit.objects.count() == 6


def test_a_person_signed_in_reads_what_their_role_gives_and_cannot_write(world):
    caller = Caller()
    caller.client.force_login(world.helen.user)
    assert [row["name"] for row in caller.get("/units").json()["results"]] == ["Harbour"]
    assert caller.post("/units", {"external_id": "x"}).status_code == 403
    caller.client.force_login(world.jonas.user)
    assert caller.get("/customers").status_code == 403


def test_a_manager_elsewhere_gets_empty_lists_and_404(world):
    caller = Caller()
    caller.client.force_login(world.elsa.user)
    for name in ("customers", "interactions"):
        assert caller.get(f"/{name}").json()["results"] == []
    assert caller.get(f"/customers/{world.ines.external_id}", source="crm").status_code == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "not_json"),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", 400, "too_deep"),
        (b'{"a":' * 100_000, "application/json", 400, "too_deep"),
        (b'{"external_id": "a", "external_id": "b"}', "application/json", 400, "duplicate_key"),
        (b'"\xff"', "application/json", 400, "not_utf8"),
        (b"", "application/json", 400, "no_body"),
        (b" " * 5_300_000, "application/json", 413, "too_large"),
        (b"external_id=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"7", "application/json", 422, "invalid"),
        (b"[" + b"1," * 5000 + b"1]", "application/json", 422, "too_many"),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_in_the_one_shape(world, body, content_type, status, code):
    response = Caller(world.crm_secret).post("/interactions", body, content_type)
    assert (response.status_code, errors(response)) == (status, [(code, None)])
    assert Interaction.objects.count() == 1


def test_a_method_that_is_not_offered_says_so(world):
    response = Client().delete(f"{API}/units", headers={"authorization": f"Bearer {world.crm_secret}"})
    assert response.status_code == 405
    assert errors(response)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "ten"},
        {"cursor": "cD0AAA=="},
        {"cursor": "cD1hYmM="},
        {"colour": "red"},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(world, query):
    response = Caller(world.crm_secret).get("/units", **query)
    assert response.status_code in {422, 404}
    assert errors(response)


@pytest.mark.parametrize(
    "path", ["/units/%00", "/units/%ff%fe", "/units/a%2Fb", "/units/" + "x" * 500, "/units?source=%00"]
)
def test_hostile_addresses_are_never_a_server_error(world, path):
    assert Caller(world.crm_secret).get(path).status_code in {200, 400, 404, 422}


def test_what_holds_personal_data_is_kept_by_no_cache(world):
    assert Caller(world.crm_secret).get("/customers")["Cache-Control"] == "no-store"
