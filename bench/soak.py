"""Memory of a dashboard that draws four live runs for an hour, or BENCH_SOAK_MINUTES.

Not a part of the whole table, because it takes that long: `python -m bench soak`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Row
from bench.screen import BRAILLE, dashboard, live_runs

MINUTES = int(os.environ.get("BENCH_SOAK_MINUTES", 60))
NOISE_MB = 2.0
"""What an allocator gives and takes without anything being kept."""


def rows() -> Iterator[Row]:
    """Resident memory at the end, and by how much it grew after the first minute."""
    seen_mb = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        with live_runs(path, 4, 100.0), dashboard(path) as board:
            board.wait_for(BRAILLE)
            started = time.monotonic()
            for minute in range(1, MINUTES + 1):
                time.sleep(max(started + 60 * minute - time.monotonic(), 0))
                seen_mb.append(board.memory_mb())
    grown_mb = seen_mb[-1] - seen_mb[0]
    yield Row(f"memory after {MINUTES} minutes", f"{seen_mb[-1]:.1f} MB", "limit 90 MB", seen_mb[-1] / 90, 1.0, True)
    course = f"{seen_mb[0]:.1f} to {seen_mb[-1]:.1f}, at most {max(seen_mb):.1f}"
    yield Row("its growth after the first one", f"{grown_mb:.1f} MB", course, grown_mb / NOISE_MB, 1.0, True)
