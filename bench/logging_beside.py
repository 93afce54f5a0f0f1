"""Logging beside others: SQLite alone, tensorboardX and trackio where they are installed, a training step of 1 ms."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

import lossboard
from bench.report import Row
from engine.store import LoggedFacts, LoggedNews, Measured, Process, open_for_reading, open_for_writing

BARE_ROWS, BARE_BATCH = 1_000_000, 10_000
MANY, MANY_BATCH = 10_000_000, 200_000
STEPS, STEP_ROUNDS = 200, 30

PEERS = {
    "tensorboardX": (
        "from tensorboardX import SummaryWriter; w = SummaryWriter('tb'); log = lambda i: w.add_scalar('loss', 0.5, i)"
    ),
    "trackio": (
        "import trackio; trackio.init(project='beside', embed=False); log = lambda i: trackio.log({'loss': 0.5})"
    ),
    "lossboard": (
        "import lossboard; run = lossboard.start('beside'); end = run.finish; log = lambda i: run.log(loss=0.5)"
    ),
}
PEER_CALLS = 5000

PEER = """
import time
{begin}
log(0)
began, cpu = time.perf_counter(), time.process_time()
for i in range({calls}):
    log(i)
print("TOOK", (time.perf_counter() - began) / {calls} * 1e6, (time.process_time() - cpu) / {calls} * 1e6, flush=True)
import os
globals().get("end", int)()
os._exit(0)  # others wait at their exit for servers
"""


def rows(ours_per_s: float) -> Iterator[Row]:
    """What others take for the same; `ours_per_s` calls with one metric go into the store in a second."""
    with TemporaryDirectory() as folder:
        yield _bare(Path(folder) / "bare.db", ours_per_s)
        yield from _curves(Path(folder) / "many.db")
        yield _step(Path(folder) / "step.db")
        yield from _peers(Path(folder))


def _bare(path: Path, ours_per_s: float) -> Row:
    """The rows alone by executemany, with our table, journal and durability, and no charts."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(
            "CREATE TABLE measurements (run_id INTEGER, metric_id INTEGER, step INTEGER, elapsed_us INTEGER, "
            "value REAL, PRIMARY KEY (run_id, metric_id, step)) STRICT, WITHOUT ROWID"
        )
        began = time.perf_counter()
        for first in range(0, BARE_ROWS, BARE_BATCH):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR REPLACE INTO measurements VALUES (1, 0, ?, ?, ?)",
                [(step, step * 10, 0.5) for step in range(first, first + BARE_BATCH)],
            )
            connection.execute("COMMIT")
        bare_per_s = BARE_ROWS / (time.perf_counter() - began)
    told = f"sqlite3 executemany {bare_per_s:,.0f}/s"
    return Row("into the store, beside SQLite alone", f"{ours_per_s:,.0f}/s", told, ours_per_s / bare_per_s, 0.3, False)


def _curves(path: Path) -> Iterator[Row]:
    """The chart of a metric of ten million values."""
    with open_for_writing(path) as store:
        worker_id = store.register_worker(Process("bench", "bench", 1, 1))
        writer = store.logged_writer(store.logged.begin(worker_id, LoggedFacts("bench", "bench")))
        values = np.random.default_rng(0).normal(size=MANY_BATCH)
        for first in range(0, MANY, MANY_BATCH):
            step = np.arange(first, first + MANY_BATCH)
            writer.write({"loss": Measured(step, step * 10, values)}, LoggedNews(first, first * 1e-5))
    with closing(open_for_reading(path)) as reader:
        spans = {"whole": (0, MANY), **{f"{wide:,} steps": (MANY // 3, MANY // 3 + wide) for wide in _widths()}}
        worst: tuple[float, str] = (0.0, "")
        for named, (first, last) in spans.items():
            taken = []
            for _ in range(20):
                began = time.thread_time()
                reader.metric_curve(1, "loss", 148, first, last)
                taken.append((time.thread_time() - began) * 1e3)
            if named == "whole":
                yield _curve_row(f"the curve of {MANY:,} values, whole", median(taken), "")
            worst = max(worst, (median(taken), named))
        yield _curve_row(f"any of {len(spans)} zooms of it, the slowest", *worst)


def _widths() -> list[int]:
    return [round(100 * 1.7**power) for power in range(22) if 100 * 1.7**power < MANY / 2]


def _curve_row(case: str, took_ms: float, where: str) -> Row:
    told = f"{where}, CPU, limit 2 ms" if where else "CPU, limit 2 ms"
    return Row(case, f"{took_ms:.2f} ms", told, took_ms / 2, 1.0, at_most=True)


def _step(path: Path) -> Row:
    """A training step of about 1 ms, alone and with a call of `log` with four metrics: CPU of its thread."""
    run = lossboard.start("step", db=path)
    matrix = np.random.default_rng(0).normal(size=(64, 64))
    count = round(1e-3 / median(_cpu_s(partial(_work, matrix, 20)) / 20 for _ in range(50)))

    def alone() -> None:
        for _ in range(STEPS):
            _work(matrix, count)

    def logged() -> None:
        for _ in range(STEPS):
            _work(matrix, count)
            run.log(loss=0.5, accuracy=0.5, lr=0.1, gradient_norm=2.0)

    pairs = [(_cpu_s(alone), _cpu_s(logged)) for _ in range(STEP_ROUNDS)]
    run.finish()
    before, after = (median(each) / STEPS * 1e3 for each in zip(*pairs, strict=True))
    ratio = median(each[1] / each[0] for each in pairs)
    return Row("a step of 1 ms with a call", f"{after:.4f} ms", f"alone {before:.4f} ms", ratio, 1.01, at_most=True)


def _work(matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]], count: int) -> None:
    for _ in range(count):
        matrix @ matrix


def _cpu_s(call: Callable[[], None]) -> float:
    began = time.thread_time()
    call()
    return time.thread_time() - began


def _peers(folder: Path) -> Iterator[Row]:
    """A call with one metric of each library that is installed, in a program of its own."""
    taken = {}
    for name, begin in PEERS.items():
        if find_spec(name) is None:
            continue
        environment = {**os.environ, "TRACKIO_DIR": str(folder / "trackio"), "PYTHONPATH": os.pathsep.join(sys.path)}
        code = PEER.format(begin=begin, calls=PEER_CALLS)
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        words = next((line.split() for line in done.stdout.splitlines() if line.startswith("TOOK")), None)
        if words is not None:
            taken[name] = (float(words[1]), float(words[2]))
    ours, ours_cpu = taken.pop("lossboard")
    for name, (wall, cpu) in taken.items():
        told = f"{name} {wall:.1f} us, CPU {cpu:.1f} us"
        yield Row(f"a call, beside {name}", f"{ours:.1f} us", told, max(ours / wall, ours_cpu / cpu), 1.0, at_most=True)
