"""Sweeps with real workers: the same figures as one after the other, whatever happens on the way."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.jobs.people import sweeps
from engine.jobs.processes.launch import start_workers
from engine.jobs.processes.liveness import is_alive
from engine.spec import defaults
from engine.store import ENDED, open_for_reading
from engine.strategy import optimize
from engine.sweep import Axis, Halving, SweepPlan, decide, log_values
from tests.presence import present
from tests.stores import query, wait_until
from tests.system.terminal import Terminal
from tests.system.workers import end_workers, kill_workers, losses_of

PLAN = SweepPlan(defaults().changed(iterations=300), (Axis("step_size", log_values(1e-6, 100.0, 9)),))

IN_THE_NOTES = (8.996, 8.938, 8.403, 3.501, 0.606, 0.244, 0.207, 2.98, 1714.0)
"""Measured elsewhere, with other draws: a U."""

Serial = dict[float | None, tuple[NDArray[np.float64], float]]
"""The losses of each value's run, and its train loss at the end."""


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "runs.db"
    yield path
    end_workers(path)


@pytest.fixture(scope="module")
def serial() -> Serial:
    """Each value computed in this process, one after the other: its losses, and its train loss at the end."""
    found: Serial = {}
    for member in PLAN.members():
        optimization = optimize.build(member.spec)
        state, block = optimization.advance(optimization.start(), 300)
        found[member.values[0]] = (block.loss, optimization.evaluate(state.weights, "train")[0])
    return found


def over(path: Path, sweep_id: int = 1) -> bool:
    reader = open_for_reading(path)
    try:
        return all(run.state in ENDED for run in reader.sweep_runs(sweep_id))
    finally:
        reader.close()


def outcome(path: Path, sweep_id: int = 1) -> sweeps.SweepOutcome:
    reader = open_for_reading(path)
    try:
        return sweeps.outcome(reader, sweep_id)
    finally:
        reader.close()


def assert_as_serial(path: Path, serial: Serial) -> None:
    found = outcome(path)
    assert len(found.values) == len(serial) == found.total
    for result in found.values:
        losses, train_loss = serial[result.values[0]]
        (run_id,) = result.run_ids
        np.testing.assert_array_equal(losses_of(path, run_id), losses)
        assert result.train_loss == train_loss
    assert present(found.best).values[0] == min(serial, key=lambda value: serial[value][1])


def test_the_figures_are_a_u_and_equal_those_of_one_after_the_other_bit_for_bit(path: Path, serial: Serial) -> None:
    sweeps.start(path, PLAN)
    wait_until(lambda: over(path), what="the sweep is over")
    assert_as_serial(path, serial)
    found = outcome(path)
    assert [result.train_loss for result in found.values] == pytest.approx(IN_THE_NOTES, rel=0.25)
    assert found.left_s == 0.0


def test_all_workers_killed_in_the_middle_and_no_run_is_missing_or_there_twice(path: Path, serial: Serial) -> None:
    sweep_id = sweeps.start(path, PLAN)
    wait_until(lambda: query(path, "SELECT 1 FROM runs WHERE iterations_done > 0"), what="the first iterations")
    kill_workers(path)
    assert not over(path)
    sweeps.resume(path, sweep_id)
    wait_until(lambda: over(path), what="the sweep is over")
    assert_as_serial(path, serial)
    assert query(path, "SELECT count(*), count(DISTINCT spec) FROM runs") == [(9, 9)]


def race_by_hand(halving: Halving, iterations: int) -> dict[float | None, int]:
    """How far each value comes when the rungs are decided one after the other, without a store."""
    done: dict[float | None, int] = {}
    racing = list(PLAN.axes[0].ordered)
    for rung in halving.rungs:
        losses: dict[float | None, float] = {}
        for value in racing:
            optimization = optimize.build(PLAN.spec.changed(step_size=value, iterations=iterations))
            state, _ = optimization.advance(optimization.start(), rung)
            losses[value] = optimization.evaluate(state.weights, "train")[0]
        decision = decide(losses, halving.keep)
        done |= dict.fromkeys(decision.dropped, rung)
        racing = list(decision.kept)
    return done | dict.fromkeys(racing, iterations)


def test_a_race_between_workers_some_of_whom_are_killed_ends_as_it_must(path: Path) -> None:
    halving = Halving((40, 120), 0.4)
    plan = SweepPlan(PLAN.base, PLAN.axes, halving=halving)
    sweep_id = sweeps.start(path, plan)
    wait_until(lambda: query(path, "SELECT 1 FROM runs WHERE state = 'paused'"), what="somebody waits at a rung")
    reader = open_for_reading(path)
    for worker in reader.workers()[:1]:
        if is_alive(worker):
            os.kill(worker.pid, signal.SIGKILL)
    reader.close()

    def is_over() -> bool:
        start_workers(path)  # as a dashboard does that sees lost runs
        return over(path, sweep_id)

    wait_until(is_over, what="the race is over")
    found = dict(query(path, "SELECT value, iterations_done FROM sweep_results"))
    assert found == race_by_hand(halving, 300)


def hear_interrupts() -> None:
    """What a shell starts in the background ignores them, and so would all that this suite starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_interrupting_the_command_ends_only_the_waiting(tmp_path: Path, path: Path) -> None:
    arguments = ("--db", str(path), "sweep", "--values", "0.01,0.1", "--iterations", "300", "--pace", "100")
    waiting = subprocess.Popen(
        [sys.executable, "-m", "engine.commands.cli", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,
    )
    wait_until(lambda: path.exists() and query(path, "SELECT 1 FROM runs WHERE iterations_done > 0"), what="it runs")
    waiting.send_signal(signal.SIGINT)
    _, said = waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert "goes on" in said
    assert query(path, "SELECT count(*) FROM runs WHERE state IN ('running', 'queued')") == [(2,)]
    resumed = subprocess.run(
        [sys.executable, "-m", "engine.commands.cli", "--db", str(path), "sweep", "resume", "1"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert resumed.stdout.count("new loss") == 2
    assert over(path)


def test_more_workers_come_when_runs_turn_out_to_be_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = SweepPlan(defaults().changed(iterations=None, seconds=60.0), (Axis("seed", tuple(range(6))),))
    monkeypatch.setattr("engine.jobs.processes.launch.cores", lambda: 1)
    sweep_id = sweeps.start(path, plan)
    reader = open_for_reading(path)
    assert len(reader.workers()) == 1
    wait_until(lambda: len(reader.workers()) > 1, what="more workers")
    reader.close()
    assert "deleted with 6 runs" in sweeps.delete(path, sweep_id)


def test_a_sweep_that_is_waited_for_shows_its_best_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    words = ("--db", str(path), "sweep", "--values", "0.1,0.001", "--iterations", "100", "--pace", "50")
    terminal = Terminal(*words, columns=80, rows=24)
    terminal.wait_for(r"[1-9]\d?%  \d+ s left, best step size 0\.1: \d\.\d+, [01] of 2 ended")
    assert terminal.exit_code() == 0
    end_workers(path)
    written = re.sub(r"\x1b\[\?25[lh]", "", terminal.written)  # hides and shows the cursor
    lines = [line for line in re.split(r"[\r\n]+", written) if line.startswith("sweep 1  ")]
    assert lines
    assert max(map(len, lines)) <= 80
