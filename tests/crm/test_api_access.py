"""Who gets into the API, and the one shape of every refusal."""

import pytest
from django.utils import timezone

from crm.models import ApiKey
from tests.api import API, Caller, errors


@pytest.fixture
def spare_key(world):
    key, secret = ApiKey.issue(
        name="Spare", source="crm", scopes=["scores:read"], unit=world.head_office, at=timezone.now()
    )
    return key, Caller(secret)


def test_the_schema_is_open_and_names_the_error_shape(db):
    body = Caller().get("/schema/", format="json").json()
    assert "Errors" in body["components"]["schemas"]


def test_the_docs_page_loads_files_of_our_own_only(client, db):
    response = client.get("/api/docs/")
    assert response.status_code == 200
    assert "style-src 'self' 'unsafe-inline'" in response["Content-Security-Policy"]
    assert "script-src 'self';" in response["Content-Security-Policy"] + ";"
    assert b"https://" not in response.content


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_address_that_does_not_exist_answers_in_the_one_shape(client, db, method):
    response = getattr(client, method)(f"{API}/no-such-thing/7")
    assert response.status_code == 404
    assert errors(response) == [("not_found", None)]
