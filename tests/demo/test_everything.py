"""A small bank with everything that the large one has: re-organized twice, scanned, bounced, cheated in four ways."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db.models import Count

from closedloop.models import RecoveryDraw, RecoveryStudy, Ticket
from closedloop.services.holding_out import replay
from crm.models import Assignment, ContactPoint, Interaction, Placement, UnitClosure
from demo.reckoning import identities
from demo.recording import join, nps
from demo.rehearsing import run_the_time_machine
from demo.truth.cheating import BURST, mailbox_of
from demo.truth.post import COUNTER
from surveys.models import LinkVisit, Message, Rehearsal, Response
from tests.demo.conftest import EVERYTHING, lived_through, rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker, folder):
    for history in lived_through(EVERYTHING, folder, django_db_blocker):
        history.felt = history.feed.close()
        yield history


def cheats(lived, way):
    return [unit for unit in lived.bank.branches if unit.cheat == way]


def test_everything_adds_up(lived):
    assert [found for found in identities(lived.bank, lived.tally) if not found.holds] == []


def test_the_version_that_waits_for_a_second_person_was_run_over_the_last_fortnight(lived):
    run_the_time_machine(at=datetime.combine(lived.bank.until, time(18), UTC))
    row = Rehearsal.objects.get()
    assert (row.state, row.days, row.version.approvals.get().state) == ("done", 14, "waits")
    assert row.result["arms"]["proposed"]["occasions"] > 0


def test_one_unhappy_customer_in_ten_is_not_called(lived):
    study = RecoveryStudy.objects.get()
    held = RecoveryDraw.objects.filter(arm="held_out", released_at=None)
    assert (study.share, replay(study)) == (Decimal("0.1"), (RecoveryDraw.objects.count(), 0))
    assert not Ticket.objects.open().filter(customer__in=held.values("customer")).exists()


def test_withheld_occasions_are_in_the_truth_and_not_in_the_data(lived, folder):
    kept = [row["code"] for row in rows_of(folder / "occasions.csv.gz") if row["withheld"] == "1"]
    assert len(kept) == lived.tally["withheld"] > 10
    assert not Interaction.objects.filter(external_id__in=kept).exists()
    assert {row["unit"] for row in rows_of(folder / "withheld.csv.gz")} == {u.code for u in cheats(lived, "withholds")}


def test_every_occasion_that_was_sent_is_in_the_data(lived, folder):
    sent = {row["code"] for row in rows_of(folder / "occasions.csv.gz") if row["withheld"] == "0"}
    assert sent == set(Interaction.objects.values_list("external_id", flat=True))


def test_the_feelings_counted_are_those_of_the_occasions(lived, folder):
    scores = Counter(int(row["score"]) for row in rows_of(folder / "occasions.csv.gz"))
    assert nps(lived.felt.overall()) == nps(scores)


def test_forged_answers_come_in_bursts_from_the_counter(lived):
    forged = LinkVisit.objects.filter(user_agent=COUNTER, invitation__unit__external_id__in=[
        unit.code for unit in cheats(lived, "forges")
    ])  # fmt: skip
    answers = list(Response.objects.filter(invitation__visits__in=forged).order_by("answered_at"))
    assert len(answers) > 5
    assert {answer.score for answer in answers} <= {9, 10}
    bursts = defaultdict(list)  # a branch's own: it closes by the clock of its country
    for answer in answers:
        bursts[answer.unit_id, answer.answered_at.date()].append(answer.answered_at)
    assert max(len(burst) for burst in bursts.values()) > 1
    assert [b for b in bursts.values() if max(b) - min(b) > timedelta(seconds=BURST)] == []


def test_redirected_customers_share_the_mailbox_of_the_branch(lived):
    boxes = {mailbox_of(unit) for unit in cheats(lived, "redirects")}
    shared = ContactPoint.objects.filter(normalized__in=boxes).values("normalized").annotate(n=Count("customer"))
    assert sum(row["n"] for row in shared) == len(lived.redirections.customers) > 3


def test_every_cheated_answer_is_written_down_with_what_the_customer_felt(lived, folder):
    acts = [row for row in rows_of(folder / "answered.csv.gz") if row["given"]]
    begged = [row for row in acts if row["way"] == "begs"]
    assert begged
    assert {row["given"] for row in begged} == {"10"}
    assert {int(row["felt"]) for row in begged} <= {6, 7, 8, 9}
    stored = dict(Response.objects.values_list("interaction__external_id", "score"))
    assert [row for row in acts if stored[row["occasion"]] != int(row["given"])] == []


def test_branches_stand_in_both_regions_each_at_its_time(lived):
    first = lived.bank.changes[0]
    code, region = next(iter(first.branches.items()))
    above = UnitClosure.objects.filter(descendant__external_id=code, depth=1)
    before = above.get(valid__contains=first.day - timedelta(days=1)).ancestor.external_id
    assert (before, above.get(valid__contains=first.day).ancestor.external_id) == (lived.bank.unit[code].parent, region)
    assert Placement.objects.filter(unit__external_id=code, recorded__upper_inf=True).count() == 2


def test_transferred_employees_serve_at_the_new_branch_from_that_day_on(lived):
    first = lived.bank.changes[0]
    code, unit = next(iter(first.staff.items()))
    served = Interaction.objects.filter(employee__external_id=code, occurred_at__date__gte=first.day)
    until = lived.bank.changes[1].day
    assert set(served.filter(occurred_at__date__lt=until).values_list("unit__external_id", flat=True)) <= {unit}
    posts = Assignment.objects.filter(employee__external_id=code, recorded__upper_inf=True)
    assert unit in posts.values_list("unit__external_id", flat=True)


def test_bad_addresses_fail_and_are_not_written_to_again(lived):
    failed = Message.objects.filter(state="failed")
    assert failed.count() == lived.tally["asks failed"] > 0
    assert set(failed.values_list("contact_point__address", flat=True)) <= set(
        ContactPoint.objects.filter(unusable_since__isnull=False).values_list("address", flat=True)
    )


def test_machines_look_at_every_score_within_seconds_of_the_hand_off(lived):
    looks = LinkVisit.objects.values("invitation").annotate(n=Count("score", distinct=True)).filter(n=11)
    assert looks
    for visit in LinkVisit.objects.filter(invitation__in=[look["invitation"] for look in looks], score=10)[:20]:
        handed = visit.invitation.messages.get().handed_off_at
        assert visit.at - handed < timedelta(seconds=15) or visit.user_agent.startswith("Mozilla/5.0")


def test_joined_parts_read_as_one_file(tmp_path):
    for number in (0, 1):
        (tmp_path / f"{number}").write_bytes(b"a")
    join([tmp_path / "0", tmp_path / "1"], tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b"aa"
