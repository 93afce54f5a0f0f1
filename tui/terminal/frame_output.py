"""FrameOutput: the part of the app that writes frames to the terminal in place of Textual."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from textual.geometry import Region
from textual.messages import TerminalSupportsSynchronizedOutput
from textual.screen import Screen
from textual.widget import Widget

from tui.terminal import erasing
from tui.terminal.output import TerminalOutput
from tui.terminal.textual_internals import ComposingApp, Piece, seen_widgets, send


class FrameOutput(ComposingApp, inherit_bindings=False):
    """Passes its screens' composed frames to TerminalOutput, and tells widgets where they may paint themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.output = TerminalOutput(self._write, self.set_timer, _call_soon)
        self.output.erases = erasing.keeps_background()
        self._displayed: Screen[object] | None = None

    def written(self) -> None:
        """Called after a frame was written."""

    def standing(self, widget: Widget) -> Region | None:
        """The widget's region if all of it is visible, so that it may paint its cells itself; else None."""
        screen = self.screen
        if widget.screen is not screen or self._displayed is not screen:
            return None
        seen = seen_widgets(screen)
        if widget not in seen:
            return None
        region, clip = seen[widget]
        for other, (before, _) in seen.items():
            if other is widget:
                return region if clip.contains_region(region) else None
            if before.overlaps(region):
                return None
        return None

    def _write(self, text: str) -> None:
        send(self, text)
        self.written()

    def take(self, screen: Screen[object], pieces: Iterable[Piece]) -> None:
        """Pass a screen's newly composed pieces to the output."""
        self._displayed = screen
        self.output.take(pieces, *self.size)

    def on_terminal_supports_synchronized_output(self, message: TerminalSupportsSynchronizedOutput) -> None:
        message.prevent_default()
        self.output.answered()


def _call_soon(then: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(then)
