"""Weights by layer, their update, and the outputs of hidden units: against the objective, and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.analysis.layer_weights import layer_weights
from engine.analysis.unit_outputs import sample, unit_outputs
from engine.jobs.inspection.layer_weights import run_layers
from engine.jobs.worker import worker_loop
from engine.objective.layout import Layout
from engine.objective.objectives import Objective
from engine.spec import defaults
from engine.store import open_for_writing
from engine.strategy.optimize import build


def network(**fields: object) -> Objective:
    spec = defaults("gradient-descent", "mlp").changed(hidden="4,3", **fields)
    return build(spec).objective


def test_the_update_of_plain_descent_is_minus_the_step_size_times_the_gradient_by_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = defaults("gradient-descent", "two-layer").changed(iterations=30, batch_size=None, hidden_size=8)
    path = tmp_path / "runs.db"
    with open_for_writing(path) as store:
        store.queue.add([spec])
    monkeypatch.setattr(worker_loop, "start_workers", lambda path, count=None: 0)
    worker_loop.work(path, leave=lambda: False)
    *_, found = run_layers(path, lambda: True, 1, 17)
    objective, before = build(spec).objective, found.step.before.weights
    assert found.step.iteration == 17
    _, gradient = objective.loss_and_gradient(before)
    moved = before - np.float32(spec.step_size) * gradient
    views = zip(objective.layout.views(before), objective.layout.views(moved), found.layers, strict=True)
    for weights, after, layer in views:
        assert layer.biases is not None
        assert layer.biases_update is not None
        assert np.array_equal(np.column_stack([layer.weights, layer.biases]), weights)
        update = np.column_stack([layer.update, layer.biases_update])
        np.testing.assert_allclose(update, after - weights, rtol=0, atol=2e-7)
        assert layer.ratio == pytest.approx(np.linalg.norm(update) / np.linalg.norm(weights), rel=1e-6)
    assert [layer.unit for layer in found.layers] == ["hidden unit", "class"]
    assert found.layers[0].image is not None
    assert found.layers[1].image is None


def test_a_row_is_what_its_layer_makes_of_it() -> None:
    spec = defaults("gradient-descent", "convnet").changed(channels="2,3", normalization="layer")
    objective = build(spec).objective
    weights = np.arange(objective.size, dtype=np.float32)
    image = build(spec).dataset.image
    found = layer_weights(objective.layout, objective.network, image, weights, weights)
    assert [layer.unit for layer in found] == ["filter", "gain and shift", "filter", "gain and shift", "class"]
    assert [layer.weights.shape for layer in found[::2]] == [(2, 9), (3, 18), (10, 12)]
    assert found[2].image is not None
    assert found[2].image.channels == 2
    (alone,) = layer_weights(None, None, None, weights, weights)
    assert (alone.unit, alone.weights.shape, alone.ratio) == ("weight", (1, objective.size), 1.0)
    with pytest.raises(ValueError, match="weights of shape"):
        layer_weights(Layout([(2, 2)], [0]), None, None, weights, weights)


def test_dead_units_zeros_and_saturation_are_counted_by_hand() -> None:
    objective = network(activation="relu")
    weights = np.zeros(objective.size, np.float32)
    first, second, _ = objective.layout.views(weights)
    first[:, -1] = [1, -1, 2, -2]  # the biases alone decide: two units always give 1 and 2, two are dead
    second[:, -1] = [3, 0, -1]
    hidden, last = unit_outputs(objective, weights)
    assert (hidden.units, hidden.dead, hidden.zeros) == (4, 2, 0.5)
    assert (hidden.low, hidden.high, hidden.mean) == (0.0, 2.0, 0.75)
    assert hidden.counts.sum() == 2 * hidden.examples == 2 * len(sample(objective))
    assert (last.dead, last.saturated) == (2, None)

    objective = network(activation="tanh")
    hidden, last = unit_outputs(objective, weights * 10)
    assert hidden.saturated == 1.0
    assert last.saturated == pytest.approx(2 / 3)
    weights[0] = np.nan
    assert unit_outputs(objective, weights)[0].lost > 0


def test_a_unit_is_dead_only_if_no_example_wakes_it() -> None:
    objective = network(activation="relu")
    weights = np.zeros(objective.size, np.float32)
    first, *_ = objective.layout.views(weights)
    first[0, :-1] = np.arange(first.shape[1] - 1) % 7 - 3.0  # some examples wake it
    first[1, -1], first[2, -1] = 1.0, -1.0
    X = objective.split.batch(sample(objective)).astype(np.float32)
    awake = X @ first[0, : X.shape[1]] > 0
    assert 0 < awake.sum() < len(awake)
    hidden, _ = unit_outputs(objective, weights)
    assert hidden.dead == 2
    assert hidden.zeros == pytest.approx((2 + 1 - awake.mean()) / 4)


def test_the_outputs_of_units_are_those_from_which_the_scores_come() -> None:
    objective = network(activation="gelu", residual="no")
    weights = objective.initial_weights(np.random.default_rng(0), 0.5)
    X = objective.split.batch(sample(objective))
    *_, (_, values) = ((layer, np.array(values)) for layer, values in objective.outputs(weights, X))
    np.testing.assert_array_equal(values[:, : objective.classes], objective.scores(weights, X))
