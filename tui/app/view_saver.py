"""The view saver: remembers how a store is looked at, once a change has settled and on leaving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from threading import Lock, Thread
from typing import Protocol

from textual.timer import Timer

from tui.view_state.remembered import View, load, save

SETTLE_S = 1.0
"""After the last change, before it is written: what kill -9 may lose."""


MARKS = frozenset({"marked", "by_hand", "met"})
"""What says something only together."""


class ViewFile:
    """Remembers the view of the store that was `born` then. What another dashboard on it has changed meanwhile is left
    as that one wants it.

    `known` is the view as it was when this dashboard began to show it, or as it has written it last.
    """

    def __init__(self, path: Path, known: View, born: str = "") -> None:
        self._path = path
        self.born = born
        self._known = known
        self._lock = Lock()

    def save(self, view: View) -> None:
        """Write what differs from what is known, field by field."""
        with self._lock:
            names = [entry.name for entry in fields(View)]
            changed = {name for name in names if getattr(view, name) != getattr(self._known, name)}
            if changed & MARKS:
                changed |= MARKS
            if changed:
                there = load(self._path).of_store(self.born)
                save(self._path, replace(there, **{name: getattr(view, name) for name in changed}))
                self._known = view


class ViewSaverPort(Protocol):
    def view(self) -> View:
        """How the live view is looked at now."""

    def set_timer(self, delay: float, callback: Callable[[], None]) -> Timer: ...


class ViewSaver:
    """Saves the app's view in a file."""

    def __init__(self, app: ViewSaverPort, file: ViewFile) -> None:
        self._app = app
        self.file = file
        self._noticed: View | None = None
        self._settling: Timer | None = None

    def save(self) -> None:
        """Now: the app is being left."""
        self.file.save(self._app.view())

    def settle(self) -> None:
        """Something may have changed: save it when nothing else has for a while."""
        view = self._app.view()
        if view == self._noticed:
            return
        self._noticed = view
        if self._settling is not None:
            self._settling.stop()
        # a folder on a slow disk must not hold the screen up
        self._settling = self._app.set_timer(SETTLE_S, lambda: Thread(target=self.file.save, args=(view,)).start())
