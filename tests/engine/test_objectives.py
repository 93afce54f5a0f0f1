"""The multiclass SVM loss: by hand on the notes' three points, and against the numerical gradient."""

from __future__ import annotations

import numpy as np
import pytest

from engine import datasets
from engine.datasets import Split
from engine.objectives import Objective, objective


def svm(X: list[list[float]], y: list[int], classes: int, strength: float = 0.0, delta: float = 1.0) -> LinearSVM:
    return LinearSVM(Split(np.array(X, dtype=float), np.array(y)), classes, strength, delta, dtype=np.float64)


def test_three_points_by_hand() -> None:
    """Three 1-D points with classes 0, 1, 2 and weights w0, w1, w2: the example of the notes, worked by hand.

    x = 1, 2, -1 and w = (0.5, 1, -0.5):
      x0: s = (0.5, 1, -0.5), class 0: max(0, 1 - 0.5 + 1) + max(0, -0.5 - 0.5 + 1) = 1.5 + 0
      x1: s = (1, 2, -1),     class 1: max(0, 1 - 2 + 1) + max(0, -1 - 2 + 1)       = 0
      x2: s = (-0.5, -1, 0.5), class 2: max(0, -0.5 - 0.5 + 1) + max(0, -1 - 0.5 + 1) = 0
    """
    objective = svm([[1.0], [2.0], [-1.0]], [0, 1, 2], classes=3)
    weights = np.array([0.5, 1.0, -0.5])
    loss, gradient = objective.loss_and_gradient(weights)
    assert loss.data_loss == pytest.approx(1.5 / 3)
    assert loss.regularization_loss == 0
    # Only the pair (class 1 over class 0 at x0) has a margin above 0; margins of exactly 0 add nothing.
    np.testing.assert_allclose(gradient, [-1 / 3, 1 / 3, 0])


def test_regularization_is_the_sum_of_squares_times_lambda() -> None:
    objective = svm([[1.0], [2.0], [-1.0]], [0, 1, 2], classes=3, strength=0.5)
    weights = np.array([0.5, 1.0, -0.5])
    loss, gradient = objective.loss_and_gradient(weights)
    assert loss.regularization_loss == pytest.approx(0.5 * 1.5)
    assert loss.total == pytest.approx(0.5 + 0.75)
    np.testing.assert_allclose(gradient, [-1 / 3 + 0.5, 1 / 3 + 1.0, -0.5])


def test_delta_is_the_margin() -> None:
    objective = svm([[1.0]], [0], classes=2, delta=10.0)
    assert objective.loss(np.array([3.0, 1.0])).data_loss == pytest.approx(1 - 3 + 10)


@pytest.mark.parametrize("rows", [None, np.array([0, 5, 5, 9])])
@pytest.mark.parametrize("strength", [0.0, 0.01])
def test_the_gradient_agrees_with_centred_differences(rows: np.ndarray | None, strength: float) -> None:
    dataset = datasets.load("digits")
    split = Split(dataset.splits["train"].X[:20], dataset.splits["train"].y[:20])
    objective = LinearSVM(split, dataset.classes, strength, dtype=np.float64)
    weights = np.random.default_rng(0).standard_normal(objective.size) * 0.1
    _, gradient = objective.loss_and_gradient(weights, rows)
    h = 1e-6
    for i in range(0, objective.size, 13):
        nudge = np.zeros(objective.size)
        nudge[i] = h
        numerical = (objective.loss(weights + nudge, rows).total - objective.loss(weights - nudge, rows).total) / (
            2 * h
        )
        assert numerical == pytest.approx(gradient[i], abs=1e-7)
