"""Clicks on a score in the mail, of programs that keep them: evidence, confirmed by the customer's act or let go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from surveys.clicks import MOST, Agent, agent_of, is_ahead, is_automatic, network_of
from surveys.models import Answer, LinkVisit, ProvisionalScore, Response
from surveys.services.clicking import keep_click, settle_clicks
from tests.factories import surveys as make

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
SCANNER = "Mimecast-URL-Protect/1.0"


@pytest.fixture
def invitation(world):
    """Handed off an hour ago, of a program that keeps clicks."""
    now = timezone.now()
    kept = make.version(keep_clicks=True)
    asked = make.invitation(interaction=world.interaction, version=kept, expires_at=now + timedelta(days=30))
    make.message(invitation=asked, state="handed_off", handed_off_at=now - timedelta(hours=1))
    return asked


@pytest.fixture
def link(invitation):
    return f"/s/{make.token(invitation)}/"


def click(client, link, score, agent=PHONE, **headers):
    return client.get(f"{link}?score={score}", headers={"User-Agent": agent, **headers})


def press(client, link, page, score, **more):
    return client.post(link, {"score": score, "nonce": page.context["nonce"], **more})


def later(seconds=0):
    return timezone.now() + timedelta(hours=49, seconds=seconds)


def settled():
    return list(ProvisionalScore.objects.order_by("at", "id").values_list("score", "state", "automatic"))


@pytest.mark.parametrize(
    ("said", "agent"),
    [
        (PHONE, Agent.BROWSER),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
         Agent.BROWSER),
        (SCANNER, Agent.SCANNER),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Proofpoint URL Defense)", Agent.SCANNER),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", Agent.PREVIEW),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Agent.PREVIEW),
        ("python-requests/2.34.2", Agent.TOOL),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Agent.TOOL),
        (" ", Agent.NONE),
        ("AlderCounter", Agent.OTHER),
    ],
)  # fmt: skip
def test_callers_are_told_apart_by_what_they_say(said, agent):
    assert agent_of(said) is agent


def test_a_prefetch_says_so_in_one_of_several_ways():
    assert is_ahead({"Sec-Purpose": "prefetch;prerender"})
    assert is_ahead({"X-Moz": "prefetch"})
    assert not is_ahead({"Referer": "https://mail.example.org/"})


def test_of_an_address_only_its_network_is_looked_at():
    assert network_of("192.0.2.77") == network_of("192.0.2.1") == "192.0.2.0/24"
    assert network_of("2001:db8:1:ffff::1") == "2001:db8:1::/48"
    assert network_of("unix:") == ""


@pytest.mark.parametrize(
    ("looks", "automatic"),
    [
        ({}, False),
        ({"agent": "scanner"}, True),
        ({"agent": "other"}, False),
        ({"ahead": True}, True),
        ({"since_hand_off": timedelta(seconds=4.9)}, True),
        ({"since_hand_off": timedelta(seconds=5)}, False),
        ({"links": 2}, False),
        ({"links": 3}, True),
    ],
)
def test_a_click_is_judged_by_each_sign_alone(looks, automatic):
    plain = {"agent": "browser", "ahead": False, "since_hand_off": None, "links": 1}
    assert is_automatic(**{**plain, **looks}) is automatic


@pytest.mark.django_db
class TestKept:
    def test_a_program_that_does_not_keep_them_keeps_none_and_pays_nothing(
        self, client, world, django_assert_num_queries
    ):
        asked = make.invitation(interaction=world.interaction, expires_at=timezone.now() + timedelta(days=30))
        link = f"/s/{make.token(asked)}/"
        with django_assert_num_queries(2):  # the invitation, and the visit
            page = click(client, link, 3)
        assert b"textarea" not in page.content
        assert (LinkVisit.objects.count(), ProvisionalScore.objects.count()) == (1, 0)

    def test_a_click_is_kept_with_what_it_shows_of_itself_and_nothing_else_happens(self, client, invitation, link):
        client.head(f"{link}?score=3")
        page = click(client, link, 3, **{"Sec-Purpose": "prefetch"})
        assert page.status_code == 200
        kept = ProvisionalScore.objects.get()
        assert (kept.invitation, kept.score, kept.state, kept.automatic) == (invitation, 3, "open", None)
        assert (kept.agent, kept.ahead, kept.head_before) == ("browser", True, True)
        assert timedelta(minutes=59) < kept.since_hand_off < timedelta(minutes=61)
        assert len(kept.network) == 16
        assert Response.objects.count() == 0

    def test_a_page_without_a_score_a_head_and_a_number_off_the_scale_are_no_clicks(self, client, link):
        client.get(link)
        client.head(f"{link}?score=3")
        client.get(f"{link}?score=11")
        assert (LinkVisit.objects.count(), ProvisionalScore.objects.count()) == (3, 0)

    def test_of_one_mail_only_so_many_are_kept(self, invitation):
        token = make.token(invitation)
        said = {"token": token, "user_agent": PHONE, "address": "192.0.2.1", "ahead": False, "at": timezone.now()}
        for _ in range(MOST + 3):
            keep_click(score=3, **said)
        assert ProvisionalScore.objects.count() == MOST

    def test_the_page_asks_for_the_reason_too_and_one_press_sends_both(self, client, link):
        page = click(client, link, 3)
        assert 'name="comment"' in page.content.decode()
        sent = press(client, link, page, 3, comment="The queue.")
        assert sent["Location"] == f"{link}callback/"
        assert Response.objects.values_list("score", "comment", "revision").get() == (3, "The queue.", 2)

    def test_without_words_the_next_step_asks_for_them(self, client, link):
        page = click(client, link, 9)
        assert press(client, link, page, 9, comment=" ")["Location"] == f"{link}why/"

    def test_words_stay_when_the_number_is_missing(self, client, link):
        page = click(client, link, 3)
        again = client.post(link, {"nonce": page.context["nonce"], "comment": "The queue."})
        assert again.status_code == 422
        assert "The queue.</textarea>" in again.content.decode()


@pytest.mark.django_db
class TestSettled:
    def test_the_click_from_which_the_customer_answered_is_confirmed_whatever_it_looks_like(self, client, link):
        page = click(client, link, 9, agent="")
        press(client, link, page, 9)
        assert settle_clicks(at=timezone.now()) == 1
        assert settled() == [(9, "confirmed", False)]
        assert ProvisionalScore.objects.get().network == ""

    def test_whoever_made_up_their_mind_clicked_twice(self, client, link):
        click(client, link, 7)
        page = click(client, link, 9)
        press(client, link, page, 8)
        settle_clicks(at=timezone.now())
        assert settled() == [(7, "confirmed", False), (9, "confirmed", False)]

    def test_what_a_machine_opened_before_is_told_from_the_click_of_the_customer(self, client, link):
        for score in range(11):
            click(client, link, score)
        ProvisionalScore.objects.update(at=timezone.now() - timedelta(minutes=30))
        page = click(client, link, 9)
        press(client, link, page, 9)
        assert settle_clicks(at=timezone.now()) == 12
        assert settled() == [*((score, "expired", True) for score in range(11)), (9, "confirmed", False)]
        assert set(ProvisionalScore.objects.values_list("links", flat=True)) == {11, 1}

    def test_nobody_stands_for_it_it_waits_two_days_and_expires_and_who_it_was_stays_open(self, client, link):
        click(client, link, 3)
        assert settle_clicks(at=timezone.now() + timedelta(hours=47)) == 0
        assert settle_clicks(at=later()) == 1
        assert settled() == [(3, "expired", False)]
        assert (Response.objects.count(), Answer.objects.count()) == (0, 0)

    def test_words_written_after_a_click_on_the_score_that_stands_confirm_it(self, client, link):
        press(client, link, click(client, link, 9), 9)
        settle_clicks(at=timezone.now())
        assert click(client, link, 9)["Location"] == f"{link}why/"  # of the reminder, say
        why = client.get(f"{link}why/")
        client.post(f"{link}why/", {"nonce": why.context["nonce"], "comment": "Quick."})
        assert settle_clicks(at=timezone.now()) == 1
        assert settled() == [(9, "confirmed", False)] * 2

    def test_a_click_after_the_last_step_waits_for_another(self, client, link):
        press(client, link, click(client, link, 9), 9)
        click(client, link, 2, agent=SCANNER)
        assert settle_clicks(at=timezone.now()) == 1
        assert settle_clicks(at=later()) == 1
        assert settled() == [(9, "confirmed", False), (2, "expired", True)]
        assert Response.objects.values_list("score", "revision").get() == (9, 1)

    def test_the_sql_judges_as_the_rule_does(self, invitation):
        token = make.token(invitation)
        looks = [(agent, ahead, since) for agent in Agent for ahead in (False, True) for since in (None, 2, 600)]
        mail = ProvisionalScore(invitation=invitation, token=invitation.tokens.get(), head_before=False)
        start = timezone.now()
        assert token
        rows = [
            ProvisionalScore(
                invitation=mail.invitation, token=mail.token, head_before=False, score=3, agent=agent, ahead=ahead,
                since_hand_off=None if since is None else timedelta(seconds=since),
                at=start + timedelta(minutes=number),
            )
            for number, (agent, ahead, since) in enumerate(looks)
        ]  # fmt: skip
        ProvisionalScore.objects.bulk_create(rows)
        assert settle_clicks(at=start + timedelta(days=5), limit=20) == 20
        assert settle_clicks(at=start + timedelta(days=5)) == len(rows) - 20
        told = dict(ProvisionalScore.objects.values_list("pk", "automatic"))
        expected = {
            row.pk: is_automatic(agent=row.agent, ahead=row.ahead, since_hand_off=row.since_hand_off, links=1)
            for row in rows
        }
        assert told == expected


@pytest.mark.django_db
def test_the_console_shows_the_evidence_on_the_page_of_the_invitation(client, world, invitation, link):
    click(client, link, 3, agent=SCANNER)
    settle_clicks(at=later())
    client.force_login(world.operator)
    page = client.get(reverse("admin:surveys_invitation_change", args=[invitation.pk])).content.decode()
    assert "clicks on a score" in page.lower()
    assert "nobody stood for it" in page
    assert "Sent, may still answer" in page
