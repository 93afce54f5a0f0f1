"""The storm: workers are killed, stopped and continued all the time, and every run ends once, as if nothing had been.

LOSSBOARD_STORM=200 makes it as many runs; by default there is one of each kind, so that the tests stay short.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from engine.jobs.people import steer
from engine.jobs.processes.launch import start_workers
from engine.jobs.processes.liveness import is_alive, works
from engine.jobs.processes.recovery import TAKE_OVER_AFTER
from engine.spec import RunSpec, defaults
from engine.store import Reader, Worker, open_for_reading, open_for_writing
from engine.store.schema.inspection import inspect
from engine.store.write.queue import MOST_TIMES_LOST
from engine.trace.state import state_from_bytes
from tests.stores import wait_until
from tests.system.workers import end_workers, losses_of, the_run, undisturbed

RUNS = int(os.environ.get("LOSSBOARD_STORM", "5"))
WORKERS = 4
BLOWS_PER_S = 4.0
MOST_BLOWS = 8 * RUNS
"""On a machine that is so busy that a start takes longer than the next blow, the storm would never end."""

STOPPED_S = 1.0
TAKEN_OVER_AFTER_S = 0.4
LIMIT_S = 75.0 + 5.0 * RUNS

SPECS = (
    defaults().changed(iterations=3000, pace=1500.0),
    defaults().changed(iterations=4000, batch_size=16, update="adam", step_size=0.001, metrics="loss"),
    defaults("local-search").changed(iterations=800),
    defaults("random-search").changed(iterations=1200, pace=900.0),
    defaults().changed(iterations=1800, update="momentum", sampling="epochs", pace=1200.0),
)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield tmp_path / "runs.db"
    end_workers(tmp_path / "runs.db")


class Weather(Thread):
    """Kills or stops a random worker again and again, and lets the stopped ones go on after a while.

    In a thread of its own: a worker that is stopped while it holds the store's lock holds up everybody else.
    """

    def __init__(self, path: Path, seed: int) -> None:
        super().__init__(name="weather")
        self.path, self.random, self.over = path, random.Random(seed), Event()
        self.stopped: list[tuple[float, Worker]] = []
        self.killed = self.stops = 0

    def run(self) -> None:
        reader = open_for_reading(self.path)
        while not self.over.wait(1 / BLOWS_PER_S):
            spared = self.spared(reader)
            if self.killed + self.stops < MOST_BLOWS:
                self.blow([worker for worker in reader.workers() if works(worker) and worker.worker_id not in spared])
            self.calm(time.monotonic())
        self.calm(float("inf"))
        reader.close()

    def spared(self, reader: Reader) -> set[int | None]:
        """Workers of runs that would soon be given up: on a busy machine some are struck before they get anywhere."""
        runs = [run for run in reader.runs(limit=RUNS) if run.state == "running"]
        return {run.worker_id for run in runs if reader.background(run).times_lost >= MOST_TIMES_LOST - 2}

    def blow(self, working: list[Worker]) -> None:
        """One blow, less often where few work: the last one would be struck down four times a second, and never end."""
        if self.random.random() * WORKERS >= len(working):
            return
        worker = self.random.choice(working)
        if self.killed <= self.stops:
            os.kill(worker.pid, signal.SIGKILL)
            self.killed += 1
        else:
            os.kill(worker.pid, signal.SIGSTOP)
            self.stopped.append((time.monotonic() + STOPPED_S, worker))
            self.stops += 1

    def calm(self, now_s: float) -> None:
        """Let those go on that were stopped for long enough."""
        for due in [due for due in self.stopped if due[0] <= now_s]:
            self.stopped.remove(due)
            if is_alive(due[1]):
                os.kill(due[1].pid, signal.SIGCONT)


def test_every_run_ends_once_and_as_if_nothing_had_been(path: Path) -> None:
    specs: list[RunSpec] = [spec.changed(seed=number) for number, spec in enumerate(islice(cycle(SPECS), RUNS))]
    with open_for_writing(path) as store:
        store.settings.set("workers", str(WORKERS))
        store.settings.set(TAKE_OVER_AFTER, str(TAKEN_OVER_AFTER_S))
        store.queue.add(specs)
    reader = open_for_reading(path)
    weather, end = Weather(path, seed=1), time.monotonic() + LIMIT_S
    committed: dict[int, int] = {}
    start_workers(path)
    wait_until(lambda: any(run.iterations_done for run in reader.runs(limit=RUNS)), what="there is something to lose")
    weather.start()
    try:
        while reader.counts() != {"finished": RUNS}:
            assert time.monotonic() < end, f"{reader.counts()}: {[run.reason for run in reader.runs() if run.reason]}"
            weather.over.wait(1 / BLOWS_PER_S)
            steer.recover(path)
            for run in reader.runs(limit=RUNS):
                assert run.iterations_done >= committed.get(run.run_id, 0), "a committed iteration is gone"
                committed[run.run_id] = run.iterations_done
    finally:
        weather.over.set()
        weather.join()
    assert weather.killed
    assert weather.stops
    taken_over = 0
    for run_id, spec in enumerate(specs, start=1):
        losses, weights = undisturbed(spec)
        np.testing.assert_array_equal(losses_of(path, run_id), losses)
        iteration, state = reader.checkpoint(run_id) or (0, b"")
        assert iteration == spec.iterations
        np.testing.assert_array_equal(state_from_bytes(state).weights, weights)
        taken_over += the_run(reader, run_id).attempt > 1
    assert taken_over
    found = inspect(path)
    assert (found.damage, found.inconsistent) == ("", ())
    reader.close()
    print(f"{RUNS} runs, {weather.killed} kills, {weather.stops} stops, {taken_over} runs taken over")
