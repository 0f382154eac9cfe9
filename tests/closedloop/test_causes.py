"""The tree of root causes: editions, what reads as what, and two people who judge."""

import pytest
from django.db import DatabaseError, transaction

from closedloop.agreement import agreement
from closedloop.causes import Node, as_is, faults_of, offered_among, path_of
from closedloop.errors import EditionRefused, TicketRefused
from closedloop.models import CauseEdition, RootCause, SecondCoding
from closedloop.models.tickets.learning import is_coded_twice
from closedloop.services.drafting_causes import draft_edition
from closedloop.services.reading_causes import read_causes
from common.models import Event
from tests.world import NOW

TREE = {1: Node(1, "We"), 2: Node(2, "Wait", 1), 3: Node(3, "Counter", 2), 4: Node(4, "Phone", 2, active=False)}


# --- arithmetic ------------------------------------------------------------------------------------------------------


def test_a_cause_is_called_by_all_that_stands_above_it():
    assert path_of(TREE[3], TREE) == "We › Wait › Counter"


def test_leaves_in_use_are_offered():
    assert offered_among(list(TREE.values())) == {3}


def test_a_cause_whose_parts_are_all_retired_is_offered_itself():
    assert offered_among([Node(1, "We"), Node(2, "Wait", 1, active=False)]) == {1}


@pytest.mark.parametrize(
    ("nodes", "before", "said"),
    [
        ([Node(1, "We", 2), Node(2, "You", 1)], {}, ["“We” stands under itself.", "“You” stands under itself."]),
        ([Node(1, "We", 9)], {}, ["“We” stands under a cause of another edition."]),
        (
            [Node(1, "We", active=False), Node(2, "Wait", 1)], {},
            ["“Wait” stands under a cause that is retired: retire it too, or move it."],
        ),
        ([Node(1, "We", active=False)], {}, ["No cause could be chosen: put at least one into the edition."]),
        (
            [Node(1, "We", comes_from=frozenset({7}))], {7: "Us", 8: "Them"},
            ["Say what became of “Them”: name it under “comes from” of the cause that takes it over."],
        ),
        ([Node(1, "We")], {}, []),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_draft_is_said(nodes, before, said):
    found = faults_of(nodes, before)
    assert [each for each in found if "could be chosen" not in each or said == found] == said


PARENTS = {1: None, 11: None, 12: 11, 13: 11, 14: None, 21: None, 22: 21}


@pytest.mark.parametrize(
    ("heirs", "reads"),
    [
        ({}, 1),  # of this edition itself
        ({1: [12]}, 12),
        ({1: [12], 12: [22]}, 22),  # through two editions
        ({1: [12, 13]}, 11),  # split: what stands above both parts
        ({1: [12, 14]}, None),  # split, and nothing above both
        ({1: [12, 13], 12: [22], 13: [22]}, 22),  # split, and merged again
        ({1: [12, 11]}, 11),
    ],
)
def test_an_earlier_cause_reads_as_the_one_that_took_it_over(heirs, reads):
    assert as_is(1, heirs, PARENTS) == reads


def pairs_of(table: list[list[int]]) -> list[tuple[int, int]]:
    return [(i, j) for i, row in enumerate(table) for j, number in enumerate(row) for _ in range(number)]


@pytest.mark.parametrize(
    ("table", "kappa", "low", "high"),
    [
        ([[20, 5], [10, 15]], 0.4, 0.1511, 0.6489),
        ([[75, 1, 4], [5, 4, 1], [0, 0, 10]], 0.6764, 0.5046, 0.8482),  # Fleiss, Levin and Paik 2003, 18.1: SE 0.0877
        ([[10, 0], [0, 10]], 1.0, 1.0, 1.0),
        ([[0, 10], [10, 0]], -1.0, -1.0, -1.0),
        ([[5, 5], [5, 5]], 0.0, -0.4383, 0.4383),
    ],
)
def test_kappa_and_its_interval(table, kappa, low, high):
    found = agreement(pairs_of(table))
    assert (found.kappa, found.low, found.high) == pytest.approx((kappa, low, high), abs=5e-4)


def test_one_cause_throughout_has_no_kappa():
    found = agreement([("wait", "wait")] * 12)
    assert (found.n, found.observed, found.kappa) == (12, 1.0, None)


def test_no_pairs_have_no_agreement():
    assert agreement([]) is None


# --- editions --------------------------------------------------------------------------------------------------------


def draft(world, **how) -> CauseEdition:
    return draft_edition(**{"note": "Telephone apart.", "by": world.olivia.user, "at": NOW, **how})


def cause(code: str, edition: CauseEdition | None = None) -> RootCause:
    return RootCause.objects.get(code=code, edition=edition or CauseEdition.objects.in_force())


def test_a_new_house_has_an_edition_in_force(ticket):
    assert [str(each) for each in RootCause.objects.offered()][-2:] == [
        "What we offer › Price or fee", "What we offer › The product itself",
    ]  # fmt: skip
    assert not RootCause.objects.get(code="ours").offered


def test_a_draft_begins_as_the_edition_in_force_and_each_cause_takes_over_its_own(world, ticket):
    edition = draft(world)
    assert edition.number == 2
    copy = cause("wait", edition)
    assert (copy.parent.code, list(copy.comes_from.all())) == ("ours", [cause("wait")])
    assert RootCause.objects.offered().filter(edition=edition).count() == 0


def test_there_is_one_draft_at_a_time(world, ticket):
    draft(world)
    with pytest.raises(EditionRefused, match="a draft already"):
        draft(world)
    assert CauseEdition.objects.count() == 2


def test_a_published_edition_is_in_force_and_the_one_before_is_not_offered(world, ticket):
    old, edition = cause("wait"), draft(world)
    edition.publish(by=world.olivia.user, at=NOW)
    assert cause("wait") != old
    with pytest.raises(TicketRefused, match="offered today"):
        ticket.record_finding(learned="x", root_cause=old, by=None, at=NOW)
    assert not ticket.findings.exists()
    assert Event.objects.filter(what="causes.published").latest("pk").data == {"number": 2, "causes": 12}


def test_a_cause_that_nothing_takes_over_keeps_the_draft_from_being_published(world, ticket):
    edition = draft(world)
    cause("rule", edition).delete()
    with pytest.raises(EditionRefused, match="Say what became of “A rule of ours”"):
        edition.publish(by=None, at=NOW)
    edition.refresh_from_db()
    assert edition.published_at is None


def test_it_is_published_once(world, ticket):
    with pytest.raises(EditionRefused, match="already"):
        CauseEdition.objects.get().publish(by=None, at=NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda edition: RootCause.objects.filter(code="wait").update(name="Queues"),
        lambda edition: RootCause.objects.filter(code="wait")._raw_delete("default"),
        lambda edition: RootCause.objects.create(edition=edition, code="new", name="New"),
        lambda edition: CauseEdition.objects.update(published_at=None),
        lambda edition: CauseEdition.objects.filter(pk=edition.pk)._raw_delete("default"),
    ],
)
def test_the_database_keeps_what_is_published(ticket, change):
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        change(CauseEdition.objects.get())


def test_the_share_that_is_coded_twice_may_change_at_any_time(ticket):
    CauseEdition.objects.update(second_share=20)
    assert CauseEdition.objects.get().second_share == 20


# --- what findings say -----------------------------------------------------------------------------------------------


def find(ticket, code, by=None, **said):
    stated = {"stated_cause": cause(said["stated"])} if "stated" in said else {}
    return ticket.record_finding(learned="x", root_cause=cause(code), by=by, at=NOW, **stated)


def test_the_customers_reason_and_our_judgement_are_kept_apart(world, ticket):
    found = find(ticket, "mistake", by=world.helen.user, stated="wait")
    assert (found.root_cause.code, found.stated_cause.code) == ("mistake", "wait")
    data = Event.objects.about(ticket).first().data
    assert (data["root_cause"], data["stated_cause"]) == ("mistake", "wait")


def rows_of(edition, principal):
    return {row.path.split(" › ")[-1]: (row.as_was, row.as_is, row.stated) for row in read_causes(
        edition, principal=principal).rows}  # fmt: skip


def test_history_reads_as_it_was_and_as_it_is(world, ticket):
    for code in ("wait", "wait", "promise", "price", "rule"):
        find(ticket, code, stated="price")
    edition = draft(world)
    kept = cause("promise", edition)
    kept.comes_from.add(cause("wait"))  # merged: waiting is a promise that was not kept
    cause("wait", edition).delete()
    parts = [cause("price", edition), RootCause.objects.create(
        edition=edition, code="fee", name="Fee", parent=cause("terms", edition)
    )]  # fmt: skip
    parts[1].comes_from.add(cause("price"))  # split
    first = CauseEdition.objects.get(number=1)
    edition.publish(by=None, at=NOW)
    find(ticket, "promise")
    now, was = rows_of(edition, world.olivia.user), rows_of(first, world.olivia.user)
    assert was["Waiting too long"] == (2, 2, 0)
    assert now["Promise not kept"] == (1, 4, 0)
    assert now["What we did"] == (0, 4, 0)
    assert (now["Price or fee"], now["Fee"], now["What we offer"]) == ((0, 0, 0), (0, 0, 0), (0, 2, 5))
    assert was["Price or fee"] == (1, 1, 5)


def test_what_was_split_with_nothing_above_is_counted_as_unread(world, ticket):
    find(ticket, "other")
    edition = draft(world)
    part = RootCause.objects.create(edition=edition, code="unknown", name="Nobody knows")
    part.comes_from.add(cause("other"))
    edition.publish(by=None, at=NOW)
    assert read_causes(edition, principal=world.olivia.user).unread == 1


def test_figures_are_of_tickets_in_sight(world, ticket):
    find(ticket, "wait")
    assert rows_of(CauseEdition.objects.get(), world.elsa.user)["Waiting too long"] == (0, 0, 0)


def test_reading_takes_the_same_number_of_queries_for_any_number(world, ticket, django_assert_num_queries):
    edition = CauseEdition.objects.get()
    for number in (1, 15):
        for _ in range(number):
            find(ticket, "wait", stated="price")
        with django_assert_num_queries(5):
            read_causes(edition, principal=world.operator)


def test_who_sees_every_unit_is_not_asked_about_each_ticket(world, ticket, django_assert_num_queries):
    find(ticket, "wait")
    edition = CauseEdition.objects.get()
    with django_assert_num_queries(6) as asked:
        read_causes(edition, principal=world.olivia.user)
    assert not any('"closedloop_ticket"' in query["sql"] for query in asked.captured_queries)


# --- coded twice -----------------------------------------------------------------------------------------------------


def test_which_findings_are_coded_twice_nobody_chooses(ticket):
    edition = CauseEdition.objects.get()
    edition.second_share = 20
    assert sum(is_coded_twice(number, edition) for number in range(1, 1001)) == 200
    edition.second_share = 100
    assert all(is_coded_twice(number, edition) for number in range(1, 50))
    edition.second_share = 0
    assert not any(is_coded_twice(number, edition) for number in range(1, 50))


@pytest.fixture
def coding(world, ticket) -> SecondCoding:
    CauseEdition.objects.update(second_share=100)
    find(ticket, "wait", by=world.helen.user)
    return SecondCoding.objects.get()


def test_a_second_person_says_the_cause(world, coding):
    coding.code(cause("promise"), by=world.olivia.user, at=NOW)
    coding.refresh_from_db()
    assert (coding.root_cause.code, coding.by, coding.at) == ("promise", world.olivia.user, NOW)
    assert coding.finding.root_cause.code == "wait"


def test_nobody_codes_their_own_finding_again(world, coding):
    with pytest.raises(EditionRefused, match="Somebody else"):
        coding.code(cause("wait"), by=world.helen.user, at=NOW)
    coding.refresh_from_db()
    assert coding.at is None


def test_a_finding_is_coded_a_second_time_once(world, coding):
    coding.code(cause("promise"), by=world.olivia.user, at=NOW)
    with pytest.raises(EditionRefused, match="already"):
        coding.code(cause("wait"), by=world.rosa.user, at=NOW)


def test_kappa_is_told_from_ten_pairs_on(world, ticket):
    CauseEdition.objects.update(second_share=100)
    for number in range(10):
        find(ticket, "wait" if number % 2 else "price", by=world.helen.user)
    edition, codings = CauseEdition.objects.get(), list(SecondCoding.objects.order_by("pk"))
    for coding in codings[:9]:
        coding.code(coding.finding.root_cause, by=world.olivia.user, at=NOW)
    reading = read_causes(edition, principal=world.olivia.user)
    assert (reading.agreement, reading.twice, reading.waiting) == (None, 9, 1)
    codings[9].code(cause("price"), by=world.olivia.user, at=NOW)
    found = read_causes(edition, principal=world.olivia.user).agreement
    assert (found.n, found.observed, round(found.kappa, 2)) == (10, 0.9, 0.8)


# --- the console -----------------------------------------------------------------------------------------------------


@pytest.fixture
def office(world, client):
    client.force_login(world.olivia.user)
    return client


def test_the_office_drafts_edits_and_publishes(office, world, ticket):
    answer = office.post("/admin/closedloop/causeedition/add/", {"note": "Queues apart.", "second_share": 10})
    assert answer.status_code == 302
    edition = CauseEdition.objects.get(number=2)
    assert (edition.note, edition.second_share) == ("Queues apart.", 10)
    top = cause("ours", edition)
    words = {"edition": edition.pk, "parent": top.pk, "code": "queue", "name": "Queue at the counter", "active": "on"}
    assert office.post("/admin/closedloop/rootcause/add/", words).status_code == 302
    office.post("/admin/closedloop/causeedition/", {"action": "publish", "_selected_action": [edition.pk]})
    assert str(cause("queue")) == "What we did › Queue at the counter"
    assert "Queue at the counter" in office.get(f"/admin/closedloop/causeedition/{edition.pk}/change/").content.decode()


def test_causes_of_a_published_edition_are_only_read(office, ticket):
    old = cause("wait")
    page = office.get(f"/admin/closedloop/rootcause/{old.pk}/change/")
    assert (page.status_code, 'name="name"' in page.content.decode()) == (200, False)
    assert office.post(f"/admin/closedloop/rootcause/{old.pk}/change/", {"name": "x"}).status_code == 403
    assert office.post(f"/admin/closedloop/rootcause/{old.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_cause_stands_under_one_of_its_own_edition(office, world, ticket):
    edition = draft(world)
    words = {"edition": edition.pk, "parent": cause("ours").pk, "code": "queue", "name": "Queue", "active": "on"}
    assert office.post("/admin/closedloop/rootcause/add/", words).status_code == 200
    assert not RootCause.objects.filter(code="queue").exists()


def test_the_second_person_sees_the_words_and_not_the_first_cause(office, world, coding):
    list_ = office.get("/admin/closedloop/secondcoding/").content.decode()
    page = office.get(f"/admin/closedloop/secondcoding/{coding.pk}/change/").content.decode()
    assert "Helen" not in list_ + page
    assert "selected" not in page.split('name="root_cause"')[1].split("</select>")[0].replace('value="" selected', "")
    office.post(f"/admin/closedloop/secondcoding/{coding.pk}/change/", {"root_cause": cause("promise").pk})
    coding.refresh_from_db()
    assert (coding.root_cause.code, coding.by) == ("promise", world.olivia.user)
    assert office.get(f"/admin/closedloop/secondcoding/{coding.pk}/change/").status_code == 404


def test_ones_own_findings_are_not_among_them(office, world, coding):
    coding.finding.by = world.olivia.user
    coding.finding.save()
    assert office.get(f"/admin/closedloop/secondcoding/{coding.pk}/change/").status_code == 404


def test_who_made_a_finding_says_the_customers_reason_on_the_ticket(world, client, ticket):
    client.force_login(world.helen.user)
    words = {"version": 1, "learned": "Slow.", "root_cause": cause("wait").pk, "stated_cause": cause("price").pk}
    client.post(f"/tickets/{ticket.public_id}/findings", words)
    text = client.get(f"/tickets/{ticket.public_id}/").content.decode()
    assert "They say: Price or fee." in text


def test_the_reason_that_the_customer_gave_already_stands_in_the_form_until_it_is_judged(world, client, ticket):
    client.force_login(world.helen.user)
    page, named = f"/tickets/{ticket.public_id}/", f'<option value="{cause("price").pk}" selected>'
    ticket.record_finding(learned="Too dear, they say.", stated_cause=cause("price"), by=world.helen.user, at=NOW)
    assert client.get(page).content.decode().count(named) == 1  # their reason alone, not our judgement
    call = {"version": ticket.version, "went": "no_answer", "way": "phone", "stated_cause": cause("price").pk}
    assert client.post(f"{page}attempts", call).status_code == 302  # what stood there by itself is nothing unsaved
    assert (ticket.attempts.filter(outcome="no_answer").count(), ticket.findings.count()) == (1, 1)
    find(ticket, "mistake", by=world.helen.user, stated="price")
    assert named not in client.get(page).content.decode()
