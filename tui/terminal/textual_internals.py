"""Textual's private parts: all that Lossboard touches of them, in the one file to look at when Textual changes.

The driver stands between the app and the terminal; the rest is how an app's frames and waiting messages are come by.
"""

from __future__ import annotations

import os
import select
import selectors
import signal
import sys
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from rich.console import RenderableType
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Region
from textual.message import Message
from textual.message_pump import MessagePump
from textual.messages import InBandWindowResize, TerminalSupportsSynchronizedOutput
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

UNKNOWN, RESET = "\x1b[?2026;0$y", "\x1b[?2026;4$y"
"""Synchronised output is not known; it is known and never on. Asked for it, a terminal without ignores that."""

LAST_QUESTION, LAST_ANSWER = "\x1b[5n", b"\x1b[0n"
"""Is the terminal well? Terminals answer in order: after this nothing that was asked or switched on before can come."""

LAST_ANSWER_WITHIN_S = 1.0
"""Whoever leaves waits no longer for a link; a terminal that has not answered by then at the beginning never does."""

LOOK_S = 0.1
"""How long a key that may be the beginning of a sequence waits for the rest, and how soon the reading ends."""

MODES_OFF = "\x1b[?1004l\x1b[<u"
SCREEN_BACK = "\x1b[?1049l\x1b[?25h"
"""Focus reports and kitty's keys, which are of the screen that is left; the screen before, with its cursor."""


class ReportParser(XTermParser):
    """Textual's parser of what the terminal sends, which drops answers of terminals without synchronised output."""

    def feed(self, data: str) -> Iterable[Message]:
        return super().feed(data.replace(UNKNOWN, RESET))


class TerminalDriver(LinuxDriver):
    """Textual's driver, which reads whatever bytes there are, paints on standard output, and leaves nothing behind.

    Textual's reads strict UTF-8: one byte of a Latin-1 keyboard or of line noise ends the app. It paints on standard
    error, which may be a file, and goes before a slow terminal's answers have come: they land in the shell.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert sys.__stdout__ is not None, "the door has seen to it"
        # a buffer of its own, since a terminal's is written at each end of a line
        self._file = open(  # noqa: SIM115
            sys.__stdout__.fileno(), "w", 65536, "utf-8", "replace", newline="", closefd=False
        )
        self._has_answered = False
        self._started_at = 0.0

    def start_application_mode(self) -> None:
        self._started_at = time.monotonic()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def run_input_thread(self) -> None:
        """In place of Textual's: what is not UTF-8 becomes the sign that stands for such."""
        parser = ReportParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(LOOK_S):
                    data = _read(self.fileno)
                    if not data:
                        self._app.call_later(self._app.exit, 128 + signal.SIGHUP)
                        return
                    if text := decode(data):
                        self._process(parser.feed(text))
                self._process(parser.tick())

    def _process(self, messages: Iterable[Message]) -> None:
        for message in messages:
            if isinstance(message, TerminalSupportsSynchronizedOutput | InBandWindowResize):
                self._has_answered = True
            self.process_message(message)

    def disable_input(self) -> None:
        """Once: what is typed after the terminal was given back is the shell's."""
        if self._key_thread is not None:
            super().disable_input()
            self._key_thread = None

    def stop_application_mode(self) -> None:
        """In place of Textual's: the terminal is given back when nothing is on its way from it any more."""
        self._disable_bracketed_paste()
        self._enable_line_wrap()
        self._disable_in_band_window_resize()
        self.disable_input()
        answers = self._has_answered or time.monotonic() < self._started_at + LAST_ANSWER_WITHIN_S
        self.write(MODES_OFF + (LAST_QUESTION if answers else "") + SCREEN_BACK)
        self.flush()
        if answers:
            _hear_out(self.fileno, LAST_ANSWER, LAST_ANSWER_WITHIN_S)
        if self.attrs_before is not None:
            with suppress(termios.error):  # the terminal is gone
                termios.tcflush(self.fileno, termios.TCIFLUSH)
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)


def _hear_out(fileno: int, answer: bytes, seconds: float) -> None:
    """Take what the terminal still sends, until it gives this answer, is gone, or has had so many seconds."""
    heard, end = b"", time.monotonic() + seconds
    while answer not in heard and select.select([fileno], [], [], max(end - time.monotonic(), 0))[0]:
        data = _read(fileno)
        if not data:
            return
        heard = heard[-len(answer) :] + data


def _read(fileno: int) -> bytes:
    """What has come from the terminal; nothing when it is gone."""
    try:
        return os.read(fileno, 4096)
    except OSError:
        return b""


Piece = tuple[int, int, Iterable[Segment]]
"""Segments from a cell (x, y) on."""


class ComposingApp(App[int], inherit_bindings=False):
    """An app that takes what its screens have composed itself: Textual writes whole rows and leaves no frame out."""

    def get_driver_class(self) -> type[TerminalDriver]:
        return TerminalDriver

    def take(self, screen: Screen[object], pieces: Iterable[Piece]) -> None:
        """What a screen has composed anew."""
        raise NotImplementedError

    def compose_anew(self) -> None:
        """Have all of the screen composed, and of those below it as far as they are seen."""
        screen = self.screen
        self._display(screen, screen._compositor.render_update(full=True, screen_stack=self._background_screens))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count and self._running and not self._closed:
            self.take(screen, pieces_of(renderable))
        self.post_display_hook()


def pieces_of(update: CompositorUpdate) -> Iterator[Piece]:
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            yield update.region.x, y, (segment for strip in strips for segment in strip)
    elif isinstance(update, ChopsUpdate):
        for y in {y for y, _, _ in update.spans}:
            for x, strip in update.chops[y].items():
                if strip is not None:
                    yield x, y, strip


def send(app: App[Any], text: str) -> None:
    """Write to the app's terminal."""
    if app._driver is not None:
        app._driver.write(text)
        app._driver.flush()


def seen_widgets(screen: Screen[object]) -> Mapping[Widget, tuple[Region, Region]]:
    """Where the widgets of a screen stand and what may be seen of each, from the front to the back."""
    return screen._compositor.visible_widgets


def rows_of(app: App[Any]) -> list[Strip]:
    """The screen as it is composed."""
    return app.screen._compositor.render_strips()


def has_waiting(pump: MessagePump) -> bool:
    """Whether a part of the app has something to answer."""
    return bool(pump.message_queue_size or pump._next_callbacks) or pump._pending_message is not None
