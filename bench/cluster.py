"""Runs on a cluster of two processes here: speed beside bare chunks, the way into the store, and what kills take."""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.report import Row
from engine.files.own_process import own_command
from engine.own_code.loading import allow, pinned
from engine.spec import RunSpec, defaults
from engine.store import open_for_writing
from engine.strategy import optimize

WORKERS = 2
MEASURED_S = 10.0
ROOT = Path(__file__).parents[1]
STORM_RUNS, STORM_KILLS = 40, 12
WAIT_S = 180.0

BARE = """
import json, sys, time
from engine.jobs.cluster.chunk import chunk
from engine.jobs.processes.priority import lower_priority
from engine.spec import spec_from_json
from engine.strategy import optimize
lower_priority()
optimizations = [optimize.build(spec_from_json(text)) for text in json.loads(sys.argv[1])]
states = [chunk(each, each.start(), 16).state for each in optimizations]
k, done, began, cpu = 16, 0, time.perf_counter(), time.process_time()
while True:
    for place, optimization in enumerate(optimizations):
        started, before = time.perf_counter(), states[place].iteration
        states[place] = chunk(optimization, states[place], k).state
        done += states[place].iteration - before
        k = max(1, min(4 * k, int(k * 0.5 / (time.perf_counter() - started))))
        if time.perf_counter() - began > float(sys.argv[2]):
            print(done, time.process_time() - cpu, time.perf_counter() - began)
            sys.exit()
"""

TIMED_UPDATE = """
import mmap, os, time, struct
import numpy as np
kept = mmap.mmap(os.open({path!r}, os.O_RDWR), {size})
def timed(weights, gradient, *_):
    def step(step_size, iteration):
        np.subtract(weights, step_size * gradient, weights)
        struct.pack_into("<d", kept, 8 * iteration, time.monotonic())
    return step
"""


def rows() -> Iterator[Row]:
    """Speed, delay and cost of the bridge, then what kills of workers, scheduler and bridge leave of runs."""
    endless = {"iterations": None, "seconds": 1e6}
    digits = [defaults("gradient-descent", "softmax").changed(**endless, seed=seed) for seed in range(10)]
    images = [each.changed(dataset="synthetic-cifar") for each in digits[:4]]
    yield _speed("10 runs on digits", digits)
    yield _speed("4 runs on synthetic-cifar", images)
    yield from _delay()
    yield _cost()
    yield _storm()


@dataclass
class Bridged:
    """A store, and the bridge process that works for it."""

    path: Path
    bridge: subprocess.Popen[bytes]

    def one(self, sql: str, *values: object) -> Any:
        """The first value of a query."""
        return _one(self.path, sql, *values)

    def pids(self) -> list[int]:
        """The processes of the workers."""
        with closing(sqlite3.connect(self.path, timeout=10)) as connection:
            return [pid for (pid,) in connection.execute("SELECT pid FROM cluster_workers")]

    def busy(self) -> float:
        """The share of their time in which the workers compute, of the last seconds."""
        return float(self.one("SELECT avg(busy) FROM cluster_workers"))

    def rate(self, seconds: float = MEASURED_S) -> float:
        """Iterations a second over so many seconds, of all runs."""
        before, began = self.one("SELECT sum(iterations_done) FROM runs"), time.monotonic()
        time.sleep(seconds)
        return float(self.one("SELECT sum(iterations_done) FROM runs") - before) / (time.monotonic() - began)


@contextmanager
def _bridged(specs: Sequence[RunSpec], *where: str, warm_s: float = 5.0) -> Iterator[Bridged]:
    """A bridge with runs queued, once all of its workers have computed for some seconds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        with open_for_writing(path) as store:
            store.queue.add(specs)
        bridge = _bridge(path, *(where or ("--cluster", f"local:{WORKERS}")))
        try:
            most = min(len(specs), WORKERS)
            _wait(lambda: _one(path, "SELECT count(*) FROM cluster_workers WHERE chunks > 3") >= most)
            time.sleep(warm_s)
            yield Bridged(path, bridge)
        finally:
            bridge.terminate()
            bridge.wait()


def _bridge(path: Path, *where: str) -> subprocess.Popen[bytes]:
    command = [*own_command("engine", "engine.jobs.cluster.main"), "--db", str(path), *where]
    with open(path.with_suffix(".log"), "ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=_environment())


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _speed(named: str, specs: Sequence[RunSpec]) -> Row:
    """Iterations that two cores give which nobody else uses, beside two processes that call the same chunks, in turns.

    What others compute on this machine takes from both: so iterations are counted for a second of CPU, less the time in
    which workers wait for the bridge, and less what the bridge takes of the two cores.
    """
    bare = [_bare(specs)]
    with _bridged(specs[: 2 * WORKERS]) as bridged:
        pids, bridge = bridged.pids(), bridged.bridge.pid
        before, bridge_before, began = sum(map(_cpu_s, pids)), _cpu_s(bridge), time.monotonic()
        rates, busy = [], []
        for _ in range(2):
            rates.append(bridged.rate(MEASURED_S / 2))
            busy.append(bridged.busy())
        took_s = time.monotonic() - began
        each = float(np.mean(rates)) * took_s / (sum(map(_cpu_s, pids)) - before)
        share = (_cpu_s(bridge) - bridge_before) / took_s
    bare.append(_bare(specs))
    theirs, clock = (float(value) for value in np.mean(bare, axis=0))
    ours = each * float(np.mean(busy)) * (WORKERS - share) / WORKERS
    told = f"bare {theirs:,.0f}; by the clock {np.mean(rates):,.0f}, bare {clock:,.0f}"
    named = f"{named}, {np.mean(busy):.0%} busy, bridge {share:.0%}"
    return Row(named, f"{ours:,.0f}/s CPU", told, ours / theirs, 0.85, at_most=False)


def _bare(specs: Sequence[RunSpec]) -> tuple[float, float]:
    """Iterations a second of CPU, and those a second of the clock, of both processes."""
    parts = [json_list(specs[place::WORKERS]) for place in range(WORKERS)]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", BARE, part, str(MEASURED_S)], env=_environment(), stdout=subprocess.PIPE, text=True
        )
        for part in parts
    ]
    told = np.array([[float(word) for word in each.communicate()[0].split()] for each in started])
    done, cpu_s, clock_s = told.T
    return float(done.sum() / cpu_s.sum()), float((done / clock_s).sum())


def json_list(specs: Sequence[RunSpec]) -> str:
    """Specs as a JSON list of texts."""
    return json.dumps([spec.to_json() for spec in specs])


def _delay() -> Iterator[Row]:
    """From a step of an update, which notes its time, to its row in the store, for somebody who looks each 5 ms."""
    most = 4_000_000
    with TemporaryDirectory() as folder:
        times, code = Path(folder) / "times", Path(folder) / "timed.py"
        times.touch()
        os.truncate(times, 8 * most)
        code.write_text(TIMED_UPDATE.format(path=str(times), size=8 * most))
        os.environ["XDG_STATE_HOME"] = folder
        spec = defaults("gradient-descent", "softmax").changed(iterations=None, seconds=1e6, update=f"{code}:timed")
        spec = pinned(spec)
        allow(spec)
        others = [
            defaults("gradient-descent", "softmax").changed(iterations=None, seconds=1e6, seed=s) for s in (1, 2, 3)
        ]
        with (
            open(times, "r+b") as file,
            mmap.mmap(file.fileno(), 8 * most) as kept,
            _bridged([spec, *others]) as bridged,
        ):
            ages: list[float] = []
            known = bridged.one("SELECT iterations_done FROM runs WHERE run_id = 1")
            end = time.monotonic() + MEASURED_S
            with closing(sqlite3.connect(bridged.path)) as connection:
                while time.monotonic() < end:
                    ((done,),) = connection.execute("SELECT iterations_done FROM runs WHERE run_id = 1").fetchall()
                    now = time.monotonic()
                    ages += [now - struct.unpack_from("<d", kept, 8 * at)[0] for at in range(known, min(done, most))]
                    known = done
                    time.sleep(0.005)
    for share, limit in ((50, 0.3), (95, 0.8)):
        age = float(np.percentile(ages, share))
        told = f"{len(ages):,} steps beside 3 other runs, limit {limit:g} s"
        yield Row(f"from a step to the store, p{share}", f"{age:.3f} s", told, age / limit, 1.0, at_most=True)


def _cost() -> Row:
    """CPU of the bridge's process, its scheduler included, for 100,000 rows a second, from runs with cheap iterations.

    Where fewer are computed, it is scaled up, with what the bridge takes whatever the number of rows.
    """
    spec = defaults("gradient-descent", "rosenbrock").changed(iterations=None, seconds=1e6, step_size=1e-4)
    with _bridged([spec.changed(seed=seed) for seed in range(2 * WORKERS)]) as bridged:
        before, began = _cpu_s(bridged.bridge.pid), time.monotonic()
        rate = bridged.rate()
        took = (_cpu_s(bridged.bridge.pid) - before) / (time.monotonic() - began)
    share = took * 100_000 / rate
    told = f"{took:.0%} at {rate:,.0f}/s, limit 25 %"
    return Row("the bridge at 100,000 rows/s", f"{share:.0%} of a core", told, share / 0.25, 1.0, at_most=True)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _storm() -> Row:
    """Kill workers, and once each the scheduler and the bridge, while runs go on; then look at every one of them."""
    base = defaults("gradient-descent", "softmax").changed(iterations=1500, batch_size=32)
    specs = [base.changed(seed=seed) for seed in range(STORM_RUNS)]
    generator = random.Random(0)
    with TemporaryDirectory() as folder:
        path, file = Path(folder) / "runs.db", Path(folder) / "scheduler.json"
        with open_for_writing(path) as store:
            store.queue.add(specs)
        cluster = _cluster(file)
        bridge = _bridge(path, "--scheduler-file", str(file))
        lost = 0
        try:
            for number in range(STORM_KILLS):
                _wait(lambda: _one(path, "SELECT count(*) FROM cluster_workers WHERE chunks > 0") or _over(path))
                time.sleep(generator.uniform(0.2, 0.8))
                if number == STORM_KILLS // 3:
                    _kill(*cluster)
                    cluster = _cluster(file)
                elif number == STORM_KILLS // 2:  # both workers with their nannies
                    _kill(cluster.pop())
                    cluster.append(_workers(file))
                elif number == 2 * STORM_KILLS // 3:
                    lost += _one(path, "SELECT sum(chunks_lost) FROM workers")
                    _kill(bridge)
                    bridge = _bridge(path, "--scheduler-file", str(file))
                else:
                    _kill_one(path, generator)
            _wait(lambda: _over(path))
            lost += _one(path, "SELECT sum(chunks_lost) FROM workers")
        finally:
            _kill(bridge, *cluster)
        wrong = sum(not _is_right(path, run_id, spec) for run_id, spec in enumerate(specs, 1))
        takes = _one(path, "SELECT sum(attempt - 1) FROM runs")
    named = f"{STORM_RUNS} runs, kill -9 {STORM_KILLS} times"
    told = f"{lost} chunks lost, {takes} runs taken up again"
    return Row(named, f"{wrong} wrong", told, float(wrong), 0.0, at_most=True)


def _cluster(file: Path) -> list[subprocess.Popen[bytes]]:
    """A scheduler and two workers with nannies, started as people start them."""
    file.unlink(missing_ok=True)
    started = [_dask(file, "scheduler", "--port", "0")]
    _wait(file.exists)
    return [*started, _workers(file)]


def _workers(file: Path) -> subprocess.Popen[bytes]:
    words = ["worker", "--nthreads", "1", "--nworkers", str(WORKERS)]
    return _dask(file, *words)


def _dask(file: Path, *words: str) -> subprocess.Popen[bytes]:
    local = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--no-dashboard"]
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words, *local], env=_environment(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _kill(*processes: subprocess.Popen[bytes]) -> None:
    """Kill processes, and those of their sessions where they lead one."""
    for each in processes:
        if each.poll() is None:
            leads = os.getpgid(each.pid) == each.pid
            (os.killpg if leads else os.kill)(each.pid, signal.SIGKILL)
        each.wait()


def _kill_one(path: Path, generator: random.Random) -> None:
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        pids = [pid for (pid,) in connection.execute("SELECT pid FROM cluster_workers WHERE pid > 0")]
    if pids:
        try:
            os.kill(generator.choice(pids), signal.SIGKILL)
        except ProcessLookupError:
            return  # it was killed by then; the table is a second old


def _is_right(path: Path, run_id: int, spec: RunSpec) -> bool:
    """Whether a run ended once, with every iteration once, and the very bits of an undisturbed one."""
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        state = connection.execute("SELECT state FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        sql = "SELECT iteration, loss FROM iterations WHERE run_id = ? ORDER BY iteration"
        found = connection.execute(sql, (run_id,)).fetchall()
    optimization = optimize.build(spec)
    _, block = optimization.advance(optimization.start(), spec.iterations or 0)
    losses = np.array([loss for _, loss in found])
    return (
        state == ("finished",)
        and [at for at, _ in found] == [*range(len(block))]
        and np.array_equal(losses, block.loss)
    )


def _over(path: Path) -> bool:
    return not _one(path, "SELECT count(*) FROM runs WHERE state IN ('queued', 'running')")


def _one(path: Path, sql: str, *values: object) -> Any:
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        row = connection.execute(sql, values).fetchone()
    return None if row is None else row[0]


def _wait(holds: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError("the cluster does not compute what was queued")
        time.sleep(0.02)
