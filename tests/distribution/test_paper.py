"""The digest as a PDF, and that page, mail and paper say the same."""

import io
import re
import sys
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from pypdf import PdfReader

from analytics.maths.rounding import signed
from analytics.services.filling import fill
from distribution.models import Digest, Dispatch, News
from distribution.services import printing
from distribution.services.composing import compose
from distribution.services.digesting import freeze_due
from tests.factories import distribution as tell

MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # Tuesday
YESTERDAY = MORNING - timedelta(hours=14)


@pytest.fixture
def morning(world):
    """31 answers, one of them a complaint that is overdue."""
    with time_machine.travel(MORNING, tick=False):
        for number in range(30):
            tell.answer(
                unit=world.harbour, score=(10, 8, 2)[number % 3], at=YESTERDAY - timedelta(days=2 + number % 20)
            )
        response = tell.answer(
            unit=world.harbour, score=3, at=YESTERDAY, comment="The passbook is mislaid <b>", customer=world.ines
        )
        tell.ticket(tell.signal(response, previous_score=9), due_at=MORNING - timedelta(hours=1), owner=world.helen)
        News.objects.create(title="New cards", text="From Monday.", first_on=MORNING, last_on=MORNING)
        fill(at=MORNING)
        freeze_due(at=MORNING)
        yield world


def paper(client, unit):
    return client.get(f"{Digest.objects.get(unit=unit).get_absolute_url()}paper/")


def words_of(pdf):
    """What stands in a PDF, in one line."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def words_in(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_page_mail_and_paper_say_the_same(morning, client):
    content = Digest.objects.get(unit=morning.harbour).content
    card = content["score"]["30"]
    assert (card["n"], content["calls"]["overdue"], content["answers"]["n"]) == (31, 1, 1)
    client.force_login(morning.helen.user)
    mail = compose(Dispatch.objects.get(employee=morning.helen, kind="digest"), at=MORNING)
    told = {
        "page": words_in(client.get(Digest.objects.get(unit=morning.harbour).get_absolute_url()).text),
        "text": " ".join(mail.body.split()),
        "html": words_in(str(mail.alternatives[0][0])),
        "paper": words_of(paper(client, morning.harbour).getvalue()),
    }
    score, low, high = (signed(card[name]) for name in ("nps", "low", "high"))
    theme = "No comment of the last 14 days is sorted by topic yet, so no theme."
    same = (score, low, high, "31", "The passbook is mislaid <b>", theme, "New cards", "From Monday.")
    missing = [(where, what) for where, words in told.items() for what in same if what not in words]
    assert missing == []


def test_it_is_a_tagged_pdf_that_no_cache_keeps(morning, client):
    client.force_login(morning.helen.user)
    answer = paper(client, morning.harbour)
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert answer.headers["Content-Disposition"] == 'inline; filename="harbour-2026-11-24.pdf"'
    pdf = PdfReader(io.BytesIO(answer.getvalue()))
    assert 1 <= len(pdf.pages) <= 3
    assert "/StructTreeRoot" in pdf.trailer["/Root"]


def test_there_is_none_out_of_sight_nor_by_the_link_of_a_mail(morning, client):
    client.force_login(morning.elsa.user)
    assert paper(client, morning.harbour).status_code == 404
    client.logout()
    assert paper(client, morning.harbour).headers["Location"].startswith("/login/")


def test_where_nothing_can_make_one_the_page_offers_none(morning, client, monkeypatch):
    """An installation without the extra: the very state of Python's modules, with WeasyPrint out of reach."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    printing._weasyprint.cache_clear()
    client.force_login(morning.helen.user)
    assert paper(client, morning.harbour).status_code == 404
    assert "paper/" not in client.get(Digest.objects.get(unit=morning.harbour).get_absolute_url()).text
    printing._weasyprint.cache_clear()


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "http://127.0.0.1:8000/static/css/staff.css", "https://page.invalid/static/../settings.py",
     "https://page.invalid/static/css/none.css", "https://page.invalid/digest/"],
)  # fmt: skip
def test_nothing_is_fetched_but_style_sheets_of_ours(url):
    with pytest.raises(ValueError, match="not a style sheet"):
        printing.own_files(url)
