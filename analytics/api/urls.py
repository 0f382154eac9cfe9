"""Routes of analytics below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from analytics.api.cuts import Cuts
from analytics.api.dispositions import Dispositions
from analytics.api.drivers import Drivers
from analytics.api.recovery import Recovery
from analytics.api.scores import Scores
from analytics.api.worth import Worth

urlpatterns: list[URLPattern | URLResolver] = [
    path("scores", Scores.as_view(), name="api-scores"),
    path("cuts", Cuts.as_view(), name="api-cuts"),
    path("dispositions", Dispositions.as_view(), name="api-dispositions"),
    path("drivers", Drivers.as_view(), name="api-drivers"),
    path("recovery", Recovery.as_view(), name="api-recovery"),
    path("worth", Worth.as_view(), name="api-worth"),
]
