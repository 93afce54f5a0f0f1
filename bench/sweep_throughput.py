"""A sweep through the store and its workers against the same specs as bare loops in as many processes as cores."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.report import Row
from engine.jobs.people import sweeps
from engine.jobs.processes import launch
from engine.jobs.processes.liveness import works
from engine.spec import defaults
from engine.store import ENDED, Reader, open_for_reading, open_for_writing
from engine.sweep import Axis, SweepPlan, log_values

ITERATIONS = 2000
ROUNDS = 7
CORES = 2
LIMIT = 0.85
POLL_S = 0.1

PLAN = SweepPlan(defaults().changed(iterations=ITERATIONS), (Axis("step_size", log_values(1e-5, 1.0, 10)),))

BARE = """
import sys, time
from engine.strategy import optimize
from engine.spec import spec_from_json
started = time.perf_counter()
for text in sys.argv[1:]:
    optimization = optimize.build(spec_from_json(text))
    state, block = optimization.advance(optimization.start(), optimization.spec.iterations)
print(time.perf_counter() - started)
"""


def rows() -> Iterator[Row]:
    """Once from nothing, processes started and modules imported on both sides; once with workers that are there."""
    taken: tuple[list[float], list[float], list[float], list[float]] = ([], [], [], [])
    bare, loops, cold, warm = taken
    # As users have it: without these a module is compiled anew at every start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with TemporaryDirectory() as folder:
        numbers = count()
        for counted in range(-1, ROUNDS):
            path = Path(folder) / f"{next(numbers)}.db"
            open_for_writing(path).close()
            figures = (*_bare(), _sweep(path, linger_s=0), _sweep(path, linger_s=30, warm=True))
            if counted >= 0:
                for times, figure in zip(taken, figures, strict=True):
                    times.append(figure)
    case = f"{PLAN.size} x {ITERATIONS:,} iterations of digits, batch {PLAN.spec.batch_size}"
    yield _row(f"sweep of {case}, from nothing", median(cold), "bare processes", median(bare))
    yield _row("the same, workers there, against the loops alone", median(warm), "bare loops", median(loops))


def _row(case: str, ours_s: float, theirs: str, theirs_s: float) -> Row:
    done = PLAN.size * ITERATIONS
    return Row(
        case, f"{done / ours_s:,.0f}/s", f"{CORES} {theirs}: {done / theirs_s:,.0f}/s", theirs_s / ours_s, LIMIT,
        at_most=False,
    )  # fmt: skip


def _bare() -> tuple[float, float]:
    """Seconds for the processes from start to end, and for the slower one's loops alone."""
    specs = [member.spec.to_json() for member in PLAN.members()]
    started = time.perf_counter()
    processes = [
        subprocess.Popen([sys.executable, "-c", BARE, *specs[share::CORES]], stdout=subprocess.PIPE)
        for share in range(CORES)
    ]
    loops = [float(process.communicate()[0]) for process in processes]
    return time.perf_counter() - started, max(loops)


def _sweep(path: Path, linger_s: float, warm: bool = False) -> float:
    """Seconds from the order to the end of the last run. Nobody is there before, or everybody; nobody afterwards."""
    os.environ[launch.LINGER] = str(linger_s)
    reader = open_for_reading(path)
    if warm:
        launch.set_worker_count(path, CORES)
        launch.warm_workers(path)
        _wait_until_idle(path, reader)
    started = time.time()
    sweep_id = sweeps.start(path, PLAN)
    taken_s = _wait_for_the_end(reader, sweep_id) - started
    for child in launch._children:
        child.terminate()
        child.wait()
    reader.close()
    return taken_s


def _wait_for_the_end(reader: Reader, sweep_id: int) -> float:
    """When the last run ended, on the clock of the wall: by the store, so that nobody has to look on all the time."""
    while set(reader.counts()) - ENDED:
        time.sleep(POLL_S)
    runs = reader.sweep_runs(sweep_id)
    assert all(run.state in ENDED for run in runs)
    return max(datetime.fromisoformat(run.ended_at).timestamp() for run in runs if run.ended_at)


def _wait_until_idle(path: Path, reader: Reader) -> None:
    """Until the workers have tried to take a run once: a first short sweep is over."""
    sweep_id = sweeps.start(path, SweepPlan(PLAN.spec.changed(iterations=1), (Axis("seed", tuple(range(20))),)))
    _wait_for_the_end(reader, sweep_id)
    if sum(map(works, reader.workers())) < CORES:
        raise RuntimeError("the workers are not there")
