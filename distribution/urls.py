"""Pages of distribution, the sign-in and the landing page."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path

from distribution.views.landing import landing
from distribution.views.signing_in import SignIn

urlpatterns: list[URLPattern | URLResolver] = [
    path("", landing, name="landing"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
