"""The customers of the demo answer through the survey's own pages."""

from datetime import timedelta

import httpx
import pytest

from demo.pages import take_survey
from demo.truth.minds import Answer
from demo.words.wording import FURTHER, PROGRAMS
from surveys.models import Response
from tests.factories import surveys as make
from tests.world import build_world

pytestmark = pytest.mark.django_db(transaction=True)


def link(live_server, **fields):
    world = build_world()
    invitation = make.invitation(interaction=world.interaction, **fields)
    return f"{live_server.url}/s/{make.token(invitation)}/"


def test_a_customer_goes_through_all_the_pages(live_server):
    with httpx.Client(follow_redirects=True) as browser:
        end = take_survey(browser, link(live_server), Answer(2, timedelta(), "Trop long !", True))
    response = Response.objects.get()
    assert (response.score, response.comment, response.callback) == (2, "Trop long !", True)
    assert end.endswith("/thanks/")


def test_a_customer_answers_what_is_asked_further(live_server):
    version = make.version(questions=FURTHER["branch-visit"], wording=PROGRAMS["branch-visit"][1])
    further = {"wait": 2, "what": ["fees", "staff"], "fees-how": "high"}
    with httpx.Client(follow_redirects=True) as browser:
        said = Answer(2, timedelta(), "Trop long !", callback=False, further=further)
        end = take_survey(browser, link(live_server, version=version), said)
    response = Response.objects.get()
    assert (response.further, response.status) == ({**further, "what": ["staff", "fees"]}, "complete")
    assert end.endswith("/thanks/")


def test_a_customer_may_leave_after_the_score(live_server):
    with httpx.Client(follow_redirects=True) as browser:
        take_survey(browser, link(live_server), Answer(9, timedelta(), "", None))
    response = Response.objects.get()
    assert (response.score, response.comment, response.status) == (9, "", "partial")
