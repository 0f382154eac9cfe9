"""The `bi` schema after one answer all the way through the house."""

from __future__ import annotations

import json
from datetime import date

import pytest

from analytics.bi.making import VIEWS
from analytics.models import AnswerFact
from crm.models import Customer, Interaction
from surveys.models import Invitation, Response
from tests.analytics.test_bi import rows
from tests.walk import SECRETS
from tests.world import NOW


@pytest.fixture
def world(walked):
    return walked[0]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_holds_nobodys_name_or_address(world, view):
    said = json.dumps(rows(f"SELECT * FROM bi.{view.name}"), default=str)
    people = [secret for secret in SECRETS if secret.isalpha() and secret != "Harbour"] + [
        "ines@example.org",
        "mislaid",
        "Jonas",
        "Helen",
        world.ines.external_id,
    ]
    assert [secret for secret in people if f'"{secret}' in said or f" {secret}" in said] == []


def test_one_answer_stands_in_the_facts_with_the_keys_of_the_dimensions(world):
    response = Response.objects.get(invitation__isnull=False)
    (found,) = rows(
        """
        SELECT r.score, r.category, r.answered_on, o.name, p.code, c.segment, e.role, r.has_comment, r.is_loaded
        FROM bi.fact_response r JOIN bi.dim_org o USING (unit_id) JOIN bi.dim_program p USING (program_id)
        JOIN bi.dim_customer c USING (customer_key) JOIN bi.dim_employee e USING (employee_key)
        WHERE r.response_id = %s
        """,
        response.pk,
    )
    assert found == (
        2,
        "detractor",
        NOW.date(),
        "Harbour",
        "branch-visits",
        world.ines.segment,
        "employee",
        True,
        False,
    )


def test_facts_are_as_many_as_the_rows_that_they_tell_of(world):
    counts = {
        "fact_invitation": Invitation.objects.count(),
        "fact_response": Response.objects.count(),
        "fact_interaction": Interaction.objects.count(),
        "dim_customer": Customer.objects.filter(canonical=None).count(),
    }
    assert {name: rows(f"SELECT count(*) FROM bi.{name}")[0][0] for name in counts} == counts


def test_the_score_from_the_view_is_the_score_of_the_house(world):
    facts = AnswerFact.objects.values_list("score", flat=True)
    (found,) = rows("""
        SELECT count(*) FILTER (WHERE category = 'promoter') - count(*) FILTER (WHERE category = 'detractor'), count(*)
        FROM bi.fact_response WHERE scale_min = 0 AND scale_max = 10 AND score IS NOT NULL AND NOT is_loaded
    """)
    assert found == (sum((score >= 9) - (score <= 6) for score in facts), len(facts))


def test_a_ticket_is_told_step_by_step(world):
    kinds = [kind for (kind,) in rows("SELECT kind FROM bi.fact_ticket_event ORDER BY at, kind")]
    assert kinds == ["opened", "action", "attempt", "finding"]
    assert rows("SELECT is_open, attempts, reached_at, score FROM bi.fact_ticket") == [(True, 1, None, 2)]


def test_merged_rows_are_one_person_under_one_pseudonym(world):
    twin = Customer.objects.create(source="till", external_id="t-1", as_of=NOW, unit=world.harbour)
    before = rows("SELECT count(*) FROM bi.dim_customer")[0][0]
    Interaction.objects.update(customer=twin)
    Customer.objects.filter(pk=twin.pk).update(canonical=world.ines)
    assert rows("SELECT count(*) FROM bi.dim_customer")[0][0] == before - 1
    assert rows("SELECT count(*) FROM bi.fact_interaction JOIN bi.dim_customer USING (customer_key)")[0][0] == 1


def test_where_a_unit_stands_and_stood_is_told(world):
    assert rows("SELECT path, level FROM bi.dim_org WHERE name = 'Harbour'") == [("Head office / North / Harbour", 2)]
    above = rows(
        """
        SELECT o.name, w.level FROM bi.dim_org_as_was w JOIN bi.dim_org o ON o.unit_id = w.ancestor_id
        WHERE w.unit_id = %s AND w.is_primary AND w.valid_from <= %s AND (w.valid_to > %s OR w.valid_to IS NULL)
        ORDER BY w.level
        """,
        world.harbour.pk, date(2026, 1, 1), date(2026, 1, 1),
    )  # fmt: skip
    assert above == [("Harbour", 0), ("North", 1), ("Head office", 2)]
