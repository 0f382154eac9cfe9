"""How often public pages may be asked for (RELIABILITY R-54): who tries links is stopped, who has one is not."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from crm.models import Consent
from surveys.models import InvitationToken, Response
from surveys.services.own_page.links import token_for
from tests.factories import surveys as make
from tests.surveys.test_survey_pages import nonce_of

OFFICE, ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}, {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture
def now(db):
    with time_machine.travel(timezone.now(), tick=False):
        yield timezone.now()


@pytest.fixture
def invitation(world, now):
    return make.invitation(interaction=world.interaction, created_at=now, expires_at=now + timedelta(days=30))


@pytest.fixture
def survey(invitation):
    return f"/s/{make.token(invitation)}/"


def try_links(times: int, path: str = "/s/", **where: str) -> Counter[int]:
    return Counter(Client(**(where or OFFICE)).get(f"{path}guess-{n}/").status_code for n in range(times))


def test_who_tries_links_is_asked_to_wait_whichever_kind_they_try(now):
    assert try_links(40) == {404: 40}
    assert try_links(15, "/me/") == {404: 15}
    assert try_links(7, "/u/") == {404: 5, 429: 2}
    page = Client(**OFFICE).get("/s/guess/")
    assert (page.status_code, page["Retry-After"], "One moment, please" in page.text) == (429, "1", True)
    assert Client(**ELSEWHERE).get("/s/guess/").status_code == 404


def test_a_minute_later_there_is_room_again(now):
    try_links(61)
    with time_machine.travel(now + timedelta(minutes=1), tick=False):
        assert try_links(61) == {404: 60, 429: 1}


def test_links_that_are_good_open_from_where_others_try_theirs(world, now, invitation, survey):
    try_links(70)
    stop = make.token(invitation, InvitationToken.Purpose.UNSUBSCRIBE)
    good = [survey, f"/me/{token_for(world.ines.pk, at=now)}/", f"/u/{stop}/"]
    assert [Client(**OFFICE).get(path).status_code for path in good] == [200, 200, 200]


def test_a_scanner_and_a_whole_office_open_one_survey_as_often_as_they_like(survey):
    scanner = Client(**OFFICE)
    seen = Counter(scanner.get(f"{survey}?score={n % 11}").status_code for n in range(300))
    seen += Counter(scanner.head(survey).status_code for _ in range(50))
    assert seen == {200: 350}
    page = scanner.get(survey)
    assert scanner.post(survey, {"nonce": nonce_of(page), "score": "9"}).status_code == 303


def test_whoever_sends_to_one_survey_without_end_waits_and_what_was_stored_stays(survey):
    client = Client(**OFFICE)
    fields = {"nonce": nonce_of(client.get(survey)), "score": "9"}
    assert Counter(client.post(survey, fields).status_code for _ in range(301)) == {303: 301}  # the first is free
    late = client.post(survey, fields | {"score": "2"})
    assert (late.status_code, late["Retry-After"]) == (429, "1")
    assert Response.objects.get().score == 9
    assert client.get(f"{survey}why/").status_code == 200


def test_unsubscribing_by_a_good_link_has_no_limit(world, now, invitation):
    link = f"/u/{make.token(invitation, InvitationToken.Purpose.UNSUBSCRIBE)}/"
    assert Counter(Client(**OFFICE).post(link).status_code for _ in range(100)) == {200: 100}
    assert Consent.objects.get().granted is False


@pytest.mark.parametrize("step", ["", "why/", "callback/", "more/"])
def test_the_header_of_a_caller_makes_no_other_neighborhood(now, step):
    """Without a proxy of ours nobody believes `X-Forwarded-For`."""
    tried = Counter(
        Client(**OFFICE).get(f"/s/guess/{step}", headers={"X-Forwarded-For": f"203.0.{n}.1"}).status_code
        for n in range(62)
    )
    assert tried == {404: 60, 429: 2}
