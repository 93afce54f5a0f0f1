"""Memory of a dashboard that draws four live runs as many times as in an hour, or BENCH_SOAK_FRAMES times.

Not a part of the whole table, because it takes some ten minutes: `python -m bench soak`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Row
from bench.screen import BRAILLE, live_runs
from bench.terminal import QUESTION, Terminal

FRAMES_PER_MINUTE = 600
FRAMES = int(os.environ.get("BENCH_SOAK_FRAMES", 60 * FRAMES_PER_MINUTE))
LOOKS = 12
NOISE_MB = 4.0
"""What an allocator gives and takes without anything being kept."""


def rows() -> Iterator[Row]:
    """Resident memory at the end, and by how much it grew after what is a minute of frames."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        with live_runs(path, 4, 600.0):
            board = Terminal([sys.executable, "-m", "bench.soaking", str(path)])
            try:
                board.wait_for(BRAILLE)
                seen_mb = [_memory_mb(board, FRAMES_PER_MINUTE)]
                for look in range(1, LOOKS + 1):
                    seen_mb.append(_memory_mb(board, FRAMES_PER_MINUTE + look * (FRAMES - FRAMES_PER_MINUTE) // LOOKS))
            finally:
                board.close()
    course = f"{seen_mb[0]:.0f} to {seen_mb[-1]:.0f} MB, highest {max(seen_mb):.0f}, noise {NOISE_MB:g}"
    yield Row(f"memory after {FRAMES:,} frames", f"{seen_mb[-1]:.1f} MB", "limit 90 MB", seen_mb[-1] / 90, 1.0, True)
    grown_mb = seen_mb[-1] - seen_mb[0]
    case = f"its growth after {FRAMES_PER_MINUTE} frames"
    yield Row(case, f"{grown_mb:.1f} MB", course, grown_mb / NOISE_MB, 1.0, True)


def _memory_mb(board: Terminal, frames: int) -> float:
    """Resident memory once so many frames were drawn."""
    while board.written.count(QUESTION) < frames:
        time.sleep(0.2)
    return board.memory_mb()
