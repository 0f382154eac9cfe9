"""A company's worth of rows, made inside the database by copying the walk's own (tests/walk.py): for proofs about size.

Rows are linked one to one along the life of an answer and spread over two years, 400 branches and 5,000 employees. No
service is called and no trigger fires: it is about reading.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection
from django.db.models import Model

from analytics.models import AnswerFact, UnitDayScores
from analytics.services.filling.counting import recount
from analytics.stats import OF_ANSWERS
from closedloop.models import Closure, TicketSignal
from common.models import Event, Load
from crm.models import Assignment, Consent, ContactPoint, Hold, Placement, Suppression, UnitClosure
from distribution.models import Dispatch
from surveys.models import Decision, DeliveryAttempt, Message, TriggerRun
from surveys.partitions import ensure_partitions
from surveys.services.folding_decisions import tally_anew
from tests.proofs.record import say
from tests.walk import Walk
from tests.world import NOW, World

REGIONS, BRANCHES, EMPLOYEES, DAYS = 4, 400, 5_000, 730


def fill(world: World, found: Walk, *, tickets: int) -> dict[str, int]:
    """`tickets` tickets, customers, answers, invitations ..., five times as many interactions and decisions. Returns
    the rows of each large table."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    few = _organization(world)
    _life(world, found, few, tickets)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT; RESET synchronous_commit")
        tally_anew()  # no trigger fired
        say("VACUUM ANALYZE")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT relname, n_live_tup FROM pg_stat_user_tables WHERE n_live_tup >= %s", [tickets])
        return dict(sorted(cursor.fetchall()))


def multiply(row: Model, number: int, **differing: str) -> int:
    """`number` rows like `row`; `differing`: column -> SQL in which `k` counts from 1. Returns the id before the first:
    row k has that id + k."""
    table, key = row._meta.db_table, row._meta.pk.column
    say(f"{number:>9,} {table}")
    with connection.cursor() as cursor:
        own = key == "id"
        first = 0
        if own:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
            first = cursor.fetchone()[0]
            differing = {"id": f"{first} + k"} | differing
        columns = [field.column for field in row._meta.concrete_fields]
        values = [differing.get(column, f"t.{column}") for column in columns]
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
            f" FROM (SELECT * FROM {table} WHERE {key} = {row.pk} LIMIT 1) t, generate_series(1, {number}) k"
            " ORDER BY k"
        )
        if own:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {first + number})")
    return first


def kept(row: Model) -> Model:
    """One row to multiply."""
    row.save()
    return row


def _organization(world: World) -> dict[str, int]:
    """Regions under the head office, branches under regions, ten employees and more a branch; the branches of North
    are Rosa's, and the first of them is Helen's Harbour with its share."""
    north = Placement.objects.get(unit=world.north)
    regions = multiply(world.north, REGIONS, external_id="'region-' || k", name="'Region ' || k")
    multiply(north, REGIONS, unit_id=f"{regions} + k")
    region = f"CASE WHEN k % {REGIONS} = 0 THEN {world.north.pk} ELSE {regions} + 1 + k % {REGIONS} END"
    units = multiply(world.harbour, BRANCHES, external_id="'branch-' || k", name="'Branch ' || k")
    multiply(Placement.objects.get(unit=world.harbour), BRANCHES, unit_id=f"{units} + k", parent_id=region)
    close(world)
    people = multiply(
        world.jonas, EMPLOYEES, external_id="'e-' || k", name="'Employee ' || k", email="''", user_id="NULL"
    )
    post = Assignment.objects.get(employee=world.jonas)
    multiply(post, EMPLOYEES, employee_id=f"{people} + k", unit_id=f"{units} + 1 + k % {BRANCHES}")
    return {"units": units, "people": people}


def close(world: World) -> None:
    """The closure from the placements, as the service leaves it."""
    UnitClosure.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO crm_unitclosure (hierarchy_id, ancestor_id, descendant_id, depth, valid)
            WITH RECURSIVE up AS (
                SELECT hierarchy_id, unit_id AS ancestor, unit_id AS descendant, 0 AS depth, valid FROM crm_placement
                UNION ALL
                SELECT up.hierarchy_id, p.parent_id, up.descendant, up.depth + 1, up.valid
                FROM up JOIN crm_placement p ON p.unit_id = up.ancestor AND p.hierarchy_id = up.hierarchy_id
                WHERE p.parent_id IS NOT NULL
            ) SELECT hierarchy_id, ancestor, descendant, depth, valid FROM up
            """
        )


def _life(world: World, found: Walk, few: dict[str, int], n: int) -> None:
    many = 5 * n
    harbour, units = world.harbour.pk, few["units"]
    unit = f"CASE WHEN k % {BRANCHES} = 0 THEN {harbour} ELSE {units} + 1 + k % {BRANCHES} END"
    who = f"{few['people']} + 1 + k % {EMPLOYEES}"
    at, at5 = moment(n), moment(many)
    customers = multiply(
        world.ines, n, external_id="'p-' || k", unit_id=unit, given_name="'Given' || k % 997",
        family_name="'Family' || k % 49999", language="(ARRAY['en', 'fr', 'ar'])[1 + k % 3]",
    )  # fmt: skip
    customer, customer5 = f"{customers} + k", f"{customers} + 1 + k % {n}"
    address = "'p' || k || '@example.org'"
    point = ContactPoint.objects.filter(customer=world.ines)[0]
    multiply(
        point, n, customer_id=customer, address=address, normalized=address, address_hash=f"md5({address}) || k::text"
    )
    said = kept(Consent(customer=world.ines, channel="email", purpose="survey", granted=True, at=NOW))
    multiply(said, n, customer_id=customer, at=at)
    held = kept(Hold(customer=world.ines, kind="legal", since=NOW))
    released = f"CASE WHEN k % 50 > 0 THEN {at} END"
    multiply(held, n, public_id="gen_random_uuid()", customer_id=customer, since=at, released_at=released)
    multiply(kept(Suppression(channel="email", reason="manual", at=NOW)), n, address_hash="'h' || k", at=at)
    interactions = multiply(
        world.interaction, many, external_id="'v-' || k", customer_id=customer5, unit_id=unit, employee_id=who,
        occurred_at=at5, received_at=at5, as_of=at5, triggered_at=at5,
    )  # fmt: skip
    ensure_partitions([NOW.date() - timedelta(days=day) for day in range(DAYS + 2)])
    reasons = "(ARRAY['asked', 'not_drawn', 'quarantined', 'no_address', 'too_old'])[1 + k % 5]"
    multiply(
        Decision.objects.all()[0], many, occasion=f"'interaction:' || {interactions} + k", customer_id=customer5,
        occasion_day=f"({at5})::date", unit_id=unit, employee_id=who, reason=reasons, decided_at=at5,
    )  # fmt: skip
    multiply(TriggerRun.objects.all()[0], n // 100, at=moment(n // 100))
    invitations = multiply(
        found.invitation, n, public_id="gen_random_uuid()", interaction_id=f"{interactions} + k", contact_id="NULL",
        customer_id=customer, unit_id=unit, employee_id=who, created_at=at,
    )  # fmt: skip
    message = Message.objects.get(invitation=found.invitation)
    messages = multiply(
        message, n, invitation_id=f"{invitations} + k", created_at=at, due_at=at, handed_off_at=at,
        state="(ARRAY['handed_off', 'failed', 'cancelled'])[CASE WHEN k % 100 = 0 THEN 2 ELSE 1 END]",
    )  # fmt: skip
    multiply(DeliveryAttempt.objects.get(message=message), n, message_id=f"{messages} + k", started_at=at, ended_at=at)
    _heard(world, found, n, customer, unit, who, invitations, interactions)
    multiply(kept(Load(kind="responses", source="file", started_at=NOW)), n // 100, started_at=moment(n // 100))
    event = kept(Event(what="customer.passed", subject_kind="crm.customer", subject_id="0", at=NOW))
    multiply(event, n, subject_id=f"({customer})::text", at=at)


def _heard(
    world: World, found: Walk, n: int, customer: str, unit: str, who: str, invitations: int, interactions: int
) -> None:
    at, score = moment(n), "k % 11"
    category = "CASE WHEN k % 11 < 7 THEN 'detractor' WHEN k % 11 < 9 THEN 'passive' ELSE 'promoter' END"
    about = {"customer_id": customer, "unit_id": unit, "employee_id": who}
    answers = multiply(
        found.response, n, public_id="gen_random_uuid()", invitation_id=f"{invitations} + k",
        interaction_id=f"{interactions} + k", score=score, category=category, answered_at=at, updated_at=at,
        completed_at=at, **about,
    )  # fmt: skip
    multiply(found.response.answers.all()[0], n, response_id=f"{answers} + k", at=at)
    multiply(
        AnswerFact.objects.all()[0], n, response_id=f"{answers} + k", score=score, day=f"({at})::date",
        unit_id=unit, employee_id=who,
    )  # fmt: skip
    signals = multiply(
        found.alert.signal, n, source_id=f"({answers} + k)::text", response_id=f"{answers} + k", at=at, score=score,
        interaction_id=f"{interactions} + k", category=category, screened_at=at, **about,
    )  # fmt: skip
    open_ones = "(k % 50 = 0)"
    tickets = multiply(
        found.ticket, n, public_id="gen_random_uuid()", customer_id=customer, unit_id=unit, owner_id=who,
        origin_id=f"{signals} + k", opened_at=at, due_at=f"{at} + interval '1 day'", is_open=open_ones,
    )  # fmt: skip
    ticket = f"{tickets} + k"
    multiply(TicketSignal.objects.all()[0], n, ticket_id=ticket, signal_id=f"{signals} + k", at=at)
    multiply(found.ticket.attempts.exclude(outcome="")[0], n, ticket_id=ticket, made_at=at)
    multiply(found.ticket.findings.all()[0], n, ticket_id=ticket, at=at)
    closure = kept(Closure(ticket=found.ticket, outcome="resolved", at=NOW, reopened_at=NOW))
    multiply(closure, n, ticket_id=ticket, at=at, reopened_at=f"CASE WHEN {open_ones} THEN {at} END")
    alerts = multiply(
        found.alert, n, source_id=f"({answers} + k)::text", signal_id=f"{signals} + k", ticket_id=ticket, unit_id=unit,
        employee_id=who, raised_at=at, updated_at=at, dispatched_at=at,
    )  # fmt: skip
    mail = kept(Dispatch(kind="alert", alert=found.alert, employee=world.helen, due_at=NOW, created_at=NOW))
    multiply(
        mail, n, alert_id=f"{alerts} + k", signal_id=f"{signals} + k", employee_id=who, state="'handed_off'", due_at=at,
        created_at=at,
    )  # fmt: skip
    _read(found, unit)


def _read(found: Walk, unit: str) -> None:
    """Digests and scores of two years, a row for each branch and day."""
    day = f"DATE '{date(NOW.year, NOW.month, NOW.day)}' - 1 - (k / {BRANCHES})::int"
    multiply(found.digest, BRANCHES * DAYS // 2, unit_id=unit, day=day)
    multiply(UnitDayScores.objects.all()[0], BRANCHES * DAYS, unit_id=unit, day=day)
    add_up_months()


def add_up_months() -> None:
    """Cells of months from those of days, as the filling leaves them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO analytics_dirtycell (rollup, unit_id, day)"
            " SELECT DISTINCT 'unit_month_scores', unit_id, date_trunc('month', day::timestamp)::date"
            " FROM analytics_unitdayscores ON CONFLICT DO NOTHING"
        )
    recount([rollup for rollup in OF_ANSWERS if rollup.by_month])


def moment(n: int) -> str:
    """When row k of n came: older rows first, the last one now."""
    return f"(TIMESTAMPTZ '{NOW.isoformat()}' - interval '{DAYS} days' * (1 - k / {n}::float8))"
