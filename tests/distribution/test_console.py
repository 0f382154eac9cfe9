"""Digests and mails to staff in the console: in sight only, never edited, sent again by the office."""

import pytest

from common.models import State
from distribution.models import Digest, Dispatch
from tests.world import NOW


@pytest.fixture
def failed(world):
    digest = Digest.objects.create(unit=world.harbour, day=NOW.date(), content={}, frozen_at=NOW)
    return Dispatch.objects.create(
        kind="digest",
        digest=digest,
        employee=world.helen,
        state=State.FAILED,
        due_at=NOW,
        created_at=NOW,
        attempts=5,
        silences=5,
    )


def send_again(client, person, row):
    client.force_login(person.user)
    address = "/admin/distribution/dispatch/"
    return client.post(address, {"action": "resend", "_selected_action": [row.pk]}, follow=True)


def test_the_office_sends_a_failed_mail_again(world, client, failed):
    assert "1 to be sent again." in send_again(client, world.olivia, failed).text
    failed.refresh_from_db()
    assert (failed.state, failed.silences) == (State.PENDING, 0)


@pytest.mark.parametrize("name", ["elsa", "helen"])
def test_nobody_else_sends_it_again(world, client, failed, name):
    send_again(client, getattr(world, name), failed)
    failed.refresh_from_db()
    assert failed.state == State.FAILED


def test_what_has_arrived_is_left_as_it_is(world, client, failed):
    Dispatch.objects.update(state=State.HANDED_OFF)
    assert "Nothing to send again." in send_again(client, world.olivia, failed).text
    failed.refresh_from_db()
    assert failed.state == State.HANDED_OFF


def test_a_digest_is_read_only_and_out_of_sight_elsewhere(world, client, failed):
    address = f"/admin/distribution/digest/{failed.digest_id}/change/"
    client.force_login(world.olivia.user)
    assert client.get(address).status_code == 200
    assert client.post(address, {"day": "2020-01-01"}).status_code == 403
    client.force_login(world.elsa.user)
    assert client.get(address).status_code == 404
