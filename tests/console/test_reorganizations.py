"""Reorganizations and hierarchies in the console."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.models import Hierarchy, Reorganization
from crm.services.organization.knowing import tree_on
from crm.services.placing import place

ADD = "/admin/crm/reorganization/add/"


def signed_in(person):
    client = Client()
    client.force_login(getattr(person, "user", person), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def office(world):
    return signed_in(world.olivia)


def said(world, **fields):
    step = f"move,{world.harbour.external_id},{world.south.external_id}"
    given = {"name": "Autumn", "why": "", "effective_on": timezone.now().date().isoformat(), "source": "crm"}
    return {**given, "hierarchy": "", "steps": f"step,unit,under\n{step}\n", **fields}


def drafted(world, office, **fields):
    office.post(ADD, said(world, **fields))
    return Reorganization.objects.get()


def test_the_office_drafts_previews_and_applies(world, office):
    plan = drafted(world, office)
    address = f"/admin/crm/reorganization/{plan.pk}"
    body = office.post(f"{address}/preview/", follow=True).content.decode()
    assert "Previewed. Nothing has changed yet." in body
    assert "Who gains or loses sight" in body
    assert "Apply 1 step" in body
    today = timezone.now().date()
    assert tree_on(hierarchy="", on=today)[world.harbour.pk] == world.north.pk
    body = office.post(f"{address}/application/", follow=True).content.decode()
    assert "Applied." in body
    assert tree_on(hierarchy="", on=today)[world.harbour.pk] == world.south.pk


def test_steps_come_as_a_file_too(world, office):
    file = SimpleUploadedFile("steps.csv", f"step;unit\nclose;{world.mill.external_id}\n".encode())
    plan = drafted(world, office, steps="", file=file)
    assert [(step.kind, step.unit) for step in plan.steps.all()] == [("close", world.mill.external_id)]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"steps": "step,unit\nvanish,mill"}, "is no step"),
        ({"steps": ""}, "There are no steps."),
        ({"steps": "", "file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00")}, "The file is not in UTF-8."),
    ],
)
def test_a_plan_that_cannot_be_read_is_not_drafted(world, office, fields, words):
    assert words in office.post(ADD, said(world, **fields)).content.decode()
    assert not Reorganization.objects.exists()


def test_a_change_since_the_preview_is_shown_and_bars_the_way(world, office):
    plan = drafted(world, office)
    address = f"/admin/crm/reorganization/{plan.pk}"
    office.post(f"{address}/preview/")
    place(unit=world.mill, parent=world.south, since=timezone.now().date(), at=timezone.now())
    body = office.get(f"{address}/change/").content.decode()
    assert "The organization changed since the preview" in body
    assert "Mill under South" in body
    assert "Apply 1 step" not in body
    assert "Preview it again." in office.post(f"{address}/application/", follow=True).content.decode()
    assert Reorganization.objects.get().applied_at is None


def test_an_applied_plan_is_only_read(world, office):
    plan = drafted(world, office)
    address = f"/admin/crm/reorganization/{plan.pk}"
    office.post(f"{address}/preview/")
    office.post(f"{address}/application/")
    assert office.post(f"{address}/change/", said(world, name="Other")).status_code == 403
    assert Reorganization.objects.get().name == "Autumn"


def test_who_organizes_a_region_alone_neither_reads_nor_applies_plans(world, office):
    plan = drafted(world, office)
    rosa = signed_in(world.rosa)
    for path in ("change/", "preview/", "application/"):
        assert rosa.post(f"/admin/crm/reorganization/{plan.pk}/{path}").status_code in {403, 404}
    assert "Autumn" not in rosa.get("/admin/crm/reorganization/").content.decode()
    assert Reorganization.objects.get().state == "drafted"


def test_steps_happen_by_post_alone(world, office):
    plan = drafted(world, office)
    for path in ("preview", "application"):
        assert office.get(f"/admin/crm/reorganization/{plan.pk}/{path}/").status_code == 405
    assert Reorganization.objects.get().state == "drafted"


def test_the_tree_of_a_day_is_shown_as_it_was_known_then(world, office):
    at = timezone.now() - timedelta(days=2)
    place(unit=world.harbour, parent=world.south, since=at.date(), at=at)
    address = f"/admin/crm/hierarchy/{world.hierarchy.pk}/tree/"
    depth = {}
    for known_on in ("", (at - timedelta(days=1)).date().isoformat()):
        lines = office.get(address, {"known_on": known_on}).context["lines"]
        depth[known_on] = [line.unit.name for line in lines]
    assert list(depth.values()) == [
        ["Head office", "North", "Mill", "South", "Harbour", "Station"],
        ["Head office", "North", "Harbour", "Mill", "South", "Station"],
    ]


def test_the_office_makes_another_hierarchy_that_is_not_the_primary_one(world, office):
    office.post("/admin/crm/hierarchy/add/", {"name": "Geography", "code": "geography", "is_primary": "on"})
    assert Hierarchy.objects.get(code="geography").is_primary is False


def test_units_can_be_cut_to_those_under_one_in_any_hierarchy(world, office):
    coast = Hierarchy.objects.create(code="coast", name="Coast")
    for unit, parent in ((world.station, None), (world.mill, world.station)):
        place(
            unit=unit,
            parent=parent,
            since=world.hierarchy and timezone.now().date(),
            hierarchy=coast,
            at=timezone.now(),
        )
    page = office.get("/admin/crm/orgunit/", {"under": f"{coast.pk}-{world.station.pk}"})
    assert {unit.name for unit in page.context["cl"].result_list} == {"Mill", "Station"}
