"""`python -m demo.manage COMMAND ...`: manage.py with the settings and the database of the demo.

The size is that of SHOPKEEPER_DEMO_SIZE, small if it is not set."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from common import embedded_pg
from demo.__main__ import folder_of, set_environment
from demo.company.sizes import SIZES


def main() -> None:
    size = SIZES[os.environ.get("SHOPKEEPER_DEMO_SIZE") or "small"]
    set_environment(folder_of("demo", size))
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = embedded_pg.ensure(folder_of("pg", size))
        embedded_pg.offer_programs()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
