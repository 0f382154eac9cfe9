"""A link's token is the customer's key: it is kept nowhere but in the customer's mail."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from common.logs import Lines
from surveys.models import InvitationToken
from surveys.services.composing import compose_invitation
from tests.factories import surveys as make
from tests.surveys.test_survey_pages import send


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_no_log_line_holds_a_token(client, world, caplog, method):
    invitation = make.invitation(interaction=world.interaction, expires_at=timezone.now())
    token = make.token(invitation)
    with caplog.at_level(logging.INFO):
        getattr(client, method)(f"/s/{token}/why/")
    lines = [Lines().format(record) for record in caplog.records]
    assert len(lines) >= 2  # the request's own line, and Django's about the 404
    assert token not in "".join(lines)


@pytest.mark.django_db(transaction=True)
def test_no_table_holds_a_token(client, world):
    now = timezone.now()
    invitation = make.invitation(interaction=world.interaction, expires_at=now + timedelta(days=30))
    compose_invitation(make.message(invitation=invitation), at=now)
    tokens = [make.token(invitation, purpose) for purpose in InvitationToken.Purpose.values]
    send(client, f"/s/{tokens[0]}/", score="3")
    send(client, f"/s/{tokens[0]}/why/", comment="Slow")
    send(client, f"/s/{tokens[0]}/callback/", call="yes", phone="", quote="1")
    client.post(f"/u/{tokens[1]}/")
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'select count(*) from "{table}" t where t::text like any(%s)', [[f"%{t}%" for t in tokens]])
            assert cursor.fetchone() == (0,), table
