"""Interactions counted by an attribute: a list of texts counts under each of them, and only what is in sight counts."""

from datetime import timedelta

import pytest

from crm.models import InteractionKind
from crm.services.summarizing import summarize
from tests.factories import crm as make
from tests.world import NOW

SCHEMA = {"reasons": {"type": "strings", "label": "Reasons"}, "confirmed": {"type": "boolean"}}


@pytest.fixture
def complaints(world) -> InteractionKind:
    kind = make.interaction_kind(code="complaint", name="Complaint", schema=SCHEMA)
    for unit, attributes in (
        (world.harbour, {"reasons": ["Delay", "Denial"], "confirmed": True}),
        (world.harbour, {"reasons": ["Delay", "Delay"]}),
        (world.station, {"reasons": ["Denial"], "confirmed": False}),
        (world.station, {}),
    ):
        make.interaction(kind=kind, customer=world.ines, unit=unit, attributes=attributes)
    return kind


def counted(kind, attribute, principal):
    since, until = NOW - timedelta(days=7), NOW
    return summarize(kind=kind, attribute=attribute, principal=principal, since=since, until=until)


def test_each_text_of_a_list_counts_by_itself_and_once(world, complaints):
    found = counted(complaints, "reasons", world.operator)
    assert (found.interactions, found.with_value, found.without, found.mentions, found.distinct) == (4, 3, 1, 4, 2)
    assert [(value.said, value.interactions, value.share) for value in found.values] == [
        ("Delay", 2, 0.5),
        ("Denial", 2, 0.5),
    ]


def test_a_single_value_counts_as_it_is_written(world, complaints):
    found = counted(complaints, "confirmed", world.operator)
    assert [(value.said, value.interactions) for value in found.values] == [("false", 1), ("true", 1)]


def test_what_is_out_of_sight_does_not_count(world, complaints):
    assert counted(complaints, "reasons", world.elsa.user).interactions == 2
    assert counted(complaints, "reasons", world.helen.user).mentions == 3


def test_nothing_to_count_is_said_so(world):
    found = counted(world.visit, "nothing", world.elsa.user)
    assert (found.interactions, found.values) == (0, [])


def test_the_page_shows_the_counts(world, complaints, client):
    client.force_login(world.olivia.user)
    page = client.get(
        f"/admin/crm/interactionkind/{complaints.pk}/summary/",
        {"attribute": "reasons", "first": "2026-11-01", "last": "2026-11-30"},
    )
    assert page.status_code == 200
    text = " ".join(page.content.decode().split())
    assert "<b>4</b> interactions you may see; 3 say something here, 1 nothing." in text
    assert "<td>Delay</td><td>2</td>" in text


def test_days_that_make_no_sense_are_told(world, complaints, client):
    client.force_login(world.olivia.user)
    address = f"/admin/crm/interactionkind/{complaints.pk}/summary/"
    assert client.get(address, {"first": "2026-11-30", "last": "2026-11-01"}).status_code == 422
    assert client.get(address, {"attribute": "shoe_size"}).status_code == 422


def test_who_may_not_read_the_kinds_is_refused(world, complaints, client):
    client.force_login(world.helen.user)
    assert client.get(f"/admin/crm/interactionkind/{complaints.pk}/summary/").status_code == 403
