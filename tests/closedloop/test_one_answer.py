"""R-22: however often, from wherever and how fast it is sent, it is one answer: one response, one signal a revision,
one alert a rule, one ticket. Over real HTTP, to gunicorn's own processes."""

import re
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest
from django.utils import timezone

from closedloop.models import Alert, CustomerSignal, Ticket
from closedloop.services.raising import raise_signals
from closedloop.services.screening import screen
from closedloop.services.starting import set_up_defaults
from surveys.models import Answer, Response
from tests.browser import page_of
from tests.e2e.stack import answers, database_url, free_port, running, until
from tests.factories import surveys as make
from tests.world import build_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invitation(transactional_db):
    set_up_defaults()
    now = timezone.now()
    return make.invitation(interaction=build_world().interaction, created_at=now, expires_at=now + timedelta(days=30))


@pytest.fixture(scope="module")
def web(django_db_setup):
    """A web process like the real one: two processes of eight threads each."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "nps_project.wsgi", "--workers", "2", "--threads", "8"]
    with running(command, DATABASE_URL=database_url(), SHOPKEEPER_BIND=f"127.0.0.1:{port}"):
        until(lambda: answers(port), seconds=30, what="gunicorn")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def survey(web, invitation):
    return f"{web}/s/{make.token(invitation)}/"


def nonce(url: str) -> str:
    page = httpx.get(url, params={"change": "1"}, timeout=60)
    return str(re.findall(r'name="nonce" value="([^"]+)"', page.text)[0])


def post_all(url: str, scores: list[int]) -> Counter[int]:
    """All at once, each on a connection of its own; the statuses."""
    token = nonce(url)

    def post(score: int) -> int:
        return httpx.post(url, data={"nonce": token, "score": str(score)}, timeout=60).status_code

    with ThreadPoolExecutor(len(scores)) as pool:
        return Counter(pool.map(post, scores))


def listened() -> tuple[int, int, int, int, int]:
    """Responses, their revision, signals, alerts and tickets, after the sweep."""
    now = timezone.now()
    while raise_signals(at=now) or screen(at=now):
        pass
    response = Response.objects.get()
    return 1, response.revision, CustomerSignal.objects.count(), Alert.objects.count(), Ticket.objects.count()


def revisions() -> list[int]:
    return list(Answer.objects.order_by("revision").values_list("revision", flat=True))


def test_fifty_equal_answers_at_once_are_one(survey):
    assert post_all(survey, [2] * 50) == {303: 50}
    assert listened() == (1, 1, 1, 1, 1)
    assert revisions() == [1]
    assert post_all(survey, [2] * 50) == {303: 50}
    assert listened() == (1, 1, 1, 1, 1)


def test_two_devices_at_once_with_different_scores_leave_two_revisions_in_order(survey):
    assert post_all(survey, [2, 4] * 5) == {303: 10}
    _, revision, signals, alerts, tickets = listened()
    assert (signals, alerts, tickets) == (1, 1, 1)
    assert revisions() == list(range(1, revision + 1))
    said = list(Answer.objects.order_by("revision").values_list("value", flat=True))
    assert all(before != after for before, after in pairwise(said))
    assert said[-1] == Response.objects.get().score


def test_after_a_ticket_a_changed_score_is_one_signal_more_and_no_second_ticket(survey):
    post_all(survey, [2])
    assert listened() == (1, 1, 1, 1, 1)
    assert post_all(survey, [0] * 20) == {303: 20}
    assert listened() == (1, 2, 2, 1, 1)


def test_an_answer_that_comes_late_or_from_an_old_page_stores_nothing(survey, invitation):
    assert httpx.post(survey, data={"nonce": "page:old:x", "score": "2"}, timeout=60).status_code == 422
    good = nonce(survey)
    type(invitation).objects.update(expires_at=timezone.now())
    assert httpx.post(survey, data={"nonce": good, "score": "2"}, timeout=60).status_code == 404
    assert not Response.objects.exists()


@pytest.mark.browser
def test_double_clicks_and_the_back_button_in_a_real_browser(chromium, survey):
    page = page_of(chromium)
    page.goto(survey + "?score=2")
    page.get_by_role("button", name="Confirm my answer").dblclick(no_wait_after=True)
    page.wait_for_url("**/why/")
    assert listened() == (1, 1, 1, 1, 1)
    page.go_back()  # leads to where one left off
    page.get_by_role("link", name="Change it").click()
    change_to(page, "4")
    assert listened() == (1, 2, 2, 1, 1)
    page.go_back()
    change_to(page, "3")
    assert listened() == (1, 3, 3, 1, 1)
    page.get_by_label("What went wrong for you?").fill("Waited an hour")
    page.get_by_role("button", name="Send and continue").dblclick(no_wait_after=True)
    page.wait_for_url("**/callback/")
    page.go_back()
    page.get_by_role("button", name="Send and continue").click()
    page.wait_for_url("**/callback/")
    assert listened() == (1, 4, 4, 1, 1)
    assert Response.objects.get().comment == "Waited an hour"


def change_to(page, score: str) -> None:
    page.get_by_label(score, exact=True).check(force=True)
    page.get_by_role("button", name="Confirm my answer").dblclick(no_wait_after=True)
    page.wait_for_url("**/why/")
