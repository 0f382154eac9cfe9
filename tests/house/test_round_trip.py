"""Legal text of any kind is stored, shown and exported as it came, in NFC and without controls, through every door
(RELIABILITY R-31)."""

from __future__ import annotations

import csv
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from closedloop.models import ContactAttempt
from crm.models import Customer
from surveys.models import Program, Response
from tests.api import Caller
from tests.factories import closedloop
from tests.factories import surveys as ask
from tests.house.test_routes import signed_in
from tests.surveys.test_survey_pages import send

TEXTS = {  # what comes in, and what is kept of it
    "joined emoji": ("👩\u200d👩\u200d👧\u200d👦 says 👍🏽",) * 2,
    "right to left": ("\u200fشكراً جزيلاً\u200f, 5 stars",) * 2,
    "combining": ("Cafe\u0301 nai\u0308ve, A\u030angstro\u0308m", "Café naïve, Ångström"),
    "quotes": ("\"Don't\", said O'Neill: “no” – «là»; a,b",) * 2,
    "markup": ("<b>bold</b> &amp; <i>x</i> {{ y }} %s",) * 2,
    "controls": ("be\x07ll e\x1bsc \u202eturned \ufeffmark", "bell esc turned mark"),
}


def by_survey(world, text: str, folder) -> tuple[str, str]:
    now = timezone.now()
    asked = ask.invitation(interaction=world.interaction, created_at=now, expires_at=now + timedelta(days=30))
    survey = f"/s/{ask.token(asked)}/"
    send(client := Client(), survey, score="2")
    send(client, survey + "why/", comment=text)
    stored = Response.objects.get()
    return stored.comment, read(world, f"/admin/surveys/response/{stored.pk}/change/")


def by_api(world, text: str, folder) -> tuple[str, str]:
    key = Caller(world.crm_secret)
    assert key.post("/customers", {"external_id": "c-9", "given_name": text}).status_code == 201
    assert key.get("/customers/c-9").json()["given_name"] == Customer.objects.get(external_id="c-9").given_name
    return Customer.objects.get(external_id="c-9").given_name, read(world, "/admin/crm/customer/", q="c-9")


def by_note(world, text: str, folder) -> tuple[str, str]:
    at = timezone.now() - timedelta(hours=1)
    ticket = closedloop.ticket(closedloop.answer(world.interaction, answered_at=at), at=at)
    words = {"version": ticket.version, "went": "reached", "note": text}
    client, place = signed_in(world.helen), f"/tickets/{ticket.public_id}/"
    assert client.post(f"{place}attempts", words).status_code == 302
    return ContactAttempt.objects.exclude(outcome="").get().note, unescape(client.get(place).content.decode())


def by_file(world, text: str, folder) -> tuple[str, str]:
    ask.program(code="bought", kind=Program.Kind.COLLECTED)
    with (folder / "answers.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["score", "date", "comment"], [9, "2026-11-20", text]])
    maps = [f"--map={name}={name}" for name in ("score", "date", "comment")]
    place = ["--unit", world.harbour.external_id, "--channel", "email"]
    call_command("load", "responses", str(folder / "answers.csv"), "--program", "bought", *maps, *place)
    return Response.objects.get().comment, exported(world)


def read(world, path: str, **query: str) -> str:
    return unescape(signed_in(world.operator).get(path, query).content.decode())


def exported(world) -> str:
    chosen = {"action": "export_csv", "_selected_action": [str(Response.objects.get().pk)]}
    answer = signed_in(world.operator).post("/admin/surveys/response/", chosen)
    lines = csv.DictReader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    return next(lines)["comment"]


@pytest.mark.parametrize("way", [by_survey, by_api, by_note, by_file], ids=lambda way: way.__name__)
@pytest.mark.parametrize(("sent", "kept"), TEXTS.values(), ids=TEXTS)
def test_text_is_kept_and_shown_as_it_came(world, tmp_path, way, sent, kept):
    stored, shown = way(world, sent, tmp_path)
    assert stored == kept
    assert kept in shown
