"""Who may know what of the trigger: whose turn comes, what the whole company's figures are, who has which id."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from common.conditions import in_words
from common.conditions.naming import names_in
from common.models import Event
from crm.models import Customer
from surveys.filters import OccasionFilter
from surveys.models import Approval, Program, ProgramVersion, Rehearsal, TriggerHealth, Turn
from surveys.services.occasions.wishing import wish
from surveys.services.triggering.running import run_trigger
from tests.api import Caller
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.surveys.test_program_pages import draft_form, people, signed_in
from tests.world import NOW, World


def test_a_branch_sees_what_its_staff_wished_and_not_whose_turn_comes(world: World):
    wave = ask.version(program=ask.program(kind="relationship", name="Twice a year"), wave_months=6).program
    manual = ask.version(program=ask.program(kind="manual", name="By hand")).program
    ask.turn(program=wave, customer=world.ines, unit=world.harbour, due_at=NOW + timedelta(days=9))
    wish(program=manual, about=world.interaction, why="She thanked us.", at=NOW, by=world.helen.user)
    seen = {name: Turn.objects.visible_to(getattr(world, name).user) for name in ("olivia", "rosa", "helen", "jonas")}
    named = {name: sorted(turn.program.name for turn in turns) for name, turns in seen.items()}
    assert named == {
        "olivia": ["By hand", "Twice a year"], "rosa": ["By hand"], "helen": ["By hand"], "jonas": ["By hand"],
    }  # fmt: skip
    listed = signed_in(world.helen.user).get(reverse("admin:surveys_turn_changelist"))
    assert [turn.program.name for turn in listed.context["cl"].result_list] == ["By hand"]
    page = signed_in(world.helen.user).get(reverse("admin:crm_customer_change", args=[world.ines.pk])).content.decode()
    assert ("By hand" in page, "Twice a year" in page) == (True, False)


def test_an_id_out_of_sight_is_answered_like_one_that_nobody_has(world: World):
    for source in ("crm", "till"):
        make.customer(source=source, external_id="c-7", unit=world.harbour)
    elsewhere = Client()
    elsewhere.force_login(make.employee(name="Ada", unit=world.station, role="analyst").user)
    answers = [elsewhere.get("/api/v1/decisions", {"customer": said}) for said in ("c-7", "c-8")]
    assert [(each.status_code, each.json()["results"]) for each in answers] == [(200, []), (200, [])]
    office = signed_in(world.olivia.user)
    assert office.get("/api/v1/decisions", {"customer": "c-7"}).status_code in {400, 422}


def test_figures_of_the_whole_company_are_not_for_whoever_sees_a_part_of_it(world: World):
    ask.version()
    [run] = run_trigger(at=NOW)
    health = TriggerHealth.objects.create(program=Program.objects.get(), source="crm", at=NOW)
    everywhere, part = (
        signed_in(make.employee(name="Ada", unit=unit, role="analyst").user)
        for unit in (world.head_office, world.north)
    )
    for model, pk in (("triggerrun", run.pk), ("triggerhealth", health.pk), ("readiness", None)):
        listed = reverse(f"admin:surveys_{model}_changelist")
        assert (everywhere.get(listed).status_code, part.get(listed).status_code) == (200, 403), model
        if pk:
            page = reverse(f"admin:surveys_{model}_change", args=[pk])
            assert everywhere.get(page).status_code == 200
            assert part.get(page).status_code in {403, 404}


def test_a_condition_names_units_and_employees_to_those_who_see_them(world: World):
    tree: dict[str, Any] = {
        "all": [
            {"filter": "employee", "value": f"{world.jonas.source}/{world.jonas.external_id}"},
            {"filter": "unit", "value": world.harbour.external_id},
        ]
    }
    told = {
        name: in_words(tree, OccasionFilter, names_in(tree, OccasionFilter, getattr(world, name).user))
        for name in ("olivia", "elsa")
    }
    assert ("Jonas" in told["olivia"], "Harbour" in told["olivia"]) == (True, True)
    assert ("Jonas" in told["elsa"], "Harbour" in told["elsa"]) == (False, False)
    assert world.jonas.external_id in told["elsa"]


def rules(world: World) -> list[Any]:
    """All that says whom a program asks."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (Program, ProgramVersion, Approval, Rehearsal)
    ] + [Event.objects.exclude(what__startswith="console.signed").count()]  # fmt: skip


def routes() -> list[str]:
    """Every address of the console about programs and what approves them, whatever is added to it."""
    found = []
    for model in (Program, ProgramVersion, Approval, Rehearsal):
        row = model.objects.order_by("pk").last()
        for each in admin.site._registry[model].get_urls():
            if name := getattr(each, "name", None):
                args = [row.pk] if row and each.pattern.converters else []
                found += [reverse(f"admin:{name}", args=args)] if args or not each.pattern.converters else []
    return found


def test_units_cannot_edit_their_own_rules_by_any_route(world: World):
    ask.version(program=ask.program(code="ours", name="Ours"))
    draft = ask.version(program=Program.objects.get(), published=False, sampling_rate="0.5")
    waiting = ask.approval(draft, granted=None)
    before, addresses = rules(world), routes()
    assert len(addresses) > 20
    form = draft_form(sampling_rate="0", action="put_in_force", _selected_action=[draft.pk], name="Mine", code="mine",
                      kind="manual", on="no", approval=waiting.pk, granted="yes", span="weeks", post="yes")  # fmt: skip
    of_units = {name: who for name, who in people(world).items() if name in {"rosa", "helen", "office of a branch"}}
    for name, person in of_units.items():
        client = signed_in(person.user)
        for address in addresses:
            switch = [{"action": "switch_off", "_selected_action": [draft.program_id]}] * ("program/" in address[-9:])
            for sent in (form, *switch):
                assert client.post(address, sent).status_code in {200, 302, 403, 404, 405}, (name, address)
        assert rules(world) == before, name
        for path in ("/api/v1/programs", "/api/v1/programs/ours", "/api/v1/programs/ours/versions"):
            for verb in (client.post, client.put, client.patch, client.delete):
                assert verb(path, "{}", content_type="application/json").status_code in {401, 403, 404, 405}
    key = Caller(world.station_secret)  # every scope there is
    for path in ("/programs", "/programs/ours", "/programs/ours/versions"):
        assert key.post(path, {"code": "mine", "sampling_rate": "0"}).status_code == 405
    assert rules(world) == before
    assert Customer.objects.count() == 1


def test_decisions_and_invitations_are_found_by_the_beginning_of_a_name_in_sight(world: World):
    ask.version()
    run_trigger(at=NOW)
    here, elsewhere = world.olivia.user, make.employee(name="Ada", unit=world.station, role="analyst").user
    for model in ("decision", "invitation"):
        listed = reverse(f"admin:surveys_{model}_changelist")
        found = [
            [str(row.customer) for row in signed_in(user).get(listed, {"q": words}).context["cl"].result_list]
            for user, words in ((here, "more"), (here, "ines mor"), (here, "moss"), (elsewhere, "more"))
        ]
        assert found == [[str(world.ines)], [str(world.ines)], [], []], model
