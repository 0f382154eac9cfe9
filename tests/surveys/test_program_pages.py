"""Programs in the console: their own page, the form in sections, versions compared, approved by two, switched on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common.models import Event
from surveys.models import Approval, AskingHour, Program, ProgramVersion
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.surveys.test_console import act
from tests.world import World


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def office(world: World) -> Client:
    return signed_in(world.olivia.user)


def page_of(row: Any, page: str = "change") -> str:
    return reverse(f"admin:surveys_{row._meta.model_name}_{page}", args=[row.pk])


def said(reply: Any) -> list[str]:
    return [str(message) for message in reply.context["messages"]]


def rows(name: str, filled: Iterable[dict[str, Any]]) -> dict[str, Any]:
    listed = list(filled)
    cells = {f"{name}-{n}-{cell}": value for n, row in enumerate(listed) for cell, value in row.items()}
    return {f"{name}-TOTAL_FORMS": len(listed), f"{name}-INITIAL_FORMS": 0, **cells}


def draft_form(
    *,
    strata: Iterable[dict[str, Any]] = (),
    rules: Iterable[dict[str, Any]] = (),
    wording: Iterable[dict[str, Any]] = ({"language": "en", "question": "Would you?"},),
    questions: Iterable[dict[str, Any]] = (),
    **changes: Any,
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "condition": "", "channel": "email", "sampling_rate": "0.5", "seed": "autumn", "period": "month",
        "quota_counts": "invitations", "quarantine_days": 30, "program_quarantine_days": 90, "max_age_days": 7,
        "delay_minutes": 0, "reminder_days": "5, 12", "expiry_days": 30, "edit_days": 30, "scale_min": 0,
        "scale_max": 10, "default_language": "en", "weekdays": [0, 1, 2, 3, 4], "priority": 100, "decides": "at_once",
    }  # fmt: skip
    listed = {"strata": strata, "contact_rules": rules, "wording": wording, "questions": questions}
    for name, filled in listed.items():
        fields |= rows(name, filled)
    return fields | changes


def test_a_program_is_made_by_its_verb_and_shows_its_page(office: Client):
    address = reverse("admin:surveys_program_add")
    form = {"name": "Calls", "code": "calls", "kind": "post_call"}
    page = office.post(address, form, follow=True).content.decode()
    program = Program.objects.get()
    assert (program.kind, program.active) == ("post_call", False)
    assert Event.objects.get(what="program.created").subject_kind == "surveys.program"
    assert "Draft the first version" in page


def test_a_window_that_ends_before_it_begins_is_refused(world: World, office: Client):
    program = ask.program(name="Visits")
    form = {"name": "Visits"} | {
        "active_from_0": "2026-12-01", "active_from_1": "00:00",
        "active_until_0": "2026-11-01", "active_until_1": "00:00",
    }  # fmt: skip
    page = office.post(page_of(program), form).content.decode()
    assert "The window must end after it begins." in page
    program.refresh_from_db()
    assert program.active_until is None


def test_the_owner_is_changed_at_once_and_the_trail_keeps_it_but_when_it_decides_is_a_versions(
    world: World, office: Client
):
    version = ask.version(program=ask.program(name="Visits"))
    program: Any = version.program
    form = {"name": "Visits", "priority": 7, "decides": "daily", "decides_at": "15:00", "owner": world.olivia.user_id}
    assert office.post(page_of(program), form).status_code == 302
    program.refresh_from_db()
    version.refresh_from_db()
    assert (program.owner, version.priority, version.decides) == (world.olivia.user, 100, "at_once")
    assert [row.owner for row in program.events.order_by("pgh_id")] == [None, world.olivia.user]
    assert "owner" in office.get(page_of(program, "history")).content.decode()


def test_only_the_companys_own_office_can_own_a_program(world: World, office: Client):
    program: Any = ask.program(name="Visits")
    form = {"name": "Visits", "owner": world.helen.user_id}
    assert "Select a valid choice" in office.post(page_of(program), form).content.decode()


def test_a_draft_is_edited_as_rows_and_not_as_json(office: Client):
    version = ask.version(published=False)
    form = draft_form(
        strata=[{"name": "Private", "rate": "0.25", "condition": '{"filter": "segment", "value": "private"}'}],
        rules=[{"days": 30, "since": "answered", "per": "household", "among": "any", "then": "delay"}],
        wording=[
            {"language": "en", "question": "Would you?", "subject": "One question"},
            {"language": "FR", "question": "Et vous ?"},
            {"language": "de", "question": "Und Sie?", "DELETE": "on"},
            {},
        ],
    )
    assert office.post(page_of(version), form).status_code == 302
    version.refresh_from_db()
    assert version.strata == [{"name": "Private", "rate": 0.25, "condition": {"filter": "segment", "value": "private"}}]
    assert version.contact_rules == [
        {"days": 30, "since": "answered", "per": "household", "among": "any", "then": "delay"}
    ]
    assert version.wording == {
        "en": {"question": "Would you?", "subject": "One question"},
        "fr": {"question": "Et vous ?"},
    }
    assert version.weekdays == [0, 1, 2, 3, 4]
    page = office.get(page_of(version)).content.decode()  # with what was said on saving, and with what stands there
    doubt = "Rule 1 makes an occasion wait 7 days at most: what would last longer gets too old"
    assert page.count(doubt) == 2
    assert "Is this meant?" in page
    assert 'name="strata-0-name" value="Private"' in page
    assert "It waits until 30 days have passed since anybody of the household was heard from by any program." in page


def test_a_condition_that_asks_for_another_kind_than_what_triggers_it_is_doubted(office: Client, world: World):
    draft = ask.version(published=False, interaction_kind=world.visit, condition={"filter": "kind", "value": "call"})
    doubt = "What triggers it is Visit, and its condition is true of other kinds of interaction only: nobody is asked."
    assert doubt.replace("Visit", str(world.visit)) in office.get(page_of(draft)).content.decode()
    ProgramVersion.objects.filter(pk=draft.pk).update(condition={"filter": "kind", "value": ["call", world.visit.code]})
    assert "its condition is true of other kinds" not in office.get(page_of(draft)).content.decode()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"condition": '{"filter": "colour", "value": "red"}'}, "colour"),
        ({"wording": [{"language": "fr", "question": "?"}]}, "needs its question"),
        ({"wording": [{"language": "en", "question": "?"}, {"language": "EN"}]}, "en: a language has one row."),
        ({"strata": [{"name": "A", "rate": "2", "condition": '{"filter": "segment", "value": "a"}'}]}, "Row 1, rate"),
        ({"strata": [{"name": "A", "rate": "1", "condition": ""}]}, "This field is required"),
        ({"rules": [{"days": 0, "since": "asked", "per": "person", "among": "any", "then": "block"}]}, "Days since"),
        ({"target": 9, "quota": 5}, "More answers are wanted than the quota of 5 lets through."),
        ({"weekdays": []}, "This field is required"),
    ],
)
def test_mistakes_of_a_draft_are_explained_and_nothing_is_stored(office: Client, changes: dict[str, Any], told: str):
    version = ask.version(published=False)
    page = office.post(page_of(version), draft_form(**changes))
    assert page.status_code == 200
    assert told in page.content.decode()
    version.refresh_from_db()
    assert (float(version.sampling_rate), version.strata, version.quota) == (1.0, [], None)


@pytest.mark.parametrize(
    ("kind", "shown", "hidden"),
    [
        ("transactional", "interaction_kind", "wave_months"),
        ("relationship", "wave_months", "interaction_kind"),
        ("journey", "ends_with", "wave_months"),
        ("collected", "default_language", "sampling_rate"),
    ],
)
def test_a_form_has_only_the_fields_of_its_kind(office: Client, kind: str, shown: str, hidden: str):
    version = ask.version(program=ask.program(kind=kind), published=False)
    page = office.get(page_of(version)).content.decode()
    assert f'name="{shown}"' in page
    assert f'name="{hidden}"' not in page


def test_a_draft_leads_to_each_part_of_its_form(office: Client):
    page = office.get(page_of(ask.version(published=False))).text
    parts = re.findall(r'<a href="#(part-[a-z-]+)">([^<]+)</a>', page)
    assert [title for _, title in parts] == [
        "Whom", "How many", "How often", "When", "In which words", "What else",
    ]  # fmt: skip
    assert all(page.count(f'id="{anchor}"') == 1 for anchor, _ in parts)
    assert "sk-jump" not in office.get(page_of(ask.version())).text  # there is nothing to fill in


def test_a_published_version_is_read_in_words_and_cannot_be_edited(office: Client):
    version = ask.version()
    page = office.get(page_of(version)).content.decode()
    assert "How likely are you to recommend us" in page
    assert "Nobody within 30 days of any question, or 90 days of one of its kind." in page
    assert 'name="sampling_rate"' not in page
    assert office.post(page_of(version), draft_form()).status_code == 403


def test_from_nothing_to_asking_with_a_second_person(world: World, office: Client):
    program = ask.program(active=False, name="Visits")
    second = signed_in(world.operator)
    assert act(office, "program", "switch_on", program) == ["Visits: Visits has no published version to ask by."]
    office.post(page_of(program, "draft"))
    draft = ProgramVersion.objects.get()
    refusal = "Visits v1 changes the metric: a second person must approve it first."
    assert said(office.post(page_of(draft, "publication"), follow=True))[-1] == refusal
    assert act(office, "programversion", "put_in_force", draft) == [f"Visits v1: {refusal}"]
    office.post(page_of(draft, "approval"), {"note": "The first one."})
    answer = {"approval": Approval.objects.get().pk, "granted": "yes"}
    own = said(office.post(page_of(draft, "decision"), answer, follow=True))
    assert own[-1] == "You asked for it yourself; somebody else must decide."
    assert "The first one." in second.get(page_of(program)).content.decode()
    second.post(page_of(draft, "decision"), answer)
    assert "Publish version 1" in office.get(page_of(program)).content.decode()
    office.post(page_of(draft, "publication"))
    office.post(page_of(program, "switch"), {"on": "yes"})
    program.refresh_from_db()
    assert (program.active, program.version) == (True, draft)
    assert list(Event.objects.order_by("id").values_list("what", "by__username")) == [
        ("program.version_drafted", "olivia"),
        ("program.approval_requested", "olivia"),
        ("program.approval_granted", "operator"),
        ("program.version_published", "olivia"),
        ("program.activated", "olivia"),
    ]


def test_a_refusal_needs_its_reason(world: World, office: Client):
    draft = ask.version(published=False)
    waiting = ask.approval(draft, granted=None)
    answer = {"approval": waiting.pk, "granted": "no"}
    assert said(office.post(page_of(draft, "decision"), answer, follow=True)) == ["Say why it is refused."]
    office.post(page_of(draft, "decision"), answer | {"answer": "The rate is too high."})
    waiting.refresh_from_db()
    assert (waiting.granted, waiting.answer, waiting.decided_by) == (False, "The rate is too high.", world.olivia.user)
    assert "The rate is too high." in office.get(page_of(draft)).content.decode()


def test_a_changed_draft_makes_the_request_void(world: World, office: Client):
    draft = ask.version(published=False)
    waiting = ask.approval(draft, granted=None)
    office.post(page_of(draft), draft_form())
    waiting.refresh_from_db()
    assert waiting.state == "void: the draft changed"
    answer = {"approval": waiting.pk, "granted": "yes"}
    assert "no longer waits" in said(office.post(page_of(draft, "decision"), answer, follow=True))[-1]
    assert Event.objects.filter(what="program.approval_voided").count() == 1


def test_two_versions_stand_side_by_side(office: Client):
    first = ask.version(condition={"all": [{"filter": "segment", "value": "private"}]})
    french = {"en": {"question": "Would you?"}, "fr": {"question": "Et vous ?"}}
    second = ask.version(program=first.program, published=False, wording=french, expiry_days=14)
    page = office.get(page_of(second, "comparison")).content.decode()
    told = (
        "the customer&#x27;s segment is “private”",
        "everybody",
        "Other customers are asked.",
        "The link is good for",
        "Question (en)",
    )
    assert [text for text in told if text not in page] == []
    assert office.get(page_of(second, "comparison"), {"with": "1"}).status_code == 200
    assert office.get(page_of(second, "comparison"), {"with": "7"}).status_code == 404


VERBS = ("draft", "switch")
STEPS = ("approval", "decision", "publication")


def people(world: World) -> dict[str, Any]:
    """Everybody who is not the company's own office."""
    of_branch = make.employee(name="Otto", unit=world.harbour, role="office")
    analyst = make.employee(name="Ada", unit=world.head_office, role="analyst")
    auditor = make.employee(name="Aki", unit=world.head_office, role="auditor")
    named = {name: getattr(world, name) for name in ("rosa", "helen", "jonas", "elsa")}
    return named | {"office of a branch": of_branch, "analyst": analyst, "auditor": auditor}


def test_nobody_but_the_companys_office_changes_a_program(world: World):
    draft = ask.version(published=False, program=ask.program(active=False))
    program, waiting = draft.program, ask.approval(draft, granted=None)
    before = Event.objects.count()
    posts: list[tuple[str, dict[str, Any]]] = [(page_of(program, verb), {"on": "yes"}) for verb in VERBS]
    posts += [(page_of(draft, name), {"approval": waiting.pk, "granted": "yes"}) for name in STEPS]
    posts += [(page_of(draft), draft_form()), (reverse("admin:surveys_program_add"), {"name": "X", "code": "x"})]
    posts += [(page_of(program), {"name": "Ours"})]
    for name, person in people(world).items():
        client = signed_in(person.user)
        for address, form in posts:
            assert client.post(address, form).status_code in {302, 403, 404}, (name, address)
        for model, action in (("program", "switch_on"), ("program", "draft"), ("programversion", "put_in_force")):
            row = program if model == "program" else draft
            listed = reverse(f"admin:surveys_{model}_changelist")
            client.post(listed, {"action": action, "_selected_action": [row.pk]})
    program.refresh_from_db()
    waiting.refresh_from_db()
    draft.refresh_from_db()
    assert (program.active, program.name.startswith("Program")) == (False, True)
    assert (waiting.granted, draft.published_at, str(draft.sampling_rate)) == (None, None, "1.000000")
    assert (Program.objects.count(), ProgramVersion.objects.count(), Event.objects.count()) == (1, 1, before)


def test_a_draft_with_faults_names_them_above_and_offers_no_publishing(world: World, office: Client):
    draft = ask.version(published=False, program=ask.program(active=False))
    ask.approval(draft)
    assert ">Publish<" in office.get(page_of(draft)).content.decode()
    changed = draft_form(sampling_rate="2", max_age_days="", weekdays=[], wording=[{"language": "en", "question": ""}])
    page = office.post(page_of(draft), changed).content.decode()
    above = page[: page.index("v-does")]
    assert "Not saved: " in above
    assert "What it would do as it was last saved" in page
    for name in ("sampling_rate", "max_age_days", "weekdays"):
        assert f'href="#id_{name}"' in above, name
    for anchor in re.findall(r'href="#(id_\w+)"', above):
        assert f'id="{anchor}"' in page, anchor
    assert ">Publish<" not in page
    assert "Ask for approval" not in page


@pytest.mark.parametrize("said", ["50", "2", "-1"])
def test_a_rate_in_percent_is_told_how_it_is_written(office: Client, said):
    draft = ask.version(published=False, program=ask.program(active=False))
    page = office.post(page_of(draft), draft_form(sampling_rate=said)).content.decode()
    assert "</a>: From 0 to 1; 50 % is 0.5.</li>" in page


@pytest.mark.parametrize(("granted", "said"), [(None, "Open the version to answer"), (True, "Open the version")])
def test_the_page_of_a_request_leads_to_where_it_is_answered(office: Client, granted, said):
    draft = ask.version(published=False, program=ask.program(active=False))
    asked = ask.approval(draft, granted=granted)
    page = office.get(f"/admin/surveys/approval/{asked.pk}/change/").content.decode()
    assert f'<p class="sk-steps"><a href="{page_of(draft)}">{said}</a></p>' in page
    assert "can be published at once" not in page


def test_a_program_that_is_switched_off_has_no_version_in_force(world: World, office: Client):
    program = ask.version(program=ask.program(active=False)).program
    page = office.get(page_of(program)).content.decode()
    assert "Version 1 is the newest published, since" in page
    assert "is in force since" not in page


def test_the_office_of_a_branch_reads_a_program_without_its_seed(world: World):
    version = ask.version(seed="a-secret-seed")
    client = signed_in(make.employee(name="Otto", unit=world.harbour, role="office").user)
    page = client.get(page_of(version)).content.decode()
    assert "Nobody within 30 days" in page
    assert "a-secret-seed" not in page
    assert "Ask for approval" not in page
    assert "a-secret-seed" in signed_in(world.olivia.user).get(page_of(version)).content.decode()


def test_an_analyst_reads_what_a_program_does(world: World):
    program = ask.version().program
    ask.version(program=program, published=False)
    client = signed_in(make.employee(name="Ada", unit=world.station, role="analyst").user)
    page = client.get(page_of(program)).content.decode()
    assert "Nobody within 30 days" in page
    assert "Edit version" not in page
    assert client.get(page_of(program.versions.first())).status_code in {403, 404}


def test_what_waits_stands_on_the_first_page(world: World, office: Client):
    ask.approval(ask.version(published=False), granted=None)
    page = office.get(reverse("admin:index")).content.decode()
    assert "version of a program waits for a second person" in page


def test_a_program_links_to_the_plan_of_its_answers(world: World, office: Client):
    program = ask.version(program=ask.program(code="visits")).program
    assert 'href="/insights/plan/?program=visits"' in office.get(page_of(program)).content.decode()
    assert office.get("/insights/plan/?program=visits").status_code == 200


def test_other_programs_that_ask_are_named_with_how_often_and_what_that_costs(office: Client):
    draft = ask.version(published=False, quarantine_days=45)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
    for name, number, reason in (("Calls", 1200, "asked"), ("Claims", 34, "asked"), ("Claims", 9, "quarantined")):
        other = Program.objects.filter(name=name).first() or ask.program(name=name)
        AskingHour.objects.create(program=other, hour=hour, reason=reason, number=number)
    AskingHour.objects.create(program=draft.program, hour=hour, reason="asked", number=7)
    page = office.get(page_of(draft)).content.decode()
    told = "Other programs ask too: 1 234 times in the last 30 days (Calls 1 200, Claims 34)."
    assert told in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "leaves in peace for 45 days" in page
