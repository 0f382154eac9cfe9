"""Many senders at once, each with a connection of its own."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import httpx
import pytest
from django.db import connection, transaction

from common.claims import Occupied, beside, whole
from common.models import Event, Load
from crm.models import (
    Acquisition,
    Consent,
    ContactPoint,
    Customer,
    CustomerOffer,
    Employee,
    FinancialRecord,
    Hold,
    Interaction,
    OrgUnit,
)
from crm.models.landing import LandingCustomer
from crm.services.contacting import add_contact_point
from crm.services.holding import hold
from crm.services.ingesting import (
    ingest_customers,
    ingest_employees,
    ingest_holds,
    ingest_interactions,
    ingest_units,
)
from crm.services.landing.taking_in import take_in
from crm.services.money.ingesting import ingest_acquisitions, ingest_financials
from crm.services.offers.ingesting import ingest_customer_offers, ingest_offers
from crm.services.taking_in import rows_of
from tests.api import Caller, errors
from tests.crm.files import load, rejects, sums, written
from tests.e2e.stack import until
from tests.factories import crm
from tests.world import NOW, build_world

CLIENTS, ITEMS = 8, 60
EVERYBODY = {"all": []}
KINDS = {
    "interactions": (ingest_interactions, Interaction),
    "customers": (ingest_customers, Customer),
    "employees": (ingest_employees, Employee),
    "units": (ingest_units, OrgUnit),
}


@pytest.mark.django_db(transaction=True)
def test_eight_clients_sending_the_same_interactions_in_any_order_leave_one_row_each(live_server):
    world = build_world()
    before = Interaction.objects.count()
    statuses = send_all(live_server.url, world, [item(world, number) for number in range(ITEMS)])
    assert Interaction.objects.count() - before == ITEMS
    assert statuses == {"created": ITEMS, "unchanged": ITEMS * (CLIENTS - 1)}


@pytest.mark.django_db(transaction=True)
def test_of_versions_sent_by_eight_clients_at_once_the_newest_stays(live_server):
    world = build_world()
    versions = [item(world, 1, product=f"v{n:02}", as_of=f"2026-11-20T10:00:{n:02}+00:00") for n in range(CLIENTS)]
    statuses = send_all(live_server.url, world, versions, one_each=True)
    assert Interaction.objects.get(external_id="v-1").product == f"v{CLIENTS - 1:02}"
    assert statuses["created"] == 1
    assert sum(statuses.values()) == CLIENTS


@pytest.mark.django_db(transaction=True)
def test_senders_of_the_same_customers_in_any_order_leave_each_address_and_consent_once():
    """In lists of hundreds, as a history comes in by several processes; nobody waits in a ring."""
    world = build_world()
    unit = world.harbour.external_id
    items = [
        {
            "external_id": f"h-{n}", "unit": unit, "contact_points": [{"channel": "email", "address": f"h{n}@x.org"}],
            "consents": [{"channel": "email", "purpose": "survey", "granted": False}],
        }
        for n in range(300)
    ]  # fmt: skip
    statuses: Counter[str] = Counter()

    def sender(number: int) -> None:
        shuffled = random.Random(number).sample(items, len(items))
        for part in (shuffled[:150], shuffled[150:]):
            statuses.update(result.status for result in ingest_customers(part, source="crm", at=NOW))
        connection.close()

    threads = [threading.Thread(target=sender, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == {"created": 300, "unchanged": 900}
    rows = Customer.objects.filter(external_id__startswith="h-")
    assert rows.count() == ContactPoint.objects.filter(customer__in=rows).count() == 300
    assert Consent.objects.filter(customer__in=rows, granted=False).count() == 300


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_of_two_keys_that_make_the_same_id_at_once_the_second_changes_nothing(kind):
    """Station's key waits for the row that the company's key is making, and is then told that it is not Station's."""
    world = build_world()
    ours = {
        "interactions": item(world, 1),
        "units": {"name": "Quay", "zone": "Europe/London", "parent": world.harbour.external_id},
    }
    ours |= {"customers": {"family_name": "Quay", "unit": world.harbour.external_id}}
    ours |= {"employees": {"name": "Quay", "assignments": [{"unit": world.harbour.external_id, "role": "employee"}]}}
    theirs = {"interactions": item(world, 1, **at_station(world)), "units": {"name": "Pier", "zone": "Europe/London"}}
    theirs |= {"customers": {"family_name": "Pier"}, "employees": {"name": "Pier"}}
    first, second = ({"external_id": "v-1", **said[kind]} for said in (ours, theirs))
    ingest, model = KINDS[kind]
    made, told = threading.Event(), []

    def station() -> None:
        assert made.wait(20)
        told.extend(ingest([second], source="crm", at=NOW + timedelta(hours=1), principal=world.station_key))
        connection.close()

    thread = threading.Thread(target=station)
    with transaction.atomic():
        thread.start()
        (result,) = ingest([first], source="crm", at=NOW, principal=world.crm_key)
        assert (result.status, result.errors) == ("created", [])
        made.set()
        until(waiting_for_a_lock, seconds=20, what="Station's key in wait")
    thread.join()
    assert [(result.status, result.errors[0]["code"]) for result in told] == [("rejected", "out_of_scope")]
    row = model.objects.get(source="crm", external_id="v-1")
    assert "Pier" not in str(row)
    assert getattr(row, "unit", world.harbour) == world.harbour


@pytest.mark.django_db(transaction=True)
def test_of_a_month_and_its_quarter_sent_at_once_only_the_first_is_taken():
    """The second sender waits until the first has committed, and then sees what it told."""
    world = build_world()
    quarter, month = (
        {"customer": world.ines.external_id, "period": period, "currency": "EUR", "revenue": 9}
        for period in ("2026-Q4", "2026-11")
    )
    made, told = threading.Event(), []

    def second() -> None:
        assert made.wait(20)
        told.extend(ingest_financials([month], source="crm", at=NOW))
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        thread.start()
        (result,) = ingest_financials([quarter], source="crm", at=NOW)
        assert (result.status, result.errors) == ("created", [])
        made.set()
        until(lambda: told or waiting_for_a_lock(), seconds=20, what="the second sender in wait")
    thread.join()
    assert [(result.status, result.errors[0]["code"]) for result in told] == [("rejected", "overlap")]
    assert FinancialRecord.objects.get().ends_before == date(2027, 1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["source", "condition"])
def test_an_offer_that_another_source_gives_a_customer_at_once_is_refused_and_not_an_error(first):
    """Whoever comes second waits, and is then told who gave it: another source's list, or the offer's condition."""
    world = build_world()
    offer = {"external_id": "gold", "name": "Gold card", "say": "Free for a year."}
    ingest_offers([offer], source="crm", at=NOW)
    item = {"customer": {"source": "crm", "external_id": world.ines.external_id},
            "offer": {"source": "crm", "external_id": "gold"}}  # fmt: skip
    made, told = threading.Event(), []

    def second() -> None:
        assert made.wait(20)
        told.extend(ingest_customer_offers([item], source="dwh", at=NOW))
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        thread.start()
        if first == "source":
            (result,) = ingest_customer_offers([item], source="crm", at=NOW)
            assert (result.status, result.errors) == ("created", [])
        else:
            ingest_offers([offer | {"condition": EVERYBODY}], source="crm", at=NOW + timedelta(seconds=1))
        made.set()
        until(lambda: told or waiting_for_a_lock(), seconds=20, what="the second sender in wait")
    thread.join()
    assert [(result.status, result.errors[0]["code"]) for result in told] == [("rejected", "conflict")]
    assert CustomerOffer.objects.get().source == "crm"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["address", "hold"])
def test_what_somebody_sets_by_hand_while_a_list_brings_it_stands_once_and_the_list_comes_in(what):
    """The list waits for the hand that came first."""
    ines = crm.customer(external_id="ines")
    other = crm.customer(external_id="other")
    ways = {
        "hold": (
            lambda: hold(customer=ines, kind="complaint", cause="crm:case-7", why="by hand", at=NOW),
            lambda: ingest_holds(
                [{"customer": row.external_id, "kind": "complaint", "cause": "case-7"} for row in (ines, other)],
                source="crm", at=NOW,
            ),
        ),
        "address": (
            lambda: add_contact_point(customer=ines, channel="email", address="i@x.org", at=NOW),
            lambda: ingest_customers(
                [{"external_id": row.external_id, "contact_points": [{"channel": "email", "address": "i@x.org"}]}
                 for row in (ines, other)],
                source="crm", at=NOW + timedelta(hours=1),
            ),
        ),
    }  # fmt: skip
    by_hand, by_list = ways[what]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            by_hand()
            running = pool.submit(closing, by_list)
            until(waiting_for_a_lock, seconds=20, what="the list in wait")
        results = running.result(timeout=60)
    if what == "hold":
        assert [result.status for result in results] == ["unchanged", "created"]
        assert list(Hold.objects.order_by("customer").values_list("customer", "why")) == [
            (ines.pk, "by hand"),
            (other.pk, ""),
        ]
        assert Event.objects.filter(what="customer.held").count() == 2
    else:
        assert [result.status for result in results] == ["updated", "updated"]
        entered = ContactPoint.objects.order_by("customer").values_list("customer", "normalized", "entered_at")
        assert list(entered) == [(ines.pk, "i@x.org", NOW), (other.pk, "i@x.org", None)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["file", "list", "landing"])
def test_a_file_and_another_way_in_that_bring_the_same_customers_at_once_do_not_wait_in_a_ring(tmp_path, other):
    """The file writes b at once and a by the shapes, since its blanks have to be mended; the other way the reverse."""
    crm.customer(external_id="held", as_of=NOW - timedelta(days=1))
    held = Customer.objects.filter(external_id="held")
    first = written(tmp_path / "1.csv", "external_id,given_name\nb,Bo\na,Ann  A\nheld,Hel\n")
    second = written(tmp_path / "2.csv", "external_id,given_name\na,Ann\nb,Bo  B\nheld,Hel\n")
    items = [{"external_id": name, "given_name": name} for name in ("a", "b")]
    ways = {
        "file": lambda: load(second, "customers", at=NOW),
        "list": lambda: ingest_customers(items, source="crm", at=NOW),
        "landing": lambda: take_in(at=NOW),
    }
    if other == "landing":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO landing.customers (source, external_id) VALUES ('crm', 'a'), ('crm', 'b')")
    with ThreadPoolExecutor(2) as pool:
        running = []
        with transaction.atomic():
            list(held.select_for_update())  # the first to come waits in the middle of its work
            for number, way in enumerate((lambda: load(first, "customers", at=NOW), ways[other]), 1):
                running.append(pool.submit(closing, way))
                until(lambda number=number: waiting_for_a_lock() >= number, seconds=20, what=f"number {number} in wait")
        for future in running:
            future.result(timeout=60)
    assert set(Customer.objects.values_list("external_id", flat=True)) == {"a", "b", "held"}
    LandingCustomer.objects.all().delete()  # no table of ours, as far as the tests know: nobody else empties it


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["file", "list"])
def test_who_waits_in_a_ring_with_rows_of_another_kind_goes_on_where_they_were(tmp_path, way):
    """Somebody holds b and then wants a, the file or the list the reverse; the database ends its transaction."""
    for name in ("a", "b"):
        crm.customer(external_id=name)
    rows = "customer,how,acquired_on\na,advertising,2026-10-01\nb,advertising,2026-10-01\nc,,\n"
    path = written(tmp_path / "heard.csv", rows)
    items = [{"customer": name, "how": "advertising", "acquired_on": "2026-10-01"} for name in ("a", "b")]

    def come() -> None:
        found_after(3)
        if way == "file":
            load(path, "acquisitions")
        else:
            ingest_acquisitions([*items, {"customer": "c"}], source="crm", at=NOW)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            found_after(60)
            mine = Customer.objects.select_for_update()
            mine.get(external_id="b")
            running = pool.submit(closing, come)
            until(waiting_for_a_lock, seconds=20, what="the other in wait")
            mine.get(external_id="a")
        running.result(timeout=60)
    found_after(1)
    done = Load.objects.get()
    assert (done.failure, sums(done)) == ("", {"received": 3, "created": 2, "rejected": 1})
    assert done.finished_at is not None
    assert Acquisition.objects.count() == 2
    assert [line for line, *_ in rejects(path, "acquisitions")] == (["4"] if way == "file" else [])


@pytest.mark.django_db(transaction=True)
def test_a_list_waits_for_a_stretch_of_a_file_no_longer_than_it_may_and_loses_nothing():
    """A file of the same rows that is tried out is one long stretch."""
    work = rows_of("customers", "crm")
    trying, answered = threading.Event(), threading.Event()

    def try_out() -> None:
        with transaction.atomic():
            whole(work)
            trying.set()
            answered.wait(20)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(closing, try_out)
        assert trying.wait(20)
        with transaction.atomic():
            (single,) = ingest_customers([{"external_id": "a"}], source="crm", at=NOW)
            with pytest.raises(Occupied):
                beside(work, patience=0.2)
        answered.set()
    assert single.status == "created"
    both = ingest_customers([{"external_id": "a"}, {"external_id": "b"}], source="crm", at=NOW)
    assert [result.status for result in both] == ["unchanged", "created"]


@pytest.mark.django_db(transaction=True)
def test_who_posts_financials_while_a_file_of_them_is_loaded_is_told_at_once_to_come_again(tmp_path):
    world = build_world()
    file = written(
        tmp_path / "books.csv", f"customer,period,currency,revenue\n{world.ines.external_id},2026-10,EUR,5\n"
    )
    reading, answered = threading.Event(), threading.Event()

    def wait(_load: object) -> None:
        reading.set()
        answered.wait(20)

    def loading() -> None:
        load(file, "financials", given={"control": {"rows": "1"}, "allow_rejects": False}, progress=wait)
        connection.close()

    thread = threading.Thread(target=loading)
    thread.start()
    assert reading.wait(20)
    other = {"customer": world.ines.external_id, "period": "2026-11", "currency": "EUR", "revenue": 9}
    refused = Caller(world.crm_secret).post("/financials", other)
    answered.set()
    thread.join()
    assert (refused.status_code, errors(refused), refused["Retry-After"]) == (503, [("busy", None)], "30")
    assert FinancialRecord.objects.get().revenue == 5
    assert Caller(world.crm_secret).post("/financials", other).status_code == 201


def closing(way):
    """`way`, in a thread whose connection it does not leave open."""
    try:
        return way()
    finally:
        connection.close()


def found_after(seconds: int) -> None:
    """Of those who wait in a ring the one goes who finds it first."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET deadlock_timeout = '{seconds}s'")


def waiting_for_a_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


def at_station(world):
    someone = crm.customer(unit=world.station, external_id="someone")
    return {"customer": someone.external_id, "unit": world.station.external_id}


def item(world, number, **fields):
    return {
        "external_id": f"v-{number}", "kind": "branch-visit", "customer": world.ines.external_id,
        "unit": world.harbour.external_id, "occurred_at": "2026-11-20T09:00:00+00:00",
        "as_of": "2026-11-20T10:00:00+00:00", **fields,
    }  # fmt: skip


def send_all(url, world, items, *, one_each=False):
    """Every client posts all items in an order of its own (or just one), all at the same moment."""
    start, counts = threading.Barrier(CLIENTS), Counter()

    def client(number: int) -> None:
        own = [items[number]] if one_each else random.Random(number).sample(items, len(items))
        start.wait()
        answer = httpx.post(
            f"{url}/api/v1/interactions",
            content=json.dumps(own),
            headers={"Authorization": f"Bearer {world.crm_secret}", "Content-Type": "application/json"},
            timeout=60,
        )
        counts.update(result["status"] for result in answer.json()["results"])

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.close()
    return counts
