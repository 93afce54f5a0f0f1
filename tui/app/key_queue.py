"""The key queue: lets a key in when the one before has had its effect."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

from tui.model import keymap
from tui.terminal.textual_internals import has_waiting

QUIET_ROUNDS = 3
"""Looks in a row that find nothing waiting: who has taken a message may be about to post another."""

LOOK_S = 0.005
"""Between two looks while something that a key has asked for is being read."""

PATIENCE_S = 5.0
"""Nothing that is read holds keys up for longer."""


class KeyQueuePort(Protocol):
    def post_message(self, message: Message) -> bool: ...

    def is_reading(self) -> bool:
        """Whether what the next key acts on is still being read."""

    def pumps(self) -> Iterator[MessagePump]:
        """All that answers messages."""


class KeyQueue:
    """Over a slow line keys arrive in bunches. What stands behind a key that opens something belongs to what it opens,
    although that is there only some messages later. Keys that leave from anywhere never wait.
    """

    def __init__(self, app: KeyQueuePort) -> None:
        self._app = app
        self._typed: deque[events.Event] = deque()
        self._let_in: events.Event | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_behind(self) -> bool:
        """Whether something that was typed has not had its effect."""
        return self._task is not None and not self._task.done()

    def takes(self, event: events.Event) -> bool:
        """Whether an event has to wait here; it is posted again when it is its turn."""
        if not _is_typed(event) or event is self._let_in:
            return False
        self._typed.append(event)
        if not self.is_behind:
            self._task = asyncio.create_task(self._let_all_in())
        return True

    async def _let_all_in(self) -> None:
        while self._typed:
            self._let_in = self._typed.popleft()
            self._app.post_message(self._let_in)
            await self._calm()

    async def _calm(self) -> None:
        """Until all that was let in has been answered, and what it has asked for is there."""
        quiet, end = 0, time.monotonic() + PATIENCE_S
        while quiet < QUIET_ROUNDS:
            is_reading = self._app.is_reading() and time.monotonic() < end
            await asyncio.sleep(LOOK_S if is_reading else 0)
            quiet = 0 if is_reading or any(map(has_waiting, self._app.pumps())) else quiet + 1


def _is_typed(event: events.Event) -> bool:
    """Whether it is fresh from the terminal, and may wait."""
    if isinstance(event, events.Key):
        return not event.is_forwarded and event.key not in keymap.LEAVING
    return isinstance(event, events.Paste) and not event.is_forwarded
