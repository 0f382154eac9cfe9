"""A program is built from nothing in the console, in a real browser: drafted, run over the past, approved by a second
person, switched on; an interaction comes in, and its invitation is found with the reason why."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import httpx
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from surveys.models import Invitation, Program, ProgramVersion
from surveys.services.rehearsing.requesting import last_quarter, rehearse
from surveys.services.triggering.running import run_trigger
from tests.browser import DESK, PHONE, complaints, keep, objections, overflows, page_of, sign_in
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.surveys.test_building_conditions import builder, compare
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ARABIC = "ما مدى احتمال أن توصي صديقًا بالتعامل معنا؟"
QUESTION = "How likely are you to recommend Harbour to a friend?"


def look(page: Page, name: str) -> None:
    """Nothing sticks out, nobody is shut out."""
    page.wait_for_load_state()
    expect(page.locator("[data-condition]:not(.skc-built)")).to_have_count(0)
    expect(page.locator(".skc-found[aria-busy]")).to_have_count(0)  # what is typed is counted a moment later
    keep(page, f"program-{name}")
    assert complaints(page, best_practice=False, within="#content") == [], name
    assert not overflows(page), name


def test_a_program_is_built_from_nothing_and_asks(live_server, chromium):
    world, url, tag = build_world(), live_server.url, "desk"
    earlier = timezone.now() - timedelta(days=9)  # too old to be asked about
    for at in (earlier, datetime.combine(last_quarter(timezone.now().date())[0], time(12), UTC)):
        make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour, product="mortgage", occurred_at=at)
    page, second = page_of(chromium, width=DESK), page_of(chromium, width=DESK)
    sign_in(page, world.olivia.user, url)
    sign_in(second, world.operator, url)
    found = objections(page, url) + objections(second, url)

    page.goto(f"{url}/admin/surveys/program/add/")
    page.get_by_label("Code").fill("visits")  # else the name proposes one
    page.get_by_label("Name").fill("After a visit")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("No version is published")).to_be_visible()
    page.get_by_role("button", name="Draft the first version").click()

    page.get_by_label("What triggers it").select_option(label=world.visit.name)
    group = builder(page).locator("> .skc-tree-edit > .skc-group")
    compare(group, "product").get_by_label("product").fill("mortgage")
    page.keyboard.press("Enter")
    expect(builder(page).locator(".skc-found")).to_have_attribute("data-count", "1")
    builder(page).get_by_role("button", name="Add a group").first.click()  # left empty, it says nothing
    page.locator("[name=wording-0-question]").fill(QUESTION)
    page.get_by_role("button", name="Add another rule").click()
    page.locator("[name=contact_rules-1-days]").fill("14")
    page.locator("[name=contact_rules-1-per]").select_option("household")
    look(page, f"form-{tag}")
    page.get_by_role("button", name="Save and continue editing").click()
    told = "It asks only if 14 days have passed since anybody of the household was asked by any program."
    expect(page.get_by_text(told)).to_be_visible()
    expect(page.get_by_text("Only where this is true: The product is “mortgage”.")).to_be_visible()
    look(page, f"version-{tag}")

    page.get_by_role("link", name="Time machine", exact=True).click()
    page.get_by_label("Days").select_option("quarter")
    page.get_by_role("button", name="Run the time machine").click()
    rehearse(at=timezone.now(), clock=timezone.now)
    page.reload()
    expect(page.get_by_role("heading", name="Side by side")).to_be_visible()
    expect(page.locator("section[aria-labelledby=r-units] tbody tr")).to_contain_text(world.harbour.name)
    look(page, f"rehearsal-{tag}")
    page.goto(f"{url}/admin/surveys/programversion/{ProgramVersion.objects.get().pk}/change/")

    page.get_by_label("What changes, and why").fill("We begin to ask after visits.")
    page.get_by_role("button", name="Ask for approval").click()
    expect(page.get_by_text("somebody else must decide")).to_be_visible()
    second.goto(f"{url}/admin/")
    second.get_by_role("link", name="version of a program waits for a second person").click()
    second.get_by_role("link", name="Open the version").click()
    look(second, f"approval-{tag}")
    second.get_by_label("Your answer").fill("Good.")
    second.get_by_role("button", name="Approve").click()
    expect(second.get_by_text("Version 1 is approved")).to_be_visible()

    page.goto(f"{url}/admin/surveys/program/{Program.objects.get().pk}/change/")
    page.get_by_role("button", name="Publish version 1").click()
    page.goto(f"{url}/admin/surveys/program/{Program.objects.get().pk}/change/")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("Switched on", exact=True)).to_be_visible()
    look(page, f"page-{tag}")

    asked = make.customer(given_name="Noor", unit=world.harbour, email="noor@example.org")
    visit = {
        "external_id": "visit-1", "kind": world.visit.code, "customer": asked.external_id,
        "unit": world.harbour.external_id, "product": "mortgage",
        "occurred_at": (timezone.now() - timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    key = {"authorization": f"Bearer {world.crm_secret}"}
    assert httpx.post(f"{url}/api/v1/interactions", json=visit, headers=key).status_code == 201
    run_trigger(at=timezone.now())
    assert Invitation.objects.get(interaction__external_id="visit-1").program.code == "visits"
    page.get_by_role("link", name="Who was asked, and why not").click()
    expect(page.get_by_text("Asked: nothing spoke against it").first).to_be_visible()
    page.goto(f"{url}/admin/surveys/invitation/")
    page.get_by_role("row").filter(has_text="After a visit").filter(has_text="Noor").get_by_role("link").first.click()
    look(page, f"invitation-{tag}")
    assert found == []


@pytest.mark.parametrize(("width", "dark"), [(PHONE, True), (DESK, False)])
def test_versions_are_read_and_compared_on_any_screen(live_server, chromium, width, dark):
    world, url, tag = build_world(), live_server.url, f"{width}"
    segment = {"filter": "segment", "value": ["private", "business"]}
    waited = {"filter": "attribute", "value": {"name": "wait_minutes", "op": "gte", "value": 10}}
    first = ask.version(interaction_kind=world.visit, condition={"all": [segment]})
    draft = ask.version(
        program=first.program, published=False, interaction_kind=world.visit, expiry_days=14, sampling_rate="0.25",
        condition={"all": [segment, {"not": waited}]}, strata=[{"name": "Business", "rate": 1, "condition": segment}],
        wording={"en": {"question": QUESTION, "why_promoter": "What was good?"}, "ar": {"question": ARABIC}},
    )  # fmt: skip
    ask.approval(draft, granted=None, note="Fewer of them, and in Arabic too.")
    page = page_of(chromium, width=width, dark=dark)
    sign_in(page, world.olivia.user, url)
    found = objections(page, url)
    for name, path in {
        "program": f"program/{first.program.pk}/change/",
        "published": f"programversion/{first.pk}/change/",
        "comparison": f"programversion/{draft.pk}/comparison/",
    }.items():
        page.goto(f"{url}/admin/surveys/{path}")
        look(page, f"{name}-{tag}")
    assert found == []
