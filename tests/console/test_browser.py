"""The whole console in a real Chromium: its policy is kept, and no text that people wrote becomes code."""

import pytest
from django.contrib import admin
from django.db import models
from django.urls import reverse

from closedloop.models import Ticket
from common.models import Event, Load, User
from crm.models import Customer
from tests.browser import DESK, PHONE, complaints, keep, objections, overflows, page_of, sign_in
from tests.console.hostile import CORPUS, EVERYTHING
from tests.factories import closedloop as loop
from tests.factories import crm as make
from tests.world import NOW, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def plant(world):
    """Hostile text wherever a row takes text from people or other systems."""
    for number, text in enumerate(CORPUS):
        person = make.customer(given_name=text[:120], family_name=f"F{number}", unit=world.harbour)
        visit = make.interaction(
            kind=world.visit, customer=person, unit=world.harbour, employee=world.jonas, product=text[:80],
            channel=text[:40], external_id=text[:100] + str(number), attributes={"topic": text, "wait_minutes": 3},
        )  # fmt: skip
        if number < 12:
            loop.ticket(loop.answer(visit, comment=f"{text} {EVERYTHING}"))
    ticket = Ticket.objects.first()
    helen = world.helen.user
    ticket.record_attempt(reached=True, note=EVERYTHING, by=helen, at=NOW)
    ticket.record_finding(learned=EVERYTHING, by=helen, at=NOW)
    ticket.record_action(done=EVERYTHING, currency="EUR", by=helen, at=NOW)
    User.objects.filter(pk=helen.pk).update(first_name=EVERYTHING[:140], username="h<script>window.__pwned=1</script>")
    type(world.harbour).objects.filter(pk=world.harbour.pk).update(name=CORPUS[2])
    type(world.jonas).objects.filter(pk=world.jonas.pk).update(name=CORPUS[8])
    Load.objects.create(kind="x", source=CORPUS[0], name=EVERYTHING[:200], started_at=NOW, failure=EVERYTHING)
    Event.objects.record("x.y", subject=world.ines, by=helen, at=NOW, text=EVERYTHING, **{CORPUS[0]: 1})


def pages_of(model):
    """The list, the newest row, its history, and the form for a new one."""
    place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield reverse(f"{place}_changelist")
    yield reverse(f"{place}_add")
    newest: models.Model | None = model._default_manager.order_by("-pk").first()
    if newest is not None:
        yield reverse(f"{place}_change", args=[newest.pk])
        yield reverse(f"{place}_history", args=[newest.pk])


@pytest.fixture
def desk(live_server, chromium):
    """The console of the operator, who sees every row."""
    world = build_world()
    plant(world)
    return live_server.url, world.operator


def test_no_page_of_the_console_runs_what_people_wrote_or_breaks_its_policy(chromium, desk):
    url, operator = desk
    page, visited = page_of(chromium), set()
    sign_in(page, operator, url)
    found = objections(page, url)
    everywhere = ["/admin/", *(path for model in admin.site._registry for path in pages_of(model))]
    for path in everywhere:
        answer = page.goto(url + path)
        if answer.status == 403:
            found[:] = [said for said in found if "403" not in said[1]]
            continue
        assert answer.status == 200, path
        visited.add(path)
        page.evaluate("document.querySelectorAll('[onclick],[tabindex]').forEach(node => node.focus())")
        assert page.evaluate("window.__pwned") is None, path
    assert found == []
    assert "/admin/common/event/" in visited
    assert Customer.objects.exists()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_first_page_fits_and_axe_finds_nothing(chromium, desk, width, dark):
    url, operator = desk
    page = page_of(chromium, width=width, dark=dark)
    sign_in(page, operator, url)
    page.goto(url + "/admin/")
    keep(page, f"console-{width}-{'dark' if dark else 'light'}")
    assert not overflows(page)
    assert complaints(page, within="#content") == []
