"""Words on consent that come in by API, list or file: what is news leaves an Event each; what is repeated is none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.models import Event
from crm.models import Consent, ConsentWord, Customer
from crm.services.consenting import refuse
from crm.services.ingesting import ingest_customers
from tests.crm.files import load, written
from tests.world import NOW

WORD = {"channel": "email", "purpose": "survey"}
LATER = NOW + timedelta(days=1)
FILE = "external_id,family_name,consent.email.survey,consent.phone.callback\nc-900,Moss,{},yes\n"


def send(granted, at=NOW, *, said_at=None, **said):
    said |= {"at": said_at.isoformat()} if said_at else {}
    item = {"external_id": "c-900", "family_name": "Moss", "consents": [{**WORD, "granted": granted, **said}]}
    return [result.status for result in ingest_customers([item], source="crm", at=at)]


def events():
    found = Event.objects.filter(what__startswith="consent.").order_by("at", "id")
    return [(event.what, event.at, event.data) for event in found]


def test_a_word_that_changes_something_leaves_an_event_at_the_moment_when_it_came(db):
    send(True)
    send(False, at=LATER, evidence="rang us")
    assert events() == [("consent.granted", NOW, WORD), ("consent.refused", LATER, WORD)]
    assert set(Event.objects.filter(what__startswith="consent.").values_list("subject_id", flat=True)) == {
        str(Customer.objects.get().pk)
    }


def test_a_word_older_than_the_one_that_counts_leaves_none(db):
    send(False)
    send(True, at=LATER, said_at=NOW - timedelta(days=9))
    assert [what for what, _, _ in events()] == ["consent.refused"]
    assert Consent.objects.get().granted is False


def test_a_file_leaves_an_event_for_each_word_that_changes_something(db, tmp_path):
    load(written(tmp_path / "a.csv", FILE.format("yes")))
    load(written(tmp_path / "b.csv", FILE.format("no")), at=LATER)
    callback = {"channel": "phone", "purpose": "callback"}
    assert events() == [
        ("consent.granted", NOW, WORD), ("consent.granted", NOW, callback), ("consent.refused", LATER, WORD),
    ]  # fmt: skip


@pytest.mark.parametrize("granted", [True, False])
def test_the_same_word_without_a_moment_again_is_no_news(db, granted):
    assert send(granted, evidence="page 4") == ["created"]
    assert send(granted, at=LATER, evidence="page 4") == ["unchanged"]
    assert [(word.at, word.granted) for word in ConsentWord.objects.all()] == [(NOW, granted)]


def test_the_same_file_without_moments_again_is_unchanged(db, tmp_path):
    path = written(tmp_path / "a.csv", FILE.format("yes"))
    load(path)
    assert load(path, at=LATER).counts["unchanged"] == 1
    assert ConsentWord.objects.count() == 2


def test_what_a_source_repeats_without_a_moment_does_not_overrule_what_the_customer_said_since(db):
    send(True)
    refuse(customer=Customer.objects.get(), channel="email", purpose="survey", at=NOW + timedelta(hours=1))
    assert send(True, at=LATER) == ["unchanged"]
    assert Consent.objects.get().granted is False
    assert send(True, at=LATER, evidence="a new form") == ["updated"]
    assert Consent.objects.get().granted is True


def test_the_same_word_of_a_later_moment_counts(db):
    send(True)
    assert send(True, at=LATER, said_at=LATER) == ["updated"]
    assert Consent.objects.get().at == LATER
