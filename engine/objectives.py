"""Objectives: score function + data loss + regularization loss, with their analytic gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.datasets import Split

Array = NDArray[Any]
Rows = NDArray[np.intp] | slice | None


@dataclass(frozen=True, slots=True)
class Loss:
    """Mean data loss over the examples used, and the regularization loss; `total` is what is minimised."""

    data_loss: float
    regularization_loss: float

    @property
    def total(self) -> float:
        return self.data_loss + self.regularization_loss


class Objective(Protocol):
    """What is minimised over one flat vector of weights, on one split.

    `rows` chooses examples (row numbers or a slice); None means all of them.
    """

    @property
    def size(self) -> int: ...
    @property
    def examples(self) -> int: ...
    def initial_weights(self, generator: np.random.Generator, scale: float) -> Array: ...
    def scores(self, weights: Array, X: Array) -> Array: ...
    def loss(self, weights: Array, rows: Rows = None) -> Loss: ...
    def loss_and_gradient(self, weights: Array, rows: Rows = None) -> tuple[Loss, Array]: ...


class LinearSVM:
    """Multiclass SVM loss of linear scores, Weston-Watkins form (CS231n, linear classification).

    L = mean_i sum_{j != y_i} max(0, s_j - s_{y_i} + delta) + lambda * sum(W^2), with s = W x.
    The weights are W of shape (C, D), row by row, as one flat vector; the bias is the last column of W
    and is regularized with the rest, as the bias trick of the notes does. At a kink, where a margin is
    exactly 0, the subgradient of max(0, .) taken is 0.
    """

    def __init__(
        self,
        split: Split,
        classes: int,
        regularization_strength: float,
        delta: float = 1.0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.X: Array = np.ascontiguousarray(split.X, dtype=dtype)
        self.y = split.y
        self.classes = classes
        self.regularization_strength = regularization_strength
        self.delta = delta
        self.dtype = np.dtype(dtype)

    @property
    def size(self) -> int:
        """How many weights there are: C x D."""
        return self.classes * self.X.shape[1]

    @property
    def examples(self) -> int:
        """N, the number of examples in the split."""
        return len(self.y)

    def initial_weights(self, generator: np.random.Generator, scale: float) -> Array:
        """Normal weights of standard deviation `scale`, shape (size,)."""
        return generator.standard_normal(self.size, dtype=self.dtype) * self.dtype.type(scale)  # type: ignore[arg-type]

    def scores(self, weights: Array, X: Array) -> Array:
        """Class scores of the examples X, shape (len(X), C)."""
        return X @ weights.reshape(self.classes, -1).T

    def loss(self, weights: Array, rows: Rows = None) -> Loss:
        """The loss over the chosen rows at these weights."""
        X, y = self._chosen(rows)
        margins = self._margins(weights, X, y)
        return Loss(float(margins.sum()) / len(y), self._regularization_loss(weights))

    def loss_and_gradient(self, weights: Array, rows: Rows = None) -> tuple[Loss, Array]:
        """The loss over the chosen rows and its (sub)gradient, shape (size,)."""
        X, y = self._chosen(rows)
        margins = self._margins(weights, X, y)
        loss = Loss(float(margins.sum()) / len(y), self._regularization_loss(weights))
        violated = (margins > 0).astype(self.dtype)
        violated[np.arange(len(y)), y] = -violated.sum(axis=1)
        gradient = (violated.T @ X).ravel()
        gradient *= self.dtype.type(1.0 / len(y))
        gradient += self.dtype.type(2.0 * self.regularization_strength) * weights
        return loss, gradient

    def _chosen(self, rows: Rows) -> tuple[Array, NDArray[np.intp]]:
        return (self.X, self.y) if rows is None else (self.X[rows], self.y[rows])

    def _margins(self, weights: Array, X: Array, y: NDArray[np.intp]) -> Array:
        scores = self.scores(weights, X)
        index = np.arange(len(y))
        margins = scores - (scores[index, y] - self.dtype.type(self.delta))[:, None]
        margins[index, y] = 0
        return np.maximum(margins, 0, out=margins)

    def _regularization_loss(self, weights: Array) -> float:
        return self.regularization_strength * float(weights @ weights)
