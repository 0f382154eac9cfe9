"""The page /insights/dispositions/ and GET /api/v1/dispositions: what became of invitations."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from django.utils import timezone

from analytics.services.scoring import score_card
from common.models import Event
from surveys.models import ClickTally, InboundMail, Invitation, LinkVisit, Message, ProvisionalScore, Refusal
from surveys.services.forgetting_visits import forget_visits
from tests.factories import analytics as make
from tests.factories.crm import NOW

DAY = date(2026, 10, 10)
OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
TOLD = {
    "complete": 2, "partial": 1, "break_off": 1, "refused": 1, "silent": 2, "open": 1, "bounced": 1,
    "not_delivered": 1, "unknown_delivery": 1, "not_asked": 1, "waiting": 1,
}  # fmt: skip


@pytest.fixture
def asked(world):
    """Thirteen invitations of Harbour, one at least of each disposition."""
    rows = make.invitations(unit=world.harbour, customer=world.ines, number=13, on=DAY)
    states = ["handed_off"] * 9 + ["failed", "unknown", "cancelled", "pending"]
    fields = {"created_at": NOW, "due_at": NOW}
    sent = Message.objects.bulk_create(
        Message(invitation=row, state=state, **fields) for row, state in zip(rows, states, strict=True)
    )
    for row, score, status in zip(rows, (9, 3, 7, None), ("complete", "complete", "partial", "partial"), strict=False):
        make.answered(row, score, status=status)
    Refusal.objects.create(invitation=rows[4], at=NOW, how="link")
    still = timezone.now() + timedelta(days=3)
    Invitation.objects.filter(pk__in=[rows[7].pk, rows[12].pk]).update(expires_at=still)
    came = {"key": "m", "size": 1, "received_at": NOW, "due_at": NOW, "verdict": "bounce"}
    InboundMail.objects.create(invitation=rows[8], message=sent[8], **came)
    return rows


def look(client, person, **parameters):
    client.force_login(person.user)
    return client.get("/insights/dispositions/", {**OCTOBER, **parameters})


def text(response):
    return " ".join(response.content.decode().split())


def test_the_page_tells_each_disposition_and_the_rates(client, world, asked):
    response = look(client, world.helen)
    report, page = response.context["report"], text(response)
    assert {each.value: number for each, _, number in report.whole.rows} == TOLD
    assert (report.whole.invitations, report.whole.n, report.whole.open) == (13, 11, 1)
    assert "<h1>18 % of the invitations were answered to the end; most often otherwise: delivered, no answer" in page
    assert "11 of 13 invitations went out; 1 of them may still be answered, so the rates are so far." in page
    assert "27 %: gave a score, whether they came to the end or not." in page


def test_the_rate_beside_a_score_is_rr2_of_the_same_invitations(client, world, asked):
    whole = look(client, world.helen).context["report"].whole
    card = score_card(principal=world.helen.user, unit=world.harbour, start=date(2026, 10, 1), end=date(2026, 10, 31))
    assert (card.asking.invited, card.response_rate) == (whole.n, whole.rates.rr2) == (11, 3 / 11)


def test_programs_and_units_below_have_their_own(client, world, asked):
    make.invitations(unit=world.station, customer=world.ines, number=2, on=DAY)
    report = look(client, world.olivia).context["report"]
    assert [(row.label, row.invitations) for row in report.units] == [("North", 13), ("South", 2)]
    assert [(row.key, row.invitations) for row in report.programs] == [("branch-visits", 15)]
    assert [(row.key, row.invitations) for row in report.months] == [("2026-10", 15)]


def test_clicks_and_visits_whose_time_is_over_go_and_the_report_says_what_it_said(client, world, asked, settings):
    settings.VISITS_KEPT_DAYS = 90
    shared = {"agent": "browser", "ahead": False, "head_before": False, "at": NOW}
    done = {"state": "expired", "settled_at": NOW}
    for number in range(5):  # of two invitations; a third has one that nobody has settled yet
        ProvisionalScore.objects.create(
            invitation=asked[number % 2], score=number, automatic=number < 2, **shared, **done
        )
    ProvisionalScore.objects.create(invitation=asked[2], score=1, **shared)
    LinkVisit.objects.create(invitation=asked[0], method="GET", at=NOW)
    LinkVisit.objects.create(invitation=asked[0], method="GET", at=NOW + timedelta(days=1))

    def told(**parameters):
        report = look(client, world.olivia, **parameters).context["report"]
        return [(row.key, row.clicks) for row in (report.whole, *report.units, *report.programs, *report.months)]

    before, today = told(), told(as_of="is")
    assert before[0][1] == (5, 2)
    assert forget_visits(at=NOW + timedelta(days=90)) == {}
    gone = forget_visits(at=NOW + timedelta(days=90, seconds=1), stretch=2)
    assert gone == {"visits": 1, "clicks": 5}
    assert (told(), told(as_of="is")) == (before, today)
    assert list(ClickTally.objects.order_by("invitation").values_list("settled", "automatic")) == [(3, 1), (2, 1)]
    assert [click.state for click in ProvisionalScore.objects.all()] == ["open"]
    ProvisionalScore.objects.create(invitation=asked[0], score=9, automatic=True, **shared, **done)
    assert told()[0][1] == (6, 3)
    forget_visits(at=NOW + timedelta(days=91))
    assert told()[0][1] == (6, 3)


def test_elsewhere_nothing_of_it_is_seen(client, world, asked):
    assert look(client, world.elsa, unit=world.harbour.pk).status_code == 404
    assert "Nobody was invited here in this period" in text(look(client, world.elsa))


def test_a_wrong_filter_is_named(client, world):
    response = look(client, world.helen, **{"from": "yesterday"})
    assert response.status_code == 400
    assert "Give a date such as 2026-11-22." in text(response)


def test_the_file_has_a_line_for_each_disposition_and_the_trail_keeps_who_took_it(client, world, asked):
    reply = look(client, world.helen, format="csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))
    assert {line["Disposition"]: int(line["Number"]) for line in lines if line["Table"] == "unit"} == TOLD
    assert Event.objects.get(what="dispositions.exported").data == {"rows": len(lines), "format": "csv"}


def test_the_api_gives_the_same_by_month_with_how_many_went_out(client, world, asked):
    path = f"/api/v1/dispositions?unit={world.harbour.external_id}&by=month&from=2026-10-01&to=2026-10-31"
    (month,) = client.get(path, headers={"authorization": f"Bearer {world.crm_secret}"}).json()["outcomes"]
    assert (month["key"], month["n"], month["invitations"], month["open"]) == ("2026-10", 11, 13, 1)
    assert month["dispositions"] == TOLD
    assert (month["rates"]["rr1"], month["rates"]["rr5"]) == (2 / 11, 2 / 8)
