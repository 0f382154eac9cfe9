"""A list without rows says why, in words that fit."""

import pytest

pytestmark = pytest.mark.django_db


def test_a_search_that_finds_nothing_says_so_and_what_can_be_searched(world, client):
    client.force_login(world.operator)
    page = client.get("/admin/crm/interaction/", {"q": "zzz"}).content.decode()
    assert "No interactions match" in page
    assert "Nothing is found for “zzz”. External id" in page


def test_a_list_that_is_still_empty_does_not_ask_for_other_filters(world, client):
    client.force_login(world.operator)
    page = client.get("/admin/closedloop/ticket/").content.decode()
    assert "No tickets yet" in page
    assert "Show all" not in page
