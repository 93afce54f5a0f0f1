"""A dashboard under test: opened on a store as the program opens it, with every message that it sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray
from textual._compositor import CompositorUpdate
from textual._xterm_parser import XTermParser
from textual.message import Message
from textual.pilot import Pilot

from engine.spec import RunSpec, defaults
from engine.store import Evaluation, Run, RunWriter, open_for_reading, open_for_writing
from tests.stores import block_of, process
from tests.tui.emulator import Emulator
from tui.app.app import Dashboard
from tui.start import session
from tui.terminal.output import TerminalOutput
from tui.terminal.textual_internals import pieces_of
from tui.widgets.form.field_input import FieldInput
from tui.widgets.form.form_pane import FormPane

Kind = TypeVar("Kind", bound=Message)


class Opened:
    """A running dashboard, what it sent, and what stands on its screen."""

    def __init__(self, app: Dashboard, pilot: Pilot[int], sent: list[Message], terminal: Emulator) -> None:
        self.app, self.pilot, self.sent, self.terminal = app, pilot, sent, terminal

    def text(self) -> str:
        """The screen as it is composed, row by row."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    def all_of(self, kind: type[Kind]) -> list[Kind]:
        """Every message of a kind, once each, oldest first."""
        return list({id(message): message for message in self.sent if isinstance(message, kind)}.values())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def form(self) -> FormPane:
        """The form on the screen."""
        return self.app.screen.query_one(FormPane)

    async def focus(self, field: str) -> None:
        """Put the focus on a field of a form."""
        self.form.focus_on(field)
        await self.pilot.pause()

    def value(self, field: str) -> str:
        """What a field of a form shows."""
        return self.form.query_one(FieldInput).value if self.form.focused == field else self.form.form.texts[field]

    async def fill(self, field: str, text: str) -> None:
        """Replace what a field of a form holds, by pasting; it is as if it had been typed, and costs one change."""
        await self.focus(field)
        await self.press("end", "ctrl+u")
        await self.type(f"\x1b[200~{text}\x1b[201~")

    async def type(self, text: str) -> None:
        """What a terminal would send in one piece; all of it has had its effect."""
        for event in XTermParser().feed(text):
            self.app.post_message(event)
        await self.pilot.pause()
        await self.until(lambda: not self.app.key_queue.is_behind)

    def keeping(self, patch: pytest.MonkeyPatch) -> list[str]:
        """What is written to the terminal from now on."""
        written: list[str] = []
        feed = self.terminal.feed

        def kept(text: str) -> None:
            written.append(text)
            feed(text)

        patch.setattr(self.terminal, "feed", kept)
        return written

    async def until(self, condition: Callable[[], object], seconds: float = 10.0) -> None:
        """Wait for the condition, which may look at messages or at the screen; what it asserts may come later too."""
        end = time.monotonic() + seconds
        while not holds(condition):
            assert time.monotonic() < end, self.text()
            await asyncio.sleep(0.01)


def holds(condition: Callable[[], object]) -> bool:
    """Whether a condition is met and asserts nothing that is not so."""
    try:
        return bool(condition())
    except AssertionError:
        return False


@asynccontextmanager
async def opened(path: Path, size: tuple[int, int] = (120, 35), **manner: Any) -> AsyncIterator[Opened]:
    """The dashboard on a terminal of `size`; `manner` is what the command line says of its looks."""
    sent: list[Message] = []
    app = session.prepare(path, **manner)
    terminal = Emulator(*size)
    write = app.output._write

    def written(text: str) -> None:
        terminal.feed(text)
        write(text)

    app.output._write = written
    async with app.run_test(size=size, message_hook=sent.append) as pilot:
        await pilot.pause()
        yield Opened(app, pilot, sent, terminal)


def losses(start: float, count: int = 200) -> NDArray[np.float64]:
    """A curve that falls from `start`."""
    return start * np.exp(-np.arange(count) / 80)


def store_with(path: Path, *runs: tuple[str, RunSpec], finish: bool = True) -> list[RunWriter]:
    """A store of named runs of 200 iterations each; the writers are alive unless the runs are finished."""
    store = open_for_writing(path)
    writers = []
    for number, (name, spec) in enumerate(runs, start=1):
        store.queue.add([spec], names=[name])
        claim = store.queue.claim(store.register_worker(process(number)))
        assert claim is not None
        writer = store.writer(claim)
        values = losses(10.0 / number)
        evaluations = [Evaluation(200, "train", 0.25, 0.98), Evaluation(200, "validation", 0.31, 0.972)]
        (writer.finish if finish else writer.write)(block=block_of(values), evaluations=evaluations)
        writers.append(writer)
    if finish:
        store.close()
    return writers


OF_THE_NOTES = ("random-search", "local-search", "gradient-descent")


def raced(path: Path) -> Path:
    """A store that holds the three strategies of the notes, each finished: runs 1 to 3."""
    specs = (defaults(strategy).changed(pace=100.0) for strategy in OF_THE_NOTES)
    store_with(path, *((spec.label, spec) for spec in specs))
    return path


def stored_runs(path: Path) -> list[Run]:
    reader = open_for_reading(path)
    try:
        return list(reader.runs())
    finally:
        reader.close()


def listed(board: Opened) -> list[object]:
    """The rows of the list: numbers of runs, and titles of sweeps."""
    return [row.run_id if isinstance(row, Run) else f"sweep {row.sweep_id}" for row in board.app.snapshot.rows]


def composed(app: Dashboard) -> Emulator:
    """The screen as Textual would write it, had no widget painted by itself."""
    terminal = Emulator(*app.size)
    output = TerminalOutput(lambda text: terminal.feed(text), lambda seconds, then: None, lambda then: None)
    output.colours = app.output.colours
    update = app.screen._compositor.render_update(full=True)
    assert isinstance(update, CompositorUpdate)
    output.take(pieces_of(update), *app.size)
    return terminal
