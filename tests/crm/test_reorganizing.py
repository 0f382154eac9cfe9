"""A reorganization is drafted, previewed and applied in one step: crm.services.organization."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from closedloop.services.following import follow_tickets
from common.models import Event
from crm.models import ApiKey, Assignment, OrgUnit, Placement, Relocation, Reorganization
from crm.services.organization.applying import NotApplied, apply_reorganization, changes_since
from crm.services.organization.following import follow_customers
from crm.services.organization.knowing import tree_on
from crm.services.organization.planning import draft, read_steps, redraft, written
from crm.services.organization.previewing import known_now, preview
from crm.services.placing import place
from tests.factories import closedloop as make_loop
from tests.factories import crm as make
from tests.factories import webhooks as make_webhooks
from tests.world import NOW

TODAY = NOW.date()
LATER = TODAY + timedelta(days=30)
HEAD = "step,unit,under,into,share,name,kind,employee,role\n"


@pytest.fixture
def codes(world):
    for unit, code in zip(
        OrgUnit.objects.order_by("pk"), ("hq", "north", "south", "harbour", "mill", "station"), strict=True
    ):
        unit.external_id = code
        unit.save()
    for person in (world.olivia, world.rosa, world.helen, world.jonas, world.elsa):
        person.source, person.external_id = "crm", person.name.lower()
        person.save()


def plan_of(lines, on=TODAY):
    return draft(name="Autumn", why="", effective_on=on, source="crm", steps=HEAD + lines, by=None, at=NOW)


def case(world, owner):
    """An open ticket about Ines' visit to Harbour; Helen, the manager, owns it unless it is handed over."""
    ticket = make_loop.ticket(make_loop.answer(world.interaction))
    if owner != ticket.owner:
        ticket.assign(to=owner, why="", by=None, at=NOW)
    return ticket


def tables(plan):
    return {table["title"]: table["rows"] for table in plan.preview["tables"]}


def house():
    """What a preview must leave as it was."""
    return known_now(), list(OrgUnit.objects.order_by("pk").values_list("pk", "closed_on")), Relocation.objects.count()


def test_a_preview_shows_who_gains_and_who_loses_sight_and_changes_nothing(world, codes):
    before = house()
    plan = preview(plan=plan_of("move,harbour,south"), at=NOW)
    assert plan.conflicts == []
    assert tables(plan)["Where units stand"] == [["Harbour", "North", "South"]]
    assert tables(plan)["Who gains or loses sight"] == [["Rosa", "nothing", 0, "Harbour", 1]]
    assert house() == before


def test_a_key_whose_unit_moves_is_among_those_who_gain_or_lose(world, codes):
    plan = preview(plan=plan_of("move,mill,station"), at=NOW)
    seen = {row[0]: row[1:] for row in tables(plan)["Who gains or loses sight"]}
    assert seen == {"API key Station": ["Mill", 0, "nothing", 0], "Elsa": ["Mill", 0, "nothing", 0],
                    "Rosa": ["nothing", 0, "Mill", 0]}  # fmt: skip


MERGER = "merge,harbour,,mill"


def test_a_preview_lists_keys_and_webhooks_that_follow_and_counts_customers_where_they_go(world, codes):
    ApiKey.issue(name="Till", source="crm", scopes=[], unit=world.harbour, at=NOW)
    make_webhooks.endpoint(unit=world.harbour, name="Desk")
    make.customer(unit=world.mill)
    ApiKey.issue(name="Mill", source="crm", scopes=[], unit=world.mill, at=NOW)
    plan = preview(plan=plan_of(MERGER), at=NOW)
    seen = {row[0]: row[1:] for row in tables(plan)["Who gains or loses sight"]}
    assert (seen["API key Till"], seen["Webhook Desk"]) == (["Mill", 1, "nothing", 0],) * 2
    assert seen["API key Mill"] == ["Harbour", 1, "nothing", 0]


def test_a_preview_says_whose_home_changes_and_changes_nothing(world, codes):
    make.account(unit=world.harbour)
    till, _ = ApiKey.issue(name="Till", source="crm", scopes=[], unit=world.harbour, at=NOW)
    before = house()
    plan = preview(plan=plan_of(MERGER), at=NOW)
    assert tables(plan)["Whose home changes"] == [["Harbour", "Mill", 1, 1]]
    assert house() == before
    till.refresh_from_db(), world.ines.refresh_from_db()
    assert (till.unit, world.ines.unit) == (world.harbour, world.harbour)


DIVISION = (
    "assign,mill,,,,,,helen,branch\nassign,mill,,,,,,jonas,employee\n"
    "split,harbour,,mill,0.5\nsplit,harbour,,station,0.5\n"
)


def test_a_division_has_to_say_whose_the_units_keys_and_webhooks_are(world, codes):
    ApiKey.issue(name="Till", source="crm", scopes=[], unit=world.harbour, at=NOW)
    make_webhooks.endpoint(unit=world.harbour, name="Desk")
    plan = preview(plan=plan_of(DIVISION), at=NOW)
    (told,) = plan.conflicts
    assert told.startswith("Harbour is divided and closes with 1 API key and 1 webhook. Bind them to one of its heirs")


def test_what_is_bound_to_an_heir_follows_it_on_the_day_and_the_preview_says_so(world, codes):
    till, _ = ApiKey.issue(name="Till", source="crm", scopes=[], unit=world.harbour, at=NOW)
    desk = make_webhooks.endpoint(unit=world.harbour, name="Desk")
    plan = preview(plan=plan_of(DIVISION + "bind,harbour,,station", on=LATER), at=NOW)
    assert plan.conflicts == []
    seen = {row[0]: row[1:] for row in tables(plan)["Who gains or loses sight"]}
    assert seen["API key Till"][0] == seen["Webhook Desk"][0] == "Station"
    assert [row[2] for row in tables(plan)["Whose home changes"]] == [1]
    apply_reorganization(plan=plan, at=NOW)
    till.refresh_from_db()
    assert till.unit == world.harbour
    follow_customers(at=NOW + timedelta(days=30))
    till.refresh_from_db(), desk.refresh_from_db()
    assert (till.unit, till.revoked_at, desk.unit, desk.is_enabled) == (world.station, None, world.station, True)


def test_what_is_revoked_ends_on_the_day(world, codes):
    till, _ = ApiKey.issue(name="Till", source="crm", scopes=[], unit=world.harbour, at=NOW)
    desk = make_webhooks.endpoint(unit=world.harbour, name="Desk")
    plan = preview(plan=plan_of(DIVISION + "revoke,harbour"), at=NOW)
    seen = {row[0]: row[1:] for row in tables(plan)["Who gains or loses sight"]}
    assert (plan.conflicts, seen["API key Till"]) == ([], ["nothing", 0, "Harbour", 1])
    apply_reorganization(plan=plan, at=NOW)
    follow_customers(at=NOW)
    till.refresh_from_db(), desk.refresh_from_db()
    assert (till.unit, till.revoked_at, desk.is_enabled) == (world.harbour, NOW, False)
    assert Event.objects.filter(what__in=["api_key.revoked", "webhook.disabled"]).count() == 2


def test_a_preview_names_conflicts_of_every_kind_at_once(world, codes):
    case(world, world.helen)
    before = house()
    lines = "move,north,harbour\nmove,mill,nowhere\nclose,station\nclose,harbour\nunassign,mill,,,,,,rosa,region\n"
    plan = preview(plan=plan_of(lines + "split,south,,hq,0.5\nsplit,south,,north,0.4"), at=NOW)
    told = "\n".join(plan.conflicts)
    for words in (
        "North would stand under itself.", "there is no unit 'nowhere'", "Elsa would work nowhere",
        "rosa is no region at mill", "sum to 0.9", "Harbour closes with 1 open",
    ):  # fmt: skip
        assert words in told
    assert (tables(plan), house()) == ({}, before)


def test_the_preview_of_a_merger_takes_as_many_queries_for_ten_keys_as_for_one(world, codes):
    def queries():
        with CaptureQueriesContext(connection) as told:
            preview(plan=plan_of(MERGER), at=NOW)
        return len(told)

    ApiKey.issue(name="Till", source="crm", scopes=[], unit=world.harbour, at=NOW)
    few = queries()
    for number in range(9):
        ApiKey.issue(name=f"Till {number}", source="crm", scopes=[], unit=world.harbour, at=NOW)
        make.customer(unit=world.harbour)
    assert queries() == few


def test_a_previewed_plan_is_applied_in_one_step_once(world, codes):
    plan = preview(plan=plan_of("move,harbour,south\nopen,quay,south,,,Quay\nmerge,mill,,quay"), at=NOW)
    apply_reorganization(plan=plan, by=world.olivia.user, at=NOW + timedelta(minutes=1))
    quay = OrgUnit.objects.get(external_id="quay")
    tree = tree_on(hierarchy="", on=TODAY)
    assert (tree[world.harbour.pk], tree[quay.pk], tree[world.mill.pk]) == (world.south.pk, world.south.pk, quay.pk)
    assert (quay.opened_on, quay.zone) == (TODAY, "Europe/London")
    done = Reorganization.objects.get(pk=plan.pk)
    assert (done.state, done.applied_by) == ("applied", world.olivia.user)
    known = house()
    apply_reorganization(plan=plan, by=world.olivia.user, at=NOW + timedelta(hours=1))
    assert house() == known
    assert Event.objects.filter(what="reorganization.applied").count() == 1


def test_nothing_is_applied_without_a_preview(world, codes):
    before = house()
    with pytest.raises(NotApplied, match="Preview it first"):
        apply_reorganization(plan=plan_of("move,harbour,south"), at=NOW)
    assert house() == before


def test_a_plan_is_refused_when_the_organization_changed_since_its_preview(world, codes):
    plan = preview(plan=plan_of("move,harbour,south"), at=NOW)
    place(unit=world.mill, parent=world.south, since=TODAY, at=NOW + timedelta(minutes=1))
    before = house()
    with pytest.raises(NotApplied) as refusal:
        apply_reorganization(plan=plan, at=NOW + timedelta(minutes=2))
    assert "New: Mill under South, from 2026-11-24" in refusal.value.messages
    assert house() == before
    assert changes_since(preview(plan=plan, at=NOW + timedelta(minutes=3))) == []


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("move,north,harbour", "North would stand under itself."),
        ("close,north", "stands under North"),
        ("move,harbour,nowhere", "Step 1: there is no unit 'nowhere'."),
        ("split,harbour,,mill,0.5\nsplit,harbour,,station,0.4", "The shares of Harbour sum to 0.9, not to 1."),
        ("close,station", "Elsa would work nowhere from 2026-11-24 on."),
        ("close,harbour\nmerge,harbour,,mill", "harbour is ended in two ways."),
        ("open,mill,north,,,Mill", "Step 1: mill exists already."),
        ("open,quay,north,,,Quay\nopen,crm:quay,south,,,Quay", "Step 2: crm:quay is opened above already."),
        (f"open,{'q' * 121},north,,,Quay", "Step 1: a new unit's id has at most 120 characters"),
        ("bind,harbour,,mill", "Step 1: bind goes with a split of harbour."),
        ("open,a,b,,,A\nopen,b,a,,,B\nassign,a,,,,,,helen,branch", "a would be opened under itself."),
        ("unassign,mill,,,,,,helen,branch", "Step 1: helen is no branch at mill then."),
    ],
)
def test_conflicts_are_found_by_the_preview_and_bar_the_way(world, codes, lines, words):
    plan = preview(plan=plan_of(lines), at=NOW)
    assert any(words in conflict for conflict in plan.conflicts), plan.conflicts
    before = house()
    with pytest.raises(NotApplied, match="conflicts"):
        apply_reorganization(plan=plan, at=NOW)
    assert house() == before


def test_a_unit_with_open_tickets_does_not_close_without_a_successor(world, codes):
    case(world, world.helen)
    lines = "assign,mill,,,,,,helen,branch\nassign,mill,,,,,,jonas,employee\nclose,harbour"
    plan = preview(plan=plan_of(lines), at=NOW)
    assert plan.conflicts == ["Harbour closes with 1 open ticket and no unit to take over."]


def test_open_tickets_and_customers_follow_on_the_day_and_not_before(world, codes):
    ticket = case(world, world.jonas)
    lines = "unassign,harbour,,,,,,jonas,employee\nassign,station,,,,,,jonas,employee\nmerge,harbour,,mill"
    plan = preview(plan=plan_of(lines, on=LATER), at=NOW)
    assert plan.conflicts == []
    assert tables(plan)["Open tickets that change hands"] == [["Harbour", "Jonas", "Mill", "Helen", 1]]
    apply_reorganization(plan=plan, at=NOW)
    for work in (follow_tickets, follow_customers):
        assert work(at=NOW + timedelta(days=29)) == 0
        assert work(at=NOW + timedelta(days=30)) > 0
    ticket.refresh_from_db()
    world.ines.refresh_from_db()
    assert (ticket.unit, ticket.owner, world.ines.unit) == (world.mill, world.helen, world.mill)
    assert ticket.handovers.latest("pk").to == world.helen
    assert Event.objects.get(what="ticket.relocated").data == {"unit": world.mill.pk, "to": world.helen.pk}


def test_a_ticket_stays_with_an_owner_who_is_still_in_charge(world, codes):
    ticket = case(world, world.helen)
    plan = preview(plan=plan_of("move,harbour,south"), at=NOW)
    assert tables(plan)["Open tickets that change hands"] == []
    apply_reorganization(plan=plan, at=NOW)
    follow_tickets(at=NOW)
    ticket.refresh_from_db()
    assert (ticket.unit, ticket.owner, ticket.version) == (world.harbour, world.helen, 1)


def test_a_plan_of_a_day_to_come_holds_from_that_day(world, codes):
    lines = "move,harbour,south\nunassign,harbour,,,,,,jonas,employee\nassign,mill,,,,,,jonas,employee"
    plan = preview(plan=plan_of(lines, on=LATER), at=NOW)
    apply_reorganization(plan=plan, at=NOW)
    assert tree_on(hierarchy="", on=TODAY)[world.harbour.pk] == world.north.pk
    assert tree_on(hierarchy="", on=LATER)[world.harbour.pk] == world.south.pk
    held = Assignment.objects.filter(employee=world.jonas, recorded__upper_inf=True)
    assert [row.unit for row in held.filter(valid__contains=TODAY)] == [world.harbour]
    assert [row.unit for row in held.filter(valid__contains=LATER)] == [world.mill]


def test_a_second_reorganization_undoes_the_first(world, codes):
    before = tree_on(hierarchy="", on=TODAY)
    for number, lines in enumerate(("move,harbour,south", "move,harbour,north")):
        at = NOW + timedelta(hours=number)
        apply_reorganization(plan=preview(plan=plan_of(lines), at=at), at=at)
    assert tree_on(hierarchy="", on=TODAY) == before
    assert Placement.objects.filter(unit=world.harbour).count() > 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "There are no steps."),
        ("step,unit\n", "no steps below the header"),
        ("step,unit,colour\nclose,mill,red", "Unknown column 'colour'"),
        ("step,unit\nvanish,mill", "Step 1: 'vanish' is no step."),
        ("step,unit\nmove,mill", "Step 1: move needs under."),
        (f"step,unit\nclose,{'m' * 200_000}", "The steps cannot be read: field larger than field limit"),
        ("step,unit,into\nclose,mill,harbour", "Step 1: close takes no into."),
        ("step,unit,into,share\nsplit,mill,harbour,much", "Step 1: share is a number between 0 and 1"),
        ("step,unit,employee,role\nassign,mill,helen,king", "Step 1: role is one of"),
    ],
)
def test_a_line_that_cannot_be_is_named(text, words):
    with pytest.raises(ValidationError) as refusal:
        read_steps(text)
    assert any(words in message for message in refusal.value.messages)


def test_steps_are_written_as_they_are_read_and_redrafting_forgets_the_preview(world, codes):
    plan = preview(plan=plan_of("split,harbour,,mill,0.25\nsplit,harbour,,station,0.75"), at=NOW)
    text = "step,unit,into,share\nsplit,harbour,mill,0.25\nsplit,harbour,station,0.75\n"
    assert written(plan) == text
    redraft(plan=plan, steps=text.replace("0.25", "0.5").replace("0.75", "0.5"), by=None, at=NOW)
    kept = Reorganization.objects.get(pk=plan.pk)
    assert (kept.state, [str(step.share) for step in kept.steps.all()]) == ("drafted", ["0.50000000", "0.50000000"])
