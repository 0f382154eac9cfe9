"""One person behind several rows: crm.services.merging, with what counts for the person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.models import Event
from crm.canonical import Edge, standings
from crm.models import Consent, ConsentWord, Customer, DuplicateCandidate, Hold, Merge
from crm.services.consenting import grant, refuse, words_that_count
from crm.services.evidence import allowed_at
from crm.services.finding_duplicates import find_duplicates
from crm.services.holding import hold
from crm.services.ingesting import ingest_customers
from crm.services.merging import MergeRefused, merge, propose, tell_apart, undo
from crm.services.profiles import profile_of
from tests.factories import crm as make
from tests.world import NOW


def at(days: int):
    return NOW + timedelta(days=days)


def stands_for() -> dict[str, str | None]:
    """{row: the row that stands for it}, by given name."""
    rows = Customer.objects.select_related("canonical")
    return {row.given_name: row.canonical.given_name if row.canonical else None for row in rows}


@pytest.fixture
def four(db):
    return [make.customer(given_name=name, family_name="Silva", as_of=at(n)) for n, name in enumerate("abcd")]


# --- which row stands for a person -----------------------------------------------------------------------------------


def test_rows_merged_in_a_chain_stand_under_the_last_one_kept(four):
    a, b, c, d = four
    merge(kept=b, merged=a, at=at(1))
    merge(kept=c, merged=b, at=at(2))
    merge(kept=a, merged=d, at=at(3))  # a stands for nobody any more: c does
    assert stands_for() == {"a": "c", "b": "c", "c": None, "d": "c"}


def test_a_merge_in_the_middle_can_be_undone_and_the_others_stay(four):
    a, b, c, d = four
    first = merge(kept=b, merged=a, at=at(1))
    second = merge(kept=c, merged=b, at=at(2))
    merge(kept=c, merged=d, at=at(3))
    undo(merge=second, at=at(4), why="two brothers")
    assert stands_for() == {"a": "b", "b": None, "c": None, "d": "c"}
    undo(merge=first, at=at(5))
    assert stands_for() == {"a": None, "b": None, "c": None, "d": "c"}
    second.refresh_from_db()
    assert (second.undone_at, second.undone_why) == (at(4), "two brothers")


def test_merging_leaves_one_event_with_ids_only(four):
    row = merge(kept=four[0], merged=four[1], at=at(1), why="same passport")
    event = Event.objects.get()
    assert (event.what, event.subject_id) == ("customer.merged", str(four[0].pk))
    assert event.data == {"merge": row.pk, "kept": four[0].pk, "merged": four[1].pk}


def test_what_cannot_be_is_refused_and_changes_nothing(four):
    a, b, c, _ = four
    row = merge(kept=a, merged=b, at=at(1))
    Customer.objects.filter(pk=c.pk).update(erased_at=at(1))
    before = Event.objects.count(), stands_for()
    for first, second, choices in ((a, b, {}), (b, a, {}), (a, a, {}), (a, c, {}), (c, a, {})):
        with pytest.raises(MergeRefused):
            merge(kept=first, merged=second, at=at(2), choices=choices)
    for choices in ({"shoe_size": a.pk}, {"language": c.pk}):
        with pytest.raises(MergeRefused):
            merge(kept=a, merged=four[3], at=at(2), choices=choices)
    undo(merge=row, at=at(3))
    with pytest.raises(MergeRefused, match="undone already"):
        undo(merge=row, at=at(4))
    assert (Event.objects.count(), stands_for()) == (before[0] + 1, {**before[1], "b": None})


def test_a_merge_is_kept_as_it_was_said_so_that_undoing_an_earlier_one_leaves_nobody_with_a_stranger(four):
    a, b, c, d = four
    first = merge(kept=a, merged=b, at=at(1))
    merge(kept=b, merged=c, at=at(2))
    merge(kept=d, merged=b, at=at(3))
    assert stands_for() == {"a": "d", "b": "d", "c": "d", "d": None}
    undo(merge=first, at=at(4))
    assert stands_for() == {"a": None, "b": "d", "c": "d", "d": None}


def test_the_database_holds_that_two_rows_are_merged_once(four):
    a, b, *_ = four
    merge(kept=a, merged=b, at=at(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Merge.objects.create(kept=a, merged=b, at=at(2))


def test_merges_that_lead_round_in_a_circle_are_an_error():
    with pytest.raises(ValueError, match="circle"):
        standings({1, 2, 3}, [Edge(2, 1, NOW), Edge(3, 2, NOW), Edge(1, 3, NOW)])


def rows_of_everything() -> dict[str, list[tuple]]:
    """Every row that a merge might touch, as the database has it."""
    tables = ("crm_customer", "crm_contactpoint", "crm_consent", "crm_consentword", "crm_hold", "crm_interaction")
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            found[table] = cursor.fetchall()
        return found


STEPS = st.lists(st.tuples(st.sampled_from(["merge", "undo"]), st.integers(0, 5), st.integers(0, 5)), max_size=12)


@settings(
    max_examples=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps=STEPS, pair=st.tuples(st.integers(0, 5), st.integers(0, 5)))
def test_merging_and_undoing_leaves_the_same_rows_whatever_came_before(world, steps, pair):
    with transaction.atomic():
        rows = [make.customer(given_name=f"r{n}", email=f"r{n}@example.org") for n in range(6)]
        refuse(customer=rows[0], channel="email", purpose="survey", at=NOW)
        play(rows, steps)
        before = rows_of_everything()
        try:
            row = merge(kept=rows[pair[0]], merged=rows[pair[1]], at=at(50))
        except MergeRefused:
            assert rows_of_everything() == before
        else:
            undo(merge=row, at=at(51))
            assert rows_of_everything() == before
        check_standings(rows)
        transaction.set_rollback(True)


@settings(
    max_examples=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps=STEPS)
def test_undoing_everything_leaves_each_row_with_what_came_to_it_since(world, steps):
    with transaction.atomic():
        rows = [make.customer(given_name=f"r{n}") for n in range(6)]
        play(rows, steps)
        for row in rows:  # later loads go on to their own rows
            Customer.objects.filter(pk=row.pk).update(segment=f"since {row.given_name}")
        for row in Merge.objects.in_force().order_by("?"):
            undo(merge=row, at=at(60))
        after = Customer.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
        assert [(row.segment, row.canonical_id, row.canonical_since) for row in after] == [
            (f"since {row.given_name}", None, None) for row in rows
        ]
        transaction.set_rollback(True)


@settings(
    max_examples=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps=STEPS, which=st.integers(0, 11))
def test_undoing_any_merge_leaves_the_rows_as_the_others_alone_would_have_left_them(world, steps, which):
    with transaction.atomic():
        rows = [make.customer(given_name=f"r{n}") for n in range(6)]
        play(rows, steps)
        merges = list(Merge.objects.in_force().order_by("pk"))
        if merges:
            undone = merges.pop(which % len(merges))
            undo(merge=undone, at=at(50))
            others = {row.pk: make.customer() for row in rows}
            for row in merges:
                merge(kept=others[row.kept_id], merged=others[row.merged_id], at=row.at)
            assert standing_among(rows) == standing_among(list(others.values()))
        transaction.set_rollback(True)


def standing_among(rows):
    """[(place of the row that stands for it, since when)] in the order of `rows`."""
    places = {row.pk: place for place, row in enumerate(rows)}
    now = Customer.objects.in_bulk(list(places))
    return [(places[now[pk].canonical_id_or_own], now[pk].canonical_since) for pk in places]


def play(rows, steps):
    for number, (what, first, second) in enumerate(steps):
        merges = list(Merge.objects.in_force().order_by("pk"))
        try:
            if what == "merge":
                merge(kept=rows[first], merged=rows[second], at=at(number))
            elif merges:
                undo(merge=merges[first % len(merges)], at=at(number))
        except MergeRefused:
            continue
        check_standings(rows)


def check_standings(rows):
    """A row that stands for others stands for itself, and all rows of a tree stand under one."""
    held = Customer.objects.in_bulk([row.pk for row in rows])
    assert all(held[row.canonical_id].canonical_id is None for row in held.values() if row.canonical_id)
    for row in Merge.objects.in_force():
        assert held[row.kept_id].canonical_id_or_own == held[row.merged_id].canonical_id_or_own


# --- what counts for a person ----------------------------------------------------------------------------------------


def test_of_words_from_before_a_merge_the_stricter_one_counts_and_afterwards_the_last(four):
    a, b, *_ = four
    refuse(customer=a, channel="email", purpose="survey", at=at(1))
    grant(customer=b, channel="email", purpose="survey", at=at(2))
    row = merge(kept=b, merged=a, at=at(3))
    both = [a.pk, b.pk]
    assert not words_that_count(rows=both)["email", "survey"].granted
    grant(customer=b, channel="email", purpose="survey", at=at(4))
    assert words_that_count(rows=both)["email", "survey"].granted
    undo(merge=row, at=at(5))
    assert not words_that_count(rows=[a.pk])["email", "survey"].granted


def test_what_was_allowed_on_a_day_can_be_told_at_any_later_time(four):
    a, b, *_ = four
    grant(customer=a, channel="email", purpose="survey", at=at(1), evidence="form 12", origin="form")
    refuse(customer=b, channel="email", purpose="survey", at=at(2), evidence="call 9", origin="call")
    row = merge(kept=a, merged=b, at=at(3))
    grant(customer=a, channel="email", purpose="survey", at=at(5), evidence="form 13")
    undo(merge=row, at=at(7))

    def evidence(day, known=None):
        word = allowed_at(customer=a, at=at(day), known_at=known and at(known)).get(("email", "survey"))
        return word and (word.granted, word.evidence)

    assert evidence(0) is None
    assert evidence(1) == evidence(2) == (True, "form 12")
    assert evidence(3) == evidence(4) == (False, "call 9")  # merged: the stricter word
    assert evidence(5) == evidence(6) == evidence(8) == (True, "form 13")
    assert evidence(8, known=4) == (True, "form 12")


def test_a_word_that_comes_late_is_kept_as_evidence_and_changes_nothing(four):
    a = four[0]
    refuse(customer=a, channel="email", purpose="survey", at=at(5))
    item = {
        "external_id": a.external_id, "as_of": at(6).isoformat(),
        "consents": [
            {"channel": "email", "purpose": "survey", "granted": True, "at": at(2).isoformat(), "origin": "letter",
             "wording": "2026-01", "taken_by": "desk 4", "evidence": "scan 77"}
        ],
    }  # fmt: skip
    for _ in range(2):
        ingest_customers([item], source="crm", at=at(9))
    assert not Consent.objects.get(customer=a).granted
    word = ConsentWord.objects.get(granted=True)
    assert (word.at, word.recorded_at, word.origin, word.wording) == (at(2), at(9), "letter", "2026-01")
    assert (word.source, word.taken_by, word.evidence) == ("crm", "desk 4", "scan 77")
    assert allowed_at(customer=a, at=at(3))["email", "survey"] == word
    assert allowed_at(customer=a, at=at(3), known_at=at(8)) == {}


def test_a_word_cannot_be_changed_once_it_is_written(four):
    refuse(customer=four[0], channel="email", purpose="survey", at=at(1))
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        ConsentWord.objects.update(granted=True)
    assert not ConsentWord.objects.get().granted


def test_each_detail_survives_by_its_rule_unless_somebody_chose(four, settings):
    settings.SOURCE_RANKS = ["ledger", "crm"]
    old = make.customer(
        source="ledger", given_name="João", family_name="Silva", language="", segment="gold", as_of=at(0)
    )
    new = make.customer(source="web", given_name="joao", family_name="", language="pt", segment="silver", as_of=at(9))
    merge(kept=new, merged=old, at=at(10))
    rows = list(Customer.objects.of_person(new).order_by("pk"))
    profile = profile_of(rows)
    assert (profile.name, profile.language, profile.segment) == ("João Silva", "pt", "silver")
    assert profile.survivors["language"].why == "the only one"
    Merge.objects.update(choices={"segment": old.pk, "language": old.pk})  # the ledger says nothing of the language
    chosen = profile_of(rows)
    assert (chosen.segment, chosen.language) == ("gold", "pt")
    assert chosen.survivors["segment"].why == "chosen by hand"


# --- finding them ----------------------------------------------------------------------------------------------------


def people(*said: tuple[str, str, str, str]) -> list[Customer]:
    return [
        make.customer(source=source, given_name=given, family_name=family, email=email)
        for source, given, family, email in said
    ]


def found() -> set[tuple[str, str]]:
    pairs = DuplicateCandidate.objects.select_related("first", "second")
    return {(pair.first.name, pair.second.name) for pair in pairs}


def test_rows_that_share_an_address_and_a_similar_name_are_proposed_once(db):
    people(
        ("crm", "Maria", "Silva", "maria@example.org"), ("web", "M.", "Silva", "maria@example.org"),
        ("web", "Maria", "Sylva", "maria@example.org"), ("web", "Tom", "Silva", "maria@example.org"),
        ("web", "Maria", "Silva", "other@example.org"),
    )  # fmt: skip
    assert find_duplicates(at=at(1)) == 2
    assert found() == {("Maria Silva", "M. Silva"), ("Maria Silva", "Maria Sylva")}
    assert find_duplicates(at=at(2)) == 0


def test_a_number_on_two_channels_is_the_same_number(db):
    first = make.customer(given_name="Ana", family_name="Reis", phone="+442079460471")
    second = make.customer(given_name="Ana", family_name="Reis", source="web")
    second.contact_points.create(channel="sms", address="x", normalized="+442079460471", address_hash="h")
    find_duplicates(at=at(1))
    pair = DuplicateCandidate.objects.get()
    assert (pair.first, pair.second, pair.reasons) == (first, second, {"name": 1, "same_phone": True})
    assert pair.score == pytest.approx(0.85)


def test_the_same_id_in_two_sources_is_a_hint(db):
    for source in ("crm", "billing"):
        make.customer(source=source, external_id="7731", given_name="Ana", family_name="Reis")
    find_duplicates(at=at(1))
    assert DuplicateCandidate.objects.get().reasons == {"name": 1, "same_id": True}


def test_a_switchboard_the_erased_and_the_merged_are_not_proposed(db):
    people(*(("crm", "Ana", "Reis", "info@example.org") for _ in range(9)))
    gone, _ = people(("crm", "Eva", "Lund", "eva@example.org"), ("web", "Eva", "Lund", "eva@example.org"))
    Customer.objects.filter(pk=gone.pk).update(erased_at=at(0))
    one, two = people(("crm", "Ada", "Berg", "ada@example.org"), ("web", "Ada", "Berg", "ada@example.org"))
    merge(kept=one, merged=two, at=at(0))
    assert find_duplicates(at=at(1)) == 0


def test_a_pair_that_was_told_apart_is_not_proposed_again(db):
    people(("crm", "Eva", "Lund", "eva@example.org"), ("web", "Eva", "Lund", "eva@example.org"))
    find_duplicates(at=at(1))
    pair = DuplicateCandidate.objects.get()
    assert tell_apart(candidate=pair, at=at(2), why="mother and daughter")
    assert not tell_apart(candidate=pair, at=at(3))
    assert find_duplicates(at=at(4)) == 0
    assert DuplicateCandidate.objects.get().verdict == "different"


def test_merging_settles_the_pair_and_undoing_brings_it_back(four):
    pair = propose(first=four[1], second=four[0], at=at(1))
    assert (pair.first, pair.second) == (four[0], four[1])
    row = merge(kept=four[0], merged=four[1], at=at(2))
    pair.refresh_from_db()
    assert (pair.verdict, pair.settled_at) == ("merged", at(2))
    undo(merge=row, at=at(3))
    pair.refresh_from_db()
    assert (pair.verdict, pair.settled_at) == ("", None)


def test_a_hold_on_one_row_counts_for_the_person(four):
    hold(customer=four[1], kind=Hold.Kind.LEGAL, cause="x", at=at(1))
    merge(kept=four[0], merged=four[1], at=at(2))
    rows = Customer.objects.of_person(four[0])
    assert Hold.objects.in_force(at(3)).filter(customer__in=rows).exists()
