"""Playback: the part of the app that opens replays, asks for their moments at a steady pace, and leaves them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.text import clean
from tui.app.run_actions import Helm
from tui.model.chart_options import Look
from tui.model.choices import Choices
from tui.model.clock import Clock, Moment
from tui.model.messages import AddressRequested, ClockTurned, ReadFailed, ReplayLeft, ReplayRequested
from tui.model.replay_opening import START, Opening
from tui.model.snapshot import Snapshot, Wanted
from tui.presenting.permalink import address

if TYPE_CHECKING:
    from tui.screens.board import Board
    from tui.screens.replay import Replay

FRAME_S = 0.13
"""Between two frames of a replay that plays: ten a second would cost more than live runs do. Keys come at once."""


class Playback(Helm, inherit_bindings=False):
    """While a replay is shown, `_board`, `snapshot` and `choices` are the replay's; the live ones wait."""

    live_board: Board
    _board: Board
    sweep_id: int | None
    sweep_look: Look | None
    now: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self) -> None:
        super().__init__()
        self._opening: Opening | None = None
        self._clock: Clock | None = None
        self._replay: Replay | None = None
        self._live: tuple[Snapshot, Choices] | None = None
        self._urgent = False
        self._waits = False

    def _ask(self) -> None:
        """Put the question that stands now to the feed."""
        raise NotImplementedError

    def _ask_when_drawn(self) -> None:
        """The same, once the terminal shows what was read before."""
        raise NotImplementedError

    def _show(self) -> None:
        """Bring the screen up to date, then ask for what is new."""
        raise NotImplementedError

    @property
    def is_opening(self) -> bool:
        """Whether a replay was asked for that is still being read."""
        return self._opening is not None

    def lasting(self) -> Choices:
        """The choices of the live view."""
        return self.choices if self._live is None else self._live[1]

    def wanted(self, columns: int) -> Wanted:
        """What is to be read next."""
        self._urgent = False
        if self._replay is not None:
            return Wanted(self.choices, columns, self._board.glimpsed_rows, moment=self._replay.moment())
        if self._opening is not None:
            position = START if self._clock is None else self._clock.position
            choices = self._opening.choices(self.choices)
            return Wanted(choices, columns, moment=Moment(self._opening.run_ids, self._opening.kind, position))
        return Wanted(self.choices, columns, self._board.glimpsed_rows, self.sweep_id, self.sweep_look)

    def is_early(self) -> bool:
        """Whether the next frame of a replay that plays is not due yet. It will be asked for when it is."""
        if self._replay is None or not self._replay.clock.playing:
            return False
        if not self._waits:
            self._waits = True
            # The loop's own timer: one of Textual's is a task of its own, and costs a tenth of a frame.
            asyncio.get_running_loop().call_later(FRAME_S, self._due)
            return False
        return not self._urgent

    def _due(self) -> None:
        self._waits = False
        if self.is_running:
            self._ask_when_drawn()

    def takes(self, snapshot: Snapshot) -> bool:
        """Whether what was read belongs to a replay, or came too late for one: then nothing is left to do with it."""
        if snapshot.tape is None and self._replay is None and self._opening is None:
            return False
        if snapshot.tape is None or (self._replay is None and self._opening is None):
            self._ask()
        elif self._replay is None:
            self._begin_replay(snapshot)
        else:
            self.snapshot = snapshot
            self.choices = self.choices.looking_so(self.choices.look.followed(self._newest()))
            self._show()
        return True

    def _newest(self) -> float | None:
        """Where the newest iteration of a drawn run that goes on stands on the x axis."""
        raise NotImplementedError

    def _begin_replay(self, snapshot: Snapshot) -> None:
        from tui.screens.replay import Replay

        opening = self._opening
        assert opening is not None
        if not snapshot.runs:
            self._opening, self.live_board.visible = None, True
            self.tell("There is nothing to replay: these runs are not in the store.", failed=True)
            self._ask()
            return
        if self._clock is None:
            self._clock = opening.clock(snapshot, self.now())
            if opening.at is not None:
                self._ask()
                return
        self._live = self.snapshot, self.choices
        self.snapshot, self.choices = snapshot, opening.choices(self.choices)
        self._replay = Replay(
            clean(self.path.name, 40), snapshot, self.choices, self._clock, self._board.brush, self.now
        )
        self._board, self.live_board.visible = self._replay, True
        self._opening = self._clock = None
        self.push_screen(self._replay)
        self.call_after_refresh(self._ask)

    def on_replay_requested(self, message: ReplayRequested) -> None:
        if message.run_ids:
            self.open_replay(Opening(message.run_ids, self.choices.look.x_kind))
        else:
            self.tell("There is nothing to replay yet: mark runs with space, or press n for a new run.")

    def open_replay(self, opening: Opening) -> None:
        """Read what a replay needs; it is shown as soon as that is there."""
        self._opening, self._clock = opening, None
        self._ask()

    def begin_with(self, opening: Opening) -> None:
        """Open a replay first thing; how it ended is not shown before."""
        self.live_board.visible = False
        self._opening = opening

    def on_clock_turned(self, message: ClockTurned) -> None:
        self._urgent = True
        self._ask()

    def on_address_requested(self, message: AddressRequested) -> None:
        if self._replay is not None:
            command = address(self.path, self.choices.marked, self._replay.tick())
            self.hand_over(command, clean(command, 200))

    def on_read_failed(self, message: ReadFailed) -> None:
        self.live_board.visible = True

    def on_replay_left(self, message: ReplayLeft) -> None:
        self.leave_replay()
        self._ask()

    def leave_replay(self) -> None:
        """Back to the live view, which is looked at as the replay was."""
        if self._replay is None or self._live is None:
            return
        while self.screen is not self.live_board:
            self.pop_screen()
        look, pointed, split = self.choices.look, self.choices.pointed, self.choices.split
        self.snapshot, choices = self._live
        self.choices = choices.splitting(split).looking_so(replace(look, window=None, cursor=None))
        if pointed is not None:
            self.choices = self.choices.pointing_at(pointed)
        self._board, self._replay, self._live = self.live_board, None, None
