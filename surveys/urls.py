"""Pages of surveys: all public, each addressed by a token; and where mail providers tell us what became of mail."""

from django.urls import URLPattern, URLResolver, path

from surveys.views import (
    answering,
    further,
    over_the_shoulder,
    own_page,
    previewing,
    providers,
    stopping,
)
from surveys.views.public import further as public_further
from surveys.views.public import steps as public

urlpatterns: list[URLPattern | URLResolver] = [
    path("s/<str:token>/", answering.score, name="survey"),
    path("s/<str:token>/why/", answering.why, name="survey-why"),
    path("s/<str:token>/more/", further.more, name="survey-more"),
    path("s/<str:token>/callback/", answering.callback, name="survey-callback"),
    path("s/<str:token>/thanks/", answering.thanks, name="survey-thanks"),
    path("a/<str:code>/", public.score, name="public-survey"),
    path("a/<str:code>/thanks/", public.thanks, name="public-survey-thanks"),
    path("a/<str:code>/<str:signed>/why/", public.why, name="public-survey-why"),
    path("a/<str:code>/<str:signed>/more/", public_further.more, name="public-survey-more"),
    path("me/<str:token>/", own_page.show, name="own-page"),
    path("me/<str:token>/change/", own_page.change, name="own-page-change"),
    path("customers/<path:customer>/own-page/", over_the_shoulder.own_page_seen, name="own-page-seen"),
    path("customers/<path:customer>/own-page/links/", over_the_shoulder.end_all_links, name="own-page-links"),
    path("hooks/mail/<slug:provider>/<slug:part>/", providers.webhook, name="mail-webhook"),
    path("preview/<int:pk>/", previewing.overview, name="survey-preview"),
    path("preview/<int:pk>/<str:language>/<slug:page>/", previewing.page_of, name="survey-preview-page"),
    path("u/<str:token>/", stopping.unsubscribe, name="unsubscribe"),
]
