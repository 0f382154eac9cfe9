"""Doing many things in a few batches without one of them holding up the others."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

from common.claims import SEVERAL, disconnected, place_of

log = logging.getLogger(__name__)
T = TypeVar("T")


def apart(work: Callable[[list[T]], int], batches: Iterable[list[T]], *, stage: str) -> int:
    """Have `work` do each batch, all of it or nothing; how much was done. A batch that fails is halved until what is at
    fault stands alone: that is logged, with class and place of the error and nothing that it says, and left to the next
    round. Where SEVERAL fail alone and nothing goes through, the stage is at fault and the error is raised."""
    done, failed, sound, waiting = 0, 0, False, deque(batches)
    while waiting:
        batch = waiting.popleft()
        try:
            done, sound = done + work(batch), True
        except Exception as error:
            if disconnected():
                raise
            if half := len(batch) // 2:
                waiting.extendleft([batch[half:], batch[:half]])
                continue
            failed += 1
            log.error("left to the next round", extra={"stage": stage, "row": batch[0], "reason": place_of(error)})
            if failed == SEVERAL and not sound:
                raise
    return done
