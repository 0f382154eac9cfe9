"""Panels that upper apps register, and nudges after commit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.test import RequestFactory
from django_q.models import OrmQ

from common.models import Heartbeat, Nudge
from common.panels import Panel, panels_for, register
from common.queue import enqueue, heed


def test_a_panel_is_rendered_where_it_was_registered_and_only_once():
    panel = Panel("Answers", "answers.html", lambda request, subject: {"of": subject})
    register("a test page", panel), register("a test page", panel)
    request = RequestFactory().get("/")
    assert panels_for("a test page", request, 7) == [
        {"title": "Answers", "template": "answers.html", "context": {"of": 7}}
    ]
    assert panels_for("another page", request, 7) == []


def asked_for() -> list[str]:
    return [row.task["args"][0] for row in OrmQ.objects.order_by("pk")]


@pytest.mark.django_db(transaction=True)
def test_a_nudge_leaves_with_the_commit():
    with transaction.atomic():
        enqueue("common.tasks.beat")
        assert not OrmQ.objects.exists()
    assert asked_for() == ["common.tasks.beat"]


@pytest.mark.django_db(transaction=True)
def test_a_nudge_goes_with_what_it_is_about():
    with transaction.atomic():
        enqueue("common.tasks.beat")
        transaction.set_rollback(True)
    assert not OrmQ.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_nudge_on_its_way_stands_for_those_that_follow():
    for _ in range(3):
        enqueue("common.tasks.beat")
    enqueue("common.tasks.prune")
    assert asked_for() == ["common.tasks.beat", "common.tasks.prune"]


@pytest.mark.django_db(transaction=True)
def test_once_a_worker_has_begun_the_next_nudge_is_sent():
    enqueue("common.tasks.beat")
    heed("common.tasks.beat")
    assert Heartbeat.objects.filter(name="worker").exists()
    enqueue("common.tasks.beat")
    assert asked_for() == ["common.tasks.beat", "common.tasks.beat"]


@pytest.mark.django_db(transaction=True)
def test_a_nudge_that_nobody_heeded_for_half_a_minute_is_sent_again():
    enqueue("common.tasks.beat")
    Nudge.objects.update(at=Now() - timedelta(seconds=31))
    enqueue("common.tasks.beat"), enqueue("common.tasks.beat")
    assert asked_for() == ["common.tasks.beat", "common.tasks.beat"]
