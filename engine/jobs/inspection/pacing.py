"""Pacing: how often there is another picture of growing runs, and how much processor time its computing may take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Wanted = Callable[[], bool]

LIVE_EVERY_S, LIVE_SHARE = 0.115, 0.05
"""Seconds from one picture of runs that grow to the next, at least, and the share of them that computing may take."""

LOOK_S = 0.02
"""Seconds that a new question waits at most for the end of a rest."""

MOST_SAVED_S, MOST_OWED_S = 0.03, 0.12
"""Processor time that can be saved up, and that can be owed."""


def rest_until(end: float, wanted: Wanted) -> None:
    """Wait for a moment of the monotonic clock, as long as an answer is wanted."""
    while wanted() and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_S))


def within(cpu_s: float, wanted: Wanted) -> Wanted:
    """Return whether an answer is still wanted and this thread has taken less than `cpu_s` of processor time since."""
    end = time.thread_time() + cpu_s
    return lambda: wanted() and time.thread_time() < end


@dataclass(eq=False)
class Allowance:
    """Processor time for what may be put off: LIVE_SHARE of the time that passes, less what was taken."""

    _left_s: float = 0.0
    _given_at: float = field(default_factory=time.monotonic)

    @property
    def left_s(self) -> float:
        """Seconds that may be taken now; below 0 if more was taken than allowed."""
        now = time.monotonic()
        self._left_s = min(self._left_s + LIVE_SHARE * (now - self._given_at), MOST_SAVED_S)
        self._given_at = now
        return self._left_s

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Count what this thread takes meanwhile."""
        started = time.thread_time()
        try:
            yield
        finally:
            self._left_s = max(self._left_s - (time.thread_time() - started), -MOST_OWED_S)
