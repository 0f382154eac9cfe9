"""Since when somebody is a customer, and who brought them: each came once and is credited to one person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.models import Acquisition, Relationship
from crm.services.money.ingesting import ingest_acquisitions, ingest_relationships
from crm.services.money.valuing import worth_of
from tests.factories import crm as make
from tests.world import NOW


def told(results):
    return [(result.status, [(error["code"], error["field"]) for error in result.errors]) for result in results]


@pytest.fixture
def people(db):
    return [make.customer(external_id=f"p-{k}") for k in range(4)]


def stay(*items, at=NOW):
    return told(ingest_relationships(list(items), source="crm", at=at))


def came(*items, source="crm", at=NOW):
    return told(ingest_acquisitions(list(items), source=source, at=at))


def brought(customer, by=None, **fields):
    how = {"how": "referral", "referred_by": by} if by else {"how": "search"}
    return {"customer": customer, "acquired_on": "2026-10-05", **how, **fields}


def test_a_relationship_begins_and_ends_under_one_id(people):
    assert stay({"customer": "p-0", "joined_on": "2020-02-01"}) == [("created", [])]
    left = {"customer": "p-0", "joined_on": "2020-02-01", "left_on": "2026-11-01", "reason": "moved away"}
    assert stay(left, at=NOW + timedelta(days=1)) == [("updated", [])]
    row = Relationship.objects.get()
    assert (row.external_id, row.left_on, row.reason) == ("p-0", date(2026, 11, 1), "moved away")
    assert stay({**left, "left_on": "2019-01-01"}) == [("rejected", [("invalid", "left_on")])]


def test_a_customer_has_left_only_when_every_relationship_ended(people):
    stay({"customer": "p-0", "joined_on": "2020-02-01", "left_on": "2026-05-01"})
    assert worth_of(rows=[people[0].pk], at=NOW).left_on == date(2026, 5, 1)
    stay({"customer": "p-0", "external_id": "p-0-again", "joined_on": "2026-08-01"})
    worth = worth_of(rows=[people[0].pk], at=NOW)
    assert (worth.joined_on, worth.left_on) == (date(2020, 2, 1), None)


def test_whoever_brought_somebody_is_credited_for_that_person_alone(people):
    items = [brought("p-1", "p-0"), brought("p-2", "p-1"), brought("p-3", how="referral", referrer="Ada")]
    assert came(*items) == [("created", [])] * 3
    credited = {person.external_id: person.referrals.count() for person in people}
    assert credited == {"p-0": 1, "p-1": 1, "p-2": 0, "p-3": 0}


def test_nobody_is_brought_twice(people):
    assert came(brought("p-1", "p-0")) == [("created", [])]
    assert came(brought("p-1", "p-2", external_id="again")) == [("rejected", [("conflict", "customer")])]
    ours = {"source": "crm", "external_id": "p-1"}
    assert came(brought(ours), source="web") == [("rejected", [("conflict", "customer")])]
    assert came(brought("p-1", "p-2"), at=NOW + timedelta(days=1)) == [("updated", [])]
    assert Acquisition.objects.get().referred_by == people[2]


def test_a_circle_of_referrals_is_refused_however_long(people):
    assert came(brought("p-0", "p-0")) == [("rejected", [("invalid", "referred_by")])]
    came(brought("p-1", "p-0"), brought("p-2", "p-1"))
    assert came(brought("p-0", "p-2")) == [("rejected", [("invalid", "referred_by")])]
    both = came(brought("p-3", "p-2"), brought("p-0", "p-3"))
    assert both == [("created", []), ("rejected", [("invalid", "referred_by")])]


def test_a_referrer_goes_with_a_referral_only_and_there_is_one(people):
    assert came(brought("p-1", how="search", referrer="Ada")) == [("rejected", [("invalid", "how")])]
    assert came(brought("p-1", "p-0", referrer="Ada")) == [("rejected", [("invalid", "referrer")])]
    assert came({"customer": "p-1", "acquired_on": "2026-10-05"}) == [("created", [])]
    assert Acquisition.objects.get().how == "unknown"
