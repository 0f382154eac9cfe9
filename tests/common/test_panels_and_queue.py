"""Panels that upper apps register, and nudges after commit."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import RequestFactory
from django_q.models import OrmQ

from common.panels import Panel, panels_for, register
from common.queue import enqueue


def test_a_panel_is_rendered_where_it_was_registered_and_only_once():
    panel = Panel("Answers", "answers.html", lambda request, subject: {"of": subject})
    register("a test page", panel), register("a test page", panel)
    request = RequestFactory().get("/")
    assert panels_for("a test page", request, 7) == [
        {"title": "Answers", "template": "answers.html", "context": {"of": 7}}
    ]
    assert panels_for("another page", request, 7) == []


@pytest.mark.django_db(transaction=True)
def test_a_nudge_leaves_with_the_commit():
    with transaction.atomic():
        enqueue("common.tasks.beat")
        assert not OrmQ.objects.exists()
    assert [row.func() for row in OrmQ.objects.all()] == ["common.tasks.beat"]


@pytest.mark.django_db(transaction=True)
def test_a_nudge_goes_with_what_it_is_about():
    with transaction.atomic():
        enqueue("common.tasks.beat")
        transaction.set_rollback(True)
    assert not OrmQ.objects.exists()
