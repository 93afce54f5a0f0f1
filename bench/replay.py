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
from bench.screen import dashboard, stored
from bench.terminal import Terminal

SEEKS = 60
SETTLED_S = 0.15
PLAYED_S = 10.0
LIVE_PERCENT = 10.0
"""The limit of eight live runs, in `bench.screen`."""


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
            yield from playing(board)


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


def playing(board: Terminal) -> Iterator[Row]:
    """A replay that plays all the time."""
    board.press("\x1b[H")
    board.press(" ")
    time.sleep(1.0)
    before, cpu_s, frames = len(board.written), board.cpu_s(), board.written.count(b"\x1b[?2026h")
    time.sleep(PLAYED_S)
    cpu = 100 * (board.cpu_s() - cpu_s) / PLAYED_S
    sent = (len(board.written) - before) / PLAYED_S / 1e3
    shown = (board.written.count(b"\x1b[?2026h") - frames) / PLAYED_S
    yield _limited("playing 8 x 1,000,000, share of a core", cpu, LIVE_PERCENT, "%", f"{shown:.1f} frames/s")
    yield _limited("the same, bytes", sent, 8, "kB/s")


def _limited(case: str, found: float, limit: float, unit: str, beside: str = "") -> Row:
    return Row(case, f"{found:.3g} {unit}", beside or f"limit {limit:g} {unit}", found / limit, 1.0, at_most=True)
