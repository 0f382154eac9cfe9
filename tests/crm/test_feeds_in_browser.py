"""Feeds, uploads and readiness in a real Chromium: they fit, axe finds nothing, progress is seen without a reload."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from common.models import Load
from crm.models import Feed, Source, Upload
from crm.services.feeds.counting import count_in, fold
from crm.services.feeds.minding import mind
from crm.services.uploads.carrying_out import carry_out
from surveys.services.readying import ready
from tests.browser import DESK, PHONE, complaints, keep, looks, objections, overflows, page_of, sign_in
from tests.factories import surveys as ask
from tests.world import NOW, World, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEADER = "Customer ID,First name,Surname,E-Mail,Shoe size\n"
ROWS = "n-1,Ada,Lind,ada@example.org,38\nn-2,Bo,Sand,bo@example.org,44\nn-3,Cy,West,nobody,40\n"


@pytest.fixture
def house(live_server: Any, chromium: Any, settings: Any, tmp_path: Path) -> tuple[str, World]:
    settings.UPLOADS = tmp_path / "uploads"
    world, now = build_world(), timezone.now()
    desk = Source.objects.create(code="desk", name="Service desk", contact="desk@example.org", created_at=now)
    crm = Source.objects.create(code="crm", name="CRM", created_at=now)
    for source, hours in ((desk, 6), (crm, None)):
        Feed.objects.create(source=source, kind="interactions", every_hours=hours, began_at=now - timedelta(days=2))
    count_in(kind="interactions", source="crm", at=now, received=12_345, rejected=67)
    fold(at=now)
    mind(at=now)
    ask.version(program=ask.program(name="After a visit"), interaction_kind=world.visit)
    ready(at=NOW)
    return live_server.url, world


def test_the_pages_fit_and_axe_finds_nothing(chromium: Any, house: tuple[str, World]):
    url, world = house
    page = page_of(chromium)
    said = objections(page, url)
    sign_in(page, world.operator, url)
    card = f"/admin/surveys/readiness/{ready(at=NOW)[0].pk}/change/"
    kind = f"/admin/crm/interactionkind/{world.visit.pk}/summary/?first=2026-11-01&last=2026-11-30"
    places = {"first": "/admin/", "feeds": "/admin/crm/feed/", "send": "/admin/crm/upload/add/", "card": card}
    for name, path in (places | {"summary": kind, "cards": "/admin/surveys/readiness/"}).items():
        for look in looks(page, url + path, f"feeds-{name}", again=True):
            assert not overflows(page), look
            if name not in {"feeds", "cards"}:  # the lists' own buttons are unfold's
                assert complaints(page, within="#content") == [], look
    assert said == []


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_file_goes_in_and_its_progress_is_seen(chromium: Any, house: tuple[str, World], width: int, tmp_path: Path):
    url, world = house
    (tmp_path / "new customers.csv").write_text(HEADER + ROWS)
    page = page_of(chromium, width=width)
    said = objections(page, url)
    sign_in(page, world.olivia.user, url)
    page.goto(url + "/admin/crm/upload/add/")
    page.get_by_label("System it comes from").select_option(label="Service desk")
    page.get_by_label("What the file holds").select_option("customers")
    page.get_by_label("CSV file").set_input_files(tmp_path / "new customers.csv")
    page.get_by_role("button", name="Send the file").click()
    keep(page, f"feeds-sent-{width}-light")
    assert page.get_by_label("First name", exact=True).input_value() == "given_name"
    keep(page, f"feeds-mapping-{width}-light")
    assert not overflows(page)
    assert complaints(page, within="#content") == []
    page.get_by_role("button", name="Load it").click()
    page.get_by_text("Waiting for a worker").wait_for()
    load = Load.objects.create(
        kind="customers", source="desk", started_at=NOW, size=200, done=84, counts={"received": 9}
    )
    Upload.objects.update(load=load)
    page.get_by_text("Being loaded: 42 %").wait_for()  # by itself
    keep(page, f"feeds-progress-{width}-light")
    assert complaints(page, within="#content") == []
    load.delete()
    carry_out(at=timezone.now())
    page.get_by_text("Download all rejected rows").wait_for()
    keep(page, f"feeds-loaded-{width}-light")
    assert "Enter a valid" not in page.content()
    assert page.get_by_text("one e-mail address").is_visible()
    assert not overflows(page)
    assert said == []


def test_without_scripts_the_page_reloads_itself(chromium: Any, house: tuple[str, World]):
    url, world = house
    upload = Upload.objects.create(
        source=Source.objects.get(code="desk"), kind="customers", name="a.csv", size=1, at=NOW, wanted="load",
        wanted_at=NOW,
    )  # fmt: skip
    page = page_of(chromium, script=False)
    sign_in(page, world.olivia.user, url)
    page.goto(url + f"/admin/crm/upload/{upload.pk}/change/")
    assert "Waiting for a worker" in page.content()
    with page.expect_navigation(timeout=15_000):
        Upload.objects.update(done_at=NOW, failure="It could not be read.")
    assert "It could not be read." in page.content()
