"""What Slack and Teams are told: in words, by the unit's hours, and with nothing of a customer's that reads as markup.

Every body is held against what Slack and Microsoft say a message may look like (tests/distribution/chat_schemas.py).
"""

import json
import random
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ValidationError
from slack_sdk.errors import SlackObjectFormationError

from common.egress import Egress
from common.models import Event
from common.posting import post
from distribution.channels import CHATS
from distribution.models import WebhookDelivery, WebhookEndpoint
from distribution.saying import Said, as_said
from distribution.services.webhooks.delivering import deliver_due
from distribution.services.webhooks.telling import send_test, tell
from tests.api import Caller, errors
from tests.distribution.chat_schemas import held_by_slack, refused_by_teams
from tests.factories import distribution as stand
from tests.factories import webhooks as make
from tests.faults.http_sink import HttpSink, open_http_sink
from tests.world import NOW

FRIDAY = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)  # Harbour is closed
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # it opens
WORDS = "Nobody called, <!channel> [look](http://evil.example) *now*, ring +44 20 7946 0471"
SAID = Said(
    "2 of 10 at Harbour: detractor",
    (("Rule", "Detractors & <b>"), ("Call by", "Monday 23 November, 11:00")),
    WORDS,
    "https://shop.example.org/tickets/1/",
)


def held(form, body):
    """Fails where the maker of the chat would refuse the message."""
    if form == "slack":
        held_by_slack(body)
    else:
        assert refused_by_teams(body) == ""


def test_a_slack_message_escapes_what_it_marks_up_and_leaves_words_plain():
    held("slack", CHATS["slack"](SAID))
    assert CHATS["slack"](SAID) == {
        "text": "2 of 10 at Harbour: detractor",
        "blocks": [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": "2 of 10 at Harbour: detractor", "emoji": False},
            },
            {"type": "section", "text": {"type": "plain_text", "text": WORDS, "emoji": False}},
            {
                "type": "section",
                "fields": [
                    {"type": "mrkdwn", "text": "*Rule*\nDetractors &amp; &lt;b&gt;", "verbatim": True},
                    {"type": "mrkdwn", "text": "*Call by*\nMonday 23 November, 11:00", "verbatim": True},
                ],
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": "<https://shop.example.org/tickets/1/|Open the ticket>",
                    "verbatim": True,
                },
            },
        ],
    }


def test_a_teams_card_has_words_as_runs_in_which_no_markdown_is_read():
    held("teams", CHATS["teams"](SAID))
    assert CHATS["teams"](SAID) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        {
                            "type": "RichTextBlock",
                            "inlines": [
                                {"type": "TextRun", "text": SAID.headline, "size": "Medium", "weight": "Bolder"}
                            ],
                        },
                        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": WORDS}]},
                        {
                            "type": "FactSet",
                            "facts": [
                                {"title": "Rule", "value": "Detractors & <b\\>"},
                                {"title": "Call by", "value": "Monday 23 November, 11:00"},
                            ],
                        },
                    ],
                    "actions": [
                        {
                            "type": "Action.OpenUrl",
                            "title": "Open the ticket",
                            "url": "https://shop.example.org/tickets/1/",
                        }
                    ],
                },
            }
        ],
    }


@pytest.mark.parametrize("form", CHATS)
def test_no_chat_gets_more_than_it_takes(form):
    """Characters that UTF-8 writes in four bytes, or that Slack has escaped."""
    for mark in ("😀", "&"):
        held(form, CHATS[form](Said(mark * 300, ((mark * 40, mark * 3000),) * 60, mark * 9000, "https://x.example/")))


def test_slack_gets_no_longer_text_than_it_takes():
    blocks = CHATS["slack"](Said("h" * 200, (("n", "v" * 3000),) * 11, "w" * 4000))["blocks"]
    lengths = [len(blocks[0]["text"]["text"]), len(blocks[1]["text"]["text"]), len(blocks[2]["fields"][0]["text"])]
    assert lengths == [150, 3000, 2000]
    assert len(blocks[2]["fields"]) == 10


def test_the_schemas_refuse_what_the_chats_refuse():
    """So that the tests here could fail: a title too long, an element nobody knows, a link that leads nowhere, what
    came with 1.5."""
    wrong = CHATS["slack"](SAID)
    wrong["blocks"][0]["text"]["text"] = "h" * 151
    with pytest.raises(SlackObjectFormationError):
        held_by_slack(wrong)
    for change in ({"type": "Action.Call"}, {"url": None}, {"tooltip": "Opens it"}):
        wrong = CHATS["teams"](SAID)
        wrong["attachments"][0]["content"]["actions"][0].update(change)
        assert refused_by_teams(wrong)


def test_a_fact_without_a_value_is_left_out():
    assert as_said("\n Head \nRule: A: b\nEmpty:\n") == Said("Head", (("Rule", "A: b"),))


def raised(world, *, at=FRIDAY, waits=True):
    """The event of an alert with a ticket, as screening leaves it."""
    about = stand.signal(
        stand.answer(unit=world.harbour, score=2, at=at, customer=world.ines, comment=WORDS),
        previous_score=8, previous_category="passive",
    )  # fmt: skip
    ticket = stand.ticket(about, owner=world.helen, due_at=MONDAY + timedelta(hours=2))
    alert = stand.alert(about, rule=stand.rule(waits=waits), ticket=ticket)
    Event.objects.record("alert.raised", subject=alert, at=at)
    return alert


def told(endpoint, at=FRIDAY):
    while tell(at=at):
        pass
    return WebhookDelivery.objects.get(endpoint=endpoint)


@pytest.mark.parametrize("words", [True, False])
def test_an_alert_is_told_in_words_without_names_or_numbers(world, words):
    endpoint = make.endpoint(unit=world.north, form="slack", types=["alert.raised"], words=words)
    alert = raised(world)
    body = json.loads(told(endpoint).body)
    held("slack", body)
    text = json.dumps(body, ensure_ascii=False)
    assert body["text"] == "2 of 10 at Harbour: detractor"
    for part in ("*Rule*\\nDetractors", "fell by 6 points", "Monday 23 November, 11:00", "with Helen"):
        assert part in text
    assert f"/tickets/{alert.ticket.public_id}/" in text
    assert ("Nobody called" in text) is words
    for hidden in ("Ines", "7946"):
        assert hidden not in text


@pytest.mark.parametrize(("form", "waits", "due"), [
    ("slack", True, MONDAY), ("teams", True, MONDAY), ("slack", False, FRIDAY), ("json", True, FRIDAY),
])  # fmt: skip
def test_a_chat_hears_when_the_unit_opens_unless_the_rule_tells_at_any_hour(world, form, waits, due):
    endpoint = make.endpoint(unit=world.north, form=form, types=["alert.raised"])
    raised(world, waits=waits)
    assert told(endpoint).due_at == due


@pytest.mark.parametrize("what", ["ticket.opened", "ticket.handed_over", "ticket.closed", "ticket.reopened"])
def test_what_becomes_of_a_ticket_is_told_in_words(world, what):
    endpoint = make.endpoint(unit=world.north, form="teams", types=[what])
    ticket = raised(world).ticket
    Event.objects.record(what, subject=ticket, at=FRIDAY, outcome="resolved")
    body = json.loads(told(endpoint).body)
    held("teams", body)
    card = body["attachments"][0]["content"]
    headline = card["body"][0]["inlines"][0]["text"]
    assert (
        headline
        == {
            "ticket.opened": "A customer of Harbour is to be called by Monday 23 November, 11:00",
            "ticket.handed_over": "A ticket of Harbour is with Helen now",
            "ticket.closed": "A ticket of Harbour was closed",
            "ticket.reopened": "A ticket of Harbour was taken up again",
        }[what]
    )


@pytest.mark.parametrize("form", CHATS)
def test_a_test_of_a_chat_is_a_message_it_can_show(world, form):
    row = send_test(endpoint=make.endpoint(unit=world.north, form=form, types=["alert.raised"]), at=NOW)
    held(form, json.loads(row.body))
    assert "A test: Shopkeeper can write here" in row.body


@pytest.mark.parametrize("form", CHATS)
def test_a_message_reaches_a_channel_over_http_after_a_first_failure(world, form):
    """To a real server on this machine, which is let through for the test; as installed it is refused."""
    with open_http_sink(HttpSink()) as sink:
        make.endpoint(unit=world.north, form=form, types=["alert.raised"], words=True, url=f"{sink.url}/services/T/B/x")
        raised(world, waits=False)
        while tell(at=FRIDAY):
            pass
        refusing = Egress((), frozenset({443}))
        assert deliver(refusing, FRIDAY) == {"pending": 1}
        open_here = Egress((ip_network("127.0.0.0/8"),), frozenset({urlsplit(sink.url).port or 0}))
        assert (len(sink.received), deliver(open_here, FRIDAY + timedelta(seconds=10))) == (0, {"handed_off": 1})
        (taken,) = sink.received
    held(form, json.loads(taken.body))
    assert "Nobody called" in taken.body.decode()


def deliver(egress, at):
    return deliver_due(at=at, send=lambda message: post(message, egress=egress, seconds=2), rng=random.Random(1))


def test_a_chat_is_told_of_alerts_and_tickets_only(world):
    with pytest.raises(ValidationError, match=r"not of response\.received"):
        WebhookEndpoint.register(
            name="Chat", url="https://hooks.slack.com/services/T/B/x", unit=world.north, form="slack",
            types=["alert.raised", "response.received"], at=NOW, by=None,
        )  # fmt: skip
    assert not WebhookEndpoint.objects.exists()


def test_over_the_api_too(world):
    caller = Caller(world.crm_secret)
    wanted = {
        "name": "Chat", "url": "https://hooks.slack.com/services/T/B/x", "unit": world.north.external_id,
        "form": "teams", "types": ["alert.raised"],
    }  # fmt: skip
    answer = caller.post("/webhook-endpoints", wanted | {"types": ["load.finished"]})
    assert (answer.status_code, errors(answer)) == (422, [("invalid", "types")])
    answer = caller.post("/webhook-endpoints", wanted)
    assert (answer.status_code, answer.json()["form"]) == (201, "teams")


def test_a_key_that_may_not_read_answers_does_not_read_them_in_a_chat(world):
    endpoint = make.endpoint(unit=world.north, form="slack", types=["alert.raised"], words=True)
    raised(world)
    row = told(endpoint)
    assert row.needs() == endpoint.deliveries.all().needs() == {"tickets:read", "responses:read"}
