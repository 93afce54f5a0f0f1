"""The probe of a run: the weights that it has kept, the table of the notes, and the command that prints it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from engine.analysis.probe import Probe, judge, probe
from engine.commands.numerics.probe import command
from engine.jobs.people import probe as probing
from engine.jobs.people import steer
from engine.jobs.worker import worker_loop
from engine.spec import defaults
from engine.store import Refused, StoreError, open_for_writing
from engine.strategy import optimize

SPEC = defaults().changed(iterations=40)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (worker_loop, steer):
        monkeypatch.setattr(module, "start_workers", lambda path: 0)
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([SPEC])
    return path


def expected(iterations: int) -> Probe:
    """The same, computed without a store."""
    optimization = optimize.build(SPEC)
    state = optimization.start()
    if iterations:
        state, _ = optimization.advance(state, iterations)
    return probe(optimize.exact_objective(SPEC), state.weights.astype(np.float64))


def test_the_newest_weights_and_the_first_are_probed(path: Path) -> None:
    queued = probing.probe(path, 1)
    assert (queued.iteration, queued.checkpoints) == (0, (0,))
    assert queued.probe.loss.tolist() == expected(0).loss.tolist()
    worker_loop.work(path, leave=lambda: False)
    found = probing.probe(path, 1)
    assert found.iteration == 40
    assert {0, 40} <= set(found.checkpoints)
    assert found.probe.loss.tolist() == expected(40).loss.tolist()
    assert found.probe.best_step_size == found.probe.step_sizes[found.probe.best]
    for at in found.checkpoints:
        assert probing.probe(path, 1, at).iteration == at
    assert probing.probe(path, 1, 0).probe.loss.tolist() == expected(0).loss.tolist()


def test_what_has_no_weights_is_said(path: Path) -> None:
    with pytest.raises(StoreError, match="no run 9"):
        probing.probe(path, 9)
    worker_loop.work(path, leave=lambda: False)
    child = steer.fork(path, 1, 40, {"iterations": "80"}).run_id
    with pytest.raises(Refused, match="probe that one"):
        probing.probe(path, child)
    worker_loop.work(path, leave=lambda: False)
    assert probing.probe(path, child).iteration == 80
    assert 0 not in probing.probe(path, child).checkpoints


def test_the_command_probes_a_run(path: Path) -> None:
    worker_loop.work(path, leave=lambda: False)
    answered = CliRunner().invoke(command, ["1", "--json"], obj=str(path))
    assert answered.exit_code == 0
    found = json.loads(answered.stdout)
    assert (found["run_id"], found["iteration"]) == (1, 40)
    there = expected(40)
    assert found["losses"] == there.loss.tolist()
    assert found["changes"] == (there.loss - there.start_loss).tolist()
    assert found["judgements"] == list(judge(there))
    table = CliRunner().invoke(command, ["1", "--at", "0", "--step-sizes", "0.1,1,1000"], obj=str(path))
    assert [line.split("  ")[-1] for line in table.stdout.splitlines()[1:]] == [
        "before the step",
        "too small",
        "good, the best",
        "too large",
    ]
    assert "after 0 iterations" in table.stderr


@pytest.mark.parametrize(("arguments", "said"), [
    (["1", "--delta", "3"], "its own settings"), (["1", "--after", "3"], "its own settings"),
    (["--at", "3"], "needs a RUN"), (["9"], "no run 9"), (["1", "--step-sizes", "0"], "greater than 0"),
])  # fmt: skip
def test_what_does_not_go_together_is_said(path: Path, arguments: list[str], said: str) -> None:
    answered = CliRunner().invoke(command, arguments, obj=str(path))
    assert answered.exit_code != 0
    assert said in answered.output
