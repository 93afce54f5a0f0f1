"""Replays in a real pseudo-terminal of 160x45: how soon any moment of long runs is shown, and what playing costs."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from bench.report import Row
from bench.screen import BRAILLE, dashboard, live_runs, stored
from bench.terminal import Terminal

SEEKS = 60
SETTLED_S = 0.15
SETTLED_PLAYING_S = 1.0
WATCHED_S = 7.0
ROUNDS = 3
FRAME = b"\x1b[?2026h"
"""What every frame begins with."""


def rows() -> Iterator[Row]:
    """Every figure of replays, each against its limit."""
    with TemporaryDirectory() as folder:
        path = stored(Path(folder) / "million.db", runs=8, iterations=1_000_000)
        with dashboard(path) as board:
            board.wait_for("⣀".encode())
            board.settle()
            board.press("r")
            board.wait_for("⏵".encode())
            board.press(" ")
            board.settle()
            yield from seeking(board)
            yield from playing(board, Path(folder))


def seeking(board: Terminal) -> Iterator[Row]:
    """From a key to the last byte of the frame that it leads to, and the processor time in between."""
    keys, taken = random.Random(0), []
    cpu_s = board.cpu_s()
    before = ""
    for _ in range(SEEKS):
        before = key = keys.choice([key for key in "123456789" if key != before])
        pressed = board.press(key)
        board.settle(SETTLED_S)
        taken.append(1e3 * (board.arrivals[-1][0] - pressed))
    cpu_ms = 1e3 * (board.cpu_s() - cpu_s) / SEEKS
    yield _limited("seeking in 8 x 1,000,000, key to the whole frame, median", median(taken), 30, "ms")
    yield _limited("the same, p95", float(np.percentile(taken, 95)), 30, "ms")
    yield _limited("the same, processor time", cpu_ms, 30, "ms")


def playing(board: Terminal, folder: Path) -> Iterator[Row]:
    """A replay that plays all the time beside a dashboard of eight live runs, in turns."""
    played, looked_on = [], []
    for number in range(ROUNDS):
        path = folder / f"live{number}.db"
        with live_runs(path, 8, None), dashboard(path) as live:
            live.wait_for(BRAILLE)
            looked_on.append(_watched(live))
        board.press("\x1b[H")
        board.press(" ")
        played.append(_watched(board))
        board.press(" ")
        board.settle()
    (cpu, frames, sent), (live_cpu, live_frames, _) = np.median(played, axis=0), np.median(looked_on, axis=0)
    yield Row(
        "playing 8 x 1,000,000, share of a core",
        f"{cpu:.1f} %, {frames:.1f} frames/s",
        f"8 live runs {live_cpu:.1f} %, {live_frames:.1f} frames/s",
        float(cpu / live_cpu),
        1.0,
        at_most=True,
    )
    yield _limited("the same, bytes", float(sent), 8, "kB/s")


def _watched(terminal: Terminal) -> tuple[float, float, float]:
    """Share of a core in percent, frames per second and kB per second of what goes on in there."""
    time.sleep(SETTLED_PLAYING_S)
    before, cpu_s, frames = len(terminal.written), terminal.cpu_s(), terminal.written.count(FRAME)
    started = time.monotonic()
    time.sleep(WATCHED_S)
    took_s = time.monotonic() - started
    return (
        100 * (terminal.cpu_s() - cpu_s) / took_s,
        (terminal.written.count(FRAME) - frames) / took_s,
        (len(terminal.written) - before) / took_s / 1e3,
    )


def _limited(case: str, found: float, limit: float, unit: str, beside: str = "") -> Row:
    return Row(case, f"{found:.3g} {unit}", beside or f"limit {limit:g} {unit}", found / limit, 1.0, at_most=True)
