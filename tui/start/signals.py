"""SIGHUP and SIGTERM: end the app in order, or by force if it hangs."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Thread, Timer

SIGNALS = frozenset({signal.SIGHUP, signal.SIGTERM})

LEAVE_WITHIN_S = 2.0
"""Seconds until the process is ended by force: the app may hang in a write to a terminal that is gone."""


def block() -> None:
    """Keep the signals pending. Call it before any thread starts, because threads inherit the signal mask."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def await_in_thread(caught: Callable[[int], None]) -> None:
    """Call `caught` with the number of the first signal, from a thread; LEAVE_WITHIN_S later the process ends."""

    def wait() -> None:
        number = signal.sigwait(SIGNALS)
        last = Timer(LEAVE_WITHIN_S, os._exit, (128 + number,))
        last.daemon = True
        last.start()
        caught(number)

    Thread(target=wait, name="signals", daemon=True).start()
