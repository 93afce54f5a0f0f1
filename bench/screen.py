"""The dashboard in a real pseudo-terminal of 160x45: how soon it shows curves, how fast it answers, what it sends."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from bench.report import Row
from bench.stores import block, claimed_writer
from bench.terminal import QUESTION, Terminal
from engine.jobs.people.submit import submit
from engine.spec import RunSpec, defaults
from engine.store import open_for_reading, open_for_writing

BRAILLE = rb"\xe2[\xa0-\xa3]"
STARTS = 9
KEYS = 60
OPENINGS = 9
WATCHED_S = 10.0
LONGEST_S = 4 * 3600.0
"""Longer than any bench looks at a live run: an end is drawn, too, and would be measured."""
BARE = (
    "from textual.app import App\nfrom textual.widgets import Static\n"
    "class Bare(App):\n    def compose(self):\n        yield Static('\\u28ff')\nBare().run()"
)


def rows() -> Iterator[Row]:
    """Every figure of the screen, each against its limit."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        short = stored(place / "short.db", runs=8, iterations=1_000)
        long = stored(place / "long.db", runs=8, iterations=100_000)
        many = stored(place / "many.db", runs=8, iterations=1_000, queued=10_000)
        yield from starting(short, long, many)
        yield from keys(many, long)
        yield from forms(short)
        yield from idle(short)
    yield from live(runs=4, pace=100.0, bytes_limit_per_s=4_000)
    yield from live(runs=8, pace=None, bytes_limit_per_s=8_000)
    yield from slow_link()


def stored(path: Path, runs: int, iterations: int, queued: int = 0) -> Path:
    """A store of finished runs with noisy falling losses, made after so many that wait."""
    generator = np.random.default_rng(0)
    with open_for_writing(path) as store:
        if queued:
            store.queue.add([defaults()] * queued)
            for run_id in range(1, queued + 1):
                store.queue.command(run_id, "stop")
        for number in range(runs):
            writer = claimed_writer(store, defaults().changed(iterations=iterations, seed=number))
            for first in range(0, iterations, 20_000):
                part = block(first, min(20_000, iterations - first), 0.4, generator)
                falling = part.loss**0.15 * (
                    0.2 + 9.0 / (1.0 + (number + 1) * np.arange(first, part.end_iteration) / 300.0)
                )
                part.loss[:] = falling
                writer.write(part)
            writer.finish("planned iterations done")
    return path


@contextmanager
def dashboard(path: Path, **terminal: float) -> Iterator[Terminal]:
    """The program on a store, from its start to its end."""
    program = [sys.executable, "-c", "from tui.start.cli import main; main()", "--db", str(path)]
    opened = Terminal(program, bytes_per_s=terminal.get("bytes_per_s"))
    try:
        yield opened
    finally:
        opened.close()


def first_paint_s(command: list[str]) -> float:
    """Seconds from the start of a process to its first curve."""
    opened = Terminal(command)
    try:
        return opened.wait_for(BRAILLE) - opened.started
    finally:
        opened.close()


def starting(short: Path, long: Path, many: Path) -> Iterator[Row]:
    """Start to first curve, with bare Textual measured in between."""
    lossboard = [sys.executable, "-c", "from tui.start.cli import main; main()", "--db"]
    alternatives = {
        "bare": [sys.executable, "-c", BARE],
        "8 runs of 1,000": [*lossboard, str(short)],
        "8 runs of 100,000": [*lossboard, str(long)],
        "10,008 runs": [*lossboard, str(many)],
    }
    taken: dict[str, list[float]] = {name: [] for name in alternatives}
    for command in alternatives.values():
        first_paint_s(command)  # the first start after a change compiles
    for _ in range(STARTS):
        for name, command in alternatives.items():
            taken[name].append(first_paint_s(command))
    bare_s = median(taken.pop("bare"))
    for (name, times), limit_s in zip(taken.items(), (0.45, 0.6, 0.6), strict=True):
        yield _limited(f"start to first curve, {name}", median(times), limit_s, "s", f"bare Textual {bare_s:.2f} s")


def keys(many: Path, long: Path) -> Iterator[Row]:
    """List keys among 10,000 runs, and redraws of long curves."""
    with dashboard(many) as board:
        board.wait_for(BRAILLE)
        board.settle()
        yield from _answers(board, "list key", lambda i: "j" if i % 40 < 20 else "k", 15, 30)
    with dashboard(long) as board:
        board.wait_for(BRAILLE)
        before = board.settle()
        yield from _answers(board, "log y, 8 x 100,000", lambda i: "y", 25, 45)
        sent = (board.settle() - before) / KEYS
        yield _limited("bytes of a log-y redraw", sent / 1e3, 6.5, "kB", "")
        yield from _answers(board, "zoom, 8 x 100,000", lambda i: "+" if i % 8 < 4 else "-", 25, 45)


def _answers(board: Terminal, case: str, key: Callable[[int], str], median_ms: float, p95_ms: float) -> Iterator[Row]:
    taken = []
    for number in range(KEYS):
        since = len(board.written)
        pressed = board.press(key(number))
        board.wait_for(rb".", since)
        first = next(at for at, count in board.arrivals if count > since)
        taken.append(1e3 * (first - pressed))
        board.settle(0.12)
    yield _limited(f"{case}, median to first byte", median(taken), median_ms, "ms", "")
    yield _limited(f"{case}, p95", float(np.percentile(taken, 95)), p95_ms, "ms", "")


def forms(path: Path) -> Iterator[Row]:
    """The form of a new run and the sweep dialog, each beside the help, which is one widget."""
    last_written = {"n": rb"defaults", "s": rb"ctrl r", "?": rb"Keys"}
    taken: dict[str, list[float]] = {key: [] for key in last_written}
    with dashboard(path) as board:
        board.wait_for(BRAILLE)
        board.settle()
        for _ in range(OPENINGS):
            for key, last in last_written.items():
                since = len(board.written)
                pressed = board.press(key)
                taken[key].append(1e3 * (board.wait_for(last, since) - pressed))
                board.settle(0.3)
                board.press("\x1b")
                board.settle(0.3)
    help_ms = median(taken.pop("?")[1:])
    for key, found in taken.items():
        ms = median(found[1:])
        yield Row(
            f"{key} to its form", f"{ms:.3g} ms", f"? to the help {help_ms:.3g} ms", ms / help_ms, 2.5, at_most=True
        )


def idle(path: Path) -> Iterator[Row]:
    """Nothing runs: nothing is sent."""
    with dashboard(path) as board:
        board.wait_for(BRAILLE)
        before, cpu_s = board.settle(1.0), board.cpu_s()
        time.sleep(WATCHED_S)
        sent, cpu = len(board.written) - before, 100 * (board.cpu_s() - cpu_s) / WATCHED_S
    yield Row("idle", f"{sent} bytes", "limit 0 bytes", float(sent), 0.0, at_most=True)
    yield _limited("idle, share of a core", cpu, 0.5, "%", "")


def live(runs: int, pace: float | None, bytes_limit_per_s: float) -> Iterator[Row]:
    """Runs that grow: bytes, frames, processor, memory, and how long the event loop is held up."""
    how = f"{runs} live runs " + ("at full speed" if pace is None else f"of {pace:g} iterations/s")
    with TemporaryDirectory() as folder:
        path, report = Path(folder) / "runs.db", Path(folder) / "stalls.json"
        with live_runs(path, runs, pace):
            with dashboard(path) as board:
                board.wait_for(BRAILLE)
                time.sleep(3.0)
                before, cpu_s, frames = len(board.written), board.cpu_s(), board.written.count(QUESTION)
                early_mb = board.memory_mb()
                time.sleep(WATCHED_S)
                sent, cpu = len(board.written) - before, 100 * (board.cpu_s() - cpu_s) / WATCHED_S
                shown = (board.written.count(QUESTION) - frames) / WATCHED_S
                late_mb = board.memory_mb()
            # By itself: who looks 200 times a second whether the event loop is late takes processor time too.
            board = Terminal([sys.executable, "-m", "bench.stalls", str(path), str(report)])
            try:
                board.wait_for(BRAILLE)
                time.sleep(3.0 + WATCHED_S)
                board.press("q")
                board.wait_for_end()
                stalls_ms = 1e3 * np.array(json.loads(report.read_text()))
            finally:
                board.close()
    yield _limited(f"{how}, bytes", sent / WATCHED_S / 1e3, bytes_limit_per_s / 1e3, "kB/s", "")
    yield Row(f"{how}, frames", f"{shown:.1f} /s", "limit 8 /s", shown / 8, 1.0, at_most=False)
    yield _limited(f"{how}, share of a core", cpu, 10, "%", "")
    yield _limited(f"{how}, event loop held up, p99", float(np.percentile(stalls_ms, 99)), 15, "ms", "")
    yield _limited(f"{how}, memory", late_mb, 90, "MB", f"{WATCHED_S:g} s before {early_mb:.0f} MB")


def slow_link() -> Iterator[Row]:
    """Help over a link of 8 kB/s while four runs grow."""
    taken = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        with live_runs(path, 4, 100.0), dashboard(path, bytes_per_s=8_000) as board:
            board.wait_for(BRAILLE)
            time.sleep(4.0)
            for _ in range(7):
                since = len(board.written)
                pressed = board.press("?")
                taken.append(board.wait_for(rb"Keys", since) - pressed)
                board.press("\x1b")
                time.sleep(2.0)
    yield _limited("8 kB/s, four live runs: ? to the help text", median(taken), 0.4, "s", "")


@contextmanager
def live_runs(path: Path, runs: int, pace: float | None, spec: RunSpec | None = None) -> Iterator[None]:
    """A store in which so many runs of a spec have begun, until they are stopped."""
    endless = (spec or defaults()).changed(iterations=None, seconds=LONGEST_S, pace=pace)
    submit(path, [endless.changed(seed=number) for number in range(runs)], workers=runs)
    reader = open_for_reading(path)
    try:
        while sum(run.iterations_done > 0 for run in reader.runs()) < runs:
            time.sleep(0.05)
        yield
    finally:
        reader.close()
        with open_for_writing(path) as store:
            for run in store.reader().runs():
                store.queue.command(run.run_id, "stop")
            while store.reader().counts().get("running"):
                time.sleep(0.05)


def _limited(case: str, found: float, limit: float, unit: str, beside: str) -> Row:
    ours = f"{found:.3g} {unit}"
    return Row(case, ours, beside or f"limit {limit:g} {unit}", found / limit, 1.0, at_most=True)
