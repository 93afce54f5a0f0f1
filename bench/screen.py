"""The dashboard in a real pseudo-terminal of 160 x 45: how soon, how often, how many bytes, at what cost."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from bench.report import Row
from bench.terminal import QUESTION, Terminal
from engine.block import Block
from engine.jobs.launch import start_workers
from engine.jobs.liveness import is_alive
from engine.jobs.submit import submit
from engine.spec import RunSpec, defaults
from engine.store import Process, open_for_reading, open_for_writing

CURVE = "[\u2801-\u28ff]"
STARTS, KEYS, LIVE_S = 7, 40, 10.0
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("\u28ff")
Bare().run()
"""
STALLS = """
import asyncio, atexit, sys, time
from tui import session
prepare, late = session.prepare, []
def prepared(path):
    app = prepare(path)
    begin = app._begin
    async def watch():
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - before - 0.005)
    def begun():
        app.watching = asyncio.get_running_loop().create_task(watch())
        begin()
    app._begin = begun
    return app
session.prepare = prepared
def told():
    kept = sorted(late[400:])
    print("p99 of the stalls is", round(1000 * kept[int(0.99 * len(kept))], 2), "ms", flush=True)
atexit.register(told)
from tui.cli import main
main()
"""


def store_of(folder: Path, runs: int, iterations: int) -> Path:
    """A store of finished runs with noisy curves; beyond 8 the others only wait in the queue."""
    path = folder / f"{runs}x{iterations}.db"
    rng = np.random.default_rng(1)
    with open_for_writing(path) as store:
        if runs > 8:
            store.queue.add([defaults().changed(seed=seed) for seed in range(runs - 8)])
        for number in range(min(runs, 8)):
            (run_id,) = store.queue.add([defaults().changed(step_size=0.1 / (number + 1), iterations=iterations)])
            claim = store.queue.claim(store.register_worker(Process("bench", "boot", number + 1, 1)))
            while claim is not None and claim.run_id != run_id and runs > 8:
                store.writer(claim).cancel("passed over")
                claim = store.queue.claim(claim.worker_id)
            assert claim is not None
            writer = store.writer(claim)
            at = np.arange(iterations)
            loss = 8 * np.exp(-at / (iterations / 6)) + 0.2 + 0.1 * (number + 1) * rng.random(iterations)
            for first in range(0, iterations, 20_000):
                part = loss[first : first + 20_000]
                elapsed = np.arange(first + 1, first + len(part) + 1) / 1000
                block = Block(first_iteration=first, loss=part, elapsed_s=elapsed)
                (writer.finish if first + len(part) == iterations else writer.write)(block=block)
            if runs > 8:
                break
    return path


def limited(case: str, measured: float, limit: float, unit: str, beside: str = "", *, at_most: bool = True) -> Row:
    digits = 3 if unit == "s" else 1
    words = f"limit {limit:g} {unit}{', ' + beside if beside else ''}"
    return Row(case, f"{measured:.{digits}f} {unit}", words, measured / limit, 1.0, at_most=at_most)


def start_s(path: Path | None) -> float:
    """The median time from a process's start to the first curve; None: to bare Textual's first character."""
    taken = []
    for _ in range(STARTS):
        terminal = Terminal(program=BARE) if path is None else Terminal("--db", str(path))
        taken.append(terminal.wait_for(CURVE))
        time.sleep(0.3)
        terminal.leave()
    return median(taken)


def keys_s(terminal: Terminal, *keys: str) -> tuple[float, float, float]:
    """Median and 95th percentile of the time to the first byte, and the median of the bytes."""
    taken = [terminal.after(keys[turn % len(keys)]) for turn in range(KEYS)]
    times = [seconds for seconds, _ in taken]
    return median(times), quantiles(times, n=20)[-1], median(count for _, count in taken)


def starts(folder: Path) -> Iterator[Row]:
    bare = start_s(None)
    beside = f"bare Textual {bare:.3f} s"
    for case, runs, iterations, limit in (
        ("start to first curve, 8 x 1,000", 8, 1000, 0.45),
        ("start to first curve, 8 x 100,000", 8, 100_000, 0.6),
        ("start with 10,000 runs in the store", 10_000, 1000, 0.6),
    ):
        yield limited(case, start_s(store_of(folder, runs, iterations)), limit, "s", beside)


def at_rest(folder: Path) -> Iterator[Row]:
    """Keys and idleness on 8 x 100,000, whose store `starts` has made."""
    terminal = Terminal("--db", str(folder / "8x100000.db"))
    terminal.wait_for(CURVE)
    time.sleep(1.5)
    middle, late, _ = keys_s(terminal, "j", "k")
    yield limited("list key, median", 1000 * middle, 15, "ms")
    yield limited("list key, 95th percentile", 1000 * late, 30, "ms")
    middle, late, size = keys_s(terminal, "y")
    yield limited("log-y redraw, median", 1000 * middle, 25, "ms")
    yield limited("log-y redraw, 95th percentile", 1000 * late, 45, "ms")
    yield limited("log-y redraw, bytes", size / 1000, 6.5, "kB")
    middle, late, size = keys_s(terminal, "+", "-")
    yield limited("zoom redraw, median", 1000 * middle, 25, "ms")
    yield limited("zoom redraw, bytes", size / 1000, 6.5, "kB")
    time.sleep(1)
    before, used = len(terminal.read), terminal.processor_s()
    time.sleep(LIVE_S)
    yield limited("idle, processor", 100 * (terminal.processor_s() - used) / LIVE_S, 0.5, "%")
    yield Row(
        "idle, bytes", f"{len(terminal.read) - before} B", "limit 0 B", float(len(terminal.read) - before), 0, True
    )
    terminal.leave()


def live_store(folder: Path, runs: int, pace: float | None) -> Path:
    path = folder / f"live{runs}.db"
    kinds = ("gradient-descent", "local-search", "random-search", "gradient-descent")
    specs: list[RunSpec] = [
        defaults(kinds[number % 4]).changed(pace=pace, iterations=int((pace or 20_000) * 120), seed=number)
        for number in range(runs)
    ]
    submit(path, specs)
    start_workers(path, runs)
    return path


def kill_workers(path: Path) -> None:
    reader = open_for_reading(path)
    for worker in reader.workers():
        if is_alive(worker):
            os.kill(worker.pid, signal.SIGKILL)
    reader.close()


def live(folder: Path) -> Iterator[Row]:
    for case, runs, pace, limit in (
        ("4 live runs of 100/s", 4, 100.0, 4.0),
        ("8 live runs at full speed", 8, None, 8.0),
    ):
        path = live_store(folder, runs, pace)
        terminal = Terminal("--db", str(path), program=STALLS)
        terminal.wait_for(CURVE)
        time.sleep(4)
        before, frames, used = len(terminal.read), terminal.read.count(QUESTION), terminal.processor_s()
        time.sleep(LIVE_S)
        yield limited(f"{case}, bytes/s", (len(terminal.read) - before) / LIVE_S / 1000, limit, "kB/s")
        rate = (terminal.read.count(QUESTION) - frames) / LIVE_S
        yield limited(f"{case}, frames/s", rate, 8, "/s", at_most=False)
        yield limited(f"{case}, processor", 100 * (terminal.processor_s() - used) / LIVE_S, 10, "%")
        yield limited(f"{case}, memory", terminal.memory_mb(), 90, "MB")
        start = len(terminal.read)
        terminal.press("q")
        terminal.wait_for("stalls is [0-9.]+", start)
        stall = float(bytes(terminal.read[start:]).partition(b"stalls is ")[2].split()[0])
        yield limited(f"{case}, stall p99", stall, 15, "ms")
        terminal.leave()
        if runs == 4:
            yield slow_link(path)
        kill_workers(path)


def slow_link(path: Path) -> Row:
    """`?` to the help text over a line of 8 kB/s, while four runs are drawn."""
    terminal = Terminal("--db", str(path), rate=8000)
    terminal.wait_for(CURVE)
    time.sleep(5)
    taken = []
    for _ in range(9):
        start, pressed = len(terminal.read), time.monotonic()
        terminal.press("?")
        terminal.wait_for("Keys", start)
        taken.append(time.monotonic() - pressed)
        time.sleep(1.5)
        terminal.press("\x1b")
        time.sleep(2.5)
    terminal.leave()
    return limited("8 kB/s link, 4 live runs: ? to the help text", median(taken), 0.4, "s")


def rows() -> Iterator[Row]:
    """All figures; takes about two minutes, and needs the machine for itself."""
    with tempfile.TemporaryDirectory(prefix="lossboard-bench-") as name:
        os.environ["XDG_STATE_HOME"] = name
        folder = Path(name)
        yield from starts(folder)
        yield from at_rest(folder)
        yield from live(folder)
