"""What hangs on a unit follows it: keys, accounts, and what they see: crm.services.organization.following."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from common.models import Event
from crm.models import Account, ApiKey
from crm.services.organization.following import follow_customers
from crm.services.organization.succeeding import close_unit, divide_unit, merge_units
from tests.api import Caller, errors
from tests.factories import crm as make

NOW = timezone.now()  # sight is that of today
TODAY = NOW.date()
HALF = Decimal("0.5")


@pytest.fixture
def harbour(world):
    """The secret of a key of Harbour."""
    scopes = ["customers:write", "interactions:write"]
    return ApiKey.issue(name="Till", source="crm", scopes=scopes, unit=world.harbour, at=NOW)[1]


def unit_of(name):
    return ApiKey.objects.get(name=name).unit


def test_a_key_of_a_merged_unit_goes_on_with_its_customers(world, harbour):
    merge_units(units=[world.harbour], into=world.mill, on=TODAY, at=NOW)
    follow_customers(at=NOW)
    caller, ines = Caller(harbour), world.ines.external_id
    assert caller.get(f"/customers/{ines}").json()["unit"]["external_id"] == world.mill.external_id
    visit = {"external_id": "v-1", "kind": "branch-visit", "customer": ines, "occurred_at": NOW.isoformat()}
    for number, unit in enumerate((world.mill, world.harbour)):
        body = {**visit, "external_id": f"v-{number}", "unit": unit.external_id}
        assert caller.post("/interactions", body).status_code == 201
    elsewhere = caller.post("/interactions", {**visit, "unit": world.station.external_id})
    assert (elsewhere.status_code, errors(elsewhere)) == (422, [("unknown", "unit")])


def test_a_key_moves_on_the_day_and_not_before_and_that_is_told(world, harbour):
    key, on = ApiKey.objects.get(name="Till"), TODAY + timedelta(days=3)
    merge_units(units=[world.harbour], into=world.mill, on=on, at=NOW)
    follow_customers(at=NOW)
    assert unit_of("Till") == world.harbour
    for _ in range(2):
        follow_customers(at=NOW + timedelta(days=3))
    assert unit_of("Till") == world.mill
    event = Event.objects.get(what="api_key.moved")
    assert (event.subject_id, event.data) == (str(key.pk), {"unit": world.mill.pk, "was": world.harbour.pk})


def test_a_key_above_and_a_revoked_one_stay(world, harbour):
    ApiKey.objects.get(name="Till").revoke(at=NOW)
    merge_units(units=[world.harbour], into=world.mill, on=TODAY, at=NOW)
    follow_customers(at=NOW)
    assert (unit_of("Till"), unit_of("CRM")) == (world.harbour, world.head_office)
    assert not Event.objects.filter(what="api_key.moved").exists()


def test_a_key_of_a_divided_unit_stays_since_nobody_can_say_whose_it_is(world, harbour):
    divide_unit(unit=world.harbour, heirs={world.mill: HALF, world.station: HALF}, on=TODAY, at=NOW)
    follow_customers(at=NOW)
    assert unit_of("Till") == world.harbour


def test_a_key_whose_unit_was_divided_among_units_that_merged_follows_them(world, harbour):
    divide_unit(unit=world.harbour, heirs={world.mill: HALF, world.station: HALF}, on=TODAY, at=NOW)
    merge_units(units=[world.station], into=world.mill, on=TODAY, at=NOW)
    follow_customers(at=NOW)
    assert unit_of("Till") == world.mill


def test_a_key_of_a_unit_that_only_closed_stays_with_its_customers(world, harbour):
    close_unit(unit=world.harbour, on=TODAY, at=NOW)
    follow_customers(at=NOW)
    assert unit_of("Till") == world.harbour
    assert Caller(harbour).get(f"/customers/{world.ines.external_id}").status_code == 200


def test_accounts_of_a_merged_unit_are_at_home_at_its_successor(world):
    account = make.account(unit=world.harbour)
    merge_units(units=[world.harbour], into=world.mill, on=TODAY, at=NOW)
    follow_customers(at=NOW)
    assert Account.objects.get(pk=account.pk).unit == world.mill
    assert Event.objects.get(what="unit.customers_followed").data == {"customers": 1, "accounts": 1}


def test_accounts_of_a_divided_unit_go_by_lot(world):
    accounts = [make.account(unit=world.harbour) for _ in range(40)]
    divide_unit(unit=world.harbour, heirs={world.mill: HALF, world.station: HALF}, on=TODAY, at=NOW)
    follow_customers(at=NOW)
    homes = [Account.objects.get(pk=account.pk).unit for account in accounts]
    assert set(homes) == {world.mill, world.station}
