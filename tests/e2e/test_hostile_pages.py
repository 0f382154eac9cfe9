"""RELIABILITY R-32: hostile text stands on every page, in every mail, in a real browser, and no script of it runs.

The pages come from the URL conf, by way of the matrix of tests/house/test_routes.py: a page that is not in there fails
there, one that is there is opened here. Each page also keeps its own policy: the browser reports what it had to block.
"""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils import timezone

from closedloop.forms import FORMS
from closedloop.models import Ticket
from surveys.models import Invitation
from tests.browser import objections, page_of, sign_in
from tests.faults.post_office import open_post_office
from tests.house.test_routes import LIST, OBJECT, OPEN, PAGES, TOKEN, address
from tests.mailbox import send_every_kind
from tests.planting import plant
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(live_server, chromium, tmp_path, settings):
    settings.PUBLIC_URL = live_server.url
    world = build_world()
    return world, plant(world, at=timezone.now(), folder=tmp_path)


class Visitor:
    """Opens pages as somebody and keeps what the browser had against them."""

    def __init__(self, chromium, url, person=None) -> None:
        self.url, self.page, self.opened = url, page_of(chromium), []
        if person is not None:
            sign_in(self.page, person, url)
        self.objections = objections(self.page, url)

    def open(self, path: str) -> None:
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status in {200, 403, 404}, (path, answer.status)
        if answer.status != 200:
            self.objections[:] = [said for said in self.objections if f"status of {answer.status}" not in said[1]]
            return
        self.opened.append(path)
        self.page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
        self.page.evaluate("document.querySelectorAll('[onclick],[tabindex],input').forEach(node => node.focus())")
        assert self.page.evaluate("window.__pwned") is None, path

    def open_all(self, paths) -> None:
        for path in dict.fromkeys(paths):
            self.open(path)


NO_PAGES = {"logout/", "metrics", "healthz"}


def front_pages(world, found):
    """Every page that one opens: those of tokens too, in each state of the answer. (Hooks are opened by machines.)"""
    for route, known in PAGES.items():
        if known.kind in {OPEN, LIST, OBJECT} and route not in NO_PAGES and "hooks" not in route:
            yield address(route, world, found)
        if known.kind == TOKEN:
            yield address(route, world, found)
    for ticket in Ticket.objects.order_by("pk")[:8]:
        yield f"/tickets/{ticket.public_id}/"
    for query in ("by=unit", "by=program", "by=channel", "by=month"):
        yield f"/insights/?{query}"
    yield f"/s/{found.survey_token}/?change=1"
    for tab in ("mine", "team", "overdue", "today", "closed"):
        yield f"/tickets/?tab={tab}"


def console_pages(found):
    """Of each model the list, the newest row with its history, the form for a new one; the steps of a ticket."""
    yield "/admin/"
    for model in admin.site._registry:
        place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{place}_changelist")
        yield reverse(f"{place}_add")
        newest: models.Model | None = model._default_manager.order_by("-pk").first()
        if newest is not None:
            yield from (reverse(f"{place}_{page}", args=[newest.pk]) for page in ("change", "history"))
    yield from (f"/admin/closedloop/ticket/{found.ticket.pk}/{step}/" for step in FORMS)


def test_no_page_and_no_mail_runs_what_people_wrote_or_breaks_its_policy(house, chromium, live_server, settings):
    world, found = house
    manager, operator = (Visitor(chromium, live_server.url, who) for who in (world.helen.user, world.operator))
    manager.open_all(front_pages(world, found))
    assert {"/tickets/", "/insights/", "/digest/"} <= set(manager.opened)
    operator.open_all(["/insights/?by=unit", "/region/", *console_pages(found)])
    assert len(operator.opened) > 100
    assert manager.objections + operator.objections + in_mails(chromium, settings) == []


def in_mails(chromium, settings):
    """Each kind of mail as a program would show it that runs scripts."""
    page = page_of(chromium)
    seen = objections(page, "about:")
    with open_post_office() as office:
        settings.EMAIL_BACKEND = "common.smtp.WatchedBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
        for mail in send_every_kind(office, list(Invitation.objects.order_by("pk")[:3])):
            html = next(part for part in mail.walk() if part.get_content_type() == "text/html")
            page.set_content(bytes(html.get_payload(decode=True)).decode())
            assert page.evaluate("window.__pwned") is None
    assert len(office.received) >= 8
    return seen
