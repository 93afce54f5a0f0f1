"""Frame pacing: after each frame the terminal is sent a query; the next frame waits for the reply."""

from __future__ import annotations

import time
from collections.abc import Callable

QUESTION = "\x1b[?2026$p"
"""Asks whether the terminal knows synchronised output. Any reply will do: it shows that the frame was drawn."""

PRINTS_THE_QUESTION = "Apple_Terminal"
"""TERM_PROGRAM of a terminal that prints the end of the query on the screen and never replies."""

TIMEOUT_S = 4.0
"""Seconds after which a reply counts as lost: a full frame takes about one second at 8 kB/s."""

FREE_RUN_S = 0.2
"""Seconds between two frames for a terminal that never replies, except after a key."""


class FramePacing:
    """Decides when a frame may be sent. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answers = False
        self._open_questions = 1  # the driver's own, when it starts
        self._sent_at = float("-inf")
        self._pressed = False

    def wait_s(self) -> float:
        """Seconds until a frame may be sent, 0 for now. A reply or a key may shorten them."""
        since = self._clock() - self._sent_at
        if not self._answers:
            return 0.0 if self._pressed else max(FREE_RUN_S - since, 0.0)
        return max(TIMEOUT_S - since, 0.0) if self._open_questions else 0.0

    def sent(self) -> None:
        """Record that a frame and a query were sent."""
        if self._answers and self._open_questions:
            self._answers, self._open_questions = False, 0  # the reply counts as lost
        self._open_questions += 1
        self._sent_at = self._clock()
        self._pressed = False

    def answered(self) -> None:
        """Record that the terminal has replied to a query."""
        self._answers = True
        self._open_questions = max(self._open_questions - 1, 0)

    def pressed(self) -> None:
        """Record a key: the viewer waits for its effect."""
        self._pressed = True
