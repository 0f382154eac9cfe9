"""Issuing and revoking keys: crm.models.api_keys and manage.py issue_api_key."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from common.models import Event
from crm.models import ApiKey
from tests.api import Caller
from tests.world import NOW


def issue(*words, err=None):
    out = StringIO()
    call_command("issue_api_key", *words, stdout=out, stderr=err or StringIO())
    return out.getvalue().strip()


def test_the_command_prints_a_secret_that_opens_the_subtree(world):
    where = ("--source", "till", "--new-source", "--unit", world.station.external_id)
    secret = issue("Till", *where, "--scope", "organization:write")
    assert [row["name"] for row in Caller(secret).get("/units").json()["results"]] == ["Station"]
    assert Caller(secret).get("/customers").status_code == 403


def test_without_a_unit_the_key_is_for_the_whole_company(world):
    issue("CRM 2", "--source", "crm", "--days", "30")
    key = ApiKey.objects.get(name="CRM 2")
    assert key.unit == world.head_office
    assert (key.expires_at - key.created_at).days == 30


def test_a_unit_that_does_not_exist_issues_nothing(world):
    with pytest.raises(CommandError, match="No such unit"):
        issue("Till", "--source", "crm", "--unit", "nowhere")
    assert ApiKey.objects.count() == 2


def test_a_key_that_would_open_nothing_is_not_issued(world):
    with pytest.raises(CommandError, match="one day at least"):
        issue("Till", "--source", "till", "--days", "0")
    assert ApiKey.objects.count() == 2


def test_a_source_that_nobody_knows_has_to_be_called_new(world):
    with pytest.raises(CommandError, match=r"'cmr' yet; known are crm.* --new-source"):
        issue("CRM 2", "--source", "cmr")
    assert ApiKey.objects.count() == 2


def test_what_was_granted_is_told_beside_the_secret(world):
    err = StringIO()
    secret = issue("CRM 2", "--source", "crm", "--scope", "scores:read", "--scope", "worth:read", err=err)
    head = world.head_office
    assert err.getvalue() == (
        f"CRM 2 ({secret[:10]}…): rows of crm; {head.name} ({head.external_id}) and what stands below it;"
        " without an end; scopes: scores:read, worth:read.\n"
    )
    issue("CRM 3", "--source", "crm", err=err)
    assert "; all scopes: organization:write, " in err.getvalue()


def test_a_revoked_key_opens_nothing_and_leaves_one_event(world):
    world.station_key.revoke(at=NOW, by=world.operator)
    world.station_key.revoke(at=NOW, by=world.operator)
    assert Caller(world.station_secret).get("/units").status_code == 401
    assert Event.objects.get().what == "api_key.revoked"
