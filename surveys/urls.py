"""Pages of surveys: all public, each addressed by a token; and where mail providers tell us what became of mail."""

from django.urls import URLPattern, URLResolver, path

from surveys.views import answering, providers, stopping

urlpatterns: list[URLPattern | URLResolver] = [
    path("s/<str:token>/", answering.score, name="survey"),
    path("s/<str:token>/why/", answering.why, name="survey-why"),
    path("s/<str:token>/callback/", answering.callback, name="survey-callback"),
    path("s/<str:token>/thanks/", answering.thanks, name="survey-thanks"),
    path("hooks/mail/<slug:provider>/<slug:part>/", providers.webhook, name="mail-webhook"),
    path("u/<str:token>/", stopping.unsubscribe, name="unsubscribe"),
]
