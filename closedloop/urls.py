"""Pages of closedloop."""

from django.urls import URLPattern, URLResolver, path

from closedloop.forms import FORMS
from closedloop.views.follow_ups import follow_up_page
from closedloop.views.taking_down import take_down_page
from closedloop.views.tickets import take_step, take_written_step, ticket_page
from closedloop.views.times import times
from closedloop.views.work_list import work_list

urlpatterns: list[URLPattern | URLResolver] = [
    path("tickets/", work_list, name="work_list"),
    path("tickets/times/", times, name="ticket_times"),
    path("tickets/new/<path:customer>/", take_down_page, name="take_down"),
    path("tickets/steps/<uuid:public_id>/", follow_up_page, name="follow_up"),
    path("tickets/<uuid:public_id>/", ticket_page, name="ticket"),
    path("tickets/<uuid:public_id>/written", take_written_step, name="ticket_written"),
    *(path(f"tickets/<uuid:public_id>/{step}", take_step, {"step": step}, name=f"ticket_{step}") for step in FORMS),
]
