"""Differences in place of derivatives: the numerical gradient, two losses for every weight, and the Hessian.

Source: CS231n, optimization, "computing the gradient numerically with finite differences".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.objective.objectives import CorrectIndex, Objective, Pass, Rows

Floats = NDArray[np.float64]

H = 1e-5
"""Of the differences of gradients that the Hessian is made from."""


def numerical_passing(h: float) -> Callable[[Objective, int], Pass]:
    """Return a maker of passes over n examples whose gradient is (f(W + h) - f(W - h)) / 2h, weight by weight.

    It is the gradient of the data loss, as of every pass: differences of sum(W^2) give its derivative anyway.
    """

    def passing(objective: Objective, n: int) -> Pass:
        forward = objective.passing(n, backward=False)
        weights, gradient = forward.weights, np.zeros_like(forward.weights)
        indices = np.flatnonzero(objective.padded(np.ones(objective.size))).tolist()

        def run(rows: Rows, correct_index: CorrectIndex) -> float:
            for index in indices:
                original = weights[index]
                weights[index] = original + h
                above = forward.run(rows, correct_index)
                weights[index] = original - h
                below = forward.run(rows, correct_index)
                weights[index] = original
                gradient[index] = (above - below) / (2 * h)
            return forward.run(rows, correct_index)

        return Pass(weights, gradient, run)

    return passing


def hessian(objective: Objective, weights: Floats) -> Floats:
    """Return the second derivatives (size, size) by centred differences of gradients, two for each weight."""
    size = len(weights)
    columns = np.empty((size, size))
    point = weights.copy()
    for index in range(size):
        original = point[index]
        point[index] = original + H
        above = objective.loss_and_gradient(point)[1]
        point[index] = original - H
        columns[index] = (above - objective.loss_and_gradient(point)[1]) / (2 * H)
        point[index] = original
    return 0.5 * (columns + columns.T)
