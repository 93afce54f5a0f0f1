"""The data losses as functions of the class scores: multiclass SVM (hinge) and softmax (cross-entropy).

Each has three forms. `loss_and_slope` is for batches: bound once to a score buffer, it returns the loss and replaces
the scores by its derivative. `loss` is for evaluations, without the derivative. `relative` and `summed` are for whole
splits of linear scores: subtracting the correct class's score is linear, so a search can keep relative scores and add
to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Classes = NDArray[np.intp]
BoundLoss = Callable[[Classes], float]


class DataLoss(Protocol):
    """A loss per example as a function of its scores; the data loss is the mean over the examples."""

    def loss_and_slope(self, scores: Array, scale: float) -> BoundLoss:
        """Bind the loss to a score buffer (n, C).

        The result takes the indices (n,) of the correct scores in the flattened buffer. It returns the sum of the n
        losses and overwrites `scores` with its derivative times `scale`.
        """

    def loss(self, scores: Array) -> BoundLoss:
        """Bind the loss to a score buffer (C, n).

        The result takes the indices (n,) of the correct scores in the flattened buffer. It returns the sum of the n
        losses and overwrites the buffer. With the classes first, loops over the examples use full vector registers:
        less than half the time.
        """

    def relative(self, scores: Array, y: Classes, constant: bool = True) -> Array:
        """Subtract the correct class's score from scores (C, K, n) in place, as input of `summed`; returns them.

        `constant` False omits the terms that do not depend on the scores: for a direction to add to relative scores.
        """

    def summed(self, relative: Array) -> Array:
        """Return the sums (K,) of the n losses of relative scores (C, K, n), which it overwrites."""


def _correct(scores: Array, y: Classes) -> Classes:
    """Return the indices (K, n) of the correct scores in a flattened (C, K, n): one index is faster than three."""
    _, stacked, n = scores.shape
    correct_index: Classes = y * (stacked * n) + np.arange(stacked * n).reshape(stacked, n)
    return correct_index


@dataclass(frozen=True)
class Hinge:
    """Multiclass SVM loss, Weston-Watkins form: sum_{j != y} max(0, s_j - s_y + delta).

    At a kink, where a margin is exactly 0, it takes 0 as the subgradient of max(0, .).
    Source: CS231n, linear classification.
    """

    delta: float = 1.0

    def loss_and_slope(self, scores: Array, scale: float) -> BoundLoss:
        """Bind the hinge loss to a score buffer (n, C); see `DataLoss.loss_and_slope`."""
        n, classes = scores.shape
        dtype = scores.dtype
        flat, correct = scores.reshape(-1), np.empty(n, dtype)
        column = correct[:, None]
        # 0-d arrays and dot products, because scalars and reductions take twice as long per call.
        delta, zero, scaled = np.array(self.delta, dtype), np.zeros((), dtype), np.array(scale, dtype)
        ones, minus_ones = np.ones(n * classes, dtype), np.full(classes, -1, dtype)
        subtract, maximum, sign, multiply = np.subtract, np.maximum, np.sign, np.multiply

        def margins_and_slope(correct_index: Classes) -> float:
            flat.take(correct_index, None, correct, "clip")
            subtract(correct, delta, correct)
            subtract(scores, column, scores)
            flat[correct_index] = 0
            maximum(scores, zero, out=scores)
            loss = float(ones.dot(flat))
            sign(scores, scores)
            scores.dot(minus_ones, correct)
            flat[correct_index] = correct
            multiply(scores, scaled, scores)
            return loss

        return margins_and_slope

    def loss(self, scores: Array) -> BoundLoss:
        """Bind the hinge loss to a score buffer (C, n); see `DataLoss.loss`."""
        flat, dtype = scores.reshape(-1), scores.dtype
        correct, zeros, ones = np.empty(scores.shape[1], dtype), np.zeros(scores.shape[1], dtype), np.ones_like(flat)
        delta = np.array(self.delta, dtype)

        def margins(correct_index: Classes) -> float:
            flat.take(correct_index, None, correct, "clip")
            np.subtract(correct, delta, correct)
            np.subtract(scores, correct, scores)
            flat[correct_index] = 0
            np.maximum(scores, zeros, out=scores)
            return float(ones.dot(flat))

        return margins

    def relative(self, scores: Array, y: Classes, constant: bool = True) -> Array:
        """Turn scores into margins s_j - s_y + delta, 0 for the correct class; without delta if not `constant`."""
        flat, correct_index = scores.reshape(-1), _correct(scores, y)
        correct = flat.take(correct_index)
        if constant:
            correct -= scores.dtype.type(self.delta)
        scores -= correct
        flat[correct_index] = 0
        return scores

    def summed(self, relative: Array) -> Array:
        """Return the sums (K,) of max(0, margin) over margins (C, K, n), which it overwrites."""
        # A row of zeros, because NumPy's loop for a scalar takes three times as long.
        np.maximum(relative, np.zeros(relative.shape[-1], relative.dtype), out=relative)
        sums: Array = relative.sum(axis=0).sum(axis=1)
        return sums


@dataclass(frozen=True)
class CrossEntropy:
    """Softmax loss: log(sum_j exp(s_j)) - s_y, shifted by the highest score so that exp cannot overflow.

    Source: CS231n, linear classification, "practical issues: numeric stability".
    """

    def loss_and_slope(self, scores: Array, scale: float) -> BoundLoss:
        """Bind the softmax loss to a score buffer (n, C); see `DataLoss.loss_and_slope`."""
        n, classes = scores.shape
        dtype = scores.dtype
        flat, highest, correct = scores.reshape(-1), np.empty(n, dtype), np.empty(n, dtype)
        totals, logs = np.empty(n, dtype), np.empty(n, dtype)
        high_column, total_column = highest[:, None], totals[:, None]
        ones, class_ones, scaled = np.ones(n, dtype), np.ones(classes, dtype), np.array(scale, dtype)
        subtract, exp, multiply, divide = np.subtract, np.exp, np.multiply, np.divide

        def log_likelihood_and_slope(correct_index: Classes) -> float:
            np.maximum.reduce(scores, axis=1, out=highest)
            subtract(scores, high_column, scores)
            flat.take(correct_index, None, correct, "clip")
            exp(scores, scores)
            scores.dot(class_ones, totals)
            np.log(totals, logs)
            subtract(logs, correct, logs)
            loss = float(ones.dot(logs))
            divide(scaled, totals, totals)
            multiply(scores, total_column, scores)
            flat.take(correct_index, None, correct, "clip")
            subtract(correct, scaled, correct)
            flat[correct_index] = correct
            return loss

        return log_likelihood_and_slope

    def loss(self, scores: Array) -> BoundLoss:
        """Bind the softmax loss to a score buffer (C, n); see `DataLoss.loss`."""
        flat, dtype = scores.reshape(-1), scores.dtype
        highest, correct, logs = np.empty((3, scores.shape[1]), dtype)
        ones, class_ones = np.ones(scores.shape[1], dtype), np.ones(len(scores), dtype)

        def log_likelihood(correct_index: Classes) -> float:
            np.maximum.reduce(scores, axis=0, out=highest)
            np.subtract(scores, highest, scores)
            flat.take(correct_index, None, correct, "clip")
            np.exp(scores, scores)
            np.log(class_ones.dot(scores, logs), logs)
            np.subtract(logs, correct, logs)
            return float(ones.dot(logs))

        return log_likelihood

    def relative(self, scores: Array, y: Classes, constant: bool = True) -> Array:
        """Turn scores into s_j - s_y in place; there is no constant term."""
        scores -= scores.reshape(-1).take(_correct(scores, y))
        return scores

    def summed(self, relative: Array) -> Array:
        """Return the sums (K,) of log(sum_j exp(s_j - s_y)) of relative scores (C, K, n), which it overwrites."""
        highest = relative.max(axis=0)
        relative -= highest
        np.exp(relative, out=relative)
        highest += np.log(relative.sum(axis=0))
        sums: Array = highest.sum(axis=1)
        return sums
