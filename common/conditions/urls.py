"""Where the builder of conditions asks; below the console's address."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from common.conditions.views import leaves, preview, values

urlpatterns = [
    path("<slug:name>/", admin.site.admin_view(leaves), name="conditions"),
    path("<slug:name>/values/", admin.site.admin_view(values), name="condition-values"),
    path("<slug:name>/preview/", admin.site.admin_view(preview), name="condition-preview"),
]
