"""TerminalOutput: turns frames composed by Textual, and cells painted by widgets, into text for the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style

from tui.colours.sgr import Colours
from tui.terminal.cell_buffer import CellBuffer, Codes
from tui.terminal.frame_pacing import PRINTS_THE_QUESTION, QUESTION, FramePacing
from tui.terminal.textual_internals import Piece

SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"


class TerminalOutput:
    """Holds the cells of the terminal, and updates it when frame pacing allows.

    `write` gets the text for the terminal; `call_later(seconds, function)` sets a timer; `call_soon(function)` calls it
    after everything that is being painted now has been put.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        call_later: Callable[[float, Callable[[], None]], object],
        call_soon: Callable[[Callable[[], None]], object],
    ) -> None:
        self.pacing = FramePacing()
        self.synchronised = False
        self._question = "" if os.environ.get("TERM_PROGRAM") == PRINTS_THE_QUESTION else QUESTION
        self.colours = Colours()
        self.ascii_only = False
        self.erases = True
        self.frames = 0
        """Number of frames written."""
        self._buffer: CellBuffer | None = None
        self._write = write
        self._call_later = call_later
        self._call_soon = call_soon
        self._timed = False
        self._due = False

    def take(self, pieces: Iterable[Piece], width: int, height: int) -> None:
        """Take newly composed pieces of a screen of this size, and write them when pacing allows."""
        buffer = self._buffer
        if buffer is None or (buffer.width, buffer.height) != (width, height):
            buffer = self._buffer = CellBuffer(
                width, height, self.colours, erases=self.erases, ascii_only=self.ascii_only
            )
        for x, y, segments in pieces:
            buffer.put(x, y, segments)
        self.flush()

    def use_colours(self, colours: Colours) -> None:
        """Use other colours from the next frame on, which must be a whole one."""
        self.colours, self._buffer = colours, None

    def put(self, x: int, y: int, segments: Iterable[Segment], ground: Style | None = None) -> None:
        """Set a row from (x, y) on, on a ground; written soon, together with whatever else is put now."""
        if self._buffer is not None:
            self._buffer.put(x, y, segments, ground)
            self._flush_soon()

    def paste(
        self, x: int, y: int, codes: Codes, style_ids: NDArray[np.unsignedinteger], style: Callable[[int], Style]
    ) -> None:
        """Set cells from (x, y): codes and style ids of shape (rows, columns); `style` returns the style of an id."""
        if self._buffer is not None:
            found = np.bincount(style_ids.ravel())
            sgr_styles = np.zeros(len(found), np.uint16)
            for style_id in np.flatnonzero(found).tolist():
                sgr_styles[style_id] = self._buffer.style_number(style(style_id))
            self._buffer.paste(x, y, codes, sgr_styles[style_ids])
            self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._due and not self.is_open:
            self._due = True
            self._call_soon(self.flush)

    def forget(self) -> None:
        """Write every cell again, because something else has written to the terminal."""
        if self._buffer is not None:
            self._buffer.forget()
            self.flush()

    def answered(self) -> None:
        """Record the terminal's reply, and write what waited for it."""
        self.synchronised = True
        self.pacing.answered()
        self.flush()

    @property
    def is_open(self) -> bool:
        """Whether everything is written."""
        return self._buffer is None or not self._buffer.is_behind

    def flush(self) -> None:
        """Write the changes, now or as soon as pacing allows."""
        self._due = False
        if self._buffer is None or not self._buffer.is_behind:
            return
        wait_s = self.pacing.wait_s()
        if wait_s > 0:
            if not self._timed:
                self._timed = True
                self._call_later(wait_s, self._timer_fired)
            return
        text = self._buffer.update()
        if text:
            self.frames += 1
            self.pacing.sent()
            self._write((SYNC_START + text + SYNC_END if self.synchronised else text) + self._question)

    def _timer_fired(self) -> None:
        self._timed = False
        self.flush()
