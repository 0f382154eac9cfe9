"""The address of every page. Each app's `urls.py` lists its own; tests/test_routes.py knows them all."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
