"""The customers of the demo answer through the survey's own pages."""

from datetime import timedelta

import httpx
import pytest

from demo.pages import take_survey
from demo.truth.minds import Answer
from surveys.models import Response
from tests.factories import surveys as make
from tests.world import build_world

pytestmark = pytest.mark.django_db(transaction=True)


def link(live_server):
    world = build_world()
    invitation = make.invitation(interaction=world.interaction)
    return f"{live_server.url}/s/{make.token(invitation)}/"


def test_a_customer_goes_through_all_the_pages(live_server):
    with httpx.Client(follow_redirects=True) as browser:
        end = take_survey(browser, link(live_server), Answer(2, timedelta(), "Trop long !", True))
    response = Response.objects.get()
    assert (response.score, response.comment, response.callback) == (2, "Trop long !", True)
    assert end.endswith("/thanks/")


def test_a_customer_may_leave_after_the_score(live_server):
    with httpx.Client(follow_redirects=True) as browser:
        take_survey(browser, link(live_server), Answer(9, timedelta(), "", None))
    response = Response.objects.get()
    assert (response.score, response.comment, response.status) == (9, "", "partial")
