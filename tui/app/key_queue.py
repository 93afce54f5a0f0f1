"""The key queue: delivers a key once the key before it has had its effect."""

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
"""Checks in a row that must find no message waiting: a handler that runs may be about to post another."""

POLL_S = 0.005
"""Seconds between two checks while data that a key asked for are being read."""

TIMEOUT_S = 5.0
"""Seconds after which a read no longer holds keys up."""


class KeyQueuePort(Protocol):
    """What the key queue needs of the app."""

    def post_message(self, message: Message) -> bool:
        """Post a message to the app."""

    def is_reading(self) -> bool:
        """Whether data that the next key acts on are still being read."""

    def pumps(self) -> Iterator[MessagePump]:
        """Everything that handles messages: the app, screens and widgets."""


class KeyQueue:
    """Holds keys back until the screen that they are meant for is open.

    Keys arrive in bursts over a slow line. A key after one that opens a screen belongs to that screen, which opens only
    some messages later. Keys that leave (keymap.LEAVING) never wait.
    """

    def __init__(self, app: KeyQueuePort) -> None:
        self._app = app
        self._typed: deque[events.Event] = deque()
        self._current: events.Event | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_behind(self) -> bool:
        """Whether a key has not had its effect yet."""
        return self._task is not None and not self._task.done()

    def takes(self, event: events.Event) -> bool:
        """Whether an event has to wait; the queue posts it again in its turn."""
        if not _is_typed(event) or event is self._current:
            return False
        self._typed.append(event)
        if not self.is_behind:
            self._task = asyncio.create_task(self._deliver_in_turn())
        return True

    async def _deliver_in_turn(self) -> None:
        while self._typed:
            self._current = self._typed.popleft()
            self._app.post_message(self._current)
            await self._wait_until_idle()

    async def _wait_until_idle(self) -> None:
        """Wait until every message is handled and the data that they asked for are read."""
        quiet, end = 0, time.monotonic() + TIMEOUT_S
        while quiet < QUIET_ROUNDS:
            is_reading = self._app.is_reading() and time.monotonic() < end
            await asyncio.sleep(POLL_S if is_reading else 0)
            quiet = 0 if is_reading or any(map(has_waiting, self._app.pumps())) else quiet + 1


def _is_typed(event: events.Event) -> bool:
    """Whether an event comes from the terminal and may wait."""
    if isinstance(event, events.Key):
        return not event.is_forwarded and event.key not in keymap.LEAVING
    return isinstance(event, events.Paste) and not event.is_forwarded
