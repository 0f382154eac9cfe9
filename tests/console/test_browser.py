"""The whole console in a real Chromium: its policy is kept, and no text that people wrote becomes code."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import models
from django.urls import reverse

from closedloop.models import Ticket
from common.models import Event, Load, User
from crm.models import Customer
from tests.console.hostile import CORPUS, EVERYTHING
from tests.factories import closedloop as loop
from tests.factories import crm as make
from tests.world import NOW, build_world

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium"),
]


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
def browser_as_operator(live_server, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs a loop in this thread
    sync_api = pytest.importorskip("playwright.sync_api")
    world = build_world()
    plant(world)
    session = SessionStore()
    session[SESSION_KEY] = str(world.operator.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = world.operator.get_session_auth_hash()
    session.save()
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": live_server.url}]
        )
        yield context, live_server.url
        browser.close()


def test_no_page_of_the_console_runs_what_people_wrote_or_breaks_its_policy(browser_as_operator):
    context, url = browser_as_operator
    page, complaints, visited = context.new_page(), [], set()
    page.on("console", lambda message: complaints.append((page.url, message.text)) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append((page.url, str(error))))
    page.on("request", lambda r: complaints.append((page.url, r.url)) if not r.url.startswith((url, "data:")) else None)
    page.on("dialog", lambda dialog: complaints.append((page.url, dialog.message)))
    everywhere = ["/admin/", *(path for model in admin.site._registry for path in pages_of(model))]
    for path in everywhere:
        answer = page.goto(url + path)
        if answer.status == 403:
            complaints[:] = [said for said in complaints if "403" not in said[1]]
            continue
        assert answer.status == 200, path
        visited.add(path)
        page.evaluate("document.querySelectorAll('[onclick],[tabindex]').forEach(node => node.focus())")
        assert page.evaluate("window.__pwned") is None, path
    assert complaints == []
    assert "/admin/common/event/" in visited
    assert Customer.objects.exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_first_page_fits_and_axe_finds_nothing(browser_as_operator, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context, url = browser_as_operator
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(url + "/admin/")
    if folder := os.environ.get("SHOPKEEPER_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/console-{width}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    found = axe.Axe().run(page, context="#content").response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
