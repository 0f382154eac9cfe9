"""RELIABILITY G4 (R-20): machines open every link of every mail, in every way they do, and nothing is recorded.

Mail scanners, link previews and prefetching browsers cannot be told from people by their names, so no GET and no HEAD
may do anything but leave a `LinkVisit`, and a `ProvisionalScore` where a program keeps clicks.
"""

from __future__ import annotations

import http.client
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Error, Page

from common.senders import kept_open
from surveys.models import InvitationToken, LinkVisit, ProvisionalScore, Response
from surveys.models.invitations import token_hash
from surveys.services.clicking import settle_clicks
from tests.browser import page_of
from tests.factories import surveys as make
from tests.faults.post_office import open_post_office
from tests.mailbox import kind_of, links_of, ours, send_every_kind
from tests.scanners import run
from tests.walk import walk
from tests.world import build_world

pytestmark = [pytest.mark.django_db(transaction=True)]

_EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
AGENTS = [
    f"{_EDGE} Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",  # Safe Links: as any browser
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    f"{_EDGE} Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",  # a mailbox provider's prefetch
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "BarracudaCentral/2.0 (Barracuda Sentinel)",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Proofpoint URL Defense)",
    "Mimecast-URL-Protect/1.0",
    "Mozilla/5.0 (compatible; Cisco Secure Email URL scanner)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "SkypeUriPreview Preview/0.5",
    "python-requests/2.34.2",
    "",
]
WAYS = [
    {},
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch", "X-Moz": "prefetch"},
    {"Range": "bytes=0-0"},
    {"Referer": "https://mail.example.org/", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-User": "?1"},
]
MORE = Path(__file__).resolve().parents[3] / "shared" / "data" / "bot_user_agents" / "crawler-user-agents.json"
# the landing page leads to /healthz, which tries a write, and to the API, which counts whoever calls
LEAVES_TRACES = {
    "surveys_linkvisit",
    "surveys_provisionalscore",
    "common_heartbeat",
    "common_ratebucket",
    "surveys_dispositionnote",
}  # a click that is kept as evidence is noted for the report that tells of such clicks


@pytest.fixture
def mails(live_server, settings):
    """All that we send, as it arrived: each kind, in each language, to a customer and to staff."""
    settings.PUBLIC_URL = live_server.url
    world, now = build_world(), timezone.now()
    walk(world)
    # the first, of which most is asked below, keeps clicks on scores
    versions = [make.version(keep_clicks=not number, wording={"en": {}}) for number, _ in enumerate(settings.LANGUAGES)]
    asked = [
        make.invitation(
            interaction=world.interaction, version=version, language=code, expires_at=now + timedelta(days=30)
        )
        for version, (code, _) in zip(versions, settings.LANGUAGES, strict=True)
    ]
    with open_post_office() as office:
        settings.EMAIL_BACKEND = "common.smtp.WatchedBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
        with kept_open():
            yield send_every_kind(office, asked)


def everything() -> dict[str, tuple[int, str]]:
    """Each table's number of rows and digest, but for the traces that visits leave."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - LEAVES_TRACES):
            cursor.execute(f"select count(*), md5(string_agg(t::text, '|' order by t::text)) from \"{table}\" t")
            found[table] = cursor.fetchone()
    return found


def every_link(mails) -> list[str]:
    found = {link: None for mail in mails for link in ours(links_of(mail))}
    assert {mail["Content-Type"].partition(";")[0] for mail in mails} == {"multipart/alternative"}
    return list(found)


def scores(mail) -> list[str]:
    return [link for link in ours(links_of(mail)) if "?score=" in link]


def agents() -> list[str]:
    """The named ones, and some of the known crawlers where the list is at hand."""
    known = json.loads(MORE.read_text()) if MORE.exists() else []
    more = [name for entry in known for name in entry.get("instances", [])[:1] if name.isascii()]
    return AGENTS + random.Random(20261122).sample(more, min(30, len(more)))


def test_every_link_of_every_mail_by_get_and_head_records_nothing(mails):
    before, links = everything(), every_link(mails)
    kinds = {link.split("/")[3] for link in links}
    # a new kind of link is to be looked at here
    doors = {"s", "u", "me", "alerts", "tickets", "read", "huddle", "insights", "subscriptions", "admin"}
    assert kinds == doors | {"stream", "patterns"}
    calls = [(method, link, agent) for link in links for method, agent in zip(("GET", "HEAD"), AGENTS, strict=False)]
    first = [link for link in links if "/s/" in link or "/u/" in link][:13]
    calls += [(method, link, agent) for link in first for agent in agents() for method in ("GET", "HEAD")]
    statuses = fetch(calls, [{}])
    assert set(statuses) == {200}  # staff end at the door
    assert everything() == before
    of = {token.hash: token.invitation_id for token in InvitationToken.objects.all()}
    opened = Counter(of[token_hash(link.split("/")[4].partition("?")[0])] for _, link, _ in calls if "/s/" in link)
    assert LinkVisit.objects.count() == sum(min(200, times) for times in opened.values())  # of an invitation


def test_prefetching_in_every_way_records_nothing(mails):
    before, links = everything(), every_link(mails)
    assert set(fetch([("GET", link, AGENTS[0]) for link in links], WAYS)) == {200}
    assert everything() == before


def fetch(calls, ways) -> Counter[int]:
    """The last status of each call in each way, eight at a time."""
    with httpx.Client(follow_redirects=True, timeout=30) as client, ThreadPoolExecutor(8) as pool:

        def one(call):
            (method, link, agent), way = call
            return client.request(method, link, headers={"User-Agent": agent, **way}).status_code

        return Counter(pool.map(one, [(call, way) for call in calls for way in ways]))


def test_all_eleven_scores_at_once_leave_eleven_visits_and_no_answer(mails):
    before, links = everything(), scores(mails[0])
    assert len(links) == 11
    assert at_once(links) == {200}
    assert everything() == before
    assert sorted(LinkVisit.objects.values_list("score", flat=True)) == list(range(11))
    opened = LinkVisit.objects.values_list("at", flat=True)
    assert max(opened) - min(opened) <= timedelta(seconds=1)
    settle_clicks(at=timezone.now() + timedelta(days=3))
    assert everything() == before
    assert sorted(ProvisionalScore.objects.values_list("score", "automatic")) == [(n, True) for n in range(11)]


def at_once(links) -> set[int]:
    """The statuses of links that are opened in one moment: each line is there before the first request leaves, and none
    waits for another's answer."""
    there = [urlsplit(link) for link in links]
    lines = [http.client.HTTPConnection(parts.netloc, timeout=30) for parts in there]
    for line in lines:
        line.connect()
    for line, parts in zip(lines, there, strict=True):
        line.request("GET", f"{parts.path}?{parts.query}")
    statuses = {line.getresponse().status for line in lines}
    for line in lines:
        line.close()
    return statuses


def test_what_people_press_among_scanners_is_kept_and_nothing_else(world):
    """Small here; `python -m tests.proofs scanners` runs it with 1,500 mails."""
    figures = run(world, mails=40, seed=20261122)
    assert (figures["false_scores"], figures["kept"]) == (0, figures["pressed"])
    assert figures["pressed"] > 5
    assert figures["all_settled"]
    assert figures["no_person_called_a_machine"]
    assert figures["clicks_of_who_pressed_confirmed"]
    assert figures["clicks_of_who_left_expired"]


@pytest.mark.browser
def test_after_the_scanners_the_customer_answers_as_if_they_had_not_been(mails, chromium):
    before, links = Response.objects.count(), scores(mails[0])
    fetch([("GET", link, AGENTS[0]) for link in links], [{}])
    assert Response.objects.count() == before
    page = page_of(chromium)
    page.goto(links[10])
    page.get_by_role("button", name="Confirm my answer").click()
    page.wait_for_url("**/why/")
    assert Response.objects.get(score=10).revision == 1
    settle_clicks(at=timezone.now())
    kept = ProvisionalScore.objects.filter(score=10, state="confirmed")
    assert kept.count() == 1  # of the two clicks on this score, the customer's


def opens(page: Page, link: str) -> bool:
    """Follow the link; False where the browser saves what comes as a file, as it does with the API's schema."""
    try:
        page.goto(link)
    except Error as error:
        if "Download is starting" not in str(error):
            raise
        return False
    return True


def of_each_kind(mails):
    """Every link of the first mail of each kind, which is the English one; of a reminder's scores the lowest and the
    highest, whose pages are the question's."""
    first = {kind_of(mail): mail for mail in reversed(mails)}
    assert first.keys() > {"ask", "reminder", "reminder_2", "letter", "note"}
    for kind, mail in first.items():
        for link in every_link([mail]):
            if kind == "ask" or "?score=" not in link or link.endswith(("=0", "=10")):
                yield link


@pytest.mark.browser
def test_a_browser_that_runs_scripts_and_follows_every_link_records_nothing(mails, chromium, live_server):
    before, waiting, seen = everything(), list(of_each_kind(mails)), set()
    context = page_of(chromium).context
    page = context.new_page()
    while waiting:
        link = waiting.pop()
        seen.add(link)
        if not opens(page, link):
            continue
        page.mouse.move(200, 300)
        page.mouse.wheel(0, 900)
        ahead = page.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
        near = [urljoin(link, one).partition("#")[0] for one in ahead if one.startswith(live_server.url)]
        waiting += [one for one in dict.fromkeys(near) if one not in seen and one not in waiting]
    tabs = [context.new_page() for _ in range(11)]
    for tab, link in zip(tabs, scores(mails[0]), strict=True):
        tab.goto(link, wait_until="commit")
    tabs[-1].wait_for_timeout(4_000)
    assert everything() == before
    assert LinkVisit.objects.exclude(score=None).count() >= 22
