"""Heartbeat: heartbeats and obeyed commands while a worker prepares a run, before its first iteration."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from engine.jobs.processes.retry import retried
from engine.store import RunWriter

HEARTBEAT_S = 0.5


class RunEnded(Exception):
    """The attempt ended before the run's first own iteration; its end is stored already."""


class Heartbeat:
    """A callable for the preparation of a run: commits a heartbeat when due and obeys stop, pause and leave."""

    def __init__(self, writer: RunWriter, leave: Callable[[], bool]) -> None:
        self._writer = writer
        self._leave = leave
        self._last_at = time.monotonic()

    def __call__(self) -> None:
        """Raise RunEnded once the run was stopped, paused or released; call it often."""
        writer, at = self._writer, self._writer.iterations_done
        if self._leave():
            retried(lambda: writer.release("its worker was told to leave"), self._leave)
            raise RunEnded("given back")
        if time.monotonic() - self._last_at < HEARTBEAT_S:
            return
        waiting = retried(writer.write, self._leave, writer.note_waiting)
        self._last_at = time.monotonic()
        for command in waiting:
            if command.verb == "stop":
                reason = f"stopped at iteration {at}"
                retried(partial(writer.cancel, reason, applied=[(command.command_id, at, reason)]), self._leave)
                raise RunEnded(reason)
            if command.verb == "pause" and waiting[-1].verb != "resume":
                outcome = f"paused at iteration {at}"
                retried(partial(writer.pause, "", applied=[(command.command_id, at, outcome)]), self._leave)
                raise RunEnded(outcome)
