"""One step of a run: its numbers are the stored ones, bit for bit, and those that are not stored follow from them."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine.analysis.example_scores import example_scores
from engine.datasets import Split
from engine.jobs.inspection.step import PAGE, RunStep, run_step
from engine.jobs.worker import worker_loop
from engine.objective.objectives import objective
from engine.spec import defaults
from engine.store import open_for_reading, open_for_writing
from engine.strategy.optimize import build

SPECS = {
    "momentum": defaults().changed(iterations=40, update="momentum", schedule="step", decay_every=15),
    "plateau": defaults().changed(iterations=40, step_size=3.0, schedule="on-plateau", plateau=1, sampling="epochs"),
    "dropout": defaults().changed(iterations=20, objective="mlp", hidden="8", dropout=0.5, batch_size=8),
    "local search": defaults("local-search").changed(iterations=30),
    "annealing": defaults("simulated-annealing").changed(iterations=30),
    "three points": defaults().changed(iterations=20, dataset="three-points", objective="svm", batch_size=None),
    "function": defaults().changed(iterations=20, dataset="none", objective="rosenbrock", step_size=1e-3),
    "line search": defaults("l-bfgs").changed(iterations=15),
    "losses alone": defaults().changed(iterations=20, metrics="loss"),
}
IDS = {name: number for number, name in enumerate(SPECS, start=1)}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of each spec, computed to its end."""
    path = tmp_path_factory.mktemp("steps") / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add(list(SPECS.values()))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("engine.jobs.worker.worker_loop.start_workers", lambda path, count=None: 0)
        worker_loop.work(path, leave=lambda: False)
    return path


def step_of(path: Path, name: str, iteration: int, first: int = 0, known: RunStep | None = None) -> RunStep:
    """The last, exact answer."""
    *_, found = run_step(path, lambda: True, IDS[name], iteration, first, known)
    assert (found.is_exact, found.iteration) == (True, iteration)
    return found


@pytest.mark.parametrize("name", SPECS)
def test_its_numbers_are_the_stored_ones(path: Path, name: str) -> None:
    with closing(open_for_reading(path)) as reader:
        rows = reader.iterations(IDS[name])
    step_sizes = np.empty(0) if rows.step_size is None else rows.step_size
    lowered = (np.flatnonzero(np.diff(step_sizes)) + 1).tolist()
    assert lowered or name not in ("momentum", "plateau")
    found = None
    for iteration in sorted({1, 2, 10, 14, len(rows) - 1, *lowered[:3]}):
        found = step_of(path, name, iteration, known=found)
        assert found.is_of_run
        for column, stored in rows.columns().items():
            if column != "elapsed_s":
                assert getattr(found, column) == stored[iteration], (column, iteration)
        assert found.data_loss + found.regularization_loss == found.loss


@pytest.mark.parametrize("name", ["momentum", "dropout", "three points", "losses alone"])
def test_the_batch_has_the_examples_that_the_run_draws(path: Path, name: str) -> None:
    found = step_of(path, name, 5)
    assert found.batch is not None
    assert found.batch.size == (SPECS[name].batch_size or 3)
    assert found.has_dropout == (name == "dropout")
    assert found.batch.scored.losses.mean() == pytest.approx(
        found.compared - found.regularization_loss if found.has_dropout else found.data_loss, rel=1e-4
    )
    if name != "dropout":
        following = step_of(path, name, 6)
        assert np.array_equal(found.after.weights, following.before.weights)
        assert found.loss_after < found.compared
    if name == "three points":
        assert found.batch.scored.rows.tolist() == [0, 1, 2]


def test_a_step_that_the_run_has_not_made_goes_on_from_its_end(path: Path) -> None:
    longer = build(SPECS["momentum"].changed(iterations=100))
    _, block = longer.advance(longer.start(), 43)
    last = step_of(path, "momentum", 40)
    for iteration, known in ((40, None), (41, last), (42, None)):
        found = step_of(path, "momentum", iteration, known=known)
        assert not found.is_of_run
        assert found.loss == block.loss[iteration]
    with closing(open_for_reading(path)) as reader:
        assert len(reader.iterations(IDS["momentum"])) == 40


def test_a_proposal_is_accepted_where_the_search_goes_there(path: Path) -> None:
    accepted = [step_of(path, "local search", iteration) for iteration in range(1, 9)]
    assert {one.is_accepted for one in accepted} == {True, False}
    for one in accepted:
        assert one.is_trial
        assert one.is_accepted == (one.loss < one.best)
        assert (one.update_norm > 0) == one.is_accepted
    walk = [step_of(path, "annealing", iteration) for iteration in range(1, 12)]
    assert any(one.is_accepted and one.loss > one.best for one in walk)
    assert step_of(path, "local search", 0).is_accepted is None


def test_pages_of_a_batch_and_what_has_none(path: Path) -> None:
    page = step_of(path, "local search", 3, first=PAGE + 5).batch
    assert page is not None
    assert (page.first, page.scored.rows[0], len(page.scored)) == (PAGE, PAGE, PAGE)
    last = step_of(path, "local search", 3, first=10**6).batch
    assert last is not None
    assert last.first + len(last.scored) == last.size == last.of
    function = step_of(path, "function", 3)
    assert function.batch is None
    assert function.update == pytest.approx(-1e-3 * build(SPECS["function"]).objective.loss_and_gradient(
        function.weights
    )[1])  # fmt: skip


def test_margins_and_probabilities_are_those_of_the_notes() -> None:
    split = Split(np.array([[1.0]], np.float32), np.array([1]), bias=False)
    weights = np.array([3.0, 2.5, 1.0])
    svm = example_scores(objective("svm", split, 3, dtype=np.float64), weights, np.array([0]))
    assert svm.parts.tolist() == [[1.5, 0.0, 0.0]]
    assert svm.losses.tolist() == [1.5]
    softmax = example_scores(objective("softmax", split, 3, dtype=np.float64), weights, np.array([0]))
    total = sum(map(math.exp, weights))
    assert softmax.parts[0] == pytest.approx([math.exp(one) / total for one in weights])
    assert softmax.losses[0] == pytest.approx(-math.log(softmax.parts[0, 1]))
    lost = example_scores(objective("svm", split, 3, dtype=np.float64), np.array([math.nan, 0, 0]), np.array([0]))
    assert (svm.highest(0), lost.highest(0)) == (0, -1)
