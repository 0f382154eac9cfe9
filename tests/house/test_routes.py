"""Who may see what, on every route: the matrix knows each one, and a route it does not know fails.

Elsa manages Station and must see nothing of Harbour: an object's address answers 404, a list, export or count does
without. The same with Station's API key. Someone who is not signed in is sent to the door or told 401.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, models
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from closedloop.forms import FORMS
from common.console import ScopedAdmin
from common.models import Event
from crm.models import OrgUnit
from distribution.models import Subscription
from distribution.services.composing_views import STOP
from distribution.services.linking import link_to
from tests.standing import standing
from tests.walk import SECRETS, Walk, walk
from tests.world import World, build_world

OPEN, TOKEN, LIST, OBJECT, POST = "open", "token", "list", "object", "post"


@dataclass(frozen=True)
class Route:
    """How to call a route about Harbour's rows. `address` builds it; without one the pattern is the address."""

    kind: str
    address: Callable[[World, Walk], str] | None = None
    body: dict[str, Any] = field(default_factory=dict)


def ticket(step: str = "") -> Callable[[World, Walk], str]:
    return lambda _, found: f"/tickets/{found.ticket.public_id}/{step}"


def team(step: str = "") -> Callable[[World, Walk], str]:
    return lambda world, _: f"/huddle/crm:{world.harbour.external_id}/{step}"


def huddle(step: str) -> Callable[[World, Walk], str]:
    return lambda _, found: f"{found.huddle.get_absolute_url()}{step}"


def api(path: str, name: Callable[[World, Walk], Any]) -> Callable[[World, Walk], str]:
    return lambda world, found: f"/api/v1/{path.format(name(world, found))}"


def kept() -> Subscription:
    """Olivia's, of Harbour's scores."""
    return Subscription.objects.order_by("pk")[0]


PAGES = {
    "": Route(OPEN),
    "login/": Route(OPEN),
    "logout/": Route(OPEN),
    "healthz": Route(OPEN),
    "metrics": Route(OPEN),
    "s/<str:token>/": Route(TOKEN),
    "s/<str:token>/why/": Route(TOKEN),
    "s/<str:token>/more/": Route(TOKEN),
    "s/<str:token>/callback/": Route(TOKEN),
    "s/<str:token>/thanks/": Route(TOKEN),
    "u/<str:token>/": Route(TOKEN, lambda _, found: f"/u/{found.stop_token}/"),
    "preview/<int:pk>/": Route(LIST, lambda _, found: f"/preview/{found.invitation.version_id}/"),
    "preview/<int:pk>/<str:language>/<slug:page>/": Route(
        LIST, lambda _, found: f"/preview/{found.invitation.version_id}/en/score/"
    ),
    "me/<str:token>/": Route(TOKEN, lambda _, found: f"/me/{found.own_token}/"),
    "me/<str:token>/change/": Route(TOKEN, lambda _, found: f"/me/{found.own_token}/change/"),
    "a/<str:code>/": Route(OPEN, lambda _, found: f"/a/{found.link.code}/"),  # for whoever passes by
    "a/<str:code>/thanks/": Route(OPEN, lambda _, found: f"/a/{found.link.code}/thanks/"),
    "a/<str:code>/<str:signed>/why/": Route(OPEN, lambda _, found: f"/a/{found.link.code}/x/why/"),
    "a/<str:code>/<str:signed>/more/": Route(OPEN, lambda _, found: f"/a/{found.link.code}/x/more/"),
    "customers/<path:customer>/own-page/": Route(
        OBJECT, lambda world, _: f"/customers/{world.ines.reference}/own-page/"
    ),
    "customers/<path:customer>/own-page/links/": Route(
        POST, lambda world, _: f"/customers/{world.ines.reference}/own-page/links/"
    ),
    "hooks/mail/<slug:provider>/<slug:part>/": Route(OPEN, lambda _, __: "/hooks/mail/postmark/tracking/"),  # signed
    "customers/<path:customer>/card/": Route(OBJECT, lambda world, _: f"/customers/{world.ines.reference}/card/"),
    "customers/<path:customer>/card/outcomes/": Route(
        POST, lambda world, _: f"/customers/{world.ines.reference}/card/outcomes/", {"outcome": "accepted"}
    ),
    "tickets/": Route(LIST),
    "tickets/times/": Route(LIST),
    "tickets/<uuid:public_id>/": Route(OBJECT, ticket()),
    "tickets/<uuid:public_id>/attempts": Route(POST, ticket("attempts"), {"went": "reached", "note": "x"}),
    "tickets/<uuid:public_id>/findings": Route(POST, ticket("findings"), {"learned": "x"}),
    "tickets/<uuid:public_id>/actions": Route(POST, ticket("actions"), {"done": "x", "cost": "1", "currency": "EUR"}),
    "tickets/<uuid:public_id>/decisions": Route(POST, ticket("decisions"), {"action": "1", "decision": "approved"}),
    "tickets/<uuid:public_id>/promises": Route(
        POST, ticket("promises"), {"promised": "x", "promised_by": "2099-01-01"}
    ),
    "tickets/<uuid:public_id>/promise-outcomes": Route(
        POST, ticket("promise-outcomes"), {"promise": "1", "promise_became": "kept"}
    ),
    "tickets/<uuid:public_id>/follow-ups": Route(
        POST, ticket("follow-ups"), {"step_of": "1", "step_what": "x", "step_by": "2099-01-01"}
    ),
    "tickets/<uuid:public_id>/follow-up-outcomes": Route(
        POST, ticket("follow-up-outcomes"), {"follow_up": "1", "step_became": "done"}
    ),
    "tickets/<uuid:public_id>/letters": Route(POST, ticket("letters"), {"letter": "x"}),
    "tickets/new/<path:customer>/": Route(OBJECT, lambda world, _: f"/tickets/new/{world.ines.reference}/"),
    "tickets/steps/<uuid:public_id>/": Route(OBJECT, lambda _, found: f"/tickets/steps/{found.step.public_id}/"),
    "tickets/<uuid:public_id>/closure": Route(POST, ticket("closure"), {"outcome": "resolved"}),
    "tickets/<uuid:public_id>/reopening": Route(POST, ticket("reopening"), {"why": "x"}),
    "tickets/<uuid:public_id>/pauses": Route(POST, ticket("pauses"), {"wait_for": "customer", "until": "2026-11-30"}),
    "tickets/<uuid:public_id>/resumption": Route(POST, ticket("resumption"), {}),
    "tickets/<uuid:public_id>/handover": Route(POST, ticket("handover"), {"to": "1", "why": "x"}),
    "tickets/<uuid:public_id>/joining": Route(POST, ticket("joining"), {"goes_on_in": "1", "joining_why": "x"}),
    "tickets/<uuid:public_id>/elevations": Route(POST, ticket("elevations"), {"elevated_why": "x"}),
    "tickets/<uuid:public_id>/written": Route(POST, ticket("written"), {"learned": "x"}),
    "insights/": Route(LIST),
    "insights/explore/": Route(LIST),
    "insights/explore/behind/": Route(LIST),
    "insights/worth/": Route(LIST),
    "insights/offers/": Route(LIST),
    "insights/plan/": Route(LIST),
    "insights/by-hand/": Route(LIST),
    "insights/asking/": Route(LIST),
    "insights/dispositions/": Route(LIST),
    "insights/drivers/": Route(LIST),
    "insights/alerts/": Route(LIST),
    "insights/recovery/": Route(LIST),
    "insights/launches/": Route(LIST),
    "insights/launches/<uuid:public_id>/": Route(OBJECT, lambda _, found: found.launch.get_absolute_url()),
    "patterns/<uuid:public_id>/": Route(OBJECT, lambda _, found: found.pattern.get_absolute_url()),
    "patterns/<uuid:public_id>/dismissal": Route(
        POST, lambda _, found: f"{found.pattern.get_absolute_url()}dismissal", {"reason": "x"}
    ),
    "alerts/": Route(LIST),
    "alerts/hours/": Route(LIST),
    "alerts/reading": Route(POST, lambda _, __: "/alerts/reading", {"newest": "1"}),
    "alerts/<uuid:ticket>/": Route(OBJECT, lambda _, found: f"/alerts/{found.ticket.public_id}/"),
    "subscriptions/": Route(LIST),
    "subscriptions/keep/<slug:page>/": Route(LIST, lambda _, __: "/subscriptions/keep/insights/"),
    "subscriptions/views/<int:pk>/mail/": Route(OBJECT, lambda *_: f"/subscriptions/views/{kept().view_id}/mail/"),
    "subscriptions/views/<int:pk>/discard": Route(POST, lambda *_: f"/subscriptions/views/{kept().view_id}/discard"),
    "subscriptions/stop/<str:token>/": Route(TOKEN, lambda *_: f"/subscriptions/stop/{STOP.sign(kept().public_id)}/"),
    "subscriptions/<uuid:public_id>/pause": Route(POST, lambda *_: f"/subscriptions/{kept().public_id}/pause"),
    "subscriptions/<uuid:public_id>/resume": Route(POST, lambda *_: f"/subscriptions/{kept().public_id}/resume"),
    "subscriptions/<uuid:public_id>/end": Route(POST, lambda *_: f"/subscriptions/{kept().public_id}/end"),
    "digest/": Route(LIST),
    "digest/<path:unit>/<day:day>/": Route(OBJECT, lambda _, found: found.digest.get_absolute_url()),
    "digest/<path:unit>/<day:day>/paper/": Route(OBJECT, lambda _, found: f"{found.digest.get_absolute_url()}paper/"),
    "digest/<path:unit>/": Route(OBJECT, lambda world, _: f"/digest/crm:{world.harbour.external_id}/"),
    "library/": Route(LIST),
    "library/quotes/": Route(LIST),
    "library/quotes/<uuid:public_id>": Route(POST, lambda _, found: f"/library/quotes/{found.elsewhere.public_id}"),
    "library/stories/<slug:kind>/<uuid:public_id>/": Route(
        OBJECT, lambda _, found: f"/library/stories/answer/{found.response.public_id}/"
    ),
    "library/<uuid:public_id>/": Route(OBJECT, lambda _, found: found.story.get_absolute_url()),
    "library/<uuid:public_id>/draft/": Route(OBJECT, lambda _, found: f"{found.draft.get_absolute_url()}draft/"),
    "library/<uuid:public_id>/readers/": Route(OBJECT, lambda _, found: f"{found.notice.get_absolute_url()}readers/"),
    "library/<uuid:public_id>/publication": Route(
        POST, lambda _, found: f"{found.draft.get_absolute_url()}publication"
    ),
    "library/<uuid:public_id>/withdrawal": Route(
        POST, lambda _, found: f"{found.story.get_absolute_url()}withdrawal", {"why": "x"}
    ),
    "library/<uuid:public_id>/featuring": Route(
        POST, lambda _, found: f"{found.story.get_absolute_url()}featuring", {"first": "1"}
    ),
    "library/<uuid:public_id>/acknowledgement": Route(
        POST, lambda _, found: f"{found.notice.get_absolute_url()}acknowledgement"
    ),
    "stream/": Route(LIST),
    "stream/reading": Route(POST, lambda _, __: "/stream/reading", {"newest": "1"}),
    "stream/thanks": Route(POST, lambda _, found: "/stream/thanks", {"answer": "00000000-0000-0000-0000-000000000000"}),
    "stream/talks/": Route(LIST),
    "stream/talks/<uuid:talk>/remarks": Route(
        POST, lambda _, found: f"/stream/talks/{found.talk.public_id}/remarks", {"words": "x"}
    ),
    "stream/people/": Route(LIST),
    "stream/people/<path:who>/": Route(OBJECT, lambda _, __: "/stream/people/hr:rosa/"),  # whom the office leads
    "huddle/": Route(LIST),
    "huddle/<path:unit>/": Route(OBJECT, team()),
    "huddle/<path:unit>/plan": Route(POST, team("plan"), {"weekdays": ["1"], "starts_at": "08:30"}),
    "huddle/<path:unit>/opening": Route(POST, team("opening")),
    "huddle/<path:unit>/<day:day>/": Route(OBJECT, lambda _, found: found.huddle.get_absolute_url()),
    "huddle/<path:unit>/<day:day>/attendance": Route(POST, huddle("attendance")),
    "huddle/<path:unit>/<day:day>/agreements": Route(POST, huddle("agreements"), {"what": "x"}),
    "huddle/<path:unit>/<day:day>/elevations": Route(POST, huddle("elevations"), {"response": "1"}),
    "huddle/<path:unit>/<day:day>/closure": Route(POST, huddle("closure"), {"note": "x"}),
    "huddle/actions/<uuid:public_id>/settlement": Route(
        POST, lambda _, found: f"/huddle/actions/{found.agreed.public_id}/settlement", {"outcome": "done"}
    ),
    "read/<path:unit>/<day:day>/<str:token>/": Route(TOKEN, lambda world, found: link_to(found.digest, world.helen)),
    "region/": Route(LIST),
    "region/<path:unit>/": Route(OBJECT, lambda world, _: f"/region/crm:{world.north.external_id}/"),
}
API = {
    "api/v1/schema/": Route(OPEN),
    "api/docs/": Route(OPEN),
    "api/docs/try/": Route(OPEN),
    "api/docs/<slug:name>/": Route(OPEN, lambda _, __: "/api/docs/customers/"),
    r"^api/[\s\S]*$": Route(OPEN, lambda _, __: "/api/nothing"),
    "api/": Route(OPEN),
    "api/v1/": Route(OPEN),
    "api/v1/units": Route(LIST),
    "api/v1/units/<path:external_id>": Route(OBJECT, api("units/{}", lambda w, _: w.harbour.external_id)),
    "api/v1/hierarchies": Route(OPEN),  # how units may be arranged is no secret of a unit
    "api/v1/placements": Route(LIST),
    "api/v1/absences": Route(LIST),
    "api/v1/absences/<path:external_id>": Route(OBJECT, api("absences/{}", lambda _, __: "away-1")),
    "api/v1/employees": Route(LIST),
    "api/v1/employees/<path:external_id>": Route(OBJECT, api("employees/{}", lambda w, _: w.jonas.external_id)),
    "api/v1/customers": Route(LIST),
    "api/v1/customers/<path:external_id>": Route(OBJECT, api("customers/{}", lambda w, _: w.ines.external_id)),
    "api/v1/customers/<path:external_id>/card": Route(
        OBJECT, api("customers/{}/card", lambda w, _: w.ines.external_id)
    ),
    "api/v1/customers/<path:external_id>/holds": Route(
        OBJECT, api("customers/{}/holds", lambda w, _: w.ines.external_id)
    ),
    "api/v1/customers/<path:external_id>/consents": Route(
        OBJECT, api("customers/{}/consents", lambda w, _: w.ines.external_id)
    ),
    "api/v1/holds/<uuid:public_id>/release": Route(
        POST, api("holds/{}/release", lambda _, f: f.hold.public_id), {"why": "x"}
    ),
    "api/v1/merges": Route(LIST),
    "api/v1/merges/<uuid:public_id>": Route(OBJECT, api("merges/{}", lambda _, f: f.merge.public_id)),
    "api/v1/merges/<uuid:public_id>/undoing": Route(
        POST, api("merges/{}/undoing", lambda _, f: f.merge.public_id), {"why": "x"}
    ),
    "api/v1/accounts": Route(LIST),
    "api/v1/accounts/<path:external_id>": Route(OBJECT, api("accounts/{}", lambda _, f: f.account.external_id)),
    "api/v1/interactions": Route(LIST),
    "api/v1/interactions/<path:external_id>": Route(
        OBJECT, api("interactions/{}", lambda w, _: w.interaction.external_id)
    ),
    "api/v1/customers/<path:external_id>/offers": Route(
        OBJECT, api("customers/{}/offers", lambda w, _: w.ines.external_id)
    ),
    "api/v1/interactions/<path:external_id>/offer-outcomes": Route(
        OBJECT, api("interactions/{}/offer-outcomes", lambda w, _: w.interaction.external_id)
    ),
    "api/v1/interactions/<path:external_id>/learned-details": Route(
        OBJECT, api("interactions/{}/learned-details", lambda w, _: w.interaction.external_id)
    ),
    "api/v1/financials": Route(LIST),
    "api/v1/financials/<path:external_id>": Route(
        OBJECT, api("financials/{}|2026-10-01|EUR", lambda w, _: w.ines.external_id)
    ),
    "api/v1/financial-loads": Route(OPEN),  # to send only
    "api/v1/relationships": Route(LIST),
    "api/v1/relationships/<path:external_id>": Route(OBJECT, api("relationships/{}", lambda w, _: w.ines.external_id)),
    "api/v1/acquisitions": Route(LIST),
    "api/v1/acquisitions/<path:external_id>": Route(OBJECT, api("acquisitions/{}", lambda w, _: w.ines.external_id)),
    "api/v1/offers": Route(OPEN),  # what there is to propose is no secret of a unit
    "api/v1/offers/<path:external_id>": Route(OPEN, lambda _, __: "/api/v1/offers/gold"),
    "api/v1/customer-offers": Route(LIST),
    "api/v1/customer-offers/<path:external_id>": Route(
        OBJECT, api("customer-offers/{}|gold", lambda w, _: w.ines.external_id)
    ),
    "api/v1/missing-details": Route(OPEN),  # to send only
    "api/v1/holds": Route(OPEN),  # to send only
    "api/v1/suppressions": Route(OPEN),  # to send only
    "api/v1/profile-details": Route(OPEN),
    "api/v1/decisions": Route(LIST),
    "api/v1/turns": Route(OPEN),  # to send only
    "api/v1/pre-consents": Route(OPEN),  # to send only
    "api/v1/worth": Route(LIST),
    "api/v1/recovery": Route(LIST),
    "api/v1/interaction-kinds": Route(OPEN),  # what may happen is no secret of a unit
    "api/v1/interaction-kinds/<str:code>": Route(OPEN),
    "api/v1/programs": Route(OPEN),  # what is asked is no secret of a unit
    "api/v1/programs/<str:code>": Route(OPEN, api("programs/{}", lambda _, f: f.invitation.program.code)),
    "api/v1/programs/<str:code>/versions": Route(
        OPEN, api("programs/{}/versions", lambda _, f: f.invitation.program.code)
    ),
    "api/v1/programs/<str:code>/mail": Route(OBJECT, api("programs/{}/mail", lambda _, f: f.invitation.program.code)),
    "api/v1/responses": Route(LIST),
    "api/v1/responses/<path:external_id>": Route(OBJECT, api("responses/{}", lambda _, f: f.elsewhere.external_id)),
    "api/v1/dispositions": Route(LIST),
    "api/v1/drivers": Route(LIST),
    "api/v1/scores": Route(LIST),
    "api/v1/cuts": Route(LIST),
    "api/v1/speech-signals": Route(LIST),
    "api/v1/speech-signals/<path:external_id>": Route(OBJECT, api("speech-signals/call-1", lambda _, __: "")),
    "api/v1/operational-failures": Route(LIST),
    "api/v1/operational-failures/<path:external_id>": Route(
        OBJECT, api("operational-failures/failure-1", lambda _, __: "")
    ),
    "api/v1/tickets": Route(LIST),
    "api/v1/tickets/handovers": Route(
        POST,
        lambda _, __: "/api/v1/tickets/handovers",
        {"to": "x", "why": "x", "tickets": [{"id": "3f6c1f0e-5a41-4c7b-9d0a-6f0c9f0b7a11", "version": 1}]},
    ),
    "api/v1/tickets/<uuid:public_id>": Route(OBJECT, api("tickets/{}", lambda _, f: f.ticket.public_id)),
    "api/v1/tickets/<uuid:public_id>/attempts": Route(
        POST, api("tickets/{}/attempts", lambda _, f: f.ticket.public_id), {"outcome": "reached", "note": "x"}
    ),
    "api/v1/tickets/<uuid:public_id>/findings": Route(
        POST, api("tickets/{}/findings", lambda _, f: f.ticket.public_id), {"learned": "x"}
    ),
    "api/v1/tickets/<uuid:public_id>/actions": Route(
        POST, api("tickets/{}/actions", lambda _, f: f.ticket.public_id), {"done": "x", "cost": "1", "currency": "EUR"}
    ),
    "api/v1/tickets/<uuid:public_id>/action-decisions": Route(
        POST,
        api("tickets/{}/action-decisions", lambda _, f: f.ticket.public_id),
        {"action": "3f6c1f0e-5a41-4c7b-9d0a-6f0c9f0b7a11", "outcome": "approved"},
    ),
    "api/v1/tickets/<uuid:public_id>/promises": Route(
        POST, api("tickets/{}/promises", lambda _, f: f.ticket.public_id), {"what": "x", "due_on": "2099-01-01"}
    ),
    "api/v1/tickets/<uuid:public_id>/promise-outcomes": Route(
        POST,
        api("tickets/{}/promise-outcomes", lambda _, f: f.ticket.public_id),
        {"promise": "3f6c1f0e-5a41-4c7b-9d0a-6f0c9f0b7a11", "outcome": "kept"},
    ),
    "api/v1/tickets/<uuid:public_id>/follow-ups": Route(
        POST,
        api("tickets/{}/follow-ups", lambda _, f: f.ticket.public_id),
        {"to": "x", "what": "x", "due_on": "2099-01-01"},
    ),
    "api/v1/tickets/<uuid:public_id>/follow-up-outcomes": Route(
        POST,
        api("tickets/{}/follow-up-outcomes", lambda _, f: f.ticket.public_id),
        {"follow_up": "3f6c1f0e-5a41-4c7b-9d0a-6f0c9f0b7a11", "outcome": "done"},
    ),
    "api/v1/tickets/<uuid:public_id>/letters": Route(
        POST, api("tickets/{}/letters", lambda _, f: f.ticket.public_id), {"text": "x"}
    ),
    "api/v1/tickets/<uuid:public_id>/pauses": Route(
        POST,
        api("tickets/{}/pauses", lambda _, f: f.ticket.public_id),
        {"reason": "customer", "until": "2026-11-30T09:00:00Z"},
    ),
    "api/v1/tickets/<uuid:public_id>/resumption": Route(
        POST, api("tickets/{}/resumption", lambda _, f: f.ticket.public_id), {}
    ),
    "api/v1/tickets/<uuid:public_id>/elevations": Route(
        POST, api("tickets/{}/elevations", lambda _, f: f.ticket.public_id), {"why": "x"}
    ),
    "api/v1/tickets/<uuid:public_id>/closure": Route(
        POST, api("tickets/{}/closure", lambda _, f: f.ticket.public_id), {"outcome": "resolved"}
    ),
    "api/v1/tickets/<uuid:public_id>/joining": Route(
        POST,
        api("tickets/{}/joining", lambda _, f: f.ticket.public_id),
        {"into": "3f6c1f0e-5a41-4c7b-9d0a-6f0c9f0b7a11", "why": "x"},
    ),
    "api/v1/tickets/<uuid:public_id>/reopening": Route(
        POST, api("tickets/{}/reopening", lambda _, f: f.ticket.public_id), {"why": "x"}
    ),
}


def told(path: str) -> Callable[[World, Walk], str]:
    return lambda _, found: f"/api/v1/{path.format(found.endpoint.public_id, found.delivery.message_id)}"


API |= {
    "api/v1/webhook-endpoints": Route(LIST),
    "api/v1/webhook-endpoints/<uuid:public_id>": Route(OBJECT, told("webhook-endpoints/{0}")),
    "api/v1/webhook-endpoints/<uuid:public_id>/secrets": Route(POST, told("webhook-endpoints/{0}/secrets")),
    "api/v1/webhook-endpoints/<uuid:public_id>/tests": Route(POST, told("webhook-endpoints/{0}/tests")),
    "api/v1/webhook-endpoints/<uuid:public_id>/replays": Route(
        POST, told("webhook-endpoints/{0}/replays"), {"since": "2026-11-01T00:00:00Z"}
    ),
    "api/v1/webhook-deliveries": Route(LIST),
    "api/v1/webhook-deliveries/<str:webhook_id>": Route(OBJECT, told("webhook-deliveries/{1}")),
    "api/v1/webhook-deliveries/<str:webhook_id>/replays": Route(POST, told("webhook-deliveries/{1}/replays")),
}
MATRIX = PAGES | API


def patterns(found: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for item in found if found is not None else get_resolver().url_patterns:
        if isinstance(item, URLResolver):
            yield from patterns(item.url_patterns, prefix + str(item.pattern))
        else:
            yield prefix + str(item.pattern), item


def test_the_matrix_knows_every_route():
    routes = {route for route, _ in patterns() if not route.startswith("admin/")}
    assert routes - set(MATRIX) == set(), "add them to MATRIX with the kind of answer a person elsewhere must get"
    assert set(MATRIX) - routes == set(), "these routes are gone"


@pytest.fixture(scope="module")
def harbour(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[World, Walk]]:
    with standing(django_db_blocker):
        world = build_world()
        found = walk(world)
        connection.check_constraints()  # else each test would check theirs anew
        yield world, found


@pytest.fixture
def stage(harbour: tuple[World, Walk], db: None) -> tuple[World, Walk]:
    """Rows of one's own, the same in both."""
    return deepcopy(harbour)


@pytest.fixture
def world(stage: tuple[World, Walk]) -> World:
    return stage[0]


@pytest.fixture
def found(stage: tuple[World, Walk]) -> Walk:
    return stage[1]


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(getattr(person, "user", person), backend="django.contrib.auth.backends.ModelBackend")
    return client


def secrets_in(response: Any) -> list[str]:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body.startswith(b"PK"):  # a workbook is a zip of XML
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    return [secret for secret in SECRETS if secret in body.decode()]


def of_kind(routes: dict[str, Route], kind: str) -> list[str]:
    return [route for route, known in routes.items() if known.kind == kind]


def address(route: str, world: World, found: Walk) -> str:
    build = MATRIX[route].address
    return build(world, found) if build else "/" + route.replace("<str:token>", found.survey_token)


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", of_kind(PAGES, LIST))
def test_a_page_elsewhere_shows_nothing_of_harbour(world, found, route):
    response = signed_in(world.elsa).get(address(route, world, found), follow=True)
    assert response.status_code in {200, 404}
    assert secrets_in(response) == []


@pytest.mark.parametrize("route", of_kind(PAGES, OBJECT))
def test_an_object_of_harbour_is_not_found_elsewhere(world, found, route):
    assert signed_in(world.olivia).get(address(route, world, found), follow=True).status_code == 200
    assert signed_in(world.elsa).get(address(route, world, found)).status_code == 404


@pytest.mark.parametrize("route", of_kind(PAGES, POST))
def test_nothing_of_harbour_can_be_changed_elsewhere(world, found, route):
    before = Event.objects.count()
    response = signed_in(world.elsa).post(address(route, world, found), MATRIX[route].body)
    assert response.status_code == 404
    assert Event.objects.count() == before


@pytest.mark.parametrize("route", of_kind(PAGES, LIST) + of_kind(PAGES, OBJECT))
def test_nobody_signed_in_is_sent_to_the_door(world, found, route):
    response = Client().get(address(route, world, found))
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


def test_a_query_for_a_unit_elsewhere_is_not_answered(world, found):
    insights = ("/insights/", "/insights/worth/", "/insights/offers/", "/insights/plan/", "/insights/asking/")
    figures = (*insights, "/insights/dispositions/", "/insights/drivers/")
    for page in (*figures, "/insights/recovery/", "/tickets/", "/region/", "/digest/"):
        response = signed_in(world.elsa).get(page, {"unit": world.harbour.external_id}, follow=True)
        assert [s for s in secrets_in(response) if s != "Harbour" or response.status_code == 200] == []


# --- API -------------------------------------------------------------------------------------------------------------


def call(secret: str, path: str) -> Any:
    return Client().get(path, headers={"authorization": f"Bearer {secret}"})


@pytest.mark.parametrize("route", of_kind(API, LIST))
def test_a_list_for_a_key_elsewhere_is_without_harbour(world, found, route):
    figures = {"api/v1/scores", "api/v1/cuts", "api/v1/dispositions", "api/v1/drivers"}
    query = f"?unit={world.station.external_id}" if route in figures else ""
    response = call(world.station_secret, address(route, world, found) + query)
    assert response.status_code == 200
    assert secrets_in(response) == []


@pytest.mark.parametrize("route", of_kind(API, OBJECT))
def test_an_object_of_harbour_is_not_found_by_a_key_elsewhere(world, found, route):
    source = "?source=hr" if "employees" in route else ""
    assert call(world.crm_secret, address(route, world, found) + source).status_code == 200
    assert call(world.station_secret, address(route, world, found) + source).status_code == 404


@pytest.mark.parametrize("route", of_kind(API, POST))
def test_nothing_of_harbour_can_be_changed_by_a_key_elsewhere(world, found, route):
    before = Event.objects.count()
    path, headers = address(route, world, found), {"authorization": f"Bearer {world.station_secret}"}
    response = Client().post(path, MATRIX[route].body, content_type="application/json", headers=headers)
    assert response.status_code == 404
    assert Event.objects.count() == before


def test_scores_of_harbour_are_not_found_by_a_key_elsewhere(world, found):
    path = f"/api/v1/scores?unit={world.harbour.external_id}"
    assert call(world.crm_secret, path).status_code == 200
    assert call(world.station_secret, path).status_code == 404


@pytest.mark.parametrize("route", of_kind(API, LIST) + of_kind(API, OBJECT))
def test_no_key_no_answer(world, found, route):
    assert Client().get(address(route, world, found)).status_code == 401


# --- console ---------------------------------------------------------------------------------------------------------


def console_models() -> list[type[models.Model]]:
    return sorted(
        (model for model in admin.site._registry if model._meta.app_label in OURS), key=lambda m: m._meta.label
    )


OURS = {"common", "crm", "surveys", "closedloop", "analytics", "distribution"}


def test_every_admin_stands_on_scoped_admin():
    assert [m._meta.label for m in console_models() if not isinstance(admin.site._registry[m], ScopedAdmin)] == []


def console(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", console_models(), ids=lambda m: m._meta.label)
def test_a_console_list_elsewhere_is_without_harbour(world, found, model):
    response = signed_in(world.elsa).get(console(model, "changelist"))
    assert response.status_code in {200, 403}
    assert secrets_in(response) == []


def in_harbour(model: type[models.Model], world: World) -> list[models.Model]:
    """Rows that Helen sees and Elsa does not: what must not be found elsewhere."""
    owner = admin.site._registry[model]
    if owner.company_wide:
        return []
    return list(model._default_manager.all()[:3])


@pytest.mark.parametrize("model", console_models(), ids=lambda m: m._meta.label)
def test_a_console_page_of_harbours_rows_is_not_found_elsewhere(world, found, model):
    elsa = signed_in(world.elsa)
    seen = set(sight_of(model, world.elsa.user).values_list("pk", flat=True))
    for row in in_harbour(model, world):
        if row.pk not in seen:
            for page in ("change", "history", "delete"):
                try:
                    path = console(model, page, row.pk)
                except NoReverseMatch:
                    continue
                response = elsa.get(path)
                assert response.status_code in {302, 403, 404}, path
                assert secrets_in(response) == []


def sight_of(model: type[models.Model], user: Any) -> models.QuerySet[Any]:
    owner = admin.site._registry[model]
    request = type("Request", (), {"user": user})()
    return owner.in_sight(model._default_manager.all(), request, None)


INITIATIVE_STEPS = {"pauses": "stage", "resumption": "stage-drop", "closure": "sizing"}  # each of them once
CONSOLE_STEPS = {  # what our admins add to Django's own pages
    "admin/closedloop/ticket/<int:object_id>/<slug:step>/": lambda found, step: (
        f"/admin/closedloop/ticket/{found.ticket.pk}/{step}/"
    ),
    "admin/closedloop/initiative/<int:object_id>/<slug:step>/": lambda found, step: (
        f"/admin/closedloop/initiative/{found.initiative.pk}/{INITIATIVE_STEPS.get(step, 'move')}/"
    ),
    "admin/closedloop/ticket/handing-over/": lambda _, step: "/admin/closedloop/ticket/handing-over/",
    "admin/common/export/<int:object_id>/file/": lambda found, step: f"/admin/common/export/{found.export.pk}/file/",
    "admin/surveys/message/<int:object_id>/fate/": lambda found, step: (
        f"/admin/surveys/message/{found.invitation.messages.get().pk}/fate/"
    ),
    "admin/crm/interactionkind/<int:object_id>/summary/": lambda _, step: "/admin/crm/interactionkind/1/summary/",
    "admin/crm/upload/<int:object_id>/progress/": lambda _, step: "/admin/crm/upload/1/progress/",
    "admin/crm/upload/<int:object_id>/rejects/": lambda _, step: "/admin/crm/upload/1/rejects/",
    "admin/crm/hierarchy/<int:object_id>/tree/": lambda _, step: "/admin/crm/hierarchy/1/tree/",
    "admin/crm/reorganization/<int:object_id>/preview/": lambda _, step: "/admin/crm/reorganization/1/preview/",
    "admin/crm/reorganization/<int:object_id>/application/": lambda _, step: "/admin/crm/reorganization/1/application/",
    **{
        f"admin/surveys/program/<int:object_id>/{verb}/": lambda _, step, verb=verb: f"/admin/surveys/program/0/{verb}/"
        for verb in ("draft", "switch")
    },
    **{
        f"admin/surveys/programversion/<int:object_id>/{verb}/": (
            lambda _, step, verb=verb: f"/admin/surveys/programversion/0/{verb}/"
        )
        for verb in ("comparison", "approval", "decision", "publication", "rehearsals")
    },
    **{
        f"admin/surveys/{work}/<int:object_id>/progress/": (
            lambda _, step, work=work: f"/admin/surveys/{work}/0/progress/"
        )
        for work in ("rehearsal", "replay")
    },
    **{
        f"admin/conditions/<slug:name>/{asked}/": lambda _, step, asked=asked: f"/admin/conditions/occasions/{asked}/"
        for asked in ("values", "preview")
    },
    **{
        f"admin/surveys/publiclink/<int:object_id>/{page}": (
            lambda found, step, page=page: f"/admin/surveys/publiclink/{found.link.pk}/{page}"
        )
        for page in ("card/", "qr.svg", "qr.png")
    },
    "admin/surveys/topic/preview/": lambda _, step: "/admin/surveys/topic/preview/",
    "admin/surveys/response/<int:pk>/topic/": lambda found, step: f"/admin/surveys/response/{found.response.pk}/topic/",
    "admin/crm/apikey/<int:object_id>/rotate/": lambda _, step: "/admin/crm/apikey/1/rotate/",
    "admin/common/user/<id>/password/": lambda _, step: "/admin/common/user/1/password/",
}
BY_ROLE = {  # refused for the role or the method, whatever the row
    "admin/common/user/<id>/password/", "admin/surveys/topic/preview/", "admin/closedloop/ticket/handing-over/",
    "admin/surveys/response/<int:pk>/topic/",
    "admin/crm/interactionkind/<int:object_id>/summary/", "admin/crm/hierarchy/<int:object_id>/tree/",  # where 1 is one
}  # fmt: skip
DJANGOS = ("", "add/", *(f"<path:object_id>/{page}" for page in ("", "change/", "history/", "delete/")))


def test_the_matrix_knows_every_page_that_the_console_adds():
    routes = {route for route, _ in patterns() if route.startswith("admin/")}
    assert {route for route in routes if "/".join(route.split("/")[3:]) not in DJANGOS} == set(CONSOLE_STEPS)


@pytest.mark.parametrize("step", FORMS)
@pytest.mark.parametrize("route", CONSOLE_STEPS)
def test_a_console_step_on_a_row_of_harbour_is_not_found_elsewhere(world, found, route, step):
    before, elsa = Event.objects.count(), signed_in(world.elsa)
    path = CONSOLE_STEPS[route](found, step)
    for response in (elsa.get(path), elsa.post(path, MATRIX[f"tickets/<uuid:public_id>/{step}"].body)):
        assert response.status_code in ({403, 404, 405} if route in BY_ROLE else {404})
        assert secrets_in(response) == []
    assert Event.objects.count() == before


def test_completion_of_names_elsewhere_is_without_harbour(world, found):
    for model in (apps.get_model("crm", name) for name in ("OrgUnit", "Employee", "Customer")):
        response = signed_in(world.elsa).get(
            "/admin/autocomplete/",
            {"term": "", "app_label": "crm", "model_name": "interaction", "field_name": model._meta.model_name},
        )
        assert response.status_code in {200, 403, 404}
        assert secrets_in(response) == []


def test_the_console_counts_nothing_of_harbour_elsewhere(world, found):
    assert OrgUnit.objects.visible_to(world.elsa.user).count() == 1
    index = signed_in(world.elsa).get("/admin/")
    assert index.status_code == 200
    assert secrets_in(index) == []


def test_an_export_elsewhere_is_without_harbour(world, found):
    for model in console_models():
        rows = list(model._default_manager.values_list("pk", flat=True)[:50])
        body = {"action": "export_csv", "_selected_action": [str(pk) for pk in rows], "select_across": "1"}
        for action in ("export_csv", "export_xlsx"):
            response = signed_in(world.elsa).post(console(model, "changelist"), body | {"action": action})
            assert response.status_code in {200, 302, 403}, model
            assert secrets_in(response) == [], model


def test_the_schema_names_every_route_of_the_api(world):
    schema = json.loads(Client().get("/api/v1/schema/?format=json").content)
    documented = {path.strip("/") for path in schema["paths"]}
    routes = {route for route in API if MATRIX[route].kind != OPEN}
    shapes = {r.replace("<path:", "{").replace("<str:", "{").replace("<uuid:", "{").replace(">", "}") for r in routes}
    assert {shape.strip("/") for shape in shapes} - documented == set()
