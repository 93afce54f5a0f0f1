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


class Announcing(Part, inherit_bindings=False):
    """Compares what is read with what was read before. News wait while another screen covers the board."""

    _board: Board
    _compared: Snapshot
    _news: tuple[News, ...] = ()

    def on_snapshot_read(self, message: SnapshotRead) -> None:
        from tui.telling.news import added, news  # the first picture has none

        before, self._compared = self._compared, message.snapshot
        looked_at = self.choices.pointed if self._shows_board else None
        self._announce(added(self._news, [one for one in news(before, self._compared) if one.run_id != looked_at]))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and self._shows_board:
            self._announce(())
        await super().on_event(event)

    @property
    def _shows_board(self) -> bool:
        return self.screen_stack[-1:] == [self._board]

    def _announce(self, told: tuple[News, ...]) -> None:
        if told != self._news:
            from tui.telling.news import sentence

            self._news = told
            self._board.announce(sentence(told))
