"""Rows of other systems coming in: crm.services.ingesting, called from inside the house."""

from datetime import timedelta

import pytest

from common.models import Event, Load
from crm.models import Account, Customer, Employee, Interaction, OrgUnit, Suppression
from crm.services.ingesting import (
    ingest_accounts,
    ingest_customers,
    ingest_employees,
    ingest_interactions,
    ingest_units,
)
from tests.factories import crm
from tests.world import NOW

EARLIER, LATER = NOW - timedelta(hours=2), NOW + timedelta(minutes=30)


def visit(world, external_id="v-1", **fields):
    return {
        "external_id": external_id,
        "kind": "branch-visit",
        "customer": world.ines.external_id,
        "unit": world.harbour.external_id,
        "occurred_at": "2026-11-23T14:30:00+00:00",
        "attributes": {"wait_minutes": 9},
        **fields,
    }


def interactions(items, at=NOW, **kwargs):
    return ingest_interactions(items, source="crm", at=at, **kwargs)


def outcome(results):
    return [(r.status, [(e["field"], e["code"]) for e in r.errors]) for r in results]


def test_an_interaction_comes_in_with_what_it_refers_to(world):
    item = visit(world, employee={"source": "hr", "external_id": "jonas"}, product="loan", channel="branch")
    assert outcome(interactions([item])) == [("created", [])]
    row = Interaction.objects.get(external_id="v-1")
    assert (row.kind, row.customer, row.unit, row.employee) == (world.visit, world.ines, world.harbour, world.jonas)
    assert (row.product, row.attributes, row.received_at, row.triggered_at) == ("loan", {"wait_minutes": 9}, NOW, None)


def test_the_same_again_is_unchanged_and_another_content_an_update(world):
    interactions([visit(world)])
    assert outcome(interactions([visit(world)], at=LATER)) == [("unchanged", [])]
    assert outcome(interactions([visit(world, product="loan")], at=LATER)) == [("updated", [])]
    row = Interaction.objects.get(external_id="v-1")
    assert (row.product, row.received_at) == ("loan", NOW)


def test_an_older_version_that_arrives_later_is_stale_and_changes_nothing(world):
    interactions([visit(world, product="new", as_of=NOW.isoformat())])
    assert outcome(interactions([visit(world, product="old", as_of=EARLIER.isoformat())])) == [("stale", [])]
    assert Interaction.objects.get(external_id="v-1").product == "new"


def test_the_same_content_known_later_still_outdates_the_versions_between(world):
    interactions([visit(world, product="a", as_of=EARLIER.isoformat())])
    assert outcome(interactions([visit(world, product="a", as_of=NOW.isoformat())])) == [("unchanged", [])]
    between = (EARLIER + timedelta(minutes=1)).isoformat()
    assert outcome(interactions([visit(world, product="b", as_of=between)])) == [("stale", [])]
    assert Interaction.objects.get(external_id="v-1").product == "a"


def test_of_two_versions_in_one_list_the_newest_counts_whatever_the_order(world):
    old, new = (visit(world, product=p, as_of=t.isoformat()) for p, t in (("old", EARLIER), ("new", NOW)))
    assert outcome(interactions([new, old])) == [("created", []), ("stale", [])]
    assert Interaction.objects.get(external_id="v-1").product == "new"


def test_of_two_versions_in_one_list_the_older_counts_where_the_newer_is_refused(world):
    older = visit(world, product="loan", as_of="2026-11-23T15:00:00Z")
    newer = visit(world, unit="nowhere", as_of="2026-11-23T16:00:00Z")
    oldest = visit(world, product="card", as_of="2026-11-23T14:40:00Z")
    assert outcome(interactions([oldest, newer, older])) == [
        ("stale", []), ("rejected", [("unit", "unknown")]), ("created", []),
    ]  # fmt: skip
    assert Interaction.objects.get(external_id="v-1").product == "loan"


def test_a_wrong_item_is_reported_and_never_stops_the_others(world):
    bad = visit(world, "v-2", customer="nobody", colour="red")
    assert outcome(interactions([bad, visit(world, "v-3")])) == [("rejected", [("colour", "unknown")]), ("created", [])]
    assert set(Interaction.objects.exclude(pk=world.interaction.pk).values_list("external_id", flat=True)) == {"v-3"}


@pytest.mark.parametrize("field", ["kind", "customer", "unit", "employee"])
def test_what_an_item_refers_to_must_be_known(world, field):
    assert outcome(interactions([visit(world, **{field: "nobody"})])) == [("rejected", [(field, "unknown")])]
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize(
    ("attributes", "wrong"),
    [
        ({"wait_minutes": "9"}, "attributes.wait_minutes"),
        ({"wait_minutes": True}, "attributes.wait_minutes"),
        ({"wait_minutes": 9.5}, "attributes.wait_minutes"),
        ({"mood": "good"}, "attributes.mood"),
        ({"topic": "x" * 501}, "attributes.topic"),
    ],
)
def test_attributes_keep_to_the_schema_of_the_kind(world, attributes, wrong):
    assert outcome(interactions([visit(world, attributes=attributes)])) == [("rejected", [(wrong, "invalid")])]
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize("name", ["occurred_at", "as_of"])
def test_a_moment_in_the_future_is_refused(world, name):
    item = visit(world, **{name: (NOW + timedelta(hours=2)).isoformat()})
    assert outcome(interactions([item])) == [("rejected", [(name, "future")])]


@pytest.mark.parametrize("moment", ["2026-11-23T14:30:00", "yesterday", 1763900000, None, "0001-01-01T00:00:00+00:00"])
def test_a_moment_without_offset_or_sense_is_refused(world, moment):
    assert outcome(interactions([visit(world, occurred_at=moment)]))[0][0] == "rejected"


def test_text_comes_out_clean(world):
    interactions([visit(world, product=" lo\x00an\u202e \ud800 ", attributes={"topic": "a\x00b"})])
    row = Interaction.objects.get(external_id="v-1")
    assert (row.product, row.attributes) == ("loan \N{REPLACEMENT CHARACTER}", {"topic": "ab"})


def test_a_missing_attribute_is_left_out_and_not_zero(world):
    interactions([visit(world, attributes={"wait_minutes": None})])
    assert Interaction.objects.get(external_id="v-1").attributes == {}


def test_a_list_leaves_a_load_whose_counts_add_up_and_one_event(world):
    interactions([visit(world, "v-1"), visit(world, "v-2", kind="nothing"), visit(world, "v-3")])
    load = Load.objects.get()
    assert load.counts == {"received": 3, "created": 2, "rejected": 1}
    assert Interaction.objects.filter(load=load).count() == 2
    assert Event.objects.get().what == "load.finished"


def test_an_interaction_that_is_new_nudges_the_trigger(world, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        interactions([visit(world)])
    assert len(callbacks) == 1
    with django_capture_on_commit_callbacks() as callbacks:
        interactions([visit(world)])
    assert callbacks == []


@pytest.mark.parametrize("count", [10, 1000])
def test_a_list_takes_the_same_number_of_statements_whatever_its_length(world, count, django_assert_num_queries):
    items = [visit(world, f"v-{number}") for number in range(count)]
    with django_assert_num_queries(15):
        interactions(items)


@pytest.mark.parametrize("count", [10, 1000])
def test_customers_take_the_same_number_of_statements_new_or_known(world, count, django_assert_num_queries):
    items = [
        customer(
            external_id=f"n-{number}",
            unit=world.harbour.external_id,
            contact_points=[{"channel": "email", "address": f"c{number}@example.org"}],
            consents=[{"channel": "email", "purpose": "survey", "granted": False}],
        )
        for number in range(count)
    ]
    with django_assert_num_queries(16):
        customers(items)
    with django_assert_num_queries(16):
        customers([{**item, "segment": "gold"} for item in items], at=LATER)


@pytest.mark.parametrize("count", [10, 1000])
def test_employees_take_the_same_number_of_statements_whatever_their_number(world, count, django_assert_num_queries):
    harbour = {"source": "crm", "external_id": world.harbour.external_id}
    items = [
        {"external_id": f"e-{number}", "name": "Tariq", "assignments": [{"unit": harbour, "role": "employee"}]}
        for number in range(count)
    ]
    with django_assert_num_queries(19):
        employees(items)


# --- customers ---------------------------------------------------------------------------------------------------


def customer(**fields):
    return {"external_id": "c-900", "given_name": "Noor", **fields}


def customers(items, at=NOW, **kwargs):
    return ingest_customers(items, source="crm", at=at, **kwargs)


def test_a_customer_comes_in_with_addresses_in_their_normal_form(world):
    points = [
        {"channel": "email", "address": "Noor@Example.ORG", "preferred": True},
        {"channel": "phone", "address": "+44 20 7946 0471"},
    ]
    item = customer(unit=world.harbour.external_id, contact_points=points, language="fr-CA", zone="Europe/Paris")
    assert outcome(customers([item])) == [("created", [])]
    row = Customer.objects.get(external_id="c-900")
    assert (row.unit, row.language, row.as_of) == (world.harbour, "fr-CA", NOW)
    assert set(row.contact_points.values_list("channel", "normalized", "preferred")) == {
        ("email", "noor@example.org", True),
        ("phone", "+442079460471", False),
    }


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", "b@x.org,c@x.org"),
        ("email", "b@x.org;c@x.org"),
        ("email", "nobody"),
        ("phone", "020 7946 0471"),
        ("phone", "+44 1"),
    ],
)
def test_an_address_that_is_not_one_is_refused(world, channel, address):
    item = customer(contact_points=[{"channel": channel, "address": address}])
    assert outcome(customers([item])) == [("rejected", [("contact_points.0.address", "invalid")])]
    assert not Customer.objects.filter(external_id="c-900").exists()


def test_contact_points_given_are_all_of_them_and_keep_what_is_known_about_them(world):
    customers([customer(contact_points=[{"channel": "email", "address": a} for a in ("a@x.org", "b@x.org")])])
    row = Customer.objects.get(external_id="c-900")
    row.contact_points.filter(normalized="b@x.org").update(unusable_since=NOW)
    given = [{"channel": "email", "address": a} for a in ("b@x.org", "c@x.org")]
    assert outcome(customers([customer(contact_points=given)])) == [("updated", [])]
    kept = row.contact_points.order_by("normalized").values_list("normalized", "unusable_since")
    assert list(kept) == [("b@x.org", NOW), ("c@x.org", None)]


@pytest.mark.parametrize("unit", [{}, {"unit": None}])
def test_a_key_of_the_branch_that_served_a_customer_does_not_move_their_home(world, unit):
    crm.interaction(kind=world.visit, customer=world.ines, unit=world.station, employee=world.elsa)
    known = {"external_id": world.ines.external_id, "family_name": "Moreau-Smith", **unit}
    new = {"external_id": "new", "family_name": "Smith", **unit}
    told = ingest_customers([known, new], source="crm", at=NOW, principal=world.station_key)
    assert [result.status for result in told] == ["updated", "created"]
    world.ines.refresh_from_db()
    assert (world.ines.family_name, world.ines.unit) == ("Moreau-Smith", world.harbour)
    assert Customer.objects.get(external_id="new").unit == world.station


def test_the_home_of_an_account_stays_when_it_is_left_out(world):
    account = {"external_id": "a-1", "name": "Moreau", "unit": world.harbour.external_id}
    ingest_accounts([account], source="crm", at=NOW)
    del account["unit"]
    (result,) = ingest_accounts([{**account, "name": "Moreaus"}], source="crm", at=LATER, principal=world.crm_key)
    assert (result.status, Account.objects.get().unit) == ("updated", world.harbour)


def test_contact_points_left_out_stay(world):
    customers([customer(contact_points=[{"channel": "email", "address": "a@x.org"}])])
    customers([customer(given_name="Nora")])
    assert Customer.objects.get(external_id="c-900").contact_points.count() == 1


def test_a_stale_customer_does_not_touch_the_contact_points(world):
    customers([customer(contact_points=[{"channel": "email", "address": "a@x.org"}])])
    assert outcome(customers([customer(contact_points=[], as_of=EARLIER.isoformat())])) == [("stale", [])]
    assert Customer.objects.get(external_id="c-900").contact_points.count() == 1


def test_the_latest_consent_counts_and_a_feed_never_lifts_a_suppression(world):
    said = {"channel": "email", "purpose": "survey"}
    customers([customer(consents=[{**said, "granted": False, "at": NOW.isoformat()}])])
    Suppression.objects.create(channel="email", address_hash="0" * 64, reason="unsubscribed", at=NOW)
    customers([customer(consents=[{**said, "granted": True, "at": EARLIER.isoformat()}])])
    row = Customer.objects.get(external_id="c-900")
    assert row.consents.get().granted is False
    assert outcome(customers([customer(consents=[{**said, "granted": True, "at": LATER.isoformat()}])])) == [
        ("updated", [])
    ]
    assert row.consents.get().granted is True
    assert Suppression.objects.count() == 1


def test_a_yes_of_tomorrow_is_refused_since_no_refusal_would_be_heard_until_then(world):
    yes = {"channel": "email", "purpose": "survey", "granted": True}
    words = [yes, {**yes, "channel": "sms", "at": (NOW + timedelta(minutes=61)).isoformat()}]
    assert outcome(customers([customer(consents=words)])) == [("rejected", [("consents.1.at", "future")])]
    assert not Customer.objects.filter(external_id="c-900").exists()


def test_an_erased_customer_does_not_come_back(world):
    customers([customer()])
    Customer.objects.filter(external_id="c-900").update(erased_at=NOW, given_name="")
    assert outcome(customers([customer()], at=LATER)) == [("rejected", [("external_id", "erased")])]
    assert Customer.objects.get(external_id="c-900").given_name == ""


# --- units and employees -----------------------------------------------------------------------------------------


def units(items, at=NOW, **kwargs):
    return ingest_units(items, source="crm", at=at, **kwargs)


def unit(external_id, **fields):
    return {"external_id": external_id, "name": external_id.title(), "zone": "Europe/London", **fields}


TODAY = NOW.date()


def names_under(row, on=TODAY):
    return set(OrgUnit.objects.under(row, on=on).values_list("name", flat=True))


def test_units_come_in_with_their_parents_in_any_order(world):
    items = [unit("quay", parent="east"), unit("east", kind="region", parent=world.head_office.external_id)]
    assert outcome(units(items)) == [("created", []), ("created", [])]
    assert names_under(OrgUnit.objects.get(name="East")) == {"East", "Quay"}
    assert names_under(world.head_office) >= {"East", "Quay"}
    assert outcome(units(items)) == [("unchanged", []), ("unchanged", [])]


def test_a_unit_sent_with_another_parent_moves_from_that_day_on(world):
    units([unit("quay", parent=world.north.external_id)])
    assert outcome(units([unit("quay", parent=world.south.external_id, since="2026-11-01")])) == [("updated", [])]
    assert "Quay" in names_under(world.north, on=NOW.date().replace(month=10))
    assert "Quay" in names_under(world.south)
    assert "Quay" not in names_under(world.north)


def test_units_that_would_stand_under_each_other_are_rejected_and_the_others_come_in(world):
    items = [unit("a", parent="b"), unit("b", parent="a"), unit("c", parent=world.north.external_id)]
    circular = ("rejected", [("parent", "circular")])
    assert outcome(units(items)) == [circular, circular, ("created", [])]
    assert not OrgUnit.objects.filter(external_id__in=["a", "b"]).exists()


def test_an_unknown_parent_rejects_those_below_it_too(world):
    items = [unit("a", parent="nowhere"), unit("b", parent="a")]
    assert outcome(units(items)) == [("rejected", [("parent", "unknown")]), ("rejected", [("parent", "unknown")])]
    assert OrgUnit.objects.count() == 6


def test_a_zone_or_calendar_that_does_not_exist_is_refused(world):
    assert outcome(units([unit("a", zone="Mars/Olympus")])) == [("rejected", [("zone", "invalid")])]
    assert outcome(units([unit("a", calendar="lunar")])) == [("rejected", [("calendar", "unknown")])]


def employees(items, at=NOW, **kwargs):
    return ingest_employees(items, source="hr", at=at, **kwargs)


def test_an_employee_comes_in_with_assignments_and_a_list_without_one_ends_it(world):
    harbour, mill = ({"source": "crm", "external_id": u.external_id} for u in (world.harbour, world.mill))
    item = {"external_id": "e-9", "name": "Tariq", "email": "Tariq@Example.org"}
    first = [{"unit": harbour, "role": "employee", "since": "2026-01-01"}]
    assert outcome(employees([{**item, "assignments": first}])) == [("created", [])]
    assert outcome(employees([{**item, "assignments": first}], at=LATER)) == [("unchanged", [])]
    moved = [{"unit": mill, "role": "employee", "since": "2026-11-24"}]
    assert outcome(employees([{**item, "assignments": moved}], at=LATER)) == [("updated", [])]
    held = Employee.objects.get(external_id="e-9").assignments.filter(
        recorded__upper_inf=True, valid__contains=NOW.date()
    )
    assert [row.unit for row in held] == [world.mill]


def test_an_employee_with_an_unknown_unit_is_rejected(world):
    item = {"external_id": "e-9", "name": "Tariq", "assignments": [{"unit": "nowhere", "role": "employee"}]}
    assert outcome(employees([item])) == [("rejected", [("assignments.0.unit", "unknown")])]
    assert not Employee.objects.filter(external_id="e-9").exists()
