"""Holds, consent, merges and accounts as other systems send and read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from common.models import Event
from crm.models import Account, AccountMember, ApiKey, ContactPoint, Customer, Hold, Merge
from crm.services.consenting import grant, refuse
from crm.services.contacting import call_unusable, call_usable
from crm.services.holding import hold
from crm.services.ingesting import ingest_accounts, ingest_customers
from crm.services.loading import load_file
from crm.services.merging import merge
from tests.api import Caller, errors
from tests.factories import crm as make
from tests.world import NOW

BEFORE = NOW - timedelta(days=7)  # of today, too


@pytest.fixture
def key(world):
    return Caller(world.crm_secret)


def ines(world, what):
    return f"/customers/{world.ines.external_id}/{what}"


# --- holds -----------------------------------------------------------------------------------------------------------


def test_a_hold_is_set_told_once_and_released(world, key):
    said = {"kind": "bereavement", "cause": "case-88", "why": "told by the daughter"}
    first, again = key.post(ines(world, "holds"), said), key.post(ines(world, "holds"), said)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    row = Hold.objects.get()
    assert (row.kind, row.cause, row.why, row.by) == ("bereavement", "crm:case-88", "told by the daughter", None)
    assert [held["id"] for held in key.get(ines(world, "holds")).json()["results"]] == [str(row.public_id)]
    done = key.post(f"/holds/{row.public_id}/release", {"why": "after the funeral"})
    assert (done.status_code, done.json()["released_why"]) == (201, "after the funeral")
    assert key.get(ines(world, "holds")).json()["results"] == []
    via = f"apikey:{world.crm_key.pk}"
    assert [e.data["via"] for e in Event.objects.filter(what__in=["customer.held", "customer.released"])] == [via, via]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"kind": "open_ticket"}, ("invalid_choice", "kind")),
        ({"kind": "legal", "until": "2020-01-01T00:00:00Z"}, ("invalid", "until")),
        ({"kind": "legal", "till": "x"}, ("unknown", "till")),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused(world, key, said, wrong):
    answer = key.post(ines(world, "holds"), said)
    assert (answer.status_code, errors(answer)) == (422, [wrong])
    assert not Hold.objects.exists()


def test_a_tickets_hold_is_not_released_from_outside(world, key):
    row = Hold.objects.create(customer=world.ines, kind="open_ticket", cause="ticket:1", since=NOW)
    assert key.post(f"/holds/{row.public_id}/release", {"why": "x"}).status_code == 404
    row.refresh_from_db()
    assert row.released_at is None


# --- consent ---------------------------------------------------------------------------------------------------------


def test_what_counted_at_a_moment_is_told_with_its_evidence(world, key):
    grant(customer=world.ines, channel="email", purpose="survey", at=NOW - timedelta(days=9), evidence="form 12")
    refuse(customer=world.ines, channel="email", purpose="survey", at=NOW - timedelta(days=5), evidence="call 9")
    then = key.get(ines(world, "consents"), at=(NOW - timedelta(days=7)).isoformat()).json()["results"]
    now = key.get(ines(world, "consents")).json()["results"]
    assert [(word["granted"], word["evidence"]) for word in then] == [(True, "form 12")]
    assert [(word["granted"], word["evidence"]) for word in now] == [(False, "call 9")]
    assert errors(key.get(ines(world, "consents"), at="yesterday")) == [("invalid", "at")]


def test_holds_are_those_of_every_row_of_the_person_in_sight(world, key):
    twin, elsewhere = make.customer(unit=world.mill), make.customer(unit=world.station)
    for row in (twin, elsewhere):
        merge(kept=world.ines, merged=row, at=BEFORE)
        hold(customer=row, kind=Hold.Kind.LEGAL, cause="x", at=BEFORE)
    told = [held["customer"]["external_id"] for held in key.get(ines(world, "holds")).json()["results"]]
    assert told == [twin.external_id, elsewhere.external_id]
    _, secret = ApiKey.issue(name="North", source="crm", scopes=["customers:write"], unit=world.north, at=BEFORE)
    told = Caller(secret).get(ines(world, "holds")).json()["results"]
    assert [held["customer"]["external_id"] for held in told] == [twin.external_id]


def test_without_an_id_of_the_reason_another_reason_or_end_is_another_hold(world, key):
    said = {"kind": "legal", "why": "sued us"}
    for body in (said, said, {**said, "why": "a fine"}, {**said, "until": "2099-01-01T00:00:00Z"}):
        assert key.post(ines(world, "holds"), body).status_code in {200, 201}
    assert list(Hold.objects.order_by("pk").values_list("why", flat=True)) == ["sued us", "a fine", "sued us"]


def test_a_word_under_a_row_out_of_sight_counts_and_its_evidence_is_not_told(world):
    elsewhere = make.customer(unit=world.station)
    merge(kept=world.ines, merged=elsewhere, at=BEFORE)
    refuse(customer=elsewhere, channel="email", purpose="survey", at=BEFORE, evidence="form 9")
    _, secret = ApiKey.issue(name="North", source="crm", scopes=["customers:write"], unit=world.north, at=BEFORE)
    (word,) = Caller(secret).get(ines(world, "consents")).json()["results"]
    assert (word["granted"], word["customer"], word["evidence"]) == (False, None, "")


# --- merges ----------------------------------------------------------------------------------------------------------


def test_a_merge_is_made_listed_and_undone(world, key):
    twin = make.customer(source="billing", external_id="7731", segment="gold", unit=world.mill)
    other = {"source": "billing", "external_id": "7731"}
    said = {"kept": world.ines.external_id, "merged": other, "why": "same passport", "choices": {"segment": "merged"}}
    made = key.post("/merges", said)
    row = Merge.objects.get()
    assert (made.status_code, made["Location"]) == (201, f"/api/v1/merges/{row.public_id}")
    assert row.choices == {"segment": twin.pk}
    assert [found["merged"] for found in key.get("/merges").json()["results"]] == [other]
    again = key.post("/merges", said)
    assert (again.status_code, errors(again)) == (409, [("refused", None)])
    undone = key.post(f"/merges/{row.public_id}/undoing", {"why": "two sisters"})
    assert (undone.status_code, undone.json()["undone_why"]) == (201, "two sisters")
    assert key.post(f"/merges/{row.public_id}/undoing", {"why": "x"}).status_code == 409
    twin.refresh_from_db()
    assert twin.canonical is None


def test_a_merge_with_a_customer_out_of_sight_is_refused(world):
    mine = make.customer(unit=world.station)
    station = Caller(world.station_secret)
    answer = station.post("/merges", {"kept": mine.external_id, "merged": world.ines.external_id})
    assert (answer.status_code, errors(answer)) == (422, [("unknown", "merged")])
    assert not Merge.objects.exists()


@pytest.mark.parametrize("sides", [("kept", "merged"), ("merged", "kept")])
def test_who_does_not_see_the_row_that_stands_for_a_customer_cannot_merge_that_person(world, sides):
    mine, known_there = (make.customer(unit=world.station) for _ in range(2))
    merge(kept=world.ines, merged=known_there, at=NOW)
    said = dict(zip(sides, (mine.external_id, known_there.external_id), strict=True))
    answer = Caller(world.station_secret).post("/merges", said)
    assert (answer.status_code, errors(answer)) == (409, [("refused", None)])
    assert world.ines.external_id not in answer.content.decode()
    assert Merge.objects.count() == 1
    assert Customer.objects.filter(canonical=world.ines).count() == 1


def test_a_merge_answers_with_the_rows_that_were_named(world, key):
    second, third = (make.customer(unit=world.mill) for _ in range(2))
    merge(kept=world.ines, merged=second, at=NOW)
    made = key.post("/merges", {"kept": second.external_id, "merged": third.external_id}).json()
    assert [made[side]["external_id"] for side in ("kept", "merged")] == [second.external_id, third.external_id]
    third.refresh_from_db()
    assert third.canonical == world.ines


# --- accounts --------------------------------------------------------------------------------------------------------


def account(**fields):
    return {"external_id": "a-1", "name": "Tidewater Mills", "as_of": NOW.isoformat(), **fields}


def send(item, at=NOW):
    return [(result.status, result.errors) for result in ingest_accounts([item], source="crm", at=at)]


def test_an_account_comes_with_all_its_members_and_the_same_again_is_no_news(world):
    other = make.customer()
    said = account(members=[
        {"customer": world.ines.external_id, "role": "decision_maker", "weight": "2.5"},
        {"customer": other.external_id},
    ])  # fmt: skip
    assert [send(said), send(said)] == [[("created", [])], [("unchanged", [])]]
    assert set(AccountMember.objects.values_list("customer", "role", "weight")) == {
        (world.ines.pk, "decision_maker", 2.5), (other.pk, "member", 1),
    }  # fmt: skip
    fewer = account(members=said["members"][:1], as_of=(NOW + timedelta(minutes=1)).isoformat())
    assert send(fewer, at=NOW + timedelta(minutes=2)) == [("updated", [])]
    assert AccountMember.objects.get().customer == world.ines
    assert send(account(members=[])) == [("stale", [])]
    assert AccountMember.objects.count() == 1


@pytest.mark.parametrize(
    ("member", "field"),
    [
        ({"customer": "nobody"}, "members.0.customer"),
        ({"customer": "IN", "weight": "-1"}, "members.0.weight"),
        ({"customer": "IN", "since": "2026-02-01", "until": "2026-01-01"}, "members.0.until"),
    ],
)
def test_a_member_that_cannot_be_refuses_the_account(world, member, field):
    member = {**member, "customer": world.ines.external_id if member["customer"] == "IN" else member["customer"]}
    ((status, wrong),) = send(account(members=[member]))
    assert (status, [error["field"] for error in wrong]) == ("rejected", [field])
    assert not Account.objects.exists()


def test_accounts_are_read_within_sight(world, key):
    send(account(unit=world.harbour.external_id, members=[{"customer": world.ines.external_id}]))
    (row,) = key.get("/accounts").json()["results"]
    assert (row["name"], row["members"][0]["customer"]["external_id"]) == ("Tidewater Mills", world.ines.external_id)
    assert Caller(world.station_secret).get("/accounts").json()["results"] == []
    assert Caller(world.station_secret).get("/accounts/a-1").status_code == 404


def test_members_out_of_sight_stay_whatever_a_key_of_a_part_of_the_company_sends(world):
    theirs = make.customer(unit=world.station, external_id="theirs")
    both = [(world.ines, "decision_maker", 2), (theirs, "member", 1)]
    make.account(external_id="a-1", unit=world.station, as_of=BEFORE, members=both)
    sent = Caller(world.station_secret).post("/accounts", {"external_id": "a-1", "name": "Mills", "members": []})
    assert sent.json()["status"] == "updated"
    assert AccountMember.objects.get().customer == world.ines


def test_accounts_come_as_a_file_too(world, tmp_path):
    file = tmp_path / "accounts.csv"
    file.write_text(
        f"external_id,name,kind,members\na-1,Moreau,household,{world.ines.external_id} | holder | 2; nobody\n"
    )
    load_file(kind="accounts", path=file, source="crm", columns=None, at=NOW)
    assert not Account.objects.exists()  # nobody is known by that id
    file.write_text(f"external_id,name,kind,members\na-1,Moreau,household,{world.ines.external_id} | holder | 2\n")
    load_file(kind="accounts", path=file, source="crm", columns=None, at=NOW)
    member = AccountMember.objects.get()
    assert (member.account.kind, member.customer, member.role, member.weight) == ("household", world.ines, "holder", 2)


def test_an_address_entered_here_stays_when_the_source_sends_its_list(world):
    point = world.ines.contact_points.get(channel="phone")
    type(point).objects.filter(pk=point.pk).update(entered_at=timezone.now())
    own = {"external_id": world.ines.external_id, "as_of": (NOW + timedelta(minutes=1)).isoformat()}
    item = {**own, "contact_points": [{"channel": "email", "address": "new@example.org"}]}
    ingest_customers([item], source="crm", at=NOW + timedelta(minutes=2))
    kept = Customer.objects.get(pk=world.ines.pk).contact_points
    assert set(kept.values_list("address", flat=True)) == {"+442079460471", "new@example.org"}


def test_an_address_that_a_person_called_unusable_stays_so_when_the_source_drops_it_and_sends_it_anew(world):
    point = world.ines.contact_points.get(channel="email")
    call_unusable(point=point, why="her ex-husband's", at=NOW, by=world.olivia.user)
    for minute, address in enumerate(("new@example.org", "ines@example.org"), start=1):
        at = NOW + timedelta(minutes=minute)
        item = {"external_id": world.ines.external_id, "as_of": at.isoformat()}
        listed = [{"channel": "email", "address": address}]
        ingest_customers([item | {"contact_points": listed}], source="crm", at=at)
    kept = ContactPoint.objects.get(customer=world.ines)
    assert (kept.address, kept.unusable_since, kept.unusable_why) == ("ines@example.org", NOW, "her ex-husband's")
    call_usable(point=kept, at=NOW + timedelta(hours=1), by=world.olivia.user)
    kept.refresh_from_db()
    assert (kept.unusable_since, kept.unusable_by) == (None, None)
