"""Whatever goes wrong below /api/, and wherever it is noticed, is told in the one shape."""

import pytest
from django.test import Client

from tests.api import API, errors

WRONG = {
    "an address with a NUL byte": (400, "nul_byte", lambda call: call("get", "/units?source=%00")),
    "a length that is no number": (400, "no_length", lambda call: call("post", "/units", CONTENT_LENGTH="many")),
    "a host that is not ours": (400, "bad_request", lambda call: call("get", "/units", HTTP_HOST="evil.example")),
    "a body that is no JSON": (400, "not_json", lambda call: call("post", "/units", data=b"{")),
    "a key that opens nothing": (401, "invalid_key", lambda call: call("get", "/units", secret="sk_no")),
    "no key": (401, "not_authenticated", lambda call: call("get", "/units", secret=None)),
    "a route that does not exist": (404, "not_found", lambda call: call("patch", "/parcels/1")),
    "a row that does not exist": (404, "not_found", lambda call: call("get", "/units/none")),
    "a cursor that is none": (404, "not_found", lambda call: call("get", "/units?cursor=cD0")),
    "a method that is not offered": (405, "method_not_allowed", lambda call: call("delete", "/units")),
    "a format that is not offered": (406, "not_acceptable", lambda call: call("get", "/units", HTTP_ACCEPT="text/csv")),
    "a body that is too large": (413, "too_large", lambda call: call("post", "/units", data=b" " * 5_300_000)),
    "a form": (415, "unsupported_media_type", lambda call: call("post", "/units", data=b"a=1", content_type="a/b")),
    "a parameter that nobody knows": (422, "invalid", lambda call: call("get", "/units?colour=red")),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_in_the_one_shape(world, wrong):
    status, code, ask = WRONG[wrong]

    def call(method, path, *, secret=world.crm_secret, **extra):
        headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}"} if secret else {}
        body = {"data": b"{}", "content_type": "application/json"} if method in {"post", "patch"} else {}
        return getattr(Client(raise_request_exception=False), method)(API + path, **body | extra, **headers)

    response = ask(call)
    assert response.status_code == status
    assert errors(response)[0][0] == code
    assert response["Content-Type"] == "application/json"
