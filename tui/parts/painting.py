"""Painting: the part of the app that writes to the terminal, in place of Textual's own way there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.geometry import Region
from textual.messages import TerminalSupportsSynchronizedOutput
from textual.screen import Screen
from textual.widget import Widget

from tui.terminal import erasing
from tui.terminal.rim import Rim
from tui.terminal.textual_internals import TerminalDriver


class Painting(App[int], inherit_bindings=False):
    """Hands the composed frames of its screens to the rim, and tells widgets where they may paint by themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.rim = Rim(self._write, self.set_timer, _soon)
        self.rim.erases = erasing.keeps_the_ground()
        self._displayed: Screen[object] | None = None

    def get_driver_class(self) -> type[TerminalDriver]:
        return TerminalDriver

    def written(self) -> None:
        """A frame was written."""

    def standing(self, widget: Widget) -> Region | None:
        """Where a widget stands on the terminal, if all of it is there to be seen: it may paint its cells itself."""
        screen = self.screen
        if widget.screen is not screen or self._displayed is not screen:
            return None
        seen = screen._compositor.visible_widgets  # from the front to the back
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
        if self._driver is not None:
            self._driver.write(text)
            self._driver.flush()
        self.written()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """In place of Textual's, which writes whole rows and never leaves a frame out."""
        if isinstance(renderable, CompositorUpdate) and not self._batch_count and self._running and not self._closed:
            self._displayed = screen
            self.rim.take(renderable, *self.size)
        self.post_display_hook()

    def on_terminal_supports_synchronized_output(self, message: TerminalSupportsSynchronizedOutput) -> None:
        message.prevent_default()
        self.rim.answered()


def _soon(then: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(then)
