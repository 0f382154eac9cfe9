"""Who answers on one device and takes back on another: the locks of both are taken in one order, so that one waits for
the other and neither is thrown out (answer, person, consent: `surveys.services.own_page.permitting`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from crm.models import Acquisition, Consent
from surveys.models import Response
from surveys.services.answering import locked, record_score
from surveys.services.answering_further import record_further
from surveys.services.own_page.links import person_behind
from surveys.services.own_page.permitting import permit
from surveys.services.own_page.telling import Permission
from surveys.services.permitting import record_consent
from tests.surveys.test_further_questions import OPEN_TO_ALL, asked
from tests.world import build_world

# not of pg_stat_activity, which stays as it was within a transaction
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def further(response: Response) -> None:
    record_further(response=response, given={"ease": 6, "heard": "search", "pass-on": True}, at=timezone.now())


def consent(response: Response) -> None:
    said = {"callback": True, "phone": "+442079460471", "best_time": "any", "may_quote": True}
    record_consent(response=response, **said, at=timezone.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("step", "channel", "purpose", "column"),
    [(further, "email", "forward", "may_forward"), (consent, "phone", "callback", "callback")],
)
def test_a_step_of_the_answer_and_a_word_on_the_own_page_wait_for_each_other(
    step: Callable[[Response], None], channel: str, purpose: str, column: str
) -> None:
    world = build_world()
    response = record_score(invitation=asked(world, OPEN_TO_ALL), score=9, at=timezone.now())
    if column == "callback":
        consent(response)
        Response.objects.update(may_quote=None)  # so that the next step has something to say
    Response.objects.update(**{column: True})
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            locked(response)  # as every step begins
            other = pool.submit(_take_back, world.ines.pk, Permission(channel, purpose, granted=True, said_at=None))
            _until_it_waits(other)
            step(response)
        other.result()
    assert Consent.objects.get(purpose=purpose).granted is False  # said last
    assert getattr(Response.objects.get(), column) is False
    assert Acquisition.objects.count() == (1 if step is further else 0)


def _take_back(customer: int, permission: Permission) -> None:
    person: Any = person_behind(customer)
    try:
        permit(person=person, permission=permission, granted=False, at=timezone.now() + timedelta(minutes=1))
    finally:
        connection.close()


def _until_it_waits(other: Future[None]) -> None:
    for _ in range(500):
        if other.done():
            other.result()
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
