"""`manage.py cluster`: django-q2's workers, started by the supervisor (`manage.py work`) and ended with it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django_q.cluster import Cluster


class Command(BaseCommand):
    help = "The workers themselves, without supervision. Use `work`."

    def handle(self, *args: Any, **options: Any) -> None:
        if os.getsid(0) == os.getpid():  # as the supervisor starts us: the group is ours alone
            threading.Thread(target=_end_with_the_supervisor, daemon=True).start()
        cluster = Cluster()
        cluster.start()
        cluster.sentinel.join()


def _end_with_the_supervisor() -> None:
    """The other end of our stdin is held by the supervisor; it closes when the supervisor ends, killed or not."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)
