"""SIGHUP and SIGTERM: the screen leaves in order, and is made to when it cannot."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Thread, Timer

SIGNALS = frozenset({signal.SIGHUP, signal.SIGTERM})

LEAVE_WITHIN_S = 2.0
"""A screen whose terminal is gone may hang in a write: after this the process ends all the same."""


def block() -> None:
    """Keep the signals pending. Call before any thread starts: threads inherit what is blocked."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def await_in_thread(caught: Callable[[int], None]) -> None:
    """Call `caught` with the first signal's number, from a thread; then the process has LEAVE_WITHIN_S to end."""

    def wait() -> None:
        number = signal.sigwait(SIGNALS)
        last = Timer(LEAVE_WITHIN_S, os._exit, (128 + number,))
        last.daemon = True
        last.start()
        caught(number)

    Thread(target=wait, name="signals", daemon=True).start()
