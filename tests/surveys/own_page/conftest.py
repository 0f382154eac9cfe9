"""Ines' own page: asked twice, answered once, her ticket worked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from surveys.forms import page_nonce
from surveys.services.answering import record_comment, record_score
from surveys.services.own_page.links import token_for
from surveys.services.permitting import record_consent
from tests.factories import surveys as make


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def answered(world, now):
    """Ines answered 2, asked to be called, may be quoted."""
    version = make.version(interaction_kind=world.visit)
    asked = make.invitation(
        interaction=world.interaction, version=version, created_at=now, expires_at=now + timedelta(days=30)
    )
    response = record_score(invitation=asked, score=2, at=now - timedelta(hours=3))
    response = record_comment(response=response, text="Nobody rang me back.", at=now - timedelta(hours=3))
    return record_consent(
        response=response, callback=True, phone="+442079460471", best_time="any", may_quote=True,
        at=now - timedelta(hours=3),
    )  # fmt: skip


@pytest.fixture
def token(world, now):
    return token_for(world.ines.pk, at=now - timedelta(minutes=1))


@pytest.fixture
def send(token):
    """POST one change as the page would; a browser without cookies, and Django's CSRF check in force."""
    client = Client(enforce_csrf_checks=True)

    def post(what, **fields):
        said = {"what": what, "nonce": page_nonce(token), **fields}
        return client.post(f"/me/{token}/change/", {k: v for k, v in said.items() if v is not None})

    return post
