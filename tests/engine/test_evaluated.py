"""What is done about evaluations and averages: plateaus, the weights that are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.jobs.people import steer
from engine.jobs.worker.worker_loop import work
from engine.spec import RunSpec, defaults
from engine.store import Evaluation, open_for_reading, open_for_writing
from engine.strategy import optimize
from engine.trace.state import state_from_bytes, state_to_bytes

STILL = RunSpec(dataset="spiral", objective="softmax", batch_size=None, step_size=0.5, iterations=100)


def test_a_plateau_lowers_the_step_size_and_steering_changes_its_base() -> None:
    optimization = optimize.build(STILL.changed(schedule="on-plateau", plateau=2, decay_factor=0.1))
    state = optimization.start()
    for loss in (1.0, 2.0, 2.0, 2.0, 2.0):
        state = optimization.after_evaluation(state, loss)
    state = optimize.with_step_size(state_from_bytes(state_to_bytes(state)), 0.7)
    state, block = optimization.advance(state, 1)
    assert block.step_size is not None
    assert block.step_size.tolist() == pytest.approx([0.007])
    assert state.step_size == 0.7
    state, block = optimization.advance(optimization.after_evaluation(state, 0.5), 1)
    assert block.step_size is not None
    assert block.step_size.tolist() == pytest.approx([0.007])


def test_the_weights_of_the_best_validation_loss_are_kept() -> None:
    optimization = optimize.build(STILL.changed(keep_weights="best-validation"))
    state = optimization.after_evaluation(optimization.start(), 0.01)
    best = state.weights
    state, _ = optimization.advance(state_from_bytes(state_to_bytes(state)), 50)
    np.testing.assert_array_equal(optimization.result(state), best)
    assert not np.array_equal(state.weights, best)
    state = optimization.after_evaluation(state, 0.001)
    np.testing.assert_array_equal(optimization.result(state), state.weights)
    plain = optimize.build(STILL)
    np.testing.assert_array_equal(plain.result(plain.after_evaluation(state, 0.0)), state.weights)


def test_averages_are_the_textbooks() -> None:
    weights: list[np.ndarray] = []
    averages = {}
    for averaging in ("ema", "polyak"):
        spec = STILL.changed(averaging=averaging, average_decay=0.8)
        optimization = optimize.build(spec)
        state, weights = optimization.start(), []
        for _ in range(7):
            state, _ = optimization.advance(state, 1)
            weights.append(state.weights)
        averages[averaging] = state.buffers["average"]
    expected = weights[0]
    for one in weights[1:]:
        expected = 0.8 * expected + np.float32(0.2) * one
    np.testing.assert_allclose(averages["ema"], expected, rtol=1e-5)
    np.testing.assert_allclose(averages["polyak"], np.mean(weights, axis=0), rtol=1e-5)


def losses(path: Path, run_id: int) -> tuple[np.ndarray, list[Evaluation]]:
    reader = open_for_reading(path)
    try:
        return reader.iterations(run_id).loss, reader.evaluations(run_id)
    finally:
        reader.close()


def test_a_run_that_counts_its_evaluations_is_the_same_when_it_is_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plateaus, an average and the kept weights all go on; the end is evaluated with the kept weights."""
    monkeypatch.setattr(steer, "start_workers", lambda path: 0)
    path = tmp_path / "runs.db"
    spec = defaults("gradient-descent", "two-layer").changed(
        schedule="on-plateau", plateau=1, step_size=3.0, keep_weights="best-validation", averaging="ema", iterations=300
    )
    with open_for_writing(path) as store:
        store.queue.add([spec])
    work(path, leave=lambda: False)
    steer.fork(path, 1, 137)
    work(path, leave=lambda: False)
    (parent, told), (child, others) = losses(path, 1), losses(path, 2)
    np.testing.assert_array_equal(child, parent[137:])
    validation = [one.loss for one in told if one.split == "validation"]
    assert validation[-1] == min(validation)
    assert [one for one in told if one.iteration >= 140] == [one for one in others if one.iteration >= 140]
