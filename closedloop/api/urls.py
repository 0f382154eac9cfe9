"""Routes of closedloop below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from closedloop.api.tickets import Actions, Attempts, Closing, Findings, OneTicket, Tickets

urlpatterns: list[URLPattern | URLResolver] = [
    path("tickets", Tickets.as_view(), name="api_tickets"),
    path("tickets/<uuid:public_id>", OneTicket.as_view(), name="api_ticket"),
    path("tickets/<uuid:public_id>/attempts", Attempts.as_view(), name="api_ticket_attempts"),
    path("tickets/<uuid:public_id>/findings", Findings.as_view(), name="api_ticket_findings"),
    path("tickets/<uuid:public_id>/actions", Actions.as_view(), name="api_ticket_actions"),
    path("tickets/<uuid:public_id>/closure", Closing.as_view(), name="api_ticket_closure"),
]
