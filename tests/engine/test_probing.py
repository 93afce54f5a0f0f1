"""The probe of a run: the weights that it has kept, the table of the notes, and the command that prints it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from engine.analysis.probe import Probe, judge, probe
from engine.commands.numerics import gradient_check, landscape, weights
from engine.commands.numerics.probe import command
from engine.jobs.people import probe as probing
from engine.jobs.people import steer
from engine.jobs.worker import worker_loop
from engine.spec import defaults, spec_from_json
from engine.store import Refused, StoreError, open_for_reading, open_for_writing
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
    with pytest.raises(Refused, match="whose weights until then are kept"):
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


def test_the_landscape_and_the_gradient_check_look_from_the_weights_of_a_run(path: Path) -> None:
    worker_loop.work(path, leave=lambda: False)
    optimization = optimize.build(SPEC)
    start = optimization.start()
    end, _ = optimization.advance(start, 40)
    exact = optimize.exact_objective(SPEC)
    line = [
        "1", "--direction", "start", "--from", "0", "--to", "1", "--points", "2", "--examples", "all", "--json"
    ]  # fmt: skip
    found = json.loads(CliRunner().invoke(landscape.command, line, obj=str(path)).stdout)
    assert (found["run_id"], found["after"], found["examples"]) == (1, 40, 1198)
    np.testing.assert_allclose(
        found["losses"], [exact.loss(state.weights.astype(float)).total for state in (end, start)], rtol=1e-12
    )
    at_first = json.loads(
        CliRunner().invoke(gradient_check.command, ["1", "--at", "0", "--json"], obj=str(path)).stdout
    )
    assert (at_first["run_id"], at_first["after"], at_first["passed"]) == (1, 0, True)
    for other in (landscape.command, gradient_check.command):
        for arguments, said in ((["1", "--delta", "3"], "its own settings"), (["--at", "3"], "needs a RUN")):
            answered = CliRunner().invoke(other, arguments, obj=str(path))
            assert (answered.exit_code, said in " ".join(answered.output.split())) == (2, True)


@pytest.mark.parametrize("averaging", ["none", "polyak"])
def test_the_weights_of_a_run_are_written_matrix_by_matrix_and_read_again(
    path: Path, tmp_path: Path, averaging: str
) -> None:
    with open_for_writing(path) as store:
        store.queue.add([defaults(objective="two-layer").changed(iterations=30, averaging=averaging)])
    worker_loop.work(path, leave=lambda: False)
    out = str(tmp_path / "W.npz")
    told = CliRunner().invoke(weights.command, ["2", "--out", out], obj=str(path))
    assert "3,760 weights after 30 iterations; W1 (50, 65), W2 (10, 51)" in told.stdout, told.output
    with np.load(out) as written:
        flat = np.concatenate([written["W1"].ravel(), written["W2"].ravel()])
        np.testing.assert_array_equal(written["weights"], flat)
        assert (int(written["iteration"]), spec_from_json(str(written["spec"])).objective) == (30, "two-layer")
    with closing(open_for_reading(path)) as reader:
        [last] = [one for one in reader.evaluations(2) if (one.iteration, one.split) == (30, "validation")]
    optimization = optimize.build(defaults(objective="two-layer"))
    assert optimization.evaluate(flat, "validation") == (last.loss, last.accuracy)
    from_file = ["--objective", "two-layer", "--weights", out, "--step-sizes", "0.1", "--json"]
    assert json.loads(CliRunner().invoke(command, from_file).stdout)["start_loss"] == pytest.approx(
        optimization.evaluate(flat, "train")[0], rel=1e-6
    )
    before = Path(out).read_bytes()
    again = CliRunner().invoke(weights.command, ["2", "--out", out], obj=str(path))
    assert (again.exit_code, "left as it is" in again.output, Path(out).read_bytes()) == (1, True, before)


@pytest.mark.parametrize(("arguments", "said"), [
    (["1", "--delta", "3"], "its own settings"), (["1", "--after", "3"], "its own settings"),
    (["--at", "3"], "needs a RUN"), (["9"], "no run 9"), (["1", "--step-sizes", "0"], "greater than 0"),
])  # fmt: skip
def test_what_does_not_go_together_is_said(path: Path, arguments: list[str], said: str) -> None:
    answered = CliRunner().invoke(command, arguments, obj=str(path))
    assert answered.exit_code != 0
    assert said in answered.output
