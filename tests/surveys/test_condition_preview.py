"""What the console tells while somebody builds a condition: exactly, within their sight, and where it is wrong."""

from __future__ import annotations

import json
from datetime import timedelta
from math import ceil, sqrt
from typing import Any

import pytest
from django.db import connection
from django.db.models import BooleanField, Func, Q
from django.test import Client
from django.utils import timezone

from common.conditions.counting import count
from crm.models import Interaction
from tests.factories import crm as make
from tests.surveys.test_filters import leaf
from tests.world import World, build_world

ADDRESS = "/admin/conditions/occasions/"


@pytest.fixture
def world(db) -> World:
    """Ines was at Harbour yesterday, twice at Mill before, and at Station; once longer ago than anybody counts."""
    world = build_world()
    now = timezone.now()
    Interaction.objects.update(occurred_at=now - timedelta(days=1))
    for days, unit, product in ((2, world.mill, "mortgage"), (3, world.mill, "card"), (4, world.station, "mortgage"),
                                (31, world.mill, "mortgage")):  # fmt: skip
        make.interaction(
            kind=world.visit, customer=world.ines, unit=unit, product=product, occurred_at=now - timedelta(days=days)
        )
    return world


def ask(user: Any, tree: Any, address: str = ADDRESS + "preview/") -> Any:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    body = tree if isinstance(tree, str) else json.dumps(tree)
    return client.post(address, body, content_type="application/json")


def get(user: Any, path: str = "", **said: str) -> Any:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(ADDRESS + path, said)


def test_the_count_is_exact_by_unit_with_rows_and_words(world: World):
    said = ask(world.olivia.user, {"any": [leaf("product", "mortgage"), leaf("unit", world.mill.external_id)]}).json()
    assert (said["wrong"], said["count"], said["exact"]) == (None, 3, True)
    assert said["names"] == {"unit": {world.mill.external_id: "Mill"}}
    html = said["html"]
    assert "<b>3</b> interactions of the last 30 days" in html
    assert "Of every kind, unless the condition names one" in html
    assert "The product is “mortgage” or it happened in or below Mill." in html
    assert "<td>Mill</td><td>2</td>" in html
    assert "<td>Station</td><td>1</td>" in html
    assert html.count("Ines Moreau") == 3
    assert "i…@example.org" not in html  # the preferred address that was told last is shown, and it is masked
    assert "ines@" not in html
    assert "7946" not in html


def test_nobody_is_told_of_what_they_do_not_see(world: World):
    assert ask(world.rosa.user, {}).status_code == 404  # a region does not design programs
    assert get(world.elsa.user).status_code == 404
    assert get(world.elsa.user, "values/", leaf="unit").status_code == 404
    assert Client().post(ADDRESS + "preview/", "{}", content_type="application/json").status_code == 302
    assert ask(world.olivia.user, {}, "/admin/conditions/weather/preview/").status_code == 404


def test_a_get_counts_nothing(world: World):
    assert get(world.olivia.user, "preview/").status_code == 405


@pytest.mark.parametrize(
    ("tree", "path", "message"),
    [
        ({"all": [{}, {"not": leaf("product", [])}]}, "condition.all[1].not", "product: a value is needed"),
        ({"any": [leaf("", None)]}, "condition.any[0]", "choose what is compared"),
        ({"any": [leaf("unit", "moon")]}, "condition.any[0]", "unit: 'moon' is no unit"),
        (leaf("product", "a\0"), "condition", "product: contains what cannot be stored"),
        (leaf("product", ["\ud800"]), "condition", "product: contains what cannot be stored"),
        ('{"filter": "attribute", "value": {"name": "a", "op": "eq", "value": NaN}}', "condition",
         "attribute: contains what cannot be stored"),
        (leaf("product", [[["a"]]]), "condition", "product: expected a text or a list of 1 to 200 texts"),
        ("{", "condition", "this is no JSON that can be read"),
        ("[" * 50_000, "condition", "this is no JSON that can be read"),
        ('{"not":' * 90 + "{}" + "}" * 90, "condition" + ".not" * 13, "nested deeper than 12"),
        (b"\xff".decode("latin1"), "condition", "this is no JSON that can be read"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(world: World, tree: Any, path: str, message: str):
    said = ask(world.olivia.user, tree)
    assert (said.status_code, said.json()) == (200, {"wrong": {"path": path, "message": message}})


def test_what_may_be_compared_comes_in_groups_with_declared_attributes(world: World):
    leaves = {each["name"]: each for each in get(world.olivia.user).json()["leaves"]}
    assert [leaves[name]["group"] for name in ("kind", "unit", "money")] == ["What happened", "Where", "The customer"]
    name, op, value = leaves["attribute"]["parts"]
    assert [(each["value"], each["label"], each["shape"]) for each in name["choices"]] == [
        ("topic", "topic", "text"),
        ("wait_minutes", "Waiting time", "number"),
    ]
    assert name["choices"][0]["ops"] == ["eq", "ne"]
    assert (op["by"], value["shape"], value["by"]) == ("name", "by", "name")
    assert [each["value"] for each in leaves["acquired"]["parts"][0]["choices"]][:2] == ["referral", "reputation"]


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("product", "mort", [("mortgage", "mortgage")]),
        ("kind", "", [("branch-visit", "Branch visit")]),
        ("segment", "", []),
        ("account_segment", "", []),
        ("weather", "", []),
        ("previous_score", "", []),
    ],
)
def test_known_values_are_proposed(world: World, name: str, words: str, expected: list[tuple[str, str]]):
    said = get(world.olivia.user, "values/", leaf=name, words=words).json()["values"]
    assert [(each["value"], each["label"]) for each in said] == expected


def test_units_are_proposed_by_their_names(world: World):
    said = get(world.olivia.user, "values/", leaf="unit", words="harb").json()["values"]
    assert said == [{"value": world.harbour.external_id, "label": "Harbour"}]


def test_values_of_an_attribute_are_proposed(world: World):
    Interaction.objects.filter(pk=world.interaction.pk).update(attributes={"topic": "fees", "reasons": ["Delay"]})
    for words, expected in (("topic:fe", ["fees"]), ("reasons:", ["Delay"]), ("wait_minutes:", [])):
        said = get(world.olivia.user, "values/", leaf="attribute", words=words).json()["values"]
        assert [each["value"] for each in said] == expected


class Slow(Func):
    """True of every row, after 10 ms."""

    template = "pg_sleep(0.01) IS NOT NULL"
    output_field = BooleanField()


def test_what_takes_too_long_is_estimated_from_every_so_manyth_row(world: World):
    """Of 205 rows every 11th, by a hash of its id."""
    for _ in range(200):
        make.interaction(kind=world.visit, customer=world.ines, unit=world.mill)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_interaction")
        cursor.execute("SELECT id FROM crm_interaction WHERE abs(hashint8(id)) % 11 = 0")
        hits = [row[0] for row in cursor.fetchall()]
    found = count(Interaction.objects.all(), Q(Slow()), "unit", patience=1000, looked_at=20)
    assert (found.exact, found.every, found.total) == (False, 11, 11 * len(hits))
    assert sorted(found.ids) == sorted(hits)
    assert sum(found.by_unit.values()) == found.total
    assert found.margin == ceil(1.96 * sqrt(len(hits) * 11 * 10))
    assert Interaction.objects.count() == 205  # the connection works on, without a limit


def test_where_even_a_sample_takes_too_long_nothing_is_claimed(world: World):
    found = count(Interaction.objects.all(), Q(Slow()), "unit", patience=5)
    assert (found.total, found.exact, found.by_unit) == (None, False, {})


def test_an_alert_rule_is_counted_over_signals_in_the_same_way(world: World):
    said = ask(world.olivia.user, leaf("score__lte", 6), "/admin/conditions/signals/preview/").json()
    assert (said["wrong"], said["count"]) == (None, 0)
    assert "The score is at most 6." in said["html"]
    assert ask(world.rosa.user, {}, "/admin/conditions/signals/preview/").status_code == 404
    wrong = ask(world.olivia.user, {"any": [leaf("score", "6")]}, "/admin/conditions/signals/preview/").json()["wrong"]
    assert wrong == {"path": "condition.any[0]", "message": "score: expected a whole number, such as 6"}
