"""The reference of bench/answering.py: a view on Django's usual middleware that stores an answer by hand-written SQL.

`gunicorn --config gunicorn.conf.py bench.plain` serves it. It writes the rows that `surveys.views.answering.score`
writes, in one transaction, and knows nothing of our models, forms and services.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import uuid
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

FIND = """
SELECT i.id, i.program_id, i.version_id, i.customer_id, i.interaction_id, i.unit_id, i.employee_id, i.language,
       i.packet, v.scale_min, v.scale_max
FROM surveys_invitationtoken t JOIN surveys_invitation i ON i.id = t.invitation_id
JOIN surveys_programversion v ON v.id = i.version_id
WHERE t.hash = %s AND t.purpose = 'survey' AND i.expires_at > %s
"""
RESPONSE = """
INSERT INTO surveys_response (public_id, invitation_id, source, external_id, program_id, version_id, customer_id,
    interaction_id, unit_id, employee_id, product, channel, language, score, scale_min, scale_max, category, comment,
    comment_truncated, callback_phone, callback_time, attributes, status, revision, answered_at, updated_at)
VALUES (%s, %s, '', '', %s, %s, %s, %s, %s, %s, %s, 'email', %s, %s, %s, %s, %s, '', false, '', '', %s, 'partial', 1,
        %s, %s)
ON CONFLICT (invitation_id) DO NOTHING RETURNING id
"""
ANSWER = "INSERT INTO surveys_answer (response_id, revision, question, value, at) VALUES (%s, 1, 'score', %s, %s)"
CANCEL = """
WITH gone AS (
    UPDATE surveys_message SET state = 'cancelled', reply = 'the customer has answered', leased_until = NULL
    WHERE invitation_id = %s AND state = 'pending' RETURNING invitation_id
)
UPDATE surveys_contactledger SET state = 'released', released_at = %s
WHERE id IN (SELECT contact_id FROM surveys_invitation JOIN gone ON gone.invitation_id = id)
"""
EVENT = """
INSERT INTO common_event (what, subject_kind, subject_id, at, data)
VALUES ('response.scored', 'surveys.response', %s, %s, %s)
"""
NUDGE = """
WITH sent AS (
    INSERT INTO common_nudge (task, at) SELECT 'closedloop.tasks.listen', now() WHERE NOT EXISTS (
        SELECT 1 FROM common_nudge WHERE task = 'closedloop.tasks.listen' AND at > now() - interval '30 seconds')
    ON CONFLICT (task) DO UPDATE SET at = excluded.at RETURNING task
)
INSERT INTO django_q_ormq (key, payload, lock) SELECT 'shopkeeper', %s, %s FROM sent
"""


@csrf_exempt
def answer(request: HttpRequest, token: str) -> HttpResponse:
    at, score = timezone.now(), int(request.POST["score"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FIND, [hashlib.sha256(token.encode()).hexdigest(), at])
        found = cursor.fetchone()
        if found is None or not found[9] <= score <= found[10]:
            return HttpResponseNotFound()
        cursor.execute(RESPONSE, _response(found, score, at))
        stored = cursor.fetchone()
        if stored is None:
            return HttpResponseNotFound()
        cursor.execute(ANSWER, [stored[0], json.dumps(score), at])
        cursor.execute(CANCEL, [found[0], at])
        cursor.execute(EVENT, [str(stored[0]), at, json.dumps({"score": score, "revision": 1})])
        cursor.execute(NUDGE, [secrets.token_urlsafe(150), at])
    reply = HttpResponseRedirect(f"/s/{token}/why/")
    reply.status_code = 303
    return reply


def _response(found: tuple[Any, ...], score: int, at: Any) -> list[Any]:
    invitation, program, version, customer, interaction, unit, employee, language, packet, low, high = found
    happened = json.loads(packet)["interaction"]
    category = "detractor" if score <= 6 else "passive" if score <= 8 else "promoter"
    attributes = json.dumps(happened["attributes"])
    return [
        uuid.uuid4(), invitation, program, version, customer, interaction, unit, employee, happened["product"],
        language, score, low, high, category, attributes, at, at,
    ]  # fmt: skip


urlpatterns = [path("s/<str:token>/", answer)]

if os.environ.get("SHOPKEEPER_BENCH") == "reference":  # served, not imported
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nps_project.settings")
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [  # as `startproject` writes it
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    application = get_wsgi_application()
