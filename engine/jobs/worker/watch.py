"""Watch: looks up from code that may never return, such as a function of the user's, and may leave it.

The system's timer interrupts the computation in the worker's own thread, so what looks up may use the store, and an
exception that it raises unwinds the computation. Code that holds Python's interpreter, deep in a library, is not
interrupted; then ending the worker's process is what is left, and another worker takes the run up.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

from engine.store import FencedOff, RunWriter, StoreError

log = logging.getLogger(__name__)

WATCH_S = 0.5
"""Seconds between two looks: a computation that is shorter is never interrupted."""


class Interrupted(BaseException):
    """A computation was left: somebody asked for a stop or a pause, or the worker is to leave.

    Not an Exception, which code of the user's would rather catch.
    """


class LookUp:
    """A callable for the middle of a computation: writes a heartbeat and raises Interrupted where it is to be left.

    Raises FencedOff when the claim is lost.
    """

    def __init__(self, writer: RunWriter, leave: Callable[[], bool]) -> None:
        self._writer = writer
        self._leave = leave

    def __call__(self) -> None:
        """Raise Interrupted once the run was stopped or paused or the worker asked to leave."""
        try:
            waiting = self._writer.write()
        except FencedOff:
            raise
        except StoreError as error:
            log.warning("run %d: %s", self._writer.claim.run_id, error)
            return
        if self._leave() or any(command.verb in ("stop", "pause") for command in waiting):
            raise Interrupted


@contextmanager
def computing(look: Callable[[], None] | None, keep: Callable[[], object]) -> Iterator[None]:
    """Around a computation: watched if there is something to `look` at; where it fails, what came before is kept."""
    try:
        with nullcontext() if look is None else watched(look):
            yield
    except (Interrupted, StoreError):
        raise
    except (Exception, SystemExit, KeyboardInterrupt):
        keep()
        raise


@contextmanager
def watched(look: Callable[[], None]) -> Iterator[None]:
    """Call `look` every WATCH_S while the block inside runs; what it raises ends the block.

    Outside the main thread, where signals do not arrive, it is not called.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        try:
            look()
        finally:
            signal.setitimer(signal.ITIMER_REAL, WATCH_S)  # only now: looks do not overlap

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, WATCH_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
