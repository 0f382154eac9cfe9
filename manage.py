#!/usr/bin/env python3
"""Django's command line; starts the embedded PostgreSQL first when DATABASE_URL is unset."""

import os
import sys

from common import embedded_pg


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nps_project.settings")
    embedded_pg.start_unless_configured()
    from django.core.management import execute_from_command_line  # settings read the URL just set

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
