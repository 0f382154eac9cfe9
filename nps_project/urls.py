"""The address of every page. Each app's `urls.py` and `api/urls.py` list its own; tests/house/test_routes.py knows
all."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from common.api import docs
from common.api.views import NoSuchRoute

api = [path("", include(f"{app}.api.urls")) for app in ("crm", "surveys", "closedloop", "analytics", "distribution")]

to_the_docs = never_cache(RedirectView.as_view(pattern_name="api-docs"))

urlpatterns = [
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),  # one door, one limit of tries
    path("admin/conditions/", include("common.conditions.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    path("api/docs/", docs.entrance, name="api-docs"),
    path("api/docs/try/", docs.TryPage.as_view(url_name="api-schema"), name="api-try"),
    path("api/docs/<slug:name>/", docs.resource_page, name="api-docs-page"),
    path("api/", to_the_docs),  # where a newcomer begins
    path("api/v1/", to_the_docs),
    re_path(r"^api/[\s\S]*$", NoSuchRoute.as_view(), name="api-nothing"),  # line breaks in the address too
    path("", include("common.urls")),
    path("", include("crm.urls")),
    path("", include("surveys.urls")),
    path("", include("closedloop.urls")),
    path("", include("analytics.urls")),
    path("", include("distribution.urls")),
]

handler400 = "common.views.unreadable"
handler500 = "common.views.broken"
