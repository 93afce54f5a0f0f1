"""Waiting inquiry: the newest one that was asked for, handed from the screen to the thread that computes."""

from __future__ import annotations

from threading import Lock

from tui.model.inspection.inquiries import Inquiry


class WaitingInquiry:
    """Holds at most one inquiry, and knows whether a thread takes them. Thread-safe."""

    def __init__(self) -> None:
        self.newest: Inquiry | None = None
        self._is_taken_from = False
        self._lock = Lock()

    def put(self, inquiry: Inquiry) -> bool:
        """Hold an inquiry in place of the one before; returns whether a thread must be started to take it."""
        with self._lock:
            self.newest, was_taken_from, self._is_taken_from = inquiry, self._is_taken_from, True
        return not was_taken_from

    def take(self) -> Inquiry | None:
        """Hand over the inquiry that waits; None where there is none, and then the thread that asked has to end."""
        with self._lock:
            inquiry, self.newest = self.newest, None
            self._is_taken_from = inquiry is not None
        return inquiry

    def drop(self) -> None:
        """Forget what waits."""
        with self._lock:
            self.newest = None
