"""What people do about the person behind a row: review, undo, addresses, holds, suppression, words on consent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from common.models import Event
from crm.addresses import masked, normalize
from crm.models import ConsentWord, ContactPoint, DuplicateCandidate, Hold, LiftedSuppression, Merge, Suppression
from crm.services.consenting import refuse
from crm.services.holding import expire, hold
from crm.services.merging import merge, propose
from crm.services.suppressing import suppress
from tests.factories import crm as make
from tests.world import NOW


@pytest.fixture
def office(client, world):
    client.force_login(world.olivia.user)
    return client


def page(name, *args):
    return reverse(f"admin:crm_{name}", args=args)


@pytest.fixture
def pair(world):
    twin = make.customer(source="web", given_name="Inès", family_name="Moreau", language="fr", unit=world.mill)
    return propose(first=world.ines, second=twin, at=NOW)


def test_a_pair_is_shown_side_by_side_and_merged_with_what_was_chosen(office, pair):
    shown = office.get(page("duplicatecandidate_change", pair.pk)).content.decode()
    assert "Inès" in shown
    assert "ines@example.org" in shown
    said = {"verdict": "merged", "keep": "second", "choose_given_name": "second", "why": "same passport"}
    assert office.post(page("duplicatecandidate_change", pair.pk), said).status_code == 302
    row = Merge.objects.get()
    assert (row.kept, row.merged, row.choices) == (pair.second, pair.first, {"given_name": pair.second_id})
    pair.refresh_from_db()
    assert (pair.verdict, pair.settled_by.username) == ("merged", "olivia")
    person = office.get(page("customer_change", pair.first_id)).content.decode()
    assert "chosen by hand" in person


def test_a_person_for_whom_a_row_out_of_sight_stands_is_not_merged(client, world):
    mine, known_there = (make.customer(unit=world.station) for _ in range(2))
    merge(kept=world.ines, merged=known_there, at=NOW)
    pair = propose(first=mine, second=known_there, at=NOW)
    client.force_login(make.employee(name="Sven", unit=world.station, role="office").user)
    said = {"verdict": "merged", "keep": "first"}
    answer = client.post(page("duplicatecandidate_change", pair.pk), said, follow=True)
    assert "a customer out of your sight" in answer.content.decode()
    assert Merge.objects.get().merged == known_there
    assert DuplicateCandidate.objects.open().get() == pair


def test_a_pair_is_told_apart(office, pair):
    said = {"verdict": "different", "keep": "first", "why": "mother and daughter"}
    assert office.post(page("duplicatecandidate_change", pair.pk), said).status_code == 302
    pair.refresh_from_db()
    assert (pair.verdict, pair.why) == ("different", "mother and daughter")
    assert not Merge.objects.exists()


def test_a_pair_is_proposed_by_hand(office, world):
    twin = make.customer(unit=world.mill)
    answer = office.post(page("duplicatecandidate_add"), {"first": twin.pk, "second": world.ines.pk})
    made = DuplicateCandidate.objects.get()
    assert answer["Location"] == page("duplicatecandidate_change", made.pk)
    assert (made.first, made.reasons) == (world.ines, {"by_hand": True})
    same = office.post(page("duplicatecandidate_add"), {"first": twin.pk, "second": twin.pk})
    assert "Choose another customer than the first." in same.content.decode()


def test_a_merge_is_undone_with_a_reason(office, pair):
    row = merge(kept=pair.first, merged=pair.second, at=NOW)
    assert office.post(page("merge_change", row.pk), {"undone_why": ""}).status_code == 200
    assert office.post(page("merge_change", row.pk), {"undone_why": "two sisters"}).status_code == 302
    row.refresh_from_db()
    assert (row.undone_why, row.undone_by.username) == ("two sisters", "olivia")
    assert office.get(page("merge_change", row.pk)).status_code == 200


def test_who_does_not_see_both_sees_no_pair(client, world, pair):
    client.force_login(world.helen.user)
    assert client.get(page("duplicatecandidate_change", pair.pk)).status_code in {403, 404}
    assert not DuplicateCandidate.objects.visible_to(world.helen.user).exists()
    assert DuplicateCandidate.objects.visible_to(world.rosa.user).exists()


def test_an_address_is_added_preferred_and_called_unusable(office, world):
    said = {"customer": world.ines.pk, "channel": "email", "address": " Ines@Bücher.example ", "preferred": "on"}
    assert office.post(page("contactpoint_add"), said).status_code == 302
    point = ContactPoint.objects.get(entered_by=world.olivia.user)
    assert (point.normalized, point.preferred) == ("ines@xn--bcher-kva.example", True)
    assert not world.ines.contact_points.exclude(pk=point.pk).filter(channel="email", preferred=True).exists()
    change = page("contactpoint_change", point.pk)
    assert "Say why it does not work." in office.post(change, {"preferred": "on"}).content.decode()
    assert office.post(change, {"preferred": "on", "unusable_why": "moved"}).status_code == 302
    point.refresh_from_db()
    assert (point.unusable_since is None, point.unusable_why) == (False, "moved")
    assert point.unusable_by.username == "olivia"
    since = point.unusable_since
    assert office.post(change, {"unusable_why": "moved abroad"}).status_code == 302
    point.refresh_from_db()
    assert (point.unusable_since, point.unusable_why) == (since, "moved abroad")
    assert Event.objects.filter(what="contact_point.unusable").count() == 2
    both = office.post(change, {"usable": "on", "unusable_why": "no longer hers"})
    assert "A reason stands with an address that does not work." in both.content.decode()
    assert office.post(change, {"usable": "on", "unusable_why": ""}).status_code == 302
    point.refresh_from_db()
    assert (point.unusable_since, point.preferred) == (None, False)


def test_an_address_that_is_none_is_refused_beside_its_field(office, world):
    said = {"customer": world.ines.pk, "channel": "phone", "address": "12"}
    answer = office.post(page("contactpoint_add"), said)
    assert "country code" in answer.content.decode()
    assert ContactPoint.objects.count() == 2


@pytest.mark.parametrize(
    ("channel", "given", "normal"),
    [
        ("email", " Ines.M@Example.ORG ", "ines.m@example.org"),
        ("email", "ines@münchen.example", "ines@xn--mnchen-3ya.example"),
        ("phone", "+44 20 7946 0471", "+442079460471"),
        ("sms", "+33 6 12 34 56 78", "+33612345678"),
    ],
)
def test_an_address_has_one_normal_form(channel, given, normal):
    assert normalize(channel, given) == normal


@pytest.mark.parametrize(
    "given",
    ["a" * 65 + "@example.org", "ines@" + "b" * 250 + ".org", "ines@exa mple.org", "ines@\u2024.org", "a@b@c.d"],
)
def test_what_is_no_address_is_told_to_people(given):
    with pytest.raises(ValueError, match=r"e-mail address|domain"):
        normalize("email", given)


def test_a_masked_address_tells_only_whom_it_reminds():
    assert [masked("email", "ines@example.org"), masked("phone", "+442079460471")] == ["i…@example.org", "… 71"]


def test_a_second_hold_with_its_own_reason_or_end_is_a_hold_of_its_own(office, world):
    until = timezone.now() + timedelta(days=9)
    asked = {"customer": world.ines.pk, "kind": "legal"}
    day = {"until_0": f"{until:%Y-%m-%d}", "until_1": "10:00"}
    twice = {"why": "sued us", **day}
    for said in (twice, twice, {"why": "sued us"}, {"why": "our lawyers asked"}):
        assert office.post(page("hold_add"), {**asked, **said}).status_code == 302
    held = Hold.objects.order_by("pk").values_list("why", "until")
    assert [(why, end and end.date()) for why, end in held] == [
        ("sued us", until.date()), ("sued us", None), ("our lawyers asked", None),
    ]  # fmt: skip


def test_a_hold_that_would_be_over_already_is_refused(office, world):
    said = {"customer": world.ines.pk, "kind": "legal", "until_0": "2020-01-01", "until_1": "10:00"}
    assert "This lies in the past." in office.post(page("hold_add"), said).content.decode()
    assert not Hold.objects.exists()


def test_why_a_customer_is_held_and_evidence_are_read_by_those_whose_function_it_is(client, world):
    hold(customer=world.ines, kind=Hold.Kind.LEGAL, cause="crm:7", why="sued us over the passbook", at=NOW)
    refuse(customer=world.ines, channel="email", purpose="survey", at=NOW, evidence="form 7 in the safe")
    office_here_only = make.employee(name="Ole", unit=world.station, role="office")
    make.assignment(office_here_only, unit=world.head_office, role="executive")
    auditor = make.employee(name="Aud", unit=world.head_office, role="auditor")
    found = {}
    for person in (world.helen, office_here_only, auditor, world.olivia):
        client.force_login(person.user)
        shown = client.get(page("customer_change", world.ines.pk)).content.decode()
        found[person.name] = ("over the passbook" in shown, "in the safe" in shown, "ines@example.org" in shown)
    assert found == {
        "Helen": (False, False, True), "Ole": (False, False, False), "Aud": (True, True, False),
        "Olivia": (True, True, True),
    }  # fmt: skip


def test_merges_are_told_on_the_page_to_those_whose_function_it_is_there(client, world):
    twin = make.customer(source="web", external_id="shop-8", unit=world.mill)
    merge(kept=world.ines, merged=twin, at=NOW)
    reader = make.employee(name="Ole", unit=world.station, role="office")
    make.assignment(reader, unit=world.head_office, role="executive")
    for person, told in ((reader, False), (world.olivia, True)):
        client.force_login(person.user)
        shown = client.get(page("customer_change", world.ines.pk)).content.decode()
        assert ("web:shop-8 into" in shown) is told


def test_who_reads_addresses_masked_learns_nothing_by_searching_for_one(client, world):
    found = {}
    reader = make.employee(name="Exa", unit=world.head_office, role="executive")
    here_only = make.employee(name="Mix", unit=world.head_office, role="executive")
    make.assignment(here_only, unit=world.station, role="branch")
    make.customer(family_name="Vale", unit=world.station, email="vale@example.org")
    for person in (reader, here_only, world.olivia):
        client.force_login(person.user)
        for word in ("ines@example.org", "vale@example.org", "Moreau"):
            shown = client.get(page("customer_changelist"), {"q": word}).content.decode()
            found[person.name, word.split("@")[0]] = "Moreau" in shown.split("result_list")[-1] or "Vale" in shown
    assert [key for key, seen in found.items() if not seen] == [("Exa", "ines"), ("Exa", "vale"), ("Mix", "ines")]


def test_a_hold_is_released_with_a_reason(office, world):
    row = hold(customer=world.ines, kind=Hold.Kind.LEGAL, cause="console", at=NOW)
    assert office.post(page("hold_change", row.pk), {"released_why": "settled"}).status_code == 302
    row.refresh_from_db()
    assert (row.released_why, row.released_by.username) == ("settled", "olivia")


def test_a_hold_ends_on_its_day_and_may_be_set_anew(world):
    first = hold(customer=world.ines, kind=Hold.Kind.LEGAL, cause="console", at=NOW, until=NOW + timedelta(days=1))
    assert Hold.objects.in_force(NOW + timedelta(hours=23)).get() == first
    assert not Hold.objects.in_force(NOW + timedelta(days=1)).exists()
    second = hold(customer=world.ines, kind=Hold.Kind.LEGAL, cause="console", at=NOW + timedelta(days=2))
    first.refresh_from_db()
    assert (second.pk != first.pk, first.released_why) == (True, "its day has come")


def test_holds_whose_day_has_come_are_closed_by_the_job(world):
    hold(customer=world.ines, kind=Hold.Kind.LEGAL, cause="a", at=NOW, until=NOW + timedelta(days=1))
    hold(customer=world.ines, kind=Hold.Kind.LEGAL, cause="b", at=NOW)
    assert [expire(at=NOW + timedelta(days=1)), expire(at=NOW + timedelta(days=1))] == [1, 0]
    assert Hold.objects.get(released_at=None).cause == "b"


def test_lifting_a_suppression_keeps_what_it_was_and_why_it_ended(office, world):
    row = suppress(channel="email", normalized="ines@example.org", reason="complained", at=NOW, evidence="letter")
    assert office.post(page("suppression_change", row.pk), {"lifted_why": ""}).status_code == 200
    assert Suppression.objects.exists()
    assert office.post(page("suppression_change", row.pk), {"lifted_why": "withdrew it"}).status_code == 302
    assert not Suppression.objects.exists()
    kept = LiftedSuppression.objects.get()
    assert (kept.reason, kept.evidence, kept.lifted_why, kept.lifted_by) == (
        "complained", "letter", "withdrew it", world.olivia.user,
    )  # fmt: skip
    assert Event.objects.get(what="address.released").data["reason"] == "complained"


@pytest.mark.parametrize("granted", [{}, {"granted": ""}, {"granted": "on"}])
def test_a_word_on_consent_that_says_neither_yes_nor_no_is_not_written_down(office, world, granted):
    said = {
        "customer": world.ines.pk,
        "channel": "email",
        "purpose": "survey",
        "at_0": "2026-05-03",
        "at_1": "10:00:00",
    }
    answer = office.post(page("consentword_add"), said | granted)
    assert (answer.status_code, ConsentWord.objects.count()) == (200, 0)


def test_a_word_on_consent_is_written_down_with_its_evidence_and_shown_for_its_day(office, world):
    said = {
        "customer": world.ines.pk, "channel": "email", "purpose": "survey", "granted": "yes", "at_0": "2026-05-03",
        "at_1": "10:00:00", "origin": "call", "wording": "2026-01", "taken_by": "desk 4", "evidence": "recording 88",
    }  # fmt: skip
    assert office.post(page("consentword_add"), said).status_code == 302
    word = ConsentWord.objects.get()
    assert (word.granted, word.origin, word.by, word.evidence) == (True, "call", world.olivia.user, "recording 88")
    customer = page("customer_change", world.ines.pk)
    assert "recording 88" in office.get(customer, {"allowed_on": "2026-05-03"}).content.decode()
    assert "Nothing had been said by then." in office.get(customer, {"allowed_on": "2026-05-02"}).content.decode()
    assert office.get(customer, {"allowed_on": "2026-99-99"}).status_code == 200


def test_the_list_of_customers_and_its_file_say_which_source_knows_them(office, world):
    shown = office.get(page("customer_changelist")).content.decode()
    assert "field-source" in shown
    said = {"action": "export_csv", "index": "0", "select_across": "1", "_selected_action": "0"}
    header = b"".join(office.post(page("customer_changelist"), said)).decode().splitlines()[0]
    assert "source" in header.split(",")
