"""Lists of whom nobody asks: holds and suppressed addresses, by the API and by file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from common.models import Event
from crm.models import Hold, Suppression
from crm.models.customers import address_hash
from crm.services.holding import hold
from tests.api import Caller
from tests.crm.files import load, rejects, sums, written
from tests.factories import crm as make
from tests.world import World

GONE = "gone@example.org"


@pytest.fixture
def crm(world: World) -> Caller:
    return Caller(world.crm_secret)


def became(answer) -> list[tuple[str, list[str]]]:
    assert answer.status_code == 200, answer.content
    return [(row["status"], [error["code"] for error in row["errors"]]) for row in answer.json()["results"]]


def held(world: World, **fields) -> dict:
    return {"customer": world.ines.external_id, "kind": "complaint", "cause": "case-7", "why": "wrote to us", **fields}


def test_customers_are_held_by_a_list_and_told_twice_they_are_held_once(world: World, crm: Caller):
    other = make.customer(unit=world.mill)
    good = [held(world), held(world, kind="legal"), held(world, customer=other.external_id)]
    bad = [
        held(world, customer="nobody"), held(world, kind="open_ticket"),
        held(world, cause="case-8", until="2020-01-01T00:00:00Z"),
    ]  # fmt: skip
    wrong = [("rejected", ["unknown"]), ("rejected", ["invalid_choice"]), ("rejected", ["past"])]
    assert became(crm.post("/holds", [*good, *bad])) == [("created", [])] * 3 + wrong
    assert became(crm.post("/holds", good)) == [("unchanged", [])] * 3
    found = Hold.objects.order_by("customer", "kind").values_list("customer", "kind", "cause", "why")
    assert list(found) == [
        (world.ines.pk, "complaint", "crm:case-7", "wrote to us"),
        (world.ines.pk, "legal", "crm:case-7", "wrote to us"),
        (other.pk, "complaint", "crm:case-7", "wrote to us"),
    ]
    told = Event.objects.filter(what="customer.held").values_list("subject_id", "data__via")
    assert sorted(told) == sorted(
        (str(pk), f"apikey:{world.crm_key.pk}") for pk in (world.ines.pk, world.ines.pk, other.pk)
    )


def test_a_list_and_the_customers_own_address_know_each_others_holds(world: World, crm: Caller):
    said = {name: text for name, text in held(world).items() if name != "customer"}
    place = f"/customers/{world.ines.external_id}/holds"
    for more in ({}, {"cause": ""}):
        assert crm.post(place, {**said, **more}).status_code == 201
        assert became(crm.post("/holds", [held(world, **more)])) == [("unchanged", [])]
    assert Hold.objects.count() == 2


def test_a_hold_that_has_run_out_makes_room_and_a_customer_elsewhere_is_not_held(world: World, crm: Caller):
    at, day = timezone.now(), timedelta(days=1)
    hold(customer=world.ines, kind="complaint", cause="crm:case-7", at=at - 2 * day, until=at - day)
    assert became(crm.post("/holds", [held(world)])) == [("created", [])]
    assert Hold.objects.filter(released_at=None).count() == 1
    answer = Caller(world.station_secret).post("/holds", [held(world, kind="legal")])
    assert (became(answer), Hold.objects.count()) == ([("rejected", ["unknown"])], 2)


def test_a_do_not_contact_list_leaves_hashes_and_the_graver_reason(world: World, crm: Caller):
    hashed = address_hash("sms", "+442079460471")
    items = [
        {"channel": "email", "address": " Gone@Example.org", "reason": "unsubscribed", "evidence": "a letter"},
        {"channel": "sms", "address_hash": hashed.upper()},
        {"channel": "email", "address": "nobody"},
        {"channel": "email"},
        {"channel": "email", "address": GONE, "address_hash": hashed},
    ]
    assert became(crm.post("/suppressions", items)) == [
        ("created", []), ("created", []), ("rejected", ["invalid"]), ("rejected", ["required"]),
        ("rejected", ["required"]),
    ]  # fmt: skip
    assert became(crm.post("/suppressions", items[:2])) == [("unchanged", [])] * 2
    graver = {"channel": "email", "address": GONE, "reason": "complained"}
    assert became(crm.post("/suppressions", [graver])) == [("updated", [])]
    found = Suppression.objects.order_by("channel").values_list("channel", "address_hash", "reason", "evidence")
    assert list(found) == [
        ("email", address_hash("email", GONE), "complained", "sent by crm"), ("sms", hashed, "manual", "sent by crm"),
    ]  # fmt: skip


def test_a_key_of_a_part_suppresses_nothing_for_the_whole_company(world: World):
    answer = Caller(world.station_secret).post("/suppressions", [{"channel": "email", "address": GONE}])
    assert (became(answer), Suppression.objects.count()) == ([("rejected", ["out_of_scope"])], 0)


def test_both_lists_come_by_file_and_leave_the_event_of_their_load(world: World, tmp_path):
    path = written(tmp_path / "gone.csv", f"channel,address,reason\nemail,{GONE},manual\nemail,nobody,manual\n")
    assert sums(load(path, "suppressions")) == {"received": 2, "created": 1, "rejected": 1}
    assert [row[:2] for row in rejects(path)] == [["3", "address: This is not one e-mail address."]]
    assert sums(load(path, "suppressions")) == {"received": 2, "unchanged": 1, "rejected": 1}
    assert set(Event.objects.values_list("what", flat=True)) == {"load.finished"}
    holds = written(tmp_path / "holds.csv", f"customer,kind,cause,until\n{world.ines.external_id},paused,p-1,\n")
    assert sums(load(holds, "holds")) == {"received": 1, "created": 1}
    assert Hold.objects.get().cause == "crm:p-1"


def test_the_end_of_a_hold_is_a_moment_and_a_day_alone_is_read_where_a_mapping_says_so(world: World, tmp_path):
    path = written(tmp_path / "holds.csv", f"customer,kind,until\n{world.ines.external_id},complaint,2027-01-31\n")
    load(path, "holds")
    assert rejects(path)[0][1] == "until: Add the time and the offset from UTC, such as 2026-11-23T00:00:00+00:00."
    load(path, "holds", columns={
        "customer": "customer", "kind": "kind", "until": {"column": "until", "format": "YYYY-MM-DD"},
    })  # fmt: skip
    assert Hold.objects.get().until == datetime(2027, 1, 31, 12, tzinfo=UTC)
