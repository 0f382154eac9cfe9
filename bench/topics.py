"""Forty rules over a million verbatims: coding them all, one new answer, the preview of a rule while it is written.

The reference is one statement written by hand: passages joined with the rules' queries, into a table of the same shape
with the same index, key and constraints.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median, quantiles

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange

from bench.fold import ORGANIZATION
from bench.timing import Line, faster, progress
from common.models import User
from crm.models import Account, Customer, Employee, OrgUnit
from crm.models.customers import address_hash
from surveys.models import Passage, PassageTopic, Program, Response, Topic, TopicRule
from surveys.services.classifying.coding import code
from surveys.services.classifying.editing import set_rule
from surveys.services.classifying.owning import own_facts
from surveys.services.classifying.passages import Spoken, read
from surveys.services.classifying.previewing import preview
from surveys.services.classifying.reading import read_answers
from surveys.words.masking import Own

VERBATIMS, SIZE, ROUNDS, SEED = 1_000_000, 22, 5, 20261122  # words in each
ANSWERS = 400
AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
_ENGLISH = (
    "wait queue card app login fee charge loan branch staff rude friendly phone call transfer mortgage password crash "
    "slow cash machine broken letter form advice manager counter appointment online payment refund error limit travel "
    "insurance interest rate statement address change close account fraud block lost stolen foreign exchange help again"
)
_FRENCH = "attendre file carte appli frais compte agence personnel appel virement lent erreur guichet conseil pret"
ENGLISH, FRENCH = _ENGLISH.split(), _FRENCH.split()
RULES = [
    *(f"{a}* AND ({b} OR {c})" for a, b, c in zip(ENGLISH[0:24:2], ENGLISH[1:25:2], ENGLISH[25:37], strict=True)),
    *(f'"{a} {b}" OR {a} NEAR/3 {b}' for a, b in zip(ENGLISH[3:15], ENGLISH[20:32], strict=True)),
    *(f"{a} AND NOT {b}" for a, b in zip(ENGLISH[37:49], ENGLISH[0:12], strict=True)),
]
RULES_FR = [f"{a}* OR ({b} AND {c})" for a, b, c in zip(FRENCH[0:4], FRENCH[4:8], FRENCH[8:12], strict=True)]

FILL = """
INSERT INTO surveys_passage (kind, source_id, unit_id, said_at, language, sentiment, text, tsv, read_at)
SELECT 'finding', n, (%(units)s::bigint[])[1 + n %% cardinality(%(units)s::bigint[])], %(at)s, language, 0, words,
    to_tsvector(('words_' || language)::regconfig, words), %(at)s
FROM (
    SELECT n, CASE WHEN n %% 10 = 0 THEN 'fr' ELSE 'en' END AS language,
        (SELECT string_agg(CASE WHEN n %% 10 = 0
            THEN (%(fr)s::text[])[1 + floor(power(random(), 2.2) * %(nfr)s + 0 * g)::int]
            ELSE (%(en)s::text[])[1 + floor(power(random(), 2.2) * %(nen)s + 0 * g)::int] END, ' ')
         FROM generate_series(1, %(size)s) AS g) AS words
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
) drawn
"""
REFERENCE = """
INSERT INTO bench_hits (passage_id, topic_id, rule_id, rule_version, removed, at)
SELECT p.id, r.topic_id, r.id, r.version, false, now()
FROM surveys_topicrule r JOIN surveys_passage p ON p.language = r.language AND p.tsv @@ r.query::tsquery
"""
LIKE_OURS = """
CREATE TABLE bench_hits (LIKE surveys_passagetopic INCLUDING ALL);
ALTER TABLE bench_hits ADD FOREIGN KEY (passage_id) REFERENCES surveys_passage (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE bench_hits ADD FOREIGN KEY (by_id) REFERENCES common_user (id) DEFERRABLE INITIALLY DEFERRED
"""


def run(scale: float) -> Iterator[Line]:
    size = max(10_000, round(VERBATIMS * scale))
    _do(ORGANIZATION)
    _fill(
        size,
        list(OrgUnit.objects.exclude(external_id__in=map(str, range(11))).order_by("pk").values_list("pk", flat=True)),
    )
    _rules()
    _do(LIKE_OURS)
    yield _all_rules(size)
    yield _one_rule()
    yield from _one_answer()
    operator = User.objects.create_superuser("bench", "bench@example.org", "x" * 20)
    yield from _previews("the whole company", operator)
    yield from _previews("an analyst of a region of 2 of 20 branches", _analyst(OrgUnit.objects.get(external_id="1")))


def _fill(size: int, units: list[int]) -> None:
    rng = random.Random(SEED)
    vocabularies = {name: _vocabulary(words, rng) for name, words in (("en", ENGLISH), ("fr", FRENCH))}
    counts = {f"n{name}": len(words) for name, words in vocabularies.items()}
    _do("SELECT setseed(0.20261122)")
    for first in range(1, size + 1, 100_000):
        last = min(first + 99_999, size)
        _do(FILL, {**vocabularies, **counts, "units": units, "at": AT, "size": SIZE, "first": first, "last": last})
        progress(f"topics: {last:,} verbatims written")
    _do("VACUUM ANALYZE surveys_passage")


def _vocabulary(words: list[str], rng: random.Random) -> list[str]:
    """The words of the rules scattered among 250 others, those in front drawn more often."""
    others = [
        "".join(rng.choice(("ba", "do", "ri", "mel", "tan", "sor", "ku", "ven")) for _ in range(3)) for _ in range(250)
    ]
    mixed = [*words, *others]
    rng.shuffle(mixed)
    return mixed


def _rules() -> None:
    for language, rules in (("en", RULES), ("fr", RULES_FR)):
        for number, rule in enumerate(rules):
            topic = Topic.objects.create(code=f"{language}-{number}", name=f"Topic {language} {number}")
            set_rule(topic=topic, language=language, expression=rule, by=None, at=AT)
    assert TopicRule.objects.count() == len(RULES) + len(RULES_FR) == 40


def _all_rules(size: int) -> Line:
    """From no hits to all of them."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        _do("TRUNCATE surveys_passagetopic; TRUNCATE bench_hits")
        TopicRule.objects.update(coded_version=0, coded_upto=0)
        times[0].append(_seconds(_code))
        times[1].append(_seconds(lambda: _do(REFERENCE)))
        progress(f"topics: coded in {times[0][-1]:.1f} s, by hand {times[1][-1]:.1f} s")
    _must_be_equal()
    name = f"topics: {size:,} verbatims coded by 40 rules, {PassageTopic.objects.count():,} hits"
    return faster(name, *times, bar=0.5)


def _one_rule() -> Line:
    """A rule is edited; what it found before stands there."""
    rule = TopicRule.objects.get(topic__code="en-0")
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS):
        edited = f"{RULES[0]} OR {ENGLISH[40 + number]}"
        set_rule(topic=rule.topic, language="en", expression=edited, by=None, at=AT)
        times[0].append(_seconds(_code))
        _do("DELETE FROM bench_hits WHERE rule_id = %(rule)s", {"rule": rule.pk})
        times[1].append(_seconds(lambda: _do(REFERENCE + " WHERE r.id = %(rule)s", {"rule": rule.pk})))
    _must_be_equal()
    return faster("topics: one rule edited", *times, bar=0.5)


def _one_answer() -> Iterator[Line]:
    """Its words alone, of somebody whose name, addresses and numbers are known and hidden: language, tone, topics. And
    beside it the whole way as the worker goes it, from the row that waits: whose the words are is looked up, and a
    row that fails would not hold up its neighbours."""
    _answers(2 * ANSWERS)
    own = own_facts(list(Response.objects.select_related("customer", "unit__calendar").order_by("pk")[:ANSWERS]))
    alone = [_spoken(row, own[row.pk]) for row in Response.objects.order_by("pk")[:ANSWERS]]
    took = [_seconds(partial(read, [one], at=AT)) for one in alone]
    yield from _told("topics: one new answer tagged", took, bar=0.005)
    waited = [_seconds(lambda: read_answers(at=AT, limit=1)) for _ in range(2 * ANSWERS)][ANSWERS:]
    masked = Response.objects.filter(masked__contains="[name]").filter(masked__contains="[phone]")
    if masked.count() != 2 * ANSWERS or Response.objects.unread().exists():
        raise AssertionError("not every answer was read, and hidden what is personal")
    yield from _told("topics: the same from the row that waits", waited)


def _spoken(answer: Response, own: Own) -> Spoken:
    return Spoken(
        kind=Passage.Kind.ANSWER, source_id=answer.pk, text=answer.comment, language=answer.language, own=own,
        unit_id=answer.unit_id, employee_id=None, said_at=answer.answered_at,
    )  # fmt: skip


def _told(name: str, took: list[float], bar: float | None = None) -> Iterator[Line]:
    p95 = quantiles(took[50:], n=100)[94]
    yield Line(f"{name}, p50", f"{median(took[50:]) * 1000:.1f} ms", "")
    if bar is None:
        yield Line(f"{name}, p95", f"{p95 * 1000:.1f} ms", "")
    else:
        yield Line(f"{name}, p95", f"{p95 * 1000:.1f} ms", f"{bar * 1000:.1f} ms", bar / p95, 1.0)


def _answers(number: int) -> None:
    """Each of a customer with addresses and an account, with digits and the name among the words."""
    rng, unit = random.Random(SEED), OrgUnit.objects.get(external_id="11")
    program = Program.objects.get(code="bench")
    for n in range(number):
        phone = f"+4420794{n:05d}"
        customer = Customer.objects.create(
            source="bench", external_id=f"c-{n}", given_name="Ines", family_name=f"Moreau{n}", language="en", as_of=AT
        )
        for channel, address in (("email", f"c{n}@example.org"), ("phone", phone)):
            hashed = address_hash(channel, address)
            customer.contact_points.create(
                channel=channel, address=address, normalized=address, address_hash=hashed, preferred=True
            )
        account = Account.objects.create(source="bench", external_id=f"AC-{n:06d}", name="Account", as_of=AT)
        account.members.create(customer=customer, role="holder", weight=1)
        words = " ".join(rng.choice(ENGLISH) for _ in range(SIZE)).capitalize()
        Response.objects.create(
            source="bench", external_id=f"r-{n}", program=program, unit=unit, customer=customer, channel="link",
            language="en", score=n % 11, answered_at=AT + timedelta(seconds=n), updated_at=AT,
            comment=f"{words}. I waited 45 minutes on 12 May at 10:30, ring Moreau{n} on {phone}.",
        )  # fmt: skip


def _analyst(region: OrgUnit) -> User:
    user = User.objects.create_user("analyst", "analyst@example.org", "x" * 20)
    person = Employee.objects.create(source="bench", external_id="analyst", name="Analyst", user=user)
    always = DateRange(AT.date() - timedelta(days=900), None), DateTimeTZRange(AT - timedelta(days=900), None)
    person.assignments.create(unit=region, role="analyst", valid=always[0], recorded=always[1])
    return user


def _previews(whom: str, principal: User) -> Iterator[Line]:
    took = []
    for rule in [*RULES, "wait* OR queue* OR card OR app OR login", "ba* OR do* OR ri*"]:
        began = time.perf_counter()
        found = preview(rule, language="en", principal=principal, function="surveys.view_response")
        took.append(time.perf_counter() - began)
        if found.total is None:
            raise AssertionError(f"no preview of {rule}")
    slowest = max(took)
    name = f"topics: preview of a rule for {whom}"
    yield Line(f"{name}, median", f"{median(took) * 1000:.0f} ms", "")
    yield Line(f"{name}, slowest", f"{slowest * 1000:.0f} ms", "1,000 ms", 1.0 / slowest, 1.0)


def _code() -> None:
    while code(at=AT):
        pass


def _must_be_equal() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT passage_id, topic_id FROM surveys_passagetopic "
            "EXCEPT SELECT passage_id, topic_id FROM bench_hits) x"
        )
        (more,) = cursor.fetchone()
        cursor.execute("SELECT (SELECT count(*) FROM surveys_passagetopic) - (SELECT count(*) FROM bench_hits)")
        (difference,) = cursor.fetchone()
    if more or difference or not Passage.objects.exists():
        raise AssertionError(f"the hits differ: {more} of ours are not the reference's, {difference} more in all")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _do(statement: str, values: dict[str, object] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)  # type: ignore[arg-type]  # lists become arrays
