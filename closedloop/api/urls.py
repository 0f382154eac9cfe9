"""Routes of closedloop below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from closedloop.api import handovers, observations, opening, tickets

urlpatterns: list[URLPattern | URLResolver] = [
    path("speech-signals", observations.SpeechList.as_view(), name="api-speech-signals"),
    path("speech-signals/<path:external_id>", observations.SpeechDetail.as_view(), name="api-speech-signal"),
    path("operational-failures", observations.FailureList.as_view(), name="api-operational-failures"),
    path("operational-failures/<path:external_id>", observations.FailureDetail.as_view(), name="api-failure"),
    path("tickets", opening.TicketList.as_view(), name="api_tickets"),
    path("tickets/handovers", handovers.Handovers.as_view(), name="api_ticket_handovers"),
    path("tickets/<uuid:public_id>", tickets.OneTicket.as_view(), name="api_ticket"),
    *(
        path(f"tickets/<uuid:public_id>/{step}", view.as_view(), name=f"api_ticket_{step}")
        for step, view in tickets.STEPS.items()
    ),
]
