"""Objectives, updates and strategies of one's own: loaded after a yes, held to their content, and unable to hurt."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from engine import datasets
from engine.commands.steering import trust
from engine.jobs.people import own_code, steer
from engine.jobs.people import submit as submitting
from engine.jobs.worker import worker_loop
from engine.objective.own_functions import own_objective
from engine.own_code import loading, trusted
from engine.own_code.failures import told
from engine.spec import RunSpec, SpecError, own_names, spec_from_fields
from engine.store import Run, open_for_reading, open_for_writing
from engine.strategy import optimize
from tests.stores import wait_until

MINE = """
import sys
import time

import numpy as np

from beside import HUNDRED


def bowl(W):
    return (W**2).sum(), 2 * W

bowl.start = [1.0, -2.0]

def plain(W):
    return HUNDRED * (W**2).sum()

plain.size = 3

def regression(W, X, y):
    off = X.astype(float) @ W - (y == 1)
    return (off**2).mean(), 2 * X.T @ off / len(y)

regression.size = lambda X, y: X.shape[1]

def bad(W):
    if W[0] < 0.9:
        raise ValueError("bad \\x1b[31mweather\\nfrom the west" + "!" * 500)
    return (W**2).sum(), 2 * W

bad.start = [1.0]

def leaves(W):
    sys.exit(3)

leaves.size = 1

def misshapen(W):
    return 1.0, np.zeros(5)

misshapen.size = 2

def nan(W):
    return float("nan"), W

nan.size = 2

def endless(W):
    while True:
        try:
            time.sleep(0.001)
        except Exception:
            pass

endless.size = 2

def late(W):
    while W[0] < 0.5:
        time.sleep(0.001)
    return (W**2).sum(), 2 * W

late.start = [1.0]

def sign(weights, gradient, buffers, rates):
    def step(step_size, iteration):
        buffers["count"][:] += 1
        weights[:] -= step_size * np.sign(gradient)
    return step

sign.buffers = ("count",)

class Coordinates:
    def __init__(self, spec, objective):
        self.spec, self.objective = spec, objective

    def start(self):
        from lossboard import State
        weights = self.objective.initial_weights(np.random.default_rng(self.spec.seed), self.spec.initial_scale)
        return State(iteration=0, weights=weights, step_size=self.spec.step_size)

    def advance(self, state, k):
        from dataclasses import replace

        from lossboard import Block
        W, losses = state.weights.copy(), []
        for i in range(state.iteration, state.iteration + k):
            loss, gradient = self.objective.loss_and_gradient(W)
            losses.append(loss.total)
            W[i % len(W)] -= state.step_size * gradient[i % len(W)]
        return replace(state, iteration=state.iteration + k, weights=W), Block(state.iteration, np.array(losses))

def nothing(spec, objective):
    return None

two = 2

def two_arguments(W, X):
    return 1.0

def nowhere(W):
    return 1.0
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two files of somebody's, a state folder of their own, and no worker that starts by itself."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for module in (worker_loop, steer, submitting):
        monkeypatch.setattr(module, "start_workers", lambda path: 0)
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "beside.py").write_text("HUNDRED = 100\n")
    before = list(sys.path)
    yield tmp_path
    sys.path[:] = before
    sys.modules.pop("beside", None)
    loading._imported.cache_clear()


def named(folder: Path, **fields: str) -> RunSpec:
    """What somebody names on the command line."""
    own = {name: f"{folder}/{text}" if ".py:" in text else text for name, text in fields.items()}
    return own_code.named(spec_from_fields({"iterations": "40", "step_size": "0.1", **own}))


def done(folder: Path, spec: RunSpec) -> Run:
    """The run, once a worker has done with it."""
    (run_id,) = submitting.submit(folder / "runs.db", [spec])
    worker_loop.work(folder / "runs.db", leave=lambda: False)
    return run_of(folder, run_id)


def run_of(folder: Path, run_id: int) -> Run:
    reader = open_for_reading(folder / "runs.db")
    try:
        return reader.the_run(run_id)
    finally:
        reader.close()


def test_an_objective_of_ones_own_runs_as_any_other(folder: Path) -> None:
    run = done(folder, named(folder, objective="mine.py:bowl"))
    assert (run.state, run.iterations_done, run.name) == ("finished", 40, "gradient mine.py:bowl")
    assert run.train_loss == pytest.approx(5 * 0.8**80)
    assert (run.train_accuracy, run.validation_loss) == (None, None)
    assert run.spec is not None
    assert (run.spec.dataset, run.spec.objective) == ("none", f"{folder}/mine.py:bowl")


def test_one_of_examples_gets_them_in_batches(folder: Path) -> None:
    run = done(folder, named(folder, objective="mine.py:regression", dataset="spiral", batch_size="16"))
    assert run.state == "finished"
    assert run.validation_loss is not None
    train = datasets.load("spiral").splits["train"]
    off = train.X.astype(float) @ np.zeros(3) - (train.y == 1)
    assert run.train_loss is not None
    assert run.train_loss < (off**2).mean()


def test_without_a_gradient_differences_stand_in_and_that_is_said(folder: Path) -> None:
    run = done(folder, named(folder, objective="mine.py:plain", step_size="0.001"))
    assert run.state == "finished"
    assert run.examples_per_iteration == 7
    reader = open_for_reading(folder / "runs.db")
    assert "centred differences" in dict(reader.background(run).environment)["gradient"]
    losses = reader.iterations(run.run_id).loss
    reader.close()
    np.testing.assert_allclose(losses, losses[0] * 0.8 ** (2 * np.arange(40)), rtol=1e-6)


def test_an_error_of_ones_own_code_is_told_with_its_line(folder: Path) -> None:
    optimization = optimize.build(named(folder, objective="mine.py:bad"))
    with pytest.raises(ValueError, match="weather") as failure:
        optimization.advance(optimization.start(), 40)
    assert re.match(r"It failed: ValueError: bad weather .*\(line \d+ of bad in mine\.py: ", told(failure.value))
    assert told(ValueError("ours")) == "ours"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bad", r"ValueError: bad weather from the west!{99,199}… \(line \d+ of bad in mine.py: raise ValueError"),
        ("leaves", r"SystemExit: 3 \(line \d+ of leaves in mine.py"),
        ("misshapen", r"ValueError: the gradient has shape \(5,\); 2 weights need \(2,\)"),
    ],
)
def test_what_fails_in_it_fails_the_run_and_not_the_worker(folder: Path, name: str, reason: str) -> None:
    specs = [named(folder, objective=f"mine.py:{each}") for each in (name, "bowl")]
    run_ids = submitting.submit(folder / "runs.db", specs)
    assert worker_loop.work(folder / "runs.db", leave=lambda: False) == 2
    runs = [run_of(folder, run_id) for run_id in run_ids]
    assert [run.state for run in runs] == ["failed", "finished"]
    assert re.match(reason, runs[0].reason, re.DOTALL), runs[0].reason


def test_nan_is_a_loss(folder: Path) -> None:
    run = done(folder, named(folder, objective="mine.py:nan"))
    assert (run.state, run.reason, run.diverged_at) == ("finished", "diverged", 0)


@pytest.mark.parametrize(("name", "verb"), [("endless", "stop"), ("late", "stop"), ("endless", "pause")])
def test_a_function_that_never_returns_can_be_left(folder: Path, name: str, verb: str) -> None:
    path = folder / "runs.db"
    first, second = submitting.submit(path, [named(folder, objective=f"mine.py:{each}") for each in (name, "bowl")])

    def ask() -> None:
        wait_until(lambda: run_of(folder, first).state == "running")
        (steer.stop if verb == "stop" else steer.pause)(path, first)

    asking = threading.Thread(target=ask)
    asking.start()
    assert worker_loop.work(path, leave=lambda: False) == 2
    asking.join()
    assert run_of(folder, first).state == {"stop": "cancelled", "pause": "paused"}[verb]
    assert run_of(folder, second).state == "finished"


def test_a_file_that_never_ends_is_left_while_it_is_loaded(folder: Path) -> None:
    (folder / "stuck.py").write_text("while True:\n    try:\n        1 / 0\n    except Exception:\n        pass\n")
    spec = loading.pinned(spec_from_fields({"objective": f"{folder}/stuck.py:f"}))
    loading.allow(spec)
    path = folder / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([spec, named(folder, objective="mine.py:bowl")])

    def ask() -> None:
        wait_until(lambda: run_of(folder, 1).state == "running")
        steer.stop(path, 1)

    asking = threading.Thread(target=ask)
    asking.start()
    assert worker_loop.work(path, leave=lambda: False) == 2
    asking.join()
    assert [run_of(folder, run_id).state for run_id in (1, 2)] == ["cancelled", "finished"]


def test_code_that_a_store_brings_along_waits_for_a_yes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = named(folder, objective="mine.py:bowl")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "another"))
    path = folder / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([spec])
    loading._imported.cache_clear()
    del sys.modules["beside"]
    worker_loop.work(path, leave=lambda: False)
    run = run_of(folder, 1)
    assert run.state == "paused"
    assert "is code that nobody here has said yes to; read it, then lossboard trust 1" in run.reason
    assert "beside" not in sys.modules
    with pytest.raises(SpecError, match="said yes to"):
        submitting.submit(path, [spec])
    asked = CliRunner().invoke(trust, ["1"], obj=str(path))
    assert (asked.exit_code, "give --yes" in asked.output) == (2, True)
    assert "may run" in CliRunner().invoke(trust, ["1", "--yes"], obj=str(path)).output
    worker_loop.work(path, leave=lambda: False)
    assert run_of(folder, 1).state == "finished"
    assert (folder / "another/lossboard/trusted-code").stat().st_mode & 0o777 == 0o600


def test_a_file_that_has_changed_since_is_not_run(folder: Path) -> None:
    spec = named(folder, objective="mine.py:bowl")
    with open_for_writing(folder / "runs.db") as store:
        store.queue.add([spec])
    (folder / "mine.py").write_text(MINE + "# changed\n")
    own_code.named(spec_from_fields({"objective": f"{folder}/mine.py:bowl"}))  # a yes to what it is now
    worker_loop.work(folder / "runs.db", leave=lambda: False)
    run = run_of(folder, 1)
    assert run.state == "failed"
    assert "mine.py has changed since the run was made" in run.reason
    assert "bring the file back as it was, or start another run with it" in run.reason
    (folder / "mine.py").unlink()
    with pytest.raises(SpecError, match=r"mine.py is not there"):
        optimize.build(spec)


def test_an_update_of_ones_own_carries_its_buffers(folder: Path) -> None:
    spec = named(folder, update="mine.py:sign", objective="beale")
    assert spec.label == "mine.py:sign beale"
    optimization = optimize.build(spec)
    state, _ = optimization.advance(optimization.start(), 10)
    assert state.buffers["count"].tolist() == [10.0, 10.0]
    assert np.abs(state.weights - 1).max() <= 10 * 0.1 + 1e-9


def test_a_strategy_of_ones_own_runs_on_any_objective(folder: Path) -> None:
    run = done(folder, named(folder, strategy="mine.py:Coordinates", objective="ravine", step_size="0.01"))
    assert (run.state, run.name) == ("finished", "mine.py:Coordinates ravine")
    run = done(folder, named(folder, strategy="mine.py:Coordinates", dataset="spiral", objective="softmax"))
    assert (run.state, run.name) == ("finished", "mine.py:Coordinates b256")
    assert run.validation_accuracy is not None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"objective": "mine.py:gone"}, "has no gone"),
        ({"objective": "other.py:bowl"}, "other.py is not there"),
        ({"objective": "mine.py:two"}, "mine.py:two: it is no function but int"),
        ({"objective": "mine.py:two_arguments"}, "it takes 2 arguments; write def f"),
        ({"objective": "mine.py:nowhere"}, "set f.start"),
        (
            {"objective": "broken.py:f"},
            r"cannot be imported: NameError: .* \(line 2 of <module> in broken.py",
        ),
        ({"objective": "odd.py:f"}, r"odd.py cannot be imported: SyntaxError: .* \(line 1 of odd.py\)"),
        ({"update": "mine.py:two"}, "it is no update but int"),
        ({"strategy": "mine.py:nothing"}, "it made NoneType, which lacks start"),
        ({"objective": "mine.py:not a name"}, "write it like my_file.py:my_function"),
    ],
)
def test_what_cannot_be_used_is_said_before_a_run_is_made(folder: Path, fields: dict[str, str], said: str) -> None:
    (folder / "broken.py").write_text("\nundefined\n")
    (folder / "odd.py").write_text("def f(:\n")
    with pytest.raises(SpecError, match=said):
        optimize.build(named(folder, **fields))


def test_a_package_offers_names_by_entry_points(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = folder / "offers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[lossboard.objectives]\noffered-bowl = mine:bowl\nsvm = mine:bad\n[lossboard.updates]\nsigned = mine:sign\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    own_names.offered.cache_clear()
    try:
        spec = own_code.named(spec_from_fields({"objective": "offered-bowl", "update": "signed", "iterations": "10"}))
        assert (spec.dataset, spec.code, spec.label) == ("none", "", "signed offered-bowl")
        optimization = optimize.build(spec)
        assert optimization.advance(optimization.start(), 10)[1].loss[0] == 5.0
        assert optimize.build(spec_from_fields({})).objective.linear  # what is built in stays what it is
        with pytest.raises(SpecError, match="'signed' is not known"):
            spec_from_fields({"objective": "signed"})
    finally:
        own_names.offered.cache_clear()


def test_a_fork_keeps_the_file_and_can_take_another(folder: Path) -> None:
    run = done(folder, named(folder, objective="mine.py:bowl"))
    assert run.spec is not None
    path = folder / "runs.db"
    forked = steer.fork(path, run.run_id, 20, {"iterations": "60"})
    other = steer.fork(path, run.run_id, 20, {"update": f"{folder}/mine.py:sign", "iterations": "60"})
    worker_loop.work(path, leave=lambda: False)
    one, two = run_of(folder, forked.run_id), run_of(folder, other.run_id)
    assert (one.state, two.state) == ("finished", "finished")
    assert one.spec is not None
    assert two.spec is not None
    assert one.spec.code == run.spec.code
    assert set(loading.digests(two.spec)) == {"objective", "update"}


def test_a_spec_of_ones_own_is_json_and_its_hash_is_its_content(folder: Path) -> None:
    spec = named(folder, objective="mine.py:bowl")
    digest = hashlib.sha256((folder / "mine.py").read_bytes()).hexdigest()
    assert json.loads(spec.to_json())["code"] == f"objective={digest}"
    assert trusted.is_trusted(f"{folder}/mine.py", digest)
    assert not trusted.is_trusted(f"{folder}/mine.py", digest[::-1])


def test_a_function_is_held_to_its_examples() -> None:
    def alone(W: np.ndarray) -> float:
        return float(W[0])

    train = datasets.load("spiral").splits["train"]
    with pytest.raises(ValueError, match="takes no examples: give the data set none"):
        own_objective(alone, train)
    with pytest.raises(ValueError, match="needs examples: give a data set"):
        own_objective(lambda W, X, y: 0.0)
