"""Find actions: find a run by number, word or filter, and go to it on the screen that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from textual.message import Message
from textual.screen import Screen

from engine.store import FilterError, StoreError
from engine.text import clean
from tui.app.actions import orders
from tui.app.actions.inspect_actions import InspectActions
from tui.app.actions.ports import OrderPort, ScreenPort
from tui.app.actions.probe_actions import ProbeActions
from tui.model.messages import RunsFound

if TYPE_CHECKING:
    from tui.screens.pick import RunFinder
    from tui.screens.runs_screen import RunsScreen


class FindPort(OrderPort, ScreenPort, Protocol):
    """What FindActions need of the app."""

    probe_actions: ProbeActions
    inspect_actions: InspectActions

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """The open screens, topmost last."""

    @property
    def is_replaying(self) -> bool:
        """Whether a replay is shown."""

    @property
    def board(self) -> RunsScreen:
        """The board that is shown."""


class FindActions:
    """Opens the finder and reads in a thread which runs fit; in a replay, which of its runs."""

    def __init__(self, app: FindPort) -> None:
        self._app = app
        self._opened: RunFinder | None = None
        self._sought: str | None = None

    @property
    def is_looking(self) -> bool:
        """Whether the runs that fit the typed text are still being read."""
        return self._sought is not None and self._finder is not None

    @property
    def _finder(self) -> RunFinder | None:
        return self._opened if self._opened in self._app.screen_stack else None

    def ask(self) -> None:
        """Ask for a run."""
        from tui.screens.pick import RunFinder

        verb = "probe" if self._app.probe_actions.view else "inspect" if self._app.inspect_actions.view else "go to"
        self._opened = RunFinder(f"{verb} run", verb)
        self._app.open_screen(self._opened)
        self.look_for("")

    def look_for(self, text: str) -> None:
        """Read which runs fit a filter."""
        path, listing, judged = self._app.path, self._app.choices.listing, self._app.snapshot.judged
        among = tuple(run.run_id for run in self._app.snapshot.runs) if self._app.is_replaying else None
        self._sought = text

        def carry_out() -> Message:
            try:
                return RunsFound(text, *orders.found_runs(path, text, listing, judged, among))
            except FilterError as error:
                return RunsFound(text, sentence=error.sentence)
            except (StoreError, ValueError) as error:
                return RunsFound(text, sentence=str(error))

        self._app.order(carry_out)

    def show(self, found: RunsFound) -> None:
        """Show the runs that fit, with the present one under the cursor, unless another text was typed meanwhile."""
        from tui.presenting.commands import found_runs

        finder, snapshot = self._finder, self._app.snapshot
        if finder is None or found.text != self._sought:
            return
        self._sought = None
        # a replay tells its runs as they were at its moment
        runs = [snapshot.run(run.run_id) or run for run in found.runs] if self._app.is_replaying else list(found.runs)
        typed = found.text.strip()
        wanted = int(typed) if typed.isdecimal() and typed.isascii() else self._current
        at = next((place for place, run in enumerate(runs) if run.run_id == wanted), 0)
        counted = "" if found.sentence else f"{found.fitting:,} of {found.total:,} "
        finder.show(found_runs(runs), at, counted, clean(found.sentence, 300))

    @property
    def _current(self) -> int | None:
        """The run that is probed or inspected, or the one under the cursor."""
        probe, inspector = self._app.probe_actions.view, self._app.inspect_actions.view
        if probe is not None:
            return probe.run_id
        return self._app.choices.pointed if inspector is None else inspector.run_id

    def go_to(self, run_id: int) -> None:
        """Probe or inspect this run, or put the cursor on it."""
        if self._app.probe_actions.view is not None:
            seen = self._app.snapshot.run(run_id) if self._app.is_replaying else None
            self._app.probe_actions.probe_instead(run_id, None if seen is None else seen.iterations_done)
            return
        if self._app.inspect_actions.view is not None:
            self._app.inspect_actions.view.put_first(run_id)
        self._app.board.list_keys.action_point(run_id)
