"""Wait for a store that is locked or full, rather than lose what a worker holds."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from engine.store import StoreBusy, StoreFull

log = logging.getLogger(__name__)

RETRY_S = 1.0

T = TypeVar("T")


def retried(commit: Callable[[], T], leave: Callable[[], bool], say: Callable[[str], None] | None = None) -> T:
    """The result of `commit`, tried until the store is neither busy nor full; raises that error when asked to leave.

    `say` is told before each wait why there is one; that it cannot be written down either is no matter.
    """
    while True:
        try:
            return commit()
        except (StoreBusy, StoreFull) as error:
            if leave():
                raise
            log.warning("waiting: %s", error)
            if say is not None:
                _say(say, f"waiting: {error}")
            time.sleep(RETRY_S)


def _say(say: Callable[[str], None], reason: str) -> None:
    try:
        say(reason)
    except (StoreBusy, StoreFull) as error:
        log.debug("that cannot be stored: %s", error)
