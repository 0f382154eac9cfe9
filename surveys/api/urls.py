"""Routes of surveys below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from surveys.api import asking, decisions, programs, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("programs", programs.ProgramList.as_view(), name="api-programs"),
    path("programs/<str:code>", programs.ProgramDetail.as_view(), name="api-program"),
    path("programs/<str:code>/versions", programs.VersionList.as_view(), name="api-program-versions"),
    path("programs/<str:code>/mail", programs.ProgramMail.as_view(), name="api-program-mail"),
    path("decisions", decisions.DecisionList.as_view(), name="api-decisions"),
    path("turns", asking.TurnList.as_view(), name="api-turns"),
    path("pre-consents", asking.PreConsentList.as_view(), name="api-pre-consents"),
    path("responses", views.ResponseList.as_view(), name="api-responses"),
    path("responses/<path:external_id>", views.ResponseDetail.as_view(), name="api-response"),
]
