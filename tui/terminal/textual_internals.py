"""Textual's private parts: every use of them, in the one file to look at when Textual changes.

The driver reads and writes the terminal; the rest gets at an app's composed frames and waiting messages.
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
from textual.geometry import Region, Size
from textual.message import Message
from textual.message_pump import MessagePump
from textual.messages import InBandWindowResize, TerminalSupportsSynchronizedOutput
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

UNKNOWN, RESET = "\x1b[?2026;0$y", "\x1b[?2026;4$y"
"""Replies to the query for synchronised output: not known; known, but always off."""

LAST_QUESTION, LAST_ANSWER = "\x1b[5n", b"\x1b[0n"
"""Status query and its reply. Terminals reply in order: after this no earlier reply can arrive."""

LAST_ANSWER_WITHIN_S = 1.0
"""Seconds to wait for that reply on exit. A terminal that has sent none this long after the start is not asked."""

POLL_S = 0.1
"""Seconds that an incomplete key sequence waits for its rest; also how often the thread checks whether to end."""

MODES_OFF = "\x1b[?1004l\x1b[<u"
SCREEN_BACK = "\x1b[?1049l\x1b[?25h"
"""MODES_OFF ends focus reports and the kitty keyboard protocol; SCREEN_BACK restores the main screen and the cursor."""


class ReportParser(XTermParser):
    """Textual's parser of terminal input. It turns the reply "not known" into "off", since Textual drops the former."""

    def feed(self, data: str) -> Iterable[Message]:
        """The messages in this input."""
        return super().feed(data.replace(UNKNOWN, RESET))


class TerminalDriver(LinuxDriver):
    """Textual's driver, which accepts any bytes, paints on standard output, and drains replies before it exits.

    Textual's reads strict UTF-8: one byte from a Latin-1 keyboard or from line noise ends the app. It paints on
    standard error, which may be a file, and exits before a slow terminal has replied: the replies reach the shell.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert sys.__stdout__ is not None, "the door has seen to it"
        # its own buffer, because that of a terminal is flushed at the end of each line
        self._file = open(  # noqa: SIM115
            sys.__stdout__.fileno(), "w", 65536, "utf-8", "replace", newline="", closefd=False
        )
        self._has_answered = False
        self._started_at = 0.0

    def start_application_mode(self) -> None:
        """Start as Textual does, and note the time."""
        self._started_at = time.monotonic()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def run_input_thread(self) -> None:
        """Read input in place of Textual's thread; bytes that are not UTF-8 become U+FFFD."""
        parser = ReportParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(POLL_S):
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
        """Stop reading, once: later input belongs to the shell."""
        if self._key_thread is not None:
            super().disable_input()
            self._key_thread = None

    def stop_application_mode(self) -> None:
        """Restore the terminal in place of Textual, after its last reply has arrived."""
        self._disable_bracketed_paste()
        self._enable_line_wrap()
        self._disable_in_band_window_resize()
        self.disable_input()
        answers = self._has_answered or time.monotonic() < self._started_at + LAST_ANSWER_WITHIN_S
        self.write(MODES_OFF + (LAST_QUESTION if answers else "") + SCREEN_BACK)
        self.flush()
        if answers:
            _drain(self.fileno, LAST_ANSWER, LAST_ANSWER_WITHIN_S)
        if self.attrs_before is not None:
            with suppress(termios.error):  # the terminal is gone
                termios.tcflush(self.fileno, termios.TCIFLUSH)
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)


def _drain(fileno: int, answer: bytes, seconds: float) -> None:
    """Read and drop input until `answer` arrives, the terminal is gone, or the seconds are over."""
    received, end = b"", time.monotonic() + seconds
    while answer not in received and select.select([fileno], [], [], max(end - time.monotonic(), 0))[0]:
        data = _read(fileno)
        if not data:
            return
        received = received[-len(answer) :] + data


def _read(fileno: int) -> bytes:
    """The input that has arrived; b'' if the terminal is gone."""
    try:
        return os.read(fileno, 4096)
    except OSError:
        return b""


Piece = tuple[int, int, Iterable[Segment]]
"""Segments from cell (x, y) on."""


class ComposingApp(App[int], inherit_bindings=False):
    """An app that takes its screens' composed frames itself: Textual writes whole rows and skips no frame."""

    def get_driver_class(self) -> type[TerminalDriver]:
        """TerminalDriver."""
        return TerminalDriver

    def take(self, screen: Screen[object], pieces: Iterable[Piece]) -> None:
        """Take newly composed pieces of a screen."""
        raise NotImplementedError

    def compose_anew(self) -> None:
        """Compose the whole screen, and what is visible of those below it."""
        screen = self.screen
        self._display(screen, screen._compositor.render_update(full=True, screen_stack=self._background_screens))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count and self._running and not self._closed:
            self.take(screen, pieces_of(renderable))
        self.post_display_hook()


class OnceComposedScreen(Screen[None], inherit_bindings=False):
    """A screen that is composed once for each update, when all of it has its place.

    Textual composes it when it is laid out, and again when widgets repaint: an opened form was composed four times.
    """

    _is_laying_out = _is_updating = _is_due = False

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        self._is_laying_out = True
        try:
            super()._refresh_layout(size, scroll)
        finally:
            self._is_laying_out = False
        if self._is_due and not self._is_updating:
            self._update_timer.resume()

    def _compositor_refresh(self) -> None:
        self._is_due = self._is_laying_out
        if not self._is_due:
            super()._compositor_refresh()

    def _on_timer_update(self) -> None:
        self._is_updating = True
        try:
            super()._on_timer_update()
        finally:
            self._is_updating = False
        if self._is_due and self.is_current and not self.app._batch_count:
            self._compositor_refresh()


def pieces_of(update: CompositorUpdate) -> Iterator[Piece]:
    """The pieces of a compositor update.

    Beside the spans that are to be updated, chops hold what is behind the widgets there, such as an empty screen.
    """
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            yield update.region.x, y, (segment for strip in strips for segment in strip)
    elif isinstance(update, ChopsUpdate):
        for y, start, end in update.spans:
            for stop, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                left, right = max(x, start), min(stop, end)
                if strip is not None and left < right:
                    yield left, y, strip.crop(left - x, right - x)


def send(app: App[Any], text: str) -> None:
    """Write to the app's terminal."""
    if app._driver is not None:
        app._driver.write(text)
        app._driver.flush()


def seen_widgets(screen: Screen[object]) -> Mapping[Widget, tuple[Region, Region]]:
    """Region and visible part of each widget of a screen, from front to back."""
    return screen._compositor.visible_widgets


def rows_of(app: App[Any]) -> list[Strip]:
    """The rows of the composed screen."""
    return app.screen._compositor.render_strips()


def has_waiting(pump: MessagePump) -> bool:
    """Whether a part of the app has messages or callbacks to handle."""
    return bool(pump.message_queue_size or pump._next_callbacks) or pump._pending_message is not None
