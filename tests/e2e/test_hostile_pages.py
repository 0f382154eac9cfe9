"""RELIABILITY R-32: hostile text stands on every page, in every mail, in a real browser, and no script of it runs.

The pages come from the URL conf, by way of the matrix of tests/house/test_routes.py: a page that is not in there fails
there, one that is there is opened here. Each page also keeps its own policy: the browser reports what it had to block.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from closedloop.forms import FORMS
from closedloop.models import Ticket
from surveys.models import Invitation
from surveys.services.own_page.links import token_for
from tests.browser import objections, page_of, sign_in
from tests.faults.post_office import open_post_office
from tests.forms import forms_in
from tests.house.test_routes import LIST, OBJECT, OPEN, PAGES, TOKEN, address
from tests.mailbox import send_every_kind
from tests.planting import plant
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(live_server, chromium, tmp_path, settings):
    settings.PUBLIC_URL, settings.INBOUND_DOMAIN = live_server.url, "back.example"
    world = build_world()
    return world, plant(world, at=timezone.now(), folder=tmp_path)


class Visitor:
    """Opens pages as somebody and keeps what the browser had against them."""

    def __init__(self, chromium, url, person=None) -> None:
        self.url, self.page, self.opened, self.shown = url, page_of(chromium), [], set()
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
        self.shown.add(resolve(unquote(urlsplit(self.page.url).path)).route)  # where a redirect led, that is shown
        self.page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
        self.page.evaluate("document.querySelectorAll('[onclick],[tabindex],input').forEach(node => node.focus())")
        assert self.page.evaluate("window.__pwned") is None, path

    def open_all(self, paths) -> None:
        for path in dict.fromkeys(paths):
            self.open(path)


NO_PAGES = {
    "logout/": "takes POSTs alone",
    "metrics": "text for machines",
    "healthz": "JSON for machines",
    "hooks/mail/<slug:provider>/<slug:part>/": "takes POSTs of machines alone",
    "alerts/<uuid:ticket>/": "leads to the ticket",
    "digest/<path:unit>/<day:day>/paper/": "a PDF, which runs nothing",
    "read/<path:unit>/<day:day>/<str:token>/": "opens for a day; tests/distribution/test_browser.py opens it then",
    "digest/<path:unit>/": "leads to the unit's newest digest",
    "region/": "leads to one's region, where there is one; else a choice of names, which the regions' own pages show",
    "me/<str:token>/change/": "takes POSTs; whoever opens it is led to the page",
}

OFFICES = ("subscriptions/views/<int:pk>/mail/", "stream/people/<path:who>/")  # hers, and of whom she may read


def of_kinds(*kinds):
    return [route for route, known in PAGES.items() if known.kind in kinds and route not in NO_PAGES]


def customers_pages(world, found):
    """What needs no signing in, in each state of the answer."""
    yield from (address(route, world, found) for route in of_kinds(OPEN, TOKEN) if "<str:signed>" not in route)
    yield from (f"/s/{found.survey_token}/{page}?change=1" for page in ("", "more/"))
    yield f"/me/{token_for(found.invitation.customer_id, at=timezone.now())}/"  # with a letter, answered
    yield from passing_by(found.link)


def passing_by(link):
    """The pages of an answer by a public link, begun now."""
    start = f"/a/{link.code}/"
    key = forms_in(Client().get(start).content.decode())[0].fields["key"][0]
    why = Client().post(start, {"key": key, "score": "3"})["Location"]
    yield from (why, why.replace("/why/", "/more/"))


def house_pages(world, found):
    """What one signs in for."""
    yield from (address(route, world, found) for route in of_kinds(LIST, OBJECT))


def work_pages(found):
    """The same pages about more, for who works with them."""
    yield from (f"/tickets/{ticket.public_id}/" for ticket in Ticket.objects.order_by("pk")[:8])
    yield from (f"/insights/?{query}" for query in ("by=unit", "by=program", "by=channel", "by=month"))
    yield from (f"/tickets/?tab={tab}" for tab in ("mine", "team", "overdue", "today", "closed"))


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
    people = (None, world.helen.user, world.operator, world.olivia.user)
    visitors = [Visitor(chromium, live_server.url, who) for who in people]
    passer_by, manager, operator, office = visitors
    passer_by.open_all(customers_pages(world, found))
    manager.open_all([*house_pages(world, found), *work_pages(found)])
    operator.open_all([*house_pages(world, found), "/insights/?by=unit", *console_pages(found)])
    office.open_all(address(route, world, found) for route in OFFICES)
    shown = set.union(*(visitor.shown for visitor in visitors))
    assert set(of_kinds(OPEN, TOKEN, LIST, OBJECT)) - shown == set(), "nobody was shown these"
    assert NO_PAGES.keys() & shown == set()
    assert {"/tickets/", "/insights/", "/digest/"} <= set(manager.opened)
    assert len(operator.opened) > 100
    assert [said for visitor in visitors for said in visitor.objections] + in_mails(chromium, settings) == []


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
