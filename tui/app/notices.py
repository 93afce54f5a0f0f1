"""Announcing: the part of the app that tells what happened in the background, until the next key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from tui.app.part import Part
from tui.model.messages import SnapshotRead
from tui.model.snapshot import Snapshot
from tui.screens.board import Board

if TYPE_CHECKING:
    from tui.model.choices import Choices
    from tui.presenting.news import News


class Announcing(Part, inherit_bindings=False):
    """Compares what is read with what was read before. News wait while another screen covers the board."""

    _board: Board
    _compared: Snapshot
    _news: tuple[News, ...] = ()
    _marks = ""

    def on_snapshot_read(self, message: SnapshotRead) -> None:
        from tui.presenting.news import added, news

        before, self._compared = self._compared, message.snapshot
        looked_at = self.choices.pointed if self._shows_board else None
        self._announce(added(self._news, [one for one in news(before, self._compared) if one.run_id != looked_at]))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and self._shows_board:
            self._announce((), "")
        await super().on_event(event)

    @property
    def _shows_board(self) -> bool:
        return self.screen_stack[-1:] == [self._board]

    def tell_marks(self, before: Choices, after: Choices) -> None:
        """Tell which runs have taken the place of others in the chart, or have none."""
        if after.met != before.met:
            from tui.presenting.news import marks

            self._announce(self._news, marks(before, after) or self._marks)

    def _announce(self, told: tuple[News, ...], marks: str | None = None) -> None:
        marks = self._marks if marks is None else marks
        if (told, marks) != (self._news, self._marks):
            from tui.presenting.news import sentence

            self._news, self._marks = told, marks
            self._board.announce(" ".join(filter(None, (sentence(told), marks))))
