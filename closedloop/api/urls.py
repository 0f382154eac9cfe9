"""Routes of closedloop below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from closedloop.api import observations
from closedloop.api.tickets import Actions, Attempts, Closing, Findings, OneTicket, Tickets

urlpatterns: list[URLPattern | URLResolver] = [
    path("speech-signals", observations.SpeechList.as_view(), name="api-speech-signals"),
    path("speech-signals/<path:external_id>", observations.SpeechDetail.as_view(), name="api-speech-signal"),
    path("operational-failures", observations.FailureList.as_view(), name="api-operational-failures"),
    path("operational-failures/<path:external_id>", observations.FailureDetail.as_view(), name="api-failure"),
    path("tickets", Tickets.as_view(), name="api_tickets"),
    path("tickets/<uuid:public_id>", OneTicket.as_view(), name="api_ticket"),
    path("tickets/<uuid:public_id>/attempts", Attempts.as_view(), name="api_ticket_attempts"),
    path("tickets/<uuid:public_id>/findings", Findings.as_view(), name="api_ticket_findings"),
    path("tickets/<uuid:public_id>/actions", Actions.as_view(), name="api_ticket_actions"),
    path("tickets/<uuid:public_id>/closure", Closing.as_view(), name="api_ticket_closure"),
]
