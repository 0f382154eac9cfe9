"""Work in a process of its own that may die of it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable

from common.forks import forget_connections


def status_of(work: Callable[[], object]) -> int:
    """The exit status of a child that does `work`: 0, 1 when it raised (what, stands on stderr), or that of its death.
    The child never comes back into the tests: it would go on with those that follow, beside us."""
    child = os.fork()
    if not child:
        status = 1
        try:
            forget_connections()
            work()
            status = 0
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
