"""Logging from a program of one's own: a call beside its bare system call, the way into the store, what kills take."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import lossboard
from bench import logging_beside
from bench.report import Row
from engine.jobs.processes.liveness import identify
from engine.jobs.processes.spilled import store_spilled
from engine.store import open_for_reading

CALLS, ROUNDS = 5_000, 40
SUSTAINED = 1_500_000
STARTS = 15
KILLS = 30
PIPE_BYTES = 1 << 20
ROOT = Path(__file__).parents[1]

TIMED = """
import sys, time
began = time.perf_counter()
import lossboard
lossboard.start
ready = time.perf_counter()
run = lossboard.start("timed", db=sys.argv[1])
print((ready - began) * 1e3, (time.perf_counter() - ready) * 1e3)
run.finish()
"""

FOREVER = """
import mmap, os, sys, lossboard
kept = mmap.mmap(os.open(sys.argv[2], os.O_RDWR), 8)
run, step = lossboard.start("forever", db=sys.argv[1]), 0
while True:
    run.log(loss=0.5)
    step += 1
    kept[:8] = step.to_bytes(8, "little")
"""


def rows() -> Iterator[Row]:
    """Calls, starts, sustained logging and its curve, and what kills of either process take along."""
    with TemporaryDirectory() as folder:
        yield from _calls(Path(folder) / "calls.db")
        yield from _starts(Path(folder) / "starts.db")
        sustained = list(_sustained(Path(folder) / "sustained.db"))
        yield from sustained
    yield from logging_beside.rows(300_000 * sustained[0].ratio)
    for whom in ("the program", "the recorder", "both"):
        yield _kills(whom)


def _calls(path: Path) -> Iterator[Row]:
    """CPU time of a call in its thread, beside packing the same bytes and writing them to a pipe of 1 MiB."""
    run = lossboard.start("calls", db=path)
    read, write = os.pipe()
    fcntl.fcntl(write, getattr(fcntl, "F_SETPIPE_SZ", 1031), PIPE_BYTES)
    for metrics in (1, 2, 8):
        packed = struct.Struct(f"<IBIqd{metrics}d")
        scope = {"log": run.log, "write": os.write, "pack": packed.pack, "fd": write}
        ours = _loop(f"log({', '.join(f'm{place}=0.5' for place in range(metrics))})", scope)
        bare = _loop(f"write(fd, pack({packed.size - 4}, 3, 0, i, 0.5, {', '.join(['0.5'] * metrics)}))", scope)
        ours()
        taken: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            taken.append((_thread_s(ours), _thread_s(bare)))
            left = CALLS * packed.size
            while left:
                left -= len(os.read(read, left))
        call_us, bare_us = (median(each) / CALLS * 1e6 for each in zip(*taken, strict=True))
        named = f"a call with {metrics} {'metric' if metrics == 1 else 'metrics'}, CPU"
        yield Row(named, f"{call_us:.2f} us", f"pack and write {bare_us:.2f} us", call_us / bare_us, 2.0, at_most=True)
    os.close(read)
    os.close(write)
    run.finish()


def _loop(statement: str, scope: dict[str, Any]) -> Callable[[], None]:
    """A function that executes a statement CALLS times, as a program would that has it in its loop."""
    inside = dict(scope)
    exec(f"def loop({', '.join(f'{name}={name}' for name in scope)}):\n for i in range({CALLS}): {statement}", inside)
    made: Callable[[], None] = inside["loop"]
    return made


def _thread_s(run: Callable[[], None]) -> float:
    began = time.thread_time()
    run()
    return time.thread_time() - began


def _starts(path: Path) -> Iterator[Row]:
    """How long a program waits for the import and for `start`, with its files compiled."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    taken = []
    for _ in range(STARTS):
        command = [sys.executable, "-c", TIMED, str(path)]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        taken.append([float(word) for word in told.split()])
    imported, started = zip(*taken, strict=True)
    for named, each, limit in (("import lossboard", imported, 20.0), ("start()", started, 2.0)):
        best = f"best of {STARTS} {min(each):.2f} ms, limit {limit:g} ms"
        yield Row(named, f"{median(each):.2f} ms", best, median(each) / limit, 1.0, at_most=True)


def _sustained(path: Path) -> Iterator[Row]:
    """Calls a second until the last is in the store with its buckets; memory, room, and the curve of them."""
    run = lossboard.start("sustained", db=path)
    began = time.perf_counter()
    for _ in range(SUSTAINED):
        run.log(loss=0.5)
    called_s = time.perf_counter() - began
    peak = _peak_mb(run)
    run.finish()
    stored_s = time.perf_counter() - began
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(count,)] = connection.execute("SELECT count(*) FROM measurements").fetchall()
    rate = SUSTAINED / stored_s
    yield Row(
        f"{SUSTAINED:,} calls into the store", f"{rate:,.0f}/s", f"{SUSTAINED / called_s:,.0f} calls/s", rate / 300_000,
        1.0, at_most=False, also=count == SUSTAINED,
    )  # fmt: skip
    yield Row("memory of the recorder", f"{peak:.0f} MB", "at its peak, limit 35 MB", peak / 35, 1.0, at_most=True)
    room = path.stat().st_size / SUSTAINED
    yield Row("room of a value with its buckets", f"{room:.1f} bytes", "limit 35 bytes", room / 35, 1.0, at_most=True)
    with closing(open_for_reading(path)) as reader:
        spans = {"whole": (None, None), "zoomed": (400_000, 500_000), "close": (700_000, 700_500)}
        for named, (first, last) in spans.items():
            taken = []
            for _ in range(30):
                began = time.thread_time()
                reader.metric_curve(1, "loss", 148, first, last)
                taken.append((time.thread_time() - began) * 1e3)
            took = f"{median(taken):.2f} ms"
            yield Row(f"the curve, {named}", took, "CPU, limit 2 ms", median(taken) / 2, 1.0, at_most=True)


def _peak_mb(run: lossboard.Run) -> float:
    """Peak resident memory of a run's recorder in MB, 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{run.recorder}/status").read_text()
    except OSError:
        return 0.0
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024


def _kills(whom: str) -> Row:
    """Kill a process at full speed, again and again: how many calls that had returned are not in the store."""
    missing, double, generator = [], 0, random.Random(0)
    with TemporaryDirectory() as folder:
        path, count = Path(folder) / "runs.db", Path(folder) / "count"
        for number in range(1, KILLS + 1):
            count.write_bytes(bytes(8))
            command = [sys.executable, "-c", FOREVER, str(path), str(count)]
            program = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
            _wait(partial(_one, path, "SELECT 1 FROM runs WHERE run_id = ? AND received > 0", number))
            time.sleep(generator.uniform(0.05, 0.3))
            if whom == "the recorder":
                pid = _one(path, "SELECT pid FROM workers JOIN runs USING (worker_id) WHERE run_id = ?", number)
                os.kill(pid, signal.SIGKILL)
                _wait(partial(_one, path, "SELECT 1 FROM runs WHERE run_id = ? AND attempt > 1", number))
            if whom == "both":
                recorder = _one(path, "SELECT pid FROM workers JOIN runs USING (worker_id) WHERE run_id = ?", number)
                program.kill()
                os.kill(recorder, signal.SIGKILL)
                program.wait()
                _wait(partial(_is_gone, recorder))
                store_spilled(path)
            program.kill()
            program.wait()
            _wait(partial(_one, path, "SELECT state <> 'running' FROM runs WHERE run_id = ?", number))
            calls = int.from_bytes(count.read_bytes(), "little")
            there = _one(path, "SELECT count(*) FROM measurements WHERE run_id = ? AND step < ?", number, calls)
            missing.append(calls - there)
            double += _one(path, "SELECT count(*) FROM runs") != number
    named = f"kill -9 of {whom} at full speed, {KILLS} times"
    told = f"runs double: {double}, worst {max(missing):,}"
    return Row(named, f"{sum(missing):,} lost", told, float(sum(missing) + double), 0.0, at_most=True)


def _is_gone(pid: int) -> bool:
    return identify(pid) is None


def _one(path: Path, sql: str, *values: int) -> Any:
    if not path.exists():
        return None
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        row = connection.execute(sql, values).fetchone()
    return None if row is None else row[0]


def _wait(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + 60
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError("the store does not get what was logged")
        time.sleep(0.01)
