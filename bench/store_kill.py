"""kill -9 at full speed: how much of what a worker had computed was not yet in the store."""

from __future__ import annotations

import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Row
from engine.jobs.processes.recovery import recover_lost_runs
from engine.jobs.processes.threads import ONE_THREAD
from engine.spec import defaults
from engine.store import Reader, open_for_reading, open_for_writing

KILLS = 25
LIMIT_S = 0.1
SLOTS, SLOT = 64, struct.Struct("dqd")

WORKER = f"""
import mmap, struct, sys, time
from engine.jobs.worker import run_loop
file = open(sys.argv.pop(1), "r+b")
told = mmap.mmap(file.fileno(), 0)
slot, place = struct.Struct("{SLOT.format}"), 0
advance = run_loop.RunAttempt._advance
def recorded(self):
    global place
    commands = advance(self)
    slot.pack_into(told, place * slot.size, time.monotonic(), self.state.iteration, 0.0)
    place = (place + 1) % {SLOTS}
    return commands
run_loop.RunAttempt._advance = recorded
from engine.jobs.worker.worker import main
sys.exit(main(sys.argv[1:]))
"""


def rows() -> Iterator[Row]:
    """The longest stretch of computed iterations that a kill took along, over many kills."""
    spec = defaults().changed(batch_size=1, iterations=None, seconds=1e6, metrics="loss")
    missing_s, missing = [], []
    with TemporaryDirectory() as folder:
        path, told = Path(folder) / "runs.db", Path(folder) / "told"
        with open_for_writing(path) as store:
            store.queue.add([spec])
        reader, generator = open_for_reading(path), random.Random(0)
        for _ in range(KILLS):
            told.write_bytes(bytes(SLOTS * SLOT.size))
            seconds, iterations = _kill(path, told, reader, generator.uniform(0.3, 0.6))
            missing_s.append(seconds)
            missing.append(iterations)
        reader.close()
    yield Row(
        f"kill -9 at full speed, the worst of {KILLS}",
        f"{max(missing_s) * 1e3:.0f} ms",
        f"{max(missing):,} iterations; limit {LIMIT_S * 1e3:.0f} ms",
        max(missing_s) / LIMIT_S,
        1.0,
        at_most=True,
    )


def _kill(path: Path, told: Path, reader: Reader, after_s: float) -> tuple[float, int]:
    """Start a worker, let it get beyond what is stored and kill it; what it had computed and not stored."""
    before = _done(reader)
    with open_for_writing(path) as store:
        recover_lost_runs(store)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(told), "--db", str(path)],
        env={**os.environ, **ONE_THREAD},
        stderr=subprocess.DEVNULL,
    )
    while _done(reader) <= before:
        if worker.poll() is not None:
            raise RuntimeError("the worker has ended by itself")
        time.sleep(0.005)
    time.sleep(after_s)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    stored = _done(reader)
    with open(told, "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        seen = sorted(SLOT.unpack_from(memory, place * SLOT.size)[:2] for place in range(SLOTS))
    computed_s, computed = seen[-1]
    stored_s = max((at for at, iteration in seen if iteration <= stored), default=computed_s)
    return computed_s - stored_s, computed - stored


def _done(reader: Reader) -> int:
    run = reader.run(1)
    return 0 if run is None else run.iterations_done
