"""The explorer: any measure by any two dimensions, what it hides, and what stands behind its cells."""

import csv
import io
import random
import statistics
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.cuts import dimensions, measures
from analytics.maths.nps import Counts, nps
from analytics.maths.scorecards import Period
from analytics.models import AnswerFact
from analytics.services.crossing import cross
from analytics.services.cutting import Question
from analytics.services.filling import details, fill, rebuild
from common.models import Event
from crm.attributes import check_schema
from crm.models import InteractionKind
from crm.services.placing import place
from crm.viewpoints import View
from tests.factories import analytics as make
from tests.factories import closedloop as make_loop
from tests.factories import crm as make_crm
from tests.factories import surveys as make_surveys
from tests.world import NOW

DAY = date(2026, 10, 10)
OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
SCHEMA = {
    "claim_type": {"type": "string", "label": "Claim type", "dimension": True},
    "days": {"type": "integer", "label": "Days to process", "dimension": True, "steps": [4, 8]},
    "cost": {"type": "decimal", "label": "Cost", "dimension": True},
    "settled": {"type": "boolean", "label": "Settled", "dimension": True},
    "reference": {"type": "string", "label": "Reference"},
}


@pytest.fixture
def claim(world):
    return InteractionKind.objects.create(code="claim", name="Claim", schema=SCHEMA)


def claims(unit, scores, **fields):
    attributes = {"claim_type": "motor", "days": 3, **fields.pop("attributes", {})}
    return make.answers(unit=unit, scores=scores, on=fields.pop("on", DAY), attributes=attributes, **fields)


@pytest.fixture
def answers(world, claim):
    """Motor: 40 quick ones of +50, 30 slow ones of -50. Home: 20 quick ones of +100, and 3 slow ones."""
    claims(world.harbour, [10] * 20 + [8] * 20)
    claims(world.harbour, [2] * 15 + [8] * 15, attributes={"days": 9}, comment="It took too long.")
    claims(world.mill, [9] * 20, attributes={"claim_type": "home"})
    claims(world.mill, [9, 1, 0], attributes={"claim_type": "home", "days": 20}, comment="Never mind who.")
    fill(at=NOW)


def asked(world, *by, measure="score", principal=None, unit=None, **fields):
    known = dimensions()
    question = {
        "principal": (principal or world.olivia).user, "unit": unit or world.head_office, "today": NOW.date(),
        "period": Period(date(2026, 10, 1), date(2026, 10, 31)), "measure": measures()[measure],
        "by": tuple(known[key] for key in by), **fields,
    }  # fmt: skip
    return Question(**question)


def told(cell):
    if cell.hidden:
        return "hidden"
    return cell.reading and (cell.reading.n, cell.reading.value)


def rows_of(table):
    return {line.head.label: told(line.total) for line in table.lines}


def open_page(client, person, path="", **parameters):
    client.force_login(person.user)
    return client.get(f"/insights/explore/{path}", {**OCTOBER, **parameters})


CROSSED = {"rows": "attribute.claim_type", "columns": "attribute.days:steps"}


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_a_declared_attribute_cuts_the_score(world, answers):
    table = cross(asked(world, "attribute.claim_type"))
    assert rows_of(table) == {"home": (23, pytest.approx(100 * 19 / 23)), "motor": (70, pytest.approx(100 * 5 / 70))}
    assert told(table.whole) == (93, pytest.approx(100 * 24 / 93))
    home = table.lines[0].total.reading
    assert (round(home.interval.low, 1), round(home.interval.high, 1)) == (48.5, 97.6)


def test_a_number_is_cut_in_its_declared_steps(world, answers):
    table = cross(asked(world, "attribute.days:steps", unit=world.harbour))
    assert rows_of(table) == {"under 4": (40, 50.0), "8 and more": (30, -50.0)}


def test_a_number_is_cut_into_fifths_of_the_answers(world, claim):
    for days in range(50):
        claims(world.harbour, [9], attributes={"days": days})
    fill(at=NOW)
    table = cross(asked(world, "attribute.days:fifths", measure="mean.days"))
    assert rows_of(table) == {
        "under 9": (9, None), "9 to 18": (10, 13.5), "19 to 28": (10, 23.5), "29 to 38": (10, 33.5),
        "39 and more": (11, 44.0),
    }  # fmt: skip


def test_a_mean_has_its_quartiles_in_every_total(world, claim):
    rng = random.Random(3)
    figures = defaultdict(list)
    for _ in range(120):
        kind, cost = rng.choice(["motor", "home"]), rng.randint(1, 900) / 4
        figures[kind].append(cost)
        claims(world.harbour, [9], attributes={"claim_type": kind, "cost": str(cost) if rng.random() < 0.5 else cost})
    fill(at=NOW)
    table = cross(asked(world, "attribute.claim_type", measure="mean.cost"))
    for name, cell in [*((line.head.label, line.total) for line in table.lines), ("", table.whole)]:
        own = figures[name] if name else [cost for each in figures.values() for cost in each]
        assert (cell.reading.n, cell.reading.value) == (len(own), pytest.approx(statistics.fmean(own)))
        quartiles = statistics.quantiles(own, n=4, method="inclusive")
        assert [value for _, value in cell.reading.more] == [pytest.approx(each) for each in quartiles]


def test_every_dimension_counts_as_plain_python_does(world, claim):
    """300 answers at random (seed 4), by every pair of dimensions that a row of its own can tell."""
    rng = random.Random(4)
    spread(world, rng)
    keys = {
        "answered_month": lambda r: f"{r.day:%b %Y}",
        "answered_day": lambda r: f"{r.day.day} {r.day:%b %Y}",
        "unit": lambda r: r.unit.name,
        "below": lambda r: "South" if r.unit == world.station else "North",
        "employee": lambda r: r.employee.name if r.employee else "nobody named in your sight",
        "program": lambda r: r.program.name,
        "channel": lambda r: r.channel,
        "product": lambda r: r.product or "no product",
        "segment": lambda r: r.response.customer.segment if r.response.customer else "no segment",
        "category": lambda r: "Promoters" if r.score > 8 else "Passives" if r.score > 6 else "Detractors",
        "score": lambda r: str(r.score),
        "attribute.claim_type": lambda r: r.response.attributes.get("claim_type", "not said"),
        "attribute.settled": lambda r: {True: "yes", False: "no", None: "not said"}[
            r.response.attributes.get("settled")
        ],
        "attribute.days:steps": lambda r: in_steps(r.response.attributes.get("days")),
    }
    rows = list(AnswerFact.objects.select_related("response__customer", "unit", "employee", "program"))
    period = Period(date(2026, 9, 1), date(2026, 10, 31))
    for first, second in [*zip(keys, [*list(keys)[1:], "below"], strict=True)]:
        expected = Counter((keys[first](row), keys[second](row)) for row in rows)
        table = cross(asked(world, first, second, period=period))
        found = {
            (line.head.label, cell.column.label): cell.reading.n
            for line in table.lines for cell in line.cells if cell.reading
        }  # fmt: skip
        hidden = {(line.head.label, c.column.label) for line in table.lines for c in line.cells if c.hidden}
        assert found == {key: n for key, n in expected.items() if key not in hidden}, (first, second)
        assert {key for key, n in expected.items() if n < 5} <= hidden
        assert table.whole.reading.n == len(rows)
        assert table.whole.reading.value == pytest.approx(nps(counts_of([row.score for row in rows])))


def counts_of(scores):
    return Counts(sum(s < 7 for s in scores), sum(s in {7, 8} for s in scores), sum(s > 8 for s in scores))


def in_steps(days):
    return "not said" if days is None else "under 4" if days < 4 else "4 to 7" if days < 8 else "8 and more"


def spread(world, rng):
    people = [make_crm.customer(segment=segment) for segment in ("gold", "plain")] + [None]
    for _ in range(300):
        said = {"claim_type": rng.choice(["motor", "home"]), "days": rng.randint(0, 12), "settled": rng.random() < 0.5}
        kept = {name: value for name, value in said.items() if rng.random() < 0.9}
        make.answers(
            unit=rng.choice([world.harbour, world.mill, world.station]), scores=[rng.randint(0, 10)],
            on=date(2026, 9, 25) + timedelta(days=rng.randint(0, 12)), channel=rng.choice(["email", "link"]),
            of=make.program(rng.choice(["claims", "visits"])), product=rng.choice(["", "Current account"]),
            employee=rng.choice([world.jonas, world.helen, None]), customer=rng.choice(people), attributes=kept,
        )  # fmt: skip
    fill(at=NOW)


def test_three_senses_of_time_are_told_apart(world, claim):
    """Late on 31 August by UTC it is September in London, where the branch is."""
    visit = make_crm.interaction(
        kind=claim, customer=world.ines, unit=world.harbour, occurred_at=NOW.replace(month=8, day=31, hour=23)
    )
    ask = make_surveys.invitation(interaction=visit, created_at=NOW.replace(month=9, day=30, hour=22, minute=59))
    make.answered(ask, 9, answered_at=NOW.replace(month=10, day=10))
    fill(at=NOW)
    fact = AnswerFact.objects.get()
    assert (fact.happened, fact.asked, fact.day) == (date(2026, 9, 1), date(2026, 9, 30), date(2026, 10, 10))
    assert fact.kind == "claim"


def test_units_below_are_read_as_they_were_and_as_they_are(world, answers):
    place(unit=world.mill, parent=world.south, since=date(2026, 11, 1), at=NOW)
    assert rows_of(cross(asked(world, "below")))["North"][0] == 93
    as_is = rows_of(cross(asked(world, "below", view=View.as_is())))
    assert {name: cell[0] for name, cell in as_is.items()} == {"North": 70, "South": 23}


def test_a_condition_chooses_the_answers(client, world, answers):
    where = '{"filter": "attribute", "value": {"name": "days", "op": "gte", "value": 8}}'
    page = open_page(client, world.olivia, where=where, rows="unit")
    assert "The days to process is at least 8" in page.content.decode() or "at least 8" in page.content.decode()
    assert {line.head.label: told(line.total) for line in page.context["table"].lines}["Harbour"] == "hidden"
    assert page.context["table"].whole.reading.n == 33


# --- what facts hold --------------------------------------------------------------------------------------------------


def test_facts_hold_what_is_declared_in_its_type(world, claim):
    said = {"claim_type": "motor", "days": "7", "cost": "many", "settled": "yes", "reference": "X-1", "undeclared": 1}
    make.answers(unit=world.harbour, scores=[9], on=DAY, attributes=said)
    fill(at=NOW)
    assert AnswerFact.objects.get().details == {"claim_type": "motor", "days": 7}


def test_an_attribute_declared_later_is_taken_into_all_facts(world, claim, monkeypatch):
    InteractionKind.objects.filter(pk=claim.pk).update(schema={})
    claims(world.harbour, [9] * 3)
    fill(at=NOW)
    assert set(AnswerFact.objects.values_list("details", flat=True)) == {None}
    InteractionKind.objects.filter(pk=claim.pk).update(schema=SCHEMA)
    monkeypatch.setattr(details, "AT_ONCE", 2)
    assert [fill(at=NOW) for _ in range(3)] == [2, 1, 0]
    kept = list(AnswerFact.objects.values())
    assert [row["details"] for row in kept] == [{"claim_type": "motor", "days": 3}] * 3
    rebuild(at=NOW)
    assert list(AnswerFact.objects.values()) == kept


def test_what_is_personal_in_any_kind_is_no_dimension(world, claim):
    InteractionKind.objects.create(
        code="call", name="Call", schema={"claim_type": {"type": "string", "personal": True}}
    )
    claims(world.harbour, [9])
    fill(at=NOW)
    assert AnswerFact.objects.get().details == {"days": 3}
    assert "attribute.claim_type" not in dimensions()


# --- sight and suppression --------------------------------------------------------------------------------------------


def test_a_manager_reads_their_own_branch_alone(client, world, answers):
    page = open_page(client, world.helen, rows="unit", columns="attribute.claim_type")
    assert {line.head.label for line in page.context["table"].lines} == {"Harbour"}
    assert "Mill" not in page.content.decode()
    assert open_page(client, world.helen, unit=world.mill.pk).status_code == 404
    assert open_page(client, world.elsa, unit=world.harbour.pk).status_code == 404
    assert open_page(client, world.jonas).status_code == 403


def test_a_small_cell_cannot_be_had_by_subtraction(world, answers):
    table = cross(asked(world, *CROSSED.values()))
    shown = {(line.head.label, cell.column.label): told(cell) for line in table.lines for cell in line.cells}
    assert shown == {
        ("home", "under 4"): "hidden", ("home", "8 and more"): "hidden",
        ("motor", "under 4"): "hidden", ("motor", "8 and more"): "hidden",
    }  # fmt: skip
    assert [told(line.total)[0] for line in table.lines] == [23, 70]


def test_the_page_the_file_and_what_stands_behind_hide_the_same(client, world, answers):
    page = open_page(client, world.olivia, **CROSSED)
    assert page.content.decode().count("too few</span>") == 4
    file = open_page(client, world.olivia, format="csv", **CROSSED)
    rows = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert rows[0][:6] == [
        "Claim type",
        "Days to process, in steps",
        "Net Promoter Score",
        "95 % low",
        "95 % high",
        "n",
    ]
    assert [row[-1] for row in rows[1:]] == ["too few to tell"] * 4 + [""] * 5
    behind = open_page(client, world.olivia, "behind/", row="home", column="2", **CROSSED)
    assert behind.status_code == 404
    event = Event.objects.get(what="insights.cut_exported")
    assert (event.by, event.data["rows"], event.data["measure"]) == (world.olivia.user, 9, "score")


# --- what stands behind -----------------------------------------------------------------------------------------------


def called_back(world, number=1):
    """Answers of customers of Harbour who were called, 12 days after their claim."""
    for _ in range(number):
        customer = make_crm.customer(unit=world.harbour)
        visit = make_crm.interaction(kind=world.visit, customer=customer, unit=world.harbour, employee=world.jonas)
        said = {"attributes": {"claim_type": "motor", "days": 12}, "comment": "Nobody rang."}
        answer = make_loop.answer(visit, score=1, answered_at=NOW.replace(month=10, day=10), **said)
        ticket = make_loop.ticket(answer)
        ticket.record_attempt(outcome="no_answer", note="Rang at noon.", by=world.jonas.user, at=NOW)
        ticket.record_finding(learned="The form was lost.", by=world.jonas.user, at=NOW)
    fill(at=NOW)


def test_words_and_call_notes_stand_behind_a_cell(client, world, claim):
    called_back(world, 12)
    page = open_page(client, world.helen, "behind/", rows="attribute.claim_type", row="motor")
    text = page.content.decode()
    assert text.count("Nobody rang.") == 12
    assert text.count("Rang at noon.") == 12
    assert text.count("The form was lost.") == 12
    assert "<h1>Behind motor</h1>" in text


def test_what_the_closed_loop_did_is_read_beside_the_score(world, claim):
    called_back(world, 12)
    claims(world.harbour, [1] * 5)
    fill(at=NOW)
    hours = (NOW - NOW.replace(month=10, day=10)).total_seconds() / 3600
    table = cross(asked(world, "attribute.claim_type", measure="contact_hours"))
    assert rows_of(table) == {"motor": (12, hours)}
    assert [value for _, value in table.whole.reading.more] == [hours] * 3
    assert told(cross(asked(world, "channel", measure="reached")).whole) == (12, 0.0)
    assert cross(asked(world, "channel", measure="closure_hours")).whole.reading is None


def test_names_are_never_tags_to_the_chart(client, world, claim):
    claims(world.harbour, [9] * 12, attributes={"claim_type": "<a href='//x'>y</a>"})
    fill(at=NOW)
    page = open_page(client, world.helen, rows="attribute.claim_type")
    assert page.context["figure"]["data"][0]["y"] == ["&lt;a href='//x'&gt;y&lt;/a&gt;"]


def test_behind_a_cell_stand_its_own_answers_alone(client, world, answers):
    page = open_page(client, world.helen, "behind/", rows="attribute.days:steps", row="2")
    assert page.context["found"].words.paginator.count == 30
    page = open_page(client, world.helen, "behind/", rows="attribute.days:steps", row="0")
    assert page.context["found"].words.paginator.count == 0
    assert open_page(client, world.helen, "behind/", rows="attribute.days:steps", row="9").status_code == 404


@pytest.mark.parametrize("number", [10, 200])
def test_the_pages_ask_as_often_for_any_number_of_answers(client, world, claim, number):
    called_back(world, 10)
    for k in range(number):
        claims(world.harbour, [k % 11], attributes={"days": k % 10, "claim_type": f"type {k % 7}"}, comment="So so.")
    fill(at=NOW)
    client.force_login(world.helen.user)
    assert queries(client, "/insights/explore/", **CROSSED) == 15
    assert queries(client, "/insights/explore/behind/", rows="attribute.claim_type", row="motor") == 20


def queries(client, address, **parameters):
    client.get(address, {**OCTOBER, **parameters})  # who is signed in is noted once
    with CaptureQueriesContext(connection) as ran:
        assert client.get(address, {**OCTOBER, **parameters}).status_code == 200
    return len(ran)


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "told_"),
    [
        ({"measure": "love"}, "There is no such measure."),
        ({"rows": "colour"}, "There is no such dimension."),
        ({"rows": "unit", "columns": "unit"}, "Choose something else than for the rows, or nothing."),
        ({"where": '{"filter": "colour", "value": 1}'}, "unknown filter"),
        ({"where": "{"}, "Enter a valid JSON."),
        ({"order": "up"}, "Give one of own, value, n."),
    ],
)
def test_a_wrong_choice_is_named(client, world, said, told_):
    page = open_page(client, world.helen, **said)
    assert page.status_code == 400
    assert told_ in page.content.decode()


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "strings", "dimension": True},
        {"type": "string", "dimension": True, "personal": True},
        {"type": "integer", "dimension": True, "steps": [4, 4]},
        {"type": "integer", "steps": [4]},
        {"type": "string", "dimension": True, "steps": [4]},
        {"type": "integer", "dimension": "yes"},
    ],
)
def test_a_dimension_that_cannot_be_cut_by_is_refused(rule):
    assert check_schema({"x": rule}) is not None
