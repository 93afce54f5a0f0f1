"""The view saver: saves the view of a store after changes and on exit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from threading import Lock, Thread
from typing import Protocol

from textual.timer import Timer

from tui.view_state.saved_view import View, load, save

SETTLE_S = 1.0
"""Seconds from the last change to the write: what kill -9 may lose."""


MARKS = frozenset({"marked", "by_hand", "considered_to"})
"""Fields that are saved together, because each means nothing without the others."""


class ViewFile:
    """Saves the view of the store made at `created_at`, leaving fields that only another dashboard changed.

    `known` is the view as this dashboard first showed it, or as it wrote it last.
    """

    def __init__(self, path: Path, known: View, created_at: str = "") -> None:
        self._path = path
        self.created_at = created_at
        self._known = known
        self._lock = Lock()

    def save(self, view: View) -> None:
        """Write the fields that differ from the known view."""
        with self._lock:
            names = [entry.name for entry in fields(View)]
            changed = {name for name in names if getattr(view, name) != getattr(self._known, name)}
            if changed & MARKS:
                changed |= MARKS
            if changed:
                stored = load(self._path).of_store(self.created_at)
                save(self._path, replace(stored, **{name: getattr(view, name) for name in changed}))
                self._known = view


class ViewSaverPort(Protocol):
    """What ViewSaver needs of the app."""

    def view(self) -> View:
        """The live view as it is to be saved."""

    def set_timer(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` after `delay` seconds."""


class ViewSaver:
    """Saves the app's view to a file."""

    def __init__(self, app: ViewSaverPort, file: ViewFile) -> None:
        self._app = app
        self.file = file
        self._last_view: View | None = None
        self._timer: Timer | None = None

    def save(self) -> None:
        """Save at once: the app exits."""
        self.file.save(self._app.view())

    def settle(self) -> None:
        """Save after SETTLE_S without further changes."""
        view = self._app.view()
        if view == self._last_view:
            return
        self._last_view = view
        if self._timer is not None:
            self._timer.stop()
        # in a thread, because a slow disk must not block the screen
        self._timer = self._app.set_timer(SETTLE_S, lambda: Thread(target=self.file.save, args=(view,)).start())
