"""Two live keys while rotating: crm.models.api_keys, the console's page, and the command."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from common.models import Event
from crm.models import ApiKey
from crm.models.api_keys import NotRotated
from nps_project.duties import DUTIES
from tests.api import Caller
from tests.world import NOW

DAY = timedelta(days=1)


def opens(secret) -> bool:
    return Caller(secret).get("/units").status_code == 200


def duty(code, at):
    (found,) = (duty for duty in DUTIES if duty.code == code)
    return list(found.due(ApiKey.objects.all(), at))


def test_both_secrets_open_until_the_old_one_ends(world):
    now = timezone.now()
    new, secret = world.crm_key.rotate(at=now, by=world.operator)
    assert opens(world.crm_secret)
    assert opens(secret)
    assert (new.name, new.source, new.scopes, new.unit) == ("CRM", "crm", world.crm_key.scopes, world.head_office)
    old = ApiKey.objects.get(pk=world.crm_key.pk)
    assert old.valid_at(now + 7 * DAY - timedelta(seconds=1))
    assert not old.valid_at(now + 7 * DAY)
    (event,) = Event.objects.filter(what="api_key.rotated")
    assert (event.data, event.by) == ({"successor": new.pk, "days": 7}, world.operator)


def test_kept_for_no_day_the_old_secret_opens_nothing_any_more(world):
    _, secret = world.crm_key.rotate(at=timezone.now(), keep=timedelta())
    assert (opens(world.crm_secret), opens(secret)) == (False, True)


def test_the_successor_lives_as_long_as_the_key_was_to_and_never_lengthens_it(world):
    ApiKey.objects.filter(pk=world.crm_key.pk).update(created_at=NOW - 88 * DAY, expires_at=NOW + 2 * DAY)
    new, _ = world.crm_key.rotate(at=NOW)
    assert new.expires_at == NOW + 90 * DAY
    assert ApiKey.objects.get(pk=world.crm_key.pk).expires_at == NOW + 2 * DAY


def test_at_most_two_are_good_at_once(world):
    new, _ = world.crm_key.rotate(at=NOW)
    with pytest.raises(NotRotated, match="has a successor"):
        world.crm_key.rotate(at=NOW + DAY)
    with pytest.raises(NotRotated, match="before this one is still good"):
        new.rotate(at=NOW + DAY)
    assert ApiKey.objects.count() == 3
    third, _ = new.rotate(at=NOW + 8 * DAY)
    assert third.caller == new.caller == world.crm_key.caller


def test_a_key_that_opens_nothing_is_not_rotated(world):
    world.crm_key.revoke(at=NOW)
    with pytest.raises(NotRotated, match="opens nothing"):
        world.crm_key.rotate(at=NOW)


def test_the_use_of_both_is_seen(world):
    new, secret = world.crm_key.rotate(at=timezone.now())
    opens(secret)
    old = ApiKey.objects.get(pk=world.crm_key.pk)
    assert old.last_used_at is None
    opens(world.crm_secret)
    old.refresh_from_db(), new.refresh_from_db()
    assert None not in {old.last_used_at, new.last_used_at}


def test_an_old_key_that_is_still_used_near_its_end_is_work_due(world):
    world.crm_key.rotate(at=NOW)
    ApiKey.objects.filter(pk=world.crm_key.pk).update(last_used_at=NOW + 5 * DAY)
    assert duty("lingering", NOW + 3 * DAY) == []
    assert duty("lingering", NOW + 5 * DAY) == [world.crm_key]
    ApiKey.objects.filter(pk=world.crm_key.pk).update(last_used_at=NOW - DAY)
    assert duty("lingering", NOW + 5 * DAY) == []


def test_a_key_in_use_that_expires_soon_is_work_due_until_it_has_a_successor(world):
    ApiKey.objects.filter(pk=world.crm_key.pk).update(expires_at=NOW + 20 * DAY, last_used_at=NOW + 7 * DAY)
    assert duty("expiring", NOW + 5 * DAY) == []
    assert duty("expiring", NOW + 7 * DAY) == [world.crm_key]
    ApiKey.objects.get(pk=world.crm_key.pk).rotate(at=NOW + 7 * DAY)
    assert duty("expiring", NOW + 7 * DAY) == []


# --- console and command ---------------------------------------------------------------------------------------------


@pytest.fixture
def office(client, world):
    client.force_login(world.olivia.user)
    return client


def page(name, key):
    return reverse(f"admin:crm_apikey_{name}", args=[key.pk])


def test_the_console_shows_the_new_secret_once(office, world):
    assert page("rotate", world.crm_key) in office.get(page("change", world.crm_key)).content.decode()
    shown = office.post(page("rotate", world.crm_key), {"days": "3"}).content.decode()
    new = ApiKey.objects.get(replaces=world.crm_key)
    secret = next(word for word in shown.replace("<", " ").replace(">", " ").split() if word.startswith(new.prefix))
    assert opens(secret)
    again = office.get(page("change", world.crm_key)).content.decode()
    assert secret not in again
    assert "replaced, not used since" in again
    assert page("rotate", world.crm_key) not in again


@pytest.mark.parametrize("days", ["-1", "91", "soon", ""])
def test_a_form_that_is_wrong_rotates_nothing(office, world, days):
    assert office.post(page("rotate", world.crm_key), {"days": days}).status_code == 422
    assert ApiKey.objects.count() == 2


def test_a_second_rotation_in_the_console_is_refused_in_words(office, world):
    office.post(page("rotate", world.crm_key), {"days": "3"})
    answer = office.post(page("rotate", world.crm_key), {"days": "3"}, follow=True)
    assert "has a successor already" in answer.content.decode()
    assert ApiKey.objects.count() == 3


def test_the_command_prints_a_secret_that_opens_the_same(world):
    out = StringIO()
    call_command("rotate_api_key", world.crm_key.prefix, stdout=out)
    assert opens(out.getvalue().strip())
    with pytest.raises(CommandError, match="successor"):
        call_command("rotate_api_key", world.crm_key.prefix)
    with pytest.raises(CommandError, match="No key"):
        call_command("rotate_api_key", "sk_nothing")
