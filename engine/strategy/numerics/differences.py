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
        places = np.flatnonzero(objective.padded(np.ones(objective.size))).tolist()

        def run(rows: Rows, correct_index: CorrectIndex) -> float:
            for place in places:
                kept = weights[place]
                weights[place] = kept + h
                above = forward.run(rows, correct_index)
                weights[place] = kept - h
                below = forward.run(rows, correct_index)
                weights[place] = kept
                gradient[place] = (above - below) / (2 * h)
            return forward.run(rows, correct_index)

        return Pass(weights, gradient, run)

    return passing


def hessian(objective: Objective, weights: Floats) -> Floats:
    """Return the second derivatives (size, size) by centred differences of gradients, two for each weight."""
    size = len(weights)
    columns = np.empty((size, size))
    point = weights.copy()
    for place in range(size):
        kept = point[place]
        point[place] = kept + H
        above = objective.loss_and_gradient(point)[1]
        point[place] = kept - H
        columns[place] = (above - objective.loss_and_gradient(point)[1]) / (2 * H)
        point[place] = kept
    return 0.5 * (columns + columns.T)
