"""Link: how fast the terminal is. After each frame it is asked a question; the next one waits for the answer."""

from __future__ import annotations

import time
from collections.abc import Callable

QUESTION = "\x1b[?2026$p"
"""Does it know synchronised output? What it answers is not the point: it answers when it has drawn the frame."""

PRINTS_THE_QUESTION = "Apple_Terminal"
"""TERM_PROGRAM of a terminal that would write the end of the question on the screen, and that never answers."""

PATIENCE_S = 4.0
"""An answer that takes longer is taken as lost: a full frame over 8 kB/s takes about a second."""

FREE_RUN_S = 0.2
"""Between two frames for a terminal that never answers, except after a key."""


class FramePacing:
    """Decides when a frame may be sent. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answers = False
        self._open_questions = 1  # the driver's own, when it starts
        self._sent_at = float("-inf")
        self._pressed = False

    def wait_s(self) -> float:
        """Seconds until a frame may be sent: 0 is now. An answer or a key may make it sooner."""
        since = self._clock() - self._sent_at
        if not self._answers:
            return 0.0 if self._pressed else max(FREE_RUN_S - since, 0.0)
        return max(PATIENCE_S - since, 0.0) if self._open_questions else 0.0

    def sent(self) -> None:
        """A frame and a question were sent."""
        if self._answers and self._open_questions:
            self._answers, self._open_questions = False, 0  # patience has run out
        self._open_questions += 1
        self._sent_at = self._clock()
        self._pressed = False

    def answered(self) -> None:
        """The terminal has answered a question."""
        self._answers = True
        self._open_questions = max(self._open_questions - 1, 0)

    def pressed(self) -> None:
        """A key was pressed: somebody waits for what it does."""
        self._pressed = True
