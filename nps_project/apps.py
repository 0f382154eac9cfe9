"""Which site the console is; of its own module, since the site itself needs all apps."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "nps_project.site.Console"
