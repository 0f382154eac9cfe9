"""For every Python under libfaketime (docs/operations.md, "Tests on another day"): its clock_nanosleep refuses, with
EINVAL, the deadlines of time.sleep. Waiting for what never comes takes as long."""

import threading
import time


def sleep(seconds: float) -> None:
    threading.Event().wait(seconds)


time.sleep = sleep
