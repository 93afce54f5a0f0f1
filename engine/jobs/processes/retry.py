"""Retry: commits that wait while the store is locked or full, so that a worker loses nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from engine.store import StoreBusy, StoreFull

log = logging.getLogger(__name__)

RETRY_S = 1.0

T = TypeVar("T")


def retried(commit: Callable[[], T], leave: Callable[[], bool], report: Callable[[str], None] | None = None) -> T:
    """The result of `commit`, retried every RETRY_S while the store is busy or full; raises that error if `leave()`.

    `report` gets the reason before each wait; it may fail to store it.
    """
    while True:
        try:
            return commit()
        except (StoreBusy, StoreFull) as error:
            if leave():
                raise
            log.warning("waiting: %s", error)
            if report is not None:
                _report(report, f"waiting: {error}")
            time.sleep(RETRY_S)


def _report(report: Callable[[str], None], reason: str) -> None:
    try:
        report(reason)
    except (StoreBusy, StoreFull) as error:
        log.debug("that cannot be stored: %s", error)
