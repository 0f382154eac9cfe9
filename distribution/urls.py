"""Pages of distribution, the sign-in and the landing page."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path, register_converter

from distribution.converters import DayConverter
from distribution.views.alerts import alerts, open_alert, reading
from distribution.views.digests import branch, digest, today
from distribution.views.landing import landing
from distribution.views.regions import region, regions
from distribution.views.signing_in import SignIn

register_converter(DayConverter, "day")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", landing, name="landing"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("alerts/", alerts, name="alerts"),
    path("alerts/reading", reading, name="alerts_reading"),
    path("alerts/<uuid:ticket>/", open_alert, name="open_alert"),
    path("digest/", today, name="today"),
    path("digest/<path:unit>/<day:day>/", digest, name="digest"),
    path("digest/<path:unit>/", branch, name="branch"),
    path("region/", regions, name="regions"),
    path("region/<path:unit>/", region, name="region"),
]
