"""Announcing: the part of the app that tells what happened in the background, until the next key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from tui.messages import SnapshotRead
from tui.parts.part import Part
from tui.screens.board import Board
from tui.snapshot import Snapshot

if TYPE_CHECKING:
    from tui.telling.news import News
    from tui.viewer.choices import Choices


class Announcing(Part, inherit_bindings=False):
    """Compares what is read with what was read before. News wait while another screen covers the board."""

    _board: Board
    _compared: Snapshot
    _news: tuple[News, ...] = ()
    _marks = ""

    def on_snapshot_read(self, message: SnapshotRead) -> None:
        from tui.telling.news import added, news  # the first picture has none

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
            from tui.telling.news import marks

            self._announce(self._news, marks(before, after) or self._marks)

    def _announce(self, told: tuple[News, ...], marks: str | None = None) -> None:
        marks = self._marks if marks is None else marks
        if (told, marks) != (self._news, self._marks):
            from tui.telling.news import sentence

            self._news, self._marks = told, marks
            self._board.announce(" ".join(filter(None, (sentence(told), marks))))
