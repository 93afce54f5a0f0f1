"""Listening: what a script prints, as text to keep and numbers to store."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Literal

import numpy as np

from engine.scrape import Lines, Printout, Reading, Scraper, parse_pattern
from engine.store import Measured, Printed

READ_BYTES = 1 << 16
MOST_LINES = 20_000
"""Lines that wait to be read for numbers, beyond which a script's pipe waits, too: none is left out."""

READING_S = 0.05
"""Longest time of a turn for reading numbers."""

FLUSH_PARTIAL_S = 0.5
PATTERN_S = 0.2
"""Longest time for a pattern of somebody's own on one line; one that takes longer is not used any more."""

Stream = Literal["out", "err"]


class Pipe:
    """One stream of a script: its text as it is left, and its lines."""

    def __init__(self, descriptor: int, stream: Stream) -> None:
        self.descriptor = descriptor
        self.stream = stream
        self.is_open = True
        self.last_line = ""
        self._printout, self._lines = Printout(), Lines()
        self._text: list[str] = []
        self._heard_at = 0.0

    def read(self) -> list[str] | None:
        """Read what is there, at most READ_BYTES; the lines that it completes. None where nothing is there."""
        try:
            data = os.read(self.descriptor, READ_BYTES)
        except BlockingIOError:
            return None
        self.is_open = bool(data)
        self._heard_at = time.monotonic()
        text = self._printout.decode(data, at_end=not data)
        self._text.append(self._printout.feed(text))
        lines = self._lines.feed(text) + ([] if data else self._lines.finish())
        if not data:
            self._text.append(self._printout.finish())
        self.last_line = next((line for line in reversed(lines) if line.strip()), self.last_line)
        return lines

    def take(self) -> str:
        """The text to keep since the last call; a line that does not end is let go after a while."""
        if time.monotonic() - self._heard_at > FLUSH_PARTIAL_S:
            self._text.append(self._printout.flush())
        text = "".join(self._text)
        self._text.clear()
        return text

    def finish(self) -> list[str]:
        """The last line where a process that has not ended still has the pipe open."""
        self._text.append(self._printout.finish())
        lines = self._lines.finish()
        self.last_line = next((line for line in reversed(lines) if line.strip()), self.last_line)
        return lines


class Numbers:
    """Numbers read from a script's lines, until they are stored."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._scraper = Scraper([parse_pattern(pattern) for pattern in patterns])
        self._waiting: deque[tuple[str, float]] = deque()
        self._read: dict[str, list[tuple[int, int, float]]] = {}
        self._told = 0
        self.complaints: list[str] = []

    @property
    def is_full(self) -> bool:
        """Whether so many lines wait that no more should come."""
        return len(self._waiting) > MOST_LINES

    @property
    def has_lines(self) -> bool:
        """Whether lines wait to be read."""
        return bool(self._waiting)

    def add(self, lines: Sequence[str], elapsed_s: float) -> None:
        """Take lines that were printed now."""
        self._waiting.extend((line, elapsed_s) for line in lines)

    def read(self, seconds: float = READING_S) -> None:
        """Read numbers from the lines that wait, for about so long."""
        until = time.monotonic() + seconds
        while self._waiting:
            line, elapsed_s = self._waiting.popleft()
            for reading in self._readings(line):
                for name, value in reading.values.items():
                    self._read.setdefault(name, []).append((reading.step, round(elapsed_s * 1e6), value))
            if time.monotonic() > until:
                return

    def _readings(self, line: str) -> list[Reading]:
        if not self._scraper.patterns:
            return self._scraper.read(line)
        try:
            with bounded(PATTERN_S):
                return self._scraper.read(line)
        except TookTooLong:
            self.complaints.append(
                f"lossboard: --scrape took longer than {PATTERN_S:g} s for one line, and is not used any more"
            )
            self._scraper.patterns.clear()
            return self._scraper.read(line)

    def take(self) -> dict[str, Measured]:
        """What was read since the last call."""
        taken = {
            name: Measured(
                np.array([row[0] for row in rows], np.int64),
                np.array([row[1] for row in rows], np.int64),
                np.array([row[2] for row in rows], np.float64),
            )
            for name, rows in self._read.items()
        }
        self._read = {}
        return taken

    def understood(self) -> str | None:
        """What was understood so far, as a JSON array; None where that is nothing new."""
        found = self._scraper.understood
        count = sum(1 + len(each.metrics) for each in found)
        if count == self._told:
            return None
        self._told = count
        return json.dumps(
            [{"how": e.how, "metrics": list(e.metrics), "step": e.step, "example": e.example} for e in found]
        )


class TookTooLong(Exception):
    """A pattern has taken longer than it may."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in the block once it takes longer; in the main thread, where the system's timer arrives."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def printed(pipes: Sequence[Pipe], step: int, elapsed_s: float, complaints: Sequence[str] = ()) -> tuple[Printed, ...]:
    """What the pipes have to keep, with the run's next step and its time."""
    texts = [(pipe.stream, pipe.take()) for pipe in pipes]
    texts += [("err", f"{complaint}\n") for complaint in complaints]
    return tuple(Printed(stream, text, step, round(elapsed_s * 1e6)) for stream, text in texts if text)
