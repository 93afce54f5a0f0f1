"""The rim: where the frames that Textual has composed become what is written to the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate

from tui.link import QUESTION, Link
from tui.pen import Colours
from tui.surface import Surface

SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"


class Rim:
    """Keeps what the terminal shows, and brings it up to date when the link allows.

    `call_later(seconds, function)` sets a timer; `write` takes what goes to the terminal.
    """

    def __init__(self, write: Callable[[str], None], call_later: Callable[[float, Callable[[], None]], object]) -> None:
        self.link = Link()
        self.synchronised = False
        self.colours = Colours()
        self.ascii_only = False
        self.erases = True
        self.frames = 0
        """How many were written."""
        self._surface: Surface | None = None
        self._write = write
        self._call_later = call_later
        self._timed = False

    def take(self, update: CompositorUpdate, width: int, height: int) -> None:
        """A composed frame, or the parts of it that changed, on a screen of this size; written when it may be."""
        surface = self._surface
        if surface is None or (surface.width, surface.height) != (width, height):
            surface = self._surface = Surface(
                width, height, self.colours, erases=self.erases, ascii_only=self.ascii_only
            )
        if isinstance(update, LayoutUpdate):
            for y, strips in enumerate(update.strips, update.region.y):
                surface.put(update.region.x, y, _joined(strips))
        elif isinstance(update, ChopsUpdate):
            for y in {y for y, _, _ in update.spans}:
                for x, strip in update.chops[y].items():
                    if strip is not None:
                        surface.put(x, y, strip)
        self.flush()

    def wear(self, colours: Colours) -> None:
        """Other colours from the next frame on, which must be a whole one."""
        self.colours, self._surface = colours, None

    def forget(self) -> None:
        """Something else has written to the terminal: all of it is to be written again."""
        if self._surface is not None:
            self._surface.forget()
            self.flush()

    def answered(self) -> None:
        """The terminal has answered: what was left out meanwhile may go."""
        self.synchronised = True
        self.link.answered()
        self.flush()

    @property
    def is_open(self) -> bool:
        """Whether all that is wanted was written."""
        return self._surface is None or not self._surface.is_behind

    def flush(self) -> None:
        """Write what has changed, now or as soon as the link allows."""
        if self._surface is None or not self._surface.is_behind:
            return
        wait_s = self.link.wait_s()
        if wait_s > 0:
            if not self._timed:
                self._timed = True
                self._call_later(wait_s, self._time_is_up)
            return
        text = self._surface.update()
        if text:
            self.frames += 1
            self.link.sent()
            self._write((SYNC_START + text + SYNC_END if self.synchronised else text) + QUESTION)

    def _time_is_up(self) -> None:
        self._timed = False
        self.flush()


def _joined(strips: Iterable[Iterable[Segment] | None]) -> Iterable[Segment]:
    return (segment for strip in strips if strip is not None for segment in strip)
