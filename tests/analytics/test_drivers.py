"""The page /insights/drivers/: what goes with the score, from the rows to the words."""

from __future__ import annotations

import csv
import io
import random
from contextlib import suppress
from datetime import date
from itertools import combinations
from math import factorial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.services.drivers.reporting import driver_report
from analytics.services.filling import fill
from common.models import Event
from crm.viewpoints import View
from surveys.models import Program, Response
from tests.factories import analytics as make
from tests.factories import crm
from tests.factories import surveys as ask
from tests.world import NOW

DAY = date(2026, 11, 10)
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}
LOUNGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "skytrax_lounge_seat" / "lounge.csv"
QUESTIONS = [
    {"code": "ease", "kind": "effort"},
    {"code": "about", "kind": "single", "options": ["fees", "staff"]},
    {"code": "fees-clear", "kind": "satisfaction", "ask": {"answers": [{"question": "about", "any_of": ["fees"]}]}},
    {"code": "wrong", "kind": "single", "options": ["wait", "tone"], "ask": {"categories": ["detractor"]}},
    {"code": "words", "kind": "text"},
]  # fmt: skip
WORDING = {"en": {"question": "Likely?", "ease": "How easy was it?", "about": "What was it about?",
                  "about.fees": "Fees", "about.staff": "Staff", "fees-clear": "Were the fees clear?"}}  # fmt: skip


def answers(world, number, *, unit=None, seed=1):
    """Visits whose wait lowers the score, more than how easy they were lifts it; half of them about fees."""
    rng, unit = random.Random(seed), unit or world.harbour
    of = Program.objects.filter(code="visits").first() or ask.program(code="visits", name="Visits")
    version = of.versions.first() or ask.version(program=of, questions=QUESTIONS, wording=WORDING)
    visits = [
        crm.interaction(
            kind=world.visit, customer=world.ines, unit=unit,
            attributes={"wait_minutes": rng.randint(0, 40), "topic": f"slip {n}"},
        )
        for n in range(number)
    ]  # fmt: skip
    said = [
        {"ease": rng.randint(1, 7), "about": rng.choice(["fees", "staff"]), "fees-clear": rng.randint(1, 5),
         "wrong": None, "words": "Fine."}
        for _ in visits
    ]  # fmt: skip
    scores = [
        max(0, min(10, round(9 - each.attributes["wait_minutes"] / 5 + further["ease"] / 3 + rng.gauss(0, 1))))
        for each, further in zip(visits, said, strict=True)
    ]
    rows = make.answers(unit=unit, scores=scores, on=DAY, of=of, version=version)
    for row, visit, further in zip(rows, visits, said, strict=True):
        row.interaction, row.further = visit, further
    Response.objects.bulk_update(rows, ["interaction", "further"])
    fill(at=NOW)
    return rows


def look(client, person, **parameters):
    client.force_login(person.user)
    return client.get("/insights/drivers/", {**NOVEMBER, **parameters})


def text(response):
    return " ".join(response.content.decode().split())


@pytest.mark.django_db
def test_the_page_says_what_goes_most_with_the_score_and_why_the_rest_is_left_out(client, world):
    rows = answers(world, 150)
    reply = look(client, world.helen)
    report, page = reply.context["report"], text(reply)
    assert "<h1>Waiting time is associated most with the score: " in page
    assert [each.label for each in report.drivers[:2]] == ["Waiting time", "How easy was it?"]
    wait = np.array([row.interaction.attributes["wait_minutes"] for row in rows])
    r = np.corrcoef(wait, [row.score for row in rows])[0, 1]
    assert report.drivers[0].found.r == pytest.approx(r, abs=1e-5)
    assert report.drivers[0].mean == pytest.approx(wait.mean())
    assert (report.n, report.drivers[0].odds[0][1].verdict) == (150, "less")
    assert {each.label: each.why for each in report.unfit}["wrong"] == "by_score"
    assert "Whom it is asked hangs on the score itself" in page
    assert "Topic</dt><dd>Too many different texts to be a choice" in page
    assert "How the answer came</dt><dd>The same in all 150 answers that have it" in page
    assert "causes" not in page


@pytest.mark.django_db
def test_an_answer_left_behind_by_a_changed_one_does_not_count(client, world):
    rows = answers(world, 150)
    about_fees = sum(row.further["about"] == "fees" for row in rows)
    report = look(client, world.helen).context["report"]
    assert {each.key: each.found.n for each in report.drivers}["question:fees-clear"] == about_fees < 150
    assert report.result.n_pair == about_fees


@pytest.mark.django_db
def test_a_figure_leads_to_its_curve(client, world):
    answers(world, 150)
    assert "curve=attribute%3Await_minutes" in text(look(client, world.helen))
    reply = look(client, world.helen, curve="attribute:wait_minutes")
    bins = reply.context["report"].curve.bins
    assert (len(bins), sum(each.n for each in bins), bins[0].low, bins[-1].high) == (4, 150, 0, 40)
    assert bins[0].nps > bins[-1].nps
    assert 'id="h-curve">Waiting time: from ' in text(reply)
    options = look(client, world.helen, curve="question:about").context["report"].curve.bins
    assert {each.option: each.n for each in options}.keys() == {"Fees", "Staff"}
    assert look(client, world.helen, curve="question:gone").context["report"].curve is None


@pytest.mark.django_db
def test_sight_is_that_of_the_scores(client, world):
    answers(world, 60)
    assert look(client, world.elsa, unit=world.harbour.pk).status_code == 404
    assert look(client, world.elsa).context["report"].n == 0
    assert look(client, world.jonas).status_code == 404
    assert look(client, world.olivia, unit=world.north.pk).context["report"].n == 60


@pytest.mark.django_db
def test_with_too_few_answers_the_page_says_what_is_missing(client, world):
    answers(world, 49)
    page = text(look(client, world.helen))
    assert "<h1>Too few answers to say what goes with the score" in page
    assert "49 answers here, and 50 with a driver are the least" in page
    wrong = look(client, world.helen, days="0")
    assert (wrong.status_code, "Give 1 to 3660 days." in text(wrong)) == (400, True)


@pytest.mark.django_db
def test_the_queries_do_not_grow_with_the_answers(client, world):
    counts = []
    for seed, more in enumerate((60, 180)):
        answers(world, more, seed=seed)
        look(client, world.helen)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert look(client, world.helen).context["report"].result
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 25


@pytest.mark.django_db
def test_the_file_has_the_drivers_and_the_trail_keeps_who_took_it(client, world):
    answers(world, 60)
    reply = look(client, world.helen, format="csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))
    assert lines[0]["Id"] == "attribute:wait_minutes"
    assert Event.objects.get(what="drivers.exported").data == {"rows": len(lines), "format": "csv"}


@pytest.mark.django_db
def test_the_api_tells_the_same(client, world):
    answers(world, 150)
    report = look(client, world.helen).context["report"]
    path = f"/api/v1/drivers?unit={world.harbour.external_id}&from=2026-11-01&to=2026-11-30"
    told = client.get(path, headers={"authorization": f"Bearer {world.crm_secret}"}).json()
    first, found = told["drivers"][0], report.drivers[0].found
    assert (told["n"], told["r_squared"]) == (150, pytest.approx(report.result.r_squared))
    assert (first["key"], first["origin"], first["n"]) == ("attribute:wait_minutes", "operational", 150)
    assert (first["marginal"], first["marginal_low"]) == pytest.approx((found.part, found.part_interval.low))
    assert first["odds"][0]["high"] < 1
    assert {"label": "words", "why": "own words; see the themes"} in told["left_out"]
    refused = client.get(path + "&by=month", headers={"authorization": f"Bearer {world.crm_secret}"})
    assert refused.status_code == 422


@pytest.mark.django_db
@pytest.mark.shared
@pytest.mark.skipif(not LOUNGES.exists(), reason="needs ../shared/data/skytrax_lounge_seat")
def test_real_reviews_of_lounges_on_two_scales_as_a_few_lines_of_pandas_have_them(world, tmp_path):
    """Until 8 June 2015 lounges were rated from 1 to 5, since then from 1 to 10."""
    ask.program(code="lounges", kind=Program.Kind.COLLECTED)
    reviews = pd.read_csv(LOUNGES)
    old = reviews[reviews.date < "2015-06-09"]
    aspects = [name for name in reviews if name.endswith("_rating") and name != "overall_rating"]
    maps = [part for name in aspects for part in ("--map", f"{name}={name}")]
    for part, scale in ((old, "1-5"), (reviews.drop(old.index), "1-10")):
        path = tmp_path / f"{scale}.csv"
        part.to_csv(path, index_label="id")
        options = ["--program", "lounges", "--unit", world.harbour.external_id, "--channel", "web", "--id", "id"]
        with suppress(SystemExit):  # some have no overall rating, and are rejected by name
            call_command("load", "responses", str(path), *options, "--scale", scale, "--map", "score=overall_rating",
                         "--map", "date=date", *maps)  # fmt: skip
    question = {
        "start": date(2006, 1, 1),
        "end": date(2015, 12, 31),
        "program": None,
        "channel": None,
        "view": View("is"),
    }
    report = driver_report(principal=world.helen.user, unit=world.harbour, question=question, at=NOW)
    rated = old[old.overall_rating.notna()]
    assert (report.scale, report.n) == ((1, 5), len(rated))
    assert report.elsewhere == reviews.drop(old.index).overall_rating.notna().sum() > 100
    r = rated[[*aspects, "overall_rating"]].corr()

    def r2(names):
        names, y = list(names), r["overall_rating"]
        return float(y[names] @ np.linalg.solve(r.loc[names, names], y[names])) if names else 0.0

    p = len(aspects)
    for name in aspects:
        others = [each for each in aspects if each != name]
        part = sum(
            factorial(k) * factorial(p - k - 1) / factorial(p) * (r2((*some, name)) - r2(some))
            for k in range(p) for some in combinations(others, k)
        )  # fmt: skip
        (found,) = [each.found for each in report.drivers if each.key == f"column:{name}"]
        assert found.part == pytest.approx(part, abs=1e-6)
        assert found.r == pytest.approx(r.loc[name, "overall_rating"], abs=1e-6)
    assert report.result.r_squared == pytest.approx(r2(aspects), abs=1e-6)
