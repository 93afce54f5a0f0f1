"""Replay control: opens replays, requests their frames at a steady rate, and closes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tui.app.actions.ports import DialogPort, MessagePort, ScreenPort
from tui.app.state import AppState
from tui.model.clock import Clock, Moment
from tui.model.replay_opening import START, ReplayOpening
from tui.model.snapshot import ReadRequest, Snapshot
from tui.presenting.permalink import permalink

if TYPE_CHECKING:
    from pathlib import Path

    from tui.screens.replay import Replay
    from tui.widgets.chart_pane import ChartStyle

FRAME_S = 0.13
"""Seconds between two frames of a playing replay: at 0.1 it would cost more than live runs. Keys do not wait."""


class ReplayPort(MessagePort, DialogPort, ScreenPort, Protocol):
    """What ReplayControl needs of the app."""

    path: Path
    store_name: str
    chart_style: ChartStyle
    state: AppState

    @property
    def is_running(self) -> bool:
        """Whether the app's message loop runs."""

    def ask_when_drawn(self) -> None:
        """Ask the feed once the terminal shows the previous read."""

    def show(self) -> None:
        """Update the screen, then ask the feed for news."""

    def show_live(self, *, visible: bool) -> None:
        """Draw the live board or hide it: hidden, it does not give away how a replay ends."""


class ReplayControl:
    """Controls the replay. `screen` is the replay that is shown, None in the live view."""

    def __init__(self, app: ReplayPort) -> None:
        self._app = app
        self.now: Callable[[], float] = time.monotonic
        self.screen: Replay | None = None
        self._opening: ReplayOpening | None = None
        self._clock: Clock | None = None
        self._urgent = False
        self._is_timed = False

    @property
    def is_opening(self) -> bool:
        """Whether a requested replay is still being read."""
        return self._opening is not None

    def wanted(self, columns: int) -> ReadRequest | None:
        """The next read for the replay; None in the live view."""
        self._urgent = False
        choices = self._app.state.shown.choices
        if self.screen is not None:
            return ReadRequest(choices, columns, self.screen.previewed_rows, moment=self.screen.moment())
        if self._opening is not None:
            position = START if self._clock is None else self._clock.position
            moment = Moment(self._opening.run_ids, self._opening.kind, position)
            return ReadRequest(self._opening.choices(choices), columns, moment=moment)
        return None

    def is_early(self) -> bool:
        """Whether the next frame of a playing replay is not due yet; a timer will ask for it."""
        if self.screen is None or not self.screen.clock.playing:
            return False
        if not self._is_timed:
            self._is_timed = True
            # asyncio's timer, because Textual's starts a task of its own, which costs a tenth of a frame
            asyncio.get_running_loop().call_later(FRAME_S, self._due)
            return False
        return not self._urgent

    def _due(self) -> None:
        self._is_timed = False
        if self._app.is_running:
            self._app.ask_when_drawn()

    def takes(self, read: Snapshot) -> bool:
        """Handle a snapshot of a replay, or one read while a replay is open; False leaves it to the live view."""
        is_wanted = self.screen is not None or self._opening is not None
        if read.replay_data is None and not is_wanted:
            return False
        if read.replay_data is None or not is_wanted:
            self._app.ask()
        elif self.screen is None:
            self._begin(read)
        else:
            self._app.state = self._app.state.reading(read)
            self._app.show()
        return True

    def _begin(self, read: Snapshot) -> None:
        from tui.screens.replay import Replay

        app, opening = self._app, self._opening
        assert opening is not None
        if not read.runs:
            self._opening = None
            app.show_live(visible=True)
            app.tell("There is nothing to replay: these runs are not in the store.", failed=True)
            app.ask()
            return
        if self._clock is None:
            self._clock = opening.clock(read, self.now())
            if opening.at is not None:
                app.ask()
                return
        choices = opening.choices(app.state.shown.choices)
        app.state = app.state.with_replay(read, choices)
        self.screen = Replay(app.store_name, read, choices, self._clock, app.chart_style, self.now)
        app.show_live(visible=True)
        self._opening = self._clock = None
        app.open_screen(self.screen)
        app.ask_after_refresh()

    def request(self, run_ids: tuple[int, ...]) -> None:
        """Open a replay of runs, if there are any."""
        if run_ids:
            self.open(ReplayOpening(run_ids, self._app.state.shown.choices.chart_options.x_kind))
        else:
            self._app.tell("There is no run to replay yet.")

    def open(self, opening: ReplayOpening) -> None:
        """Start reading a replay; its screen opens when that is done."""
        self._opening, self._clock = opening, None
        self._app.ask()

    def begin_with(self, opening: ReplayOpening) -> None:
        """Open a replay at start-up, with the live board hidden so that it does not give away how the replay ends."""
        self._app.show_live(visible=False)
        self._opening = opening

    def hurry(self) -> None:
        """Show the clock's new position without waiting for the next frame."""
        self._urgent = True
        self._app.ask()

    def command(self) -> str:
        """The command line that opens the moment that is shown; '' in the live view."""
        marked = self._app.state.shown.choices.marked
        return "" if self.screen is None else permalink(self._app.path, marked, self.screen.tick())

    def leave(self) -> None:
        """Return to the live view with the replay's chart options; the caller closes the screen."""
        self._app.state = self._app.state.without_replay()
        self.screen = None
