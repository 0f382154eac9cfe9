"""Pages of analytics."""

from django.urls import URLPattern, URLResolver, path

from analytics.views.alert_precision import alert_precision
from analytics.views.asking import asking
from analytics.views.by_hand import by_hand
from analytics.views.dispositions import dispositions
from analytics.views.drivers import drivers
from analytics.views.explorer import explorer, explorer_behind
from analytics.views.insights import insights
from analytics.views.launches import launch, launches
from analytics.views.offers import offers
from analytics.views.patterns import dismissal, pattern
from analytics.views.planner import planner
from analytics.views.recovery import recovery
from analytics.views.worth import worth

urlpatterns: list[URLPattern | URLResolver] = [
    path("insights/", insights, name="insights"),
    path("insights/explore/", explorer, name="explore"),
    path("insights/explore/behind/", explorer_behind, name="explore_behind"),
    path("insights/worth/", worth, name="worth"),
    path("insights/offers/", offers, name="offers"),
    path("insights/plan/", planner, name="plan"),
    path("insights/by-hand/", by_hand, name="by_hand"),
    path("insights/asking/", asking, name="asking"),
    path("insights/alerts/", alert_precision, name="alert_precision"),
    path("insights/recovery/", recovery, name="recovery"),
    path("insights/launches/", launches, name="launches"),
    path("insights/launches/<uuid:public_id>/", launch, name="launch"),
    path("insights/dispositions/", dispositions, name="dispositions"),
    path("insights/drivers/", drivers, name="drivers"),
    path("patterns/<uuid:public_id>/", pattern, name="pattern"),
    path("patterns/<uuid:public_id>/dismissal", dismissal, name="pattern_dismissal"),
]
