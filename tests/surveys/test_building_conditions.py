"""The builder of conditions in a real browser: by clicking, by keyboard alone, on a phone, and without its script."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from crm.models import Interaction
from surveys.models import ProgramVersion
from tests.browser import DESK, PHONE, complaints, keep, objections, overflows, page_of, sign_in
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.surveys.test_filters import leaf
from tests.world import World, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def version(transactional_db) -> tuple[World, ProgramVersion]:
    """A draft, and four interactions of the last days beside Ines' own at Harbour."""
    world = build_world()
    now = timezone.now()
    Interaction.objects.update(occurred_at=now - timedelta(days=1))
    for unit, product, wait in ((world.mill, "mortgage", 30), (world.mill, "mortgage", 5), (world.mill, "card", 40),
                                (world.station, "mortgage", 50)):  # fmt: skip
        make.interaction(
            kind=world.visit, customer=world.ines, unit=unit, product=product, attributes={"wait_minutes": wait},
            occurred_at=now - timedelta(days=2),
        )  # fmt: skip
    return world, ask.version(published=False)


def opened(chromium: Any, live_server: Any, version: tuple[World, ProgramVersion], **options: Any) -> Page:
    page = page_of(chromium, **options)
    sign_in(page, version[0].olivia.user, live_server.url)
    page.goto(f"{live_server.url}/admin/surveys/programversion/{version[1].pk}/change/")
    return page


def compare(group: Locator, what: str) -> Locator:
    """Another comparison in the group; the row of what is to be entered."""
    group.locator("> .skc-add").get_by_role("button", name="Add a comparison").click()
    row = group.locator("> ul > li > .skc-leaf").last
    row.get_by_label("What is compared").select_option(label=what)
    return row


def inner(group: Locator, join: str) -> Locator:
    group.locator("> .skc-add").get_by_role("button", name="Add a group").click()
    made = group.locator("> ul > li > .skc-group").last
    made.locator("> .skc-head > select").select_option(label=join)
    return made


def builder(page: Page) -> Locator:
    """That of the version; its parts have their own."""
    return page.locator("[data-condition]").first


def stored(page: Page) -> Any:
    return json.loads(builder(page).locator("textarea").input_value() or "{}")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_all_any_and_not_are_built_by_clicking_and_the_count_is_exact(chromium, live_server, version, width):
    """Mortgages in the North that took 10 minutes or more, or were not at Harbour or Mill: 30 at Mill and 50 at Station
    are long; Station is not in the North."""
    world, draft = version
    page = opened(chromium, live_server, version, width=width, bypass_csp=True)
    found = objections(page, live_server.url)
    root = builder(page).locator("> .skc-tree-edit > .skc-group")
    compare(root, "product").get_by_label("product").fill("mortgage")
    page.keyboard.press("Enter")
    either = inner(root, "Any of these")
    row = compare(either, "attribute of the interaction")
    row.get_by_label("attribute", exact=True).select_option(label="Waiting time")
    row.get_by_label("compared", exact=True).select_option(label="at least")
    row.get_by_label("value").fill("10")
    none = inner(either, "None of these")
    compare(none, "unit where it happened, or below it").get_by_label("unit where").fill(world.north.external_id)
    page.keyboard.press("Enter")
    score = compare(none, "person's last score")
    score.get_by_label("compared", exact=True).select_option(label="at most")
    score.get_by_label("value").fill("6")
    south = compare(root, "unit where it happened, or below it")
    south.get_by_label("unit where").fill(world.south.external_id)
    page.keyboard.press("Enter")
    south.get_by_label("Is it so, or not?").select_option(label="is not so")

    expected = {
        "all": [
            leaf("product", ["mortgage"]),
            {
                "any": [
                    leaf("attribute", {"name": "wait_minutes", "op": "gte", "value": 10}),
                    {
                        "not": {
                            "any": [
                                leaf("unit", [world.north.external_id]),
                                leaf("previous_score", {"op": "lte", "value": 6}),
                            ]
                        }
                    },
                ]
            },
            {"not": leaf("unit", [world.south.external_id])},
        ]
    }
    expect(builder(page).locator(".skc-found[data-count='1']")).to_be_visible()
    assert stored(page) == expected
    expect(builder(page).locator(".skc-count")).to_have_text("1 interaction of the last 30 days.")
    expect(builder(page).locator(".skc-words")).to_contain_text("it did not happen in or below South.")
    assert builder(page).locator(".skc-chips button", has_text="North").count() == 1  # known by its name
    assert not overflows(page)
    root.evaluate("group => group.scrollIntoView()")  # from under the line of links to the draft's parts
    assert complaints(page, within=".sk-condition", best_practice=False) == []
    keep(page, f"condition-{width}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Above it says in words")).to_be_visible()
    draft.refresh_from_db()
    assert draft.condition == expected
    assert found == []


def test_what_is_stored_is_shown_as_it_was_and_what_is_removed_is_gone(chromium, live_server, version):
    _, draft = version
    draft.condition = {"not": {"any": [leaf("product", "card"), {"all": [leaf("kind", ["branch-visit"])]}]}}
    draft.save()
    page = opened(chromium, live_server, version)
    expect(builder(page).locator(".skc-found[data-count='0']")).to_be_attached()
    assert stored(page) == draft.condition  # untouched until somebody changes it
    builder(page).get_by_role("button", name="Remove this group").click()
    expect(builder(page).locator(".skc-found[data-count='4']")).to_be_attached()
    assert stored(page) == {"not": {"any": [leaf("product", ["card"])]}}
    page.get_by_role("button", name="Take out card").click()
    expect(builder(page).locator(".skc-wrong:visible")).to_have_text("a value is needed")
    builder(page).get_by_role("button", name="Remove this comparison").click()
    expect(builder(page).locator(".skc-found[data-count='5']")).to_be_attached()


def test_what_is_still_being_entered_is_no_mistake(chromium, live_server, version):
    page = opened(chromium, live_server, version)
    root = builder(page).locator("> .skc-tree-edit > .skc-group")
    begun = builder(page).locator(".skc-found", has_text="Nothing is counted until the condition is complete.")
    wrong = builder(page).locator(".skc-wrong:visible")
    row = compare(root, "product")
    expect(begun).to_be_visible()
    expect(wrong).to_have_count(0)
    row.get_by_label("product").fill("card")
    page.keyboard.press("Enter")
    expect(builder(page).locator(".skc-found[data-count='1']")).to_be_attached()
    page.get_by_role("button", name="Take out card").click()
    expect(wrong).to_have_text("a value is needed")  # it was entered, and is missing now


def test_by_keyboard_alone(chromium, live_server, version):
    page = opened(chromium, live_server, version)
    builder(page).get_by_role("button", name="Add a comparison").focus()
    keys = page.keyboard
    keys.press("Enter")
    expect(builder(page).get_by_label("What is compared")).to_be_focused()
    keys.type("product")
    keys.press("Tab")
    keys.press("Tab")
    keys.type("card")
    keys.press("Enter")
    expect(builder(page).locator(".skc-found[data-count='1']")).to_be_attached()
    assert stored(page) == {"all": [leaf("product", ["card"])]}


def test_without_the_script_the_json_is_edited(chromium, live_server, version):
    page = opened(chromium, live_server, version)
    page.route("**/js/conditions/*", lambda route: route.abort())
    page.reload()
    box = builder(page).locator("textarea")
    box.fill('{"filter": "product", "value": 7}')
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("body")).to_contain_text("condition: product: expected a text or a list")
    box.fill('{"filter": "product", "value": "card"}')
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Above it says in words")).to_be_visible()
    version[1].refresh_from_db()
    assert version[1].condition == leaf("product", "card")


def test_a_part_of_the_version_has_a_builder_of_its_own(chromium, live_server, version):
    page = opened(chromium, live_server, version)
    expect(page.locator(".skc-tree-edit")).to_have_count(2)  # the version's, and that of a row to fill in
    page.get_by_role("button", name="Add another part").click()
    expect(page.locator(".skc-tree-edit")).to_have_count(3)
    added = page.locator("[data-condition]").last
    expect(added.locator(".skc-found")).to_have_text("Nothing is compared yet.")
    compare(added.locator("> .skc-tree-edit > .skc-group"), "product").get_by_label("product").fill("card")
    page.keyboard.press("Enter")
    expect(added.locator(".skc-found[data-count='1']")).to_be_attached()
    assert json.loads(added.locator("textarea").input_value()) == {"all": [leaf("product", ["card"])]}
    assert stored(page) == {}
