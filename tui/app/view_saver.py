"""Keeping: the part of the app that remembers how its store is looked at, once a change has settled and on leaving."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from threading import Lock, Thread

from textual.timer import Timer

from tui.app.part import Part
from tui.model.choices import Choices
from tui.model.messages import ChoicesChanged, SnapshotRead
from tui.view_state.recall import view_of
from tui.view_state.remembered import View, load, save

SETTLE_S = 1.0
"""After the last change, before it is written: what kill -9 may lose."""


MARKS = frozenset({"marked", "by_hand", "met"})
"""What says something only together."""


class Keeper:
    """Remembers the view of the store that was `born` then. What another dashboard on it has changed meanwhile is left
    as that one wants it.

    `known` is the view as it was when this dashboard began to show it, or as it has written it last.
    """

    def __init__(self, path: Path, known: View, born: str = "") -> None:
        self._path = path
        self.born = born
        self._known = known
        self._lock = Lock()

    def keep(self, view: View) -> None:
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


class Keeping(Part, inherit_bindings=False):
    """Needs the `theme_chosen` and a `keeper`."""

    theme_chosen: str
    keeper: Keeper
    _noticed: View | None = None
    _settling: Timer | None = None

    def lasting(self) -> Choices:
        """The choices to remember."""
        return self.choices

    def on_choices_changed(self, message: ChoicesChanged) -> None:
        self._notice()

    def on_snapshot_read(self, message: SnapshotRead) -> None:
        self._notice()

    def on_unmount(self) -> None:
        self.keeper.keep(view_of(self.lasting(), self.theme_chosen))

    def _notice(self) -> None:
        view = view_of(self.lasting(), self.theme_chosen)
        if view == self._noticed:
            return
        self._noticed = view
        if self._settling is not None:
            self._settling.stop()
        # a folder on a slow disk must not hold the screen up
        self._settling = self.set_timer(SETTLE_S, lambda: Thread(target=self.keeper.keep, args=(view,)).start())
