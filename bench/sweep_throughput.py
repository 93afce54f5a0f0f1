"""A sweep through the store and its workers against the same specs as bare loops, from a standing start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Row, line
from bench.timing import medians
from engine.jobs import sweeping
from engine.spec import defaults
from engine.store import ENDED, open_for_reading
from engine.sweep import Axis, SweepPlan, log_values

ITERATIONS = 2000
ROUNDS = 5
CORES = 2
LIMIT = 0.85

PLAN = SweepPlan(defaults().changed(iterations=ITERATIONS), (Axis("step_size", log_values(1e-5, 1.0, 10)),))

BARE = """
import sys
from engine import optimize
from engine.spec import spec_from_json
for text in sys.argv[1:]:
    optimization = optimize.build(spec_from_json(text))
    state, block = optimization.advance(optimization.start(), optimization.spec.iterations)
"""


def rows() -> Iterator[Row]:
    """Both from nothing to the last loss, processes started and modules imported."""
    with TemporaryDirectory() as folder:
        numbers = count()
        taken = medians({"bare": _bare, "sweep": lambda: _sweep(Path(folder) / f"{next(numbers)}.db")}, ROUNDS)
    done = PLAN.size * ITERATIONS
    yield Row(
        f"{PLAN.size} values x {ITERATIONS:,} iterations, batch {PLAN.base.batch_size}: throughput",
        f"{done / taken['sweep']:,.0f}/s",
        f"bare loops, {CORES} processes: {done / taken['bare']:,.0f}/s",
        taken["bare"] / taken["sweep"],
        LIMIT,
        at_most=False,
    )


def _bare() -> None:
    specs = [member.spec.to_json() for member in PLAN.members()]
    started = [subprocess.Popen([sys.executable, "-c", BARE, *specs[share::CORES]]) for share in range(CORES)]
    if any(process.wait() for process in started):
        raise RuntimeError("a bare loop failed")


def _sweep(path: Path) -> None:
    """Until the last run has ended; the workers leave before the next round begins."""
    sweep_id = sweeping.start(path, PLAN)
    reader = open_for_reading(path)
    while not all(run.state in ENDED for run in reader.sweep_runs(sweep_id)):
        time.sleep(0.005)
    reader.close()


if __name__ == "__main__":
    for row in rows():
        print(line(row), flush=True)
